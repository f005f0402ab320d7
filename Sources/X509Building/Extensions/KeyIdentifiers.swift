/// subjectKeyIdentifier and authorityKeyIdentifier (RFC 5280 4.2.1.1, 4.2.1.2).
extension Extension {
    /// - Parameter identifier: 1 to 64 octets; `SubjectPublicKey.subjectKeyIdentifier` gives 20.
    package static func subjectKeyIdentifier(_ identifier: [UInt8]) throws(X509Error) -> Extension {
        try check(identifier, "subjectKeyIdentifier")
        return try Extension(.subjectKeyIdentifier, critical: false) { writer throws(X509Error) in
            writer.primitive(.octetString, identifier)
        }
    }

    /// keyIdentifier alone: issuer and serial would tie the chain to one certificate of the CA (S/MIME BR 7.1.2.3).
    package static func authorityKeyIdentifier(_ identifier: [UInt8]) throws(X509Error) -> Extension {
        try check(identifier, "authorityKeyIdentifier")
        return try Extension(.authorityKeyIdentifier, critical: false) { writer throws(X509Error) in
            let body = writer.begin(.sequence)
            writer.primitive(.primitive(0), identifier)
            writer.end(body)
        }
    }

    package func readSubjectKeyIdentifier() throws(X509Error) -> [UInt8] {
        var value = try reader(expecting: .subjectKeyIdentifier)
        let identifier = try value.octetString()
        try value.finish()
        try Self.check(identifier, "subjectKeyIdentifier")
        return identifier
    }

    /// - Throws: `malformed` also when there is more than the keyIdentifier.
    package func readAuthorityKeyIdentifier() throws(X509Error) -> [UInt8] {
        var value = try reader(expecting: .authorityKeyIdentifier)
        var body = try value.enter(.sequence)
        try value.finish()
        let identifier = Array(body.content(of: try body.element(.primitive(0))))
        try body.finish()
        try Self.check(identifier, "authorityKeyIdentifier")
        return identifier
    }

    private static func check(_ identifier: [UInt8], _ field: String) throws(X509Error) {
        guard (1...64).contains(identifier.count) else {
            throw X509Error(.valueInvalid, "a key identifier of \(identifier.count) octets; 1 to 64", field: field)
        }
    }
}
