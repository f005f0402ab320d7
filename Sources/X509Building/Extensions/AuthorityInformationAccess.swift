/// What authorityInfoAccess says (RFC 5280 4.2.2.1).
package struct AuthorityInformationAccess: Hashable, Sendable {
    /// OCSP responders.
    package var ocsp: [String]
    /// Where the issuer's certificate is.
    package var caIssuers: [String]

    package init(ocsp: [String] = [], caIssuers: [String] = []) {
        self.ocsp = ocsp
        self.caIssuers = caIssuers
    }
}

extension OID {
    static let ocspAccess: OID = [1, 3, 6, 1, 5, 5, 7, 48, 1]
    static let caIssuersAccess: OID = [1, 3, 6, 1, 5, 5, 7, 48, 2]
}

extension Extension {
    /// The responders first, then the issuers' certificates.
    ///
    /// - Throws: `valueInvalid` when there is nothing to say or something is said twice, `nameInvalid` for a text that
    ///   is no URI.
    package static func authorityInformationAccess(
        ocsp: [String],
        caIssuers: [String]
    ) throws(X509Error) -> Extension {
        try check(AuthorityInformationAccess(ocsp: ocsp, caIssuers: caIssuers))
        return try Extension(.authorityInformationAccess, critical: false) { writer throws(X509Error) in
            let list = writer.begin(.sequence)
            for (method, uris) in [(OID.ocspAccess, ocsp), (OID.caIssuersAccess, caIssuers)] {
                for uri in uris {
                    let description = writer.begin(.sequence)
                    writer.objectIdentifier(method)
                    try GeneralName.uniformResourceIdentifier(uri).write(to: &writer)
                    writer.end(description)
                }
            }
            writer.end(list)
        }
    }

    /// - Throws: `unsupportedField` for other access methods and other names than URIs.
    package func readAuthorityInformationAccess() throws(X509Error) -> AuthorityInformationAccess {
        var value = try reader(expecting: .authorityInformationAccess)
        var list = try value.enter(.sequence)
        try value.finish()
        var access = AuthorityInformationAccess()
        while !list.isAtEnd {
            var description = try list.enter(.sequence)
            let method = try description.objectIdentifier()
            guard case .uniformResourceIdentifier(let uri) = try GeneralName(from: &description),
                method == .ocspAccess || method == .caIssuersAccess
            else { throw X509Error(.unsupportedField, "an access of another kind", field: "authorityInfoAccess") }
            try description.finish()
            if method == .ocspAccess {
                access.ocsp.append(uri)
            } else {
                access.caIssuers.append(uri)
            }
        }
        try Self.check(access)
        return access
    }

    private static func check(_ access: AuthorityInformationAccess) throws(X509Error) {
        guard (1...16).contains(access.ocsp.count + access.caIssuers.count),
            access.ocsp.areAllDifferent, access.caIssuers.areAllDifferent
        else {
            throw X509Error(.valueInvalid, "1 to 16 different URIs are taken", field: "authorityInfoAccess")
        }
    }
}
