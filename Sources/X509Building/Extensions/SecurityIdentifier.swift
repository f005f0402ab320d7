extension OID {
    /// The type of the otherName inside the extension.
    static let securityIdentifierName: OID = [1, 3, 6, 1, 4, 1, 311, 25, 2, 1]
}

extension Extension {
    /// Microsoft's strong mapping (KB5014754): the account's SID, such as `S-1-5-21-…-1105`, in the form in which
    /// Active Directory's own CA writes it: GeneralNames with one otherName around an OCTET STRING of ASCII.
    ///
    /// - Throws: `valueInvalid` for text that is no SID.
    package static func securityIdentifier(_ sid: String) throws(X509Error) -> Extension {
        try checkSecurityIdentifier(sid)
        return try Extension(.securityIdentifier, critical: false) { writer throws(X509Error) in
            let names = writer.begin(.sequence)
            let other = writer.begin(.constructed(0))
            writer.objectIdentifier(.securityIdentifierName)
            let value = writer.begin(.constructed(0))
            writer.primitive(.octetString, sid.utf8)
            writer.end(value)
            writer.end(other)
            writer.end(names)
        }
    }

    package func readSecurityIdentifier() throws(X509Error) -> String {
        var value = try reader(expecting: .securityIdentifier)
        var names = try value.enter(.sequence)
        try value.finish()
        var other = try names.enter(.constructed(0))
        try names.finish()
        let type = try other.objectIdentifier()
        guard type == .securityIdentifierName else {
            throw X509Error(.unsupportedField, "a name of type \(type) instead of a SID", field: "securityIdentifier")
        }
        var inner = try other.enter(.constructed(0))
        try other.finish()
        let text = try inner.text(of: try inner.element(.octetString))
        try inner.finish()
        try Self.checkSecurityIdentifier(text)
        return text
    }

    /// `S-1-`, an authority and 1 to 15 sub-authorities of 32 bits ([MS-DTYP] 2.4.2.1), in plain decimal.
    private static func checkSecurityIdentifier(_ sid: String) throws(X509Error) {
        let parts = sid.split(separator: "-", omittingEmptySubsequences: false)
        let isSID =
            (4...18).contains(parts.count) && parts[0] == "S" && parts[1] == "1"
            && UInt64(parts[2]).map { $0 < 1 << 48 && String($0) == parts[2] } == true
            && parts[3...].allSatisfy { part in UInt32(part).map { String($0) == part } == true }
        guard isSID else {
            throw X509Error(
                .valueInvalid,
                "not a SID of the form S-1-5-21-…",
                clause: "MS-DTYP 2.4.2.1",
                field: "securityIdentifier"
            )
        }
    }
}
