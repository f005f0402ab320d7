import Foundation

/// Ceremony plans and profiles for a token of which it is not known what keys it can make.
enum Plan {
    static let algorithms = ["rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384", "ed25519"]

    /// What an authority's certificate is signed with by a key of this kind.
    static func signature(of algorithm: String) -> String {
        switch algorithm {
        case "p-256": "ecdsaP256SHA256"
        case "p-384": "ecdsaP384SHA384"
        case "ed25519": "ed25519"
        default: "sha256WithRSA"
        }
    }

    /// Every signature that an issuer of this kind can be asked for.
    static func signatures(of algorithm: String) -> [String] {
        algorithm.hasPrefix("rsa")
            ? [
                "sha256WithRSA", "sha384WithRSA", "sha512WithRSA", "rsassaPSSSHA256", "rsassaPSSSHA384",
                "rsassaPSSSHA512",
            ]
            : [signature(of: algorithm)]
    }

    static func issuer(_ algorithm: String) -> String {
        "access-" + algorithm.replacingOccurrences(of: "-", with: "")
    }

    /// A root with the first kind of key, and below it an issuing authority with each kind.
    static func authorities(_ algorithms: [String], pinPerSignature: Bool = false) -> String {
        let option = pinPerSignature ? "    pinPerSignature: true\n" : ""
        return "version: 1\nname: module\nauthorities:\n"
            + authority("root", algorithms[0], signedBy: "self", signature(of: algorithms[0]), option)
            + algorithms.map {
                authority(issuer($0), $0, signedBy: "root", signature(of: algorithms[0]), option)
            }.joined()
    }

    /// One root alone.
    static func root(_ algorithm: String) -> String {
        let name = "root-" + algorithm.replacingOccurrences(of: "-", with: "")
        return "version: 1\nname: \(name)\nauthorities:\n"
            + authority(name, algorithm, signedBy: "self", signature(of: algorithm), "")
    }

    private static func authority(
        _ name: String,
        _ key: String,
        signedBy: String,
        _ signature: String,
        _ option: String
    ) -> String {
        """
          - name: \(name)
            token: ca
            key: \(key)
            profile: \(signedBy == "self" ? "root-ca" : "issuing-ca-access")
            signedBy: \(signedBy)
            signatureAlgorithm: \(signature)
        \(option)    subject:
              - { type: countryName, value: JP }
              - { type: organizationName, value: Inkan Example }
              - { type: commonName, value: Inkan Example \(name) }

        """
    }

    /// The development profiles with an issuer for each kind of key.
    static func profiles() throws -> String {
        let path = "\(ModuleStage.checkout)/provisioning/profiles/development.yaml"
        var text = try String(contentsOfFile: path, encoding: .utf8)
        let known = ["access-rsa", "access-p256"]
        let added =
            (algorithms.map(issuer) + ["root"]
            + algorithms.map { issuer($0).replacingOccurrences(of: "access", with: "root") })
            .filter { !known.contains($0) && !text.contains("name: \($0)\n") }
        let rsa = algorithms.filter { $0.hasPrefix("rsa") }.map(issuer)
        text = text.replacingOccurrences(
            of: "issuers: [access-rsa, access-p256]",
            with: "issuers: [\((known + added.filter { $0.hasPrefix("access") }).joined(separator: ", "))]"
        )
        text = text.replacingOccurrences(
            of: "issuers: [access-rsa]",
            with: "issuers: [\((["access-rsa"] + rsa).joined(separator: ", "))]"
        )
        let descriptions = added.map { name in
            let isRoot = name.hasPrefix("root")
            let place = "http://pki.inkan.example.com"
            let ocsp = isRoot ? "" : "    ocsp: [\"\(place)/ocsp/\(name)\"]\n"
            return """
                  - name: \(name)
                    use: \(isRoot ? "root" : "access")
                    crl: ["\(place)/crl/\(name).crl"]
                    caIssuers: ["\(place)/ca/\(name).cer"]

                """ + ocsp
        }
        return text.replacingOccurrences(of: "\nissuers:\n", with: "\nissuers:\n\(descriptions.joined())")
    }
}
