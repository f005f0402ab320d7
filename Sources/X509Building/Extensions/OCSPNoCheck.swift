extension Extension {
    /// ocsp-nocheck (RFC 6960 4.2.2.2.1), for delegated responders.
    package static let ocspNoCheck = Extension(oid: .ocspNoCheck, critical: false, value: [0x05, 0x00])

    /// - Throws: `malformed` when the value is not NULL.
    package func readOCSPNoCheck() throws(X509Error) {
        var value = try reader(expecting: .ocspNoCheck)
        try value.null()
        try value.finish()
    }
}
