/// One entry of certificatePolicies (RFC 5280 4.2.1.4).
package struct CertificatePolicy: Hashable, Sendable {
    package var oid: OID
    /// Where the practice statement is, if it is to be said.
    package var cps: String?

    package init(oid: OID, cps: String? = nil) {
        self.oid = oid
        self.cps = cps
    }
}

extension OID {
    static let cpsQualifier: OID = [1, 3, 6, 1, 5, 5, 7, 2, 1]
}

extension Extension {
    /// - Throws: `valueInvalid` for an empty list or a repeated policy, `nameInvalid` for a CPS that is no URI.
    package static func certificatePolicies(_ policies: [CertificatePolicy]) throws(X509Error) -> Extension {
        try check(policies)
        return try Extension(.certificatePolicies, critical: false) { writer throws(X509Error) in
            let list = writer.begin(.sequence)
            for policy in policies {
                let information = writer.begin(.sequence)
                writer.objectIdentifier(policy.oid)
                if let cps = policy.cps {
                    let qualifiers = writer.begin(.sequence)
                    let qualifier = writer.begin(.sequence)
                    writer.objectIdentifier(.cpsQualifier)
                    writer.primitive(.ia5String, cps.utf8)
                    writer.end(qualifier)
                    writer.end(qualifiers)
                }
                writer.end(information)
            }
            writer.end(list)
        }
    }

    /// - Throws: `unsupportedField` for qualifiers other than one CPS.
    package func readCertificatePolicies() throws(X509Error) -> [CertificatePolicy] {
        var value = try reader(expecting: .certificatePolicies)
        var list = try value.enter(.sequence)
        try value.finish()
        var policies: [CertificatePolicy] = []
        while !list.isAtEnd {
            var information = try list.enter(.sequence)
            var policy = CertificatePolicy(oid: try information.objectIdentifier())
            if var qualifiers = try information.enterIfPresent(.sequence) {
                policy.cps = try Self.readCPS(&qualifiers)
            }
            try information.finish()
            policies.append(policy)
        }
        try Self.check(policies)
        return policies
    }

    private static func readCPS(_ qualifiers: inout DERReader) throws(X509Error) -> String {
        var qualifier = try qualifiers.enter(.sequence)
        let type = try qualifier.objectIdentifier()
        guard type == .cpsQualifier, qualifiers.isAtEnd else {
            throw X509Error(.unsupportedField, "a qualifier other than one CPS", field: "certificatePolicies")
        }
        let text = try qualifier.text(of: try qualifier.element(.ia5String))
        try qualifier.finish()
        return text
    }

    private static func check(_ policies: [CertificatePolicy]) throws(X509Error) {
        guard (1...16).contains(policies.count), policies.map(\.oid).areAllDifferent else {
            throw X509Error(
                .valueInvalid,
                "1 to 16 different policies are taken",
                clause: "RFC 5280 4.2.1.4",
                field: "certificatePolicies"
            )
        }
        for policy in policies {
            if let cps = policy.cps { try GeneralName.uniformResourceIdentifier(cps).check() }
        }
    }
}
