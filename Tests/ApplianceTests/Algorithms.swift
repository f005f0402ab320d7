import Foundation
import Workbench

/// An establishment with a CA of every key algorithm: the development ceremony and profiles, and beside their RSA-2048
/// and P-256 authorities others with RSA-3072, P-384 and Ed25519 keys. The profiles are the development ones, word for
/// word, but for the longer lists of issuers.
enum Algorithms {
    /// A pair of issuing authorities, `access-…` and `smime-…`, and what they sign with.
    struct Authority: Sendable {
        var name: String
        var signatureAlgorithms: [String]
    }

    private static let rsa = ["sha256WithRSA", "sha384WithRSA", "sha512WithRSA"]
    static let pss = ["rsassaPSSSHA256", "rsassaPSSSHA384", "rsassaPSSSHA512"]

    static let authorities = [
        Authority(name: "rsa", signatureAlgorithms: rsa),
        Authority(name: "p256", signatureAlgorithms: ["ecdsaP256SHA256"]),
        Authority(name: "rsa3072", signatureAlgorithms: rsa),
        Authority(name: "p384", signatureAlgorithms: ["ecdsaP384SHA384"]),
        Authority(name: "ed25519", signatureAlgorithms: ["ed25519"]),
    ]

    static let issuers = authorities.flatMap { authority in
        ["access", "smime"].map { (name: "\($0)-\(authority.name)", root: "root-\(authority.name)") }
    }

    /// What the ceremony adds: name, key, and the algorithm that root and issuing authorities are signed with.
    private static let added = [
        ("rsa3072", "rsa-3072", "sha512WithRSA"), ("p384", "p-384", "ecdsaP384SHA384"),
        ("ed25519", "ed25519", "ed25519"),
    ]

    static func establishment() throws -> Establishment {
        try Establishment(
            binaries: Stage.binaries,
            checkout: Stage.checkout,
            // The log key is of the other kind here.
            plan: read("ceremony/development.yaml").replacing(
                "token: log, key: ed25519",
                with: "token: log, key: p-256"
            )
                + added.map(ceremony).joined(),
            profiles: profiles(from: read("profiles/development.yaml")),
            issuers: issuers
        )
    }

    private static func read(_ name: String) throws -> String {
        try String(contentsOfFile: "\(Stage.checkout)/provisioning/\(name)", encoding: .utf8)
    }

    private static func ceremony(_ name: String, _ key: String, _ algorithm: String) -> String {
        func authority(_ use: String, token: String, profile: String, signedBy: String) -> String {
            """

              - name: \(use)-\(name)
                token: \(token)
                key: \(key)
                profile: \(profile)
                signedBy: \(signedBy)
                signatureAlgorithm: \(algorithm)
                subject:
                  - { type: countryName, value: JP }
                  - { type: organizationName, value: Inkan Development }
                  - { type: commonName, value: Inkan Development \(use) \(name) }

            """
        }
        return authority("root", token: "root", profile: "root-ca", signedBy: "self")
            + authority("access", token: "issuing", profile: "issuing-ca-access", signedBy: "root-\(name)")
            + authority("smime", token: "issuing", profile: "issuing-ca-smime", signedBy: "root-\(name)")
    }

    private static func profiles(from text: String) -> String {
        var text = text
        for use in ["access", "smime"] {
            let all = authorities.map { "\(use)-\($0.name)" }.joined(separator: ", ")
            text = text.replacingOccurrences(of: "issuers: [\(use)-rsa, \(use)-p256]", with: "issuers: [\(all)]")
            text = text.replacingOccurrences(
                of: "issuers: [\(use)-rsa]",
                with: "issuers: [\(use)-rsa, \(use)-rsa3072]"
            )
        }
        let descriptions = added.flatMap { name, _, _ in
            ["access", "smime", "root"].map { description(of: "\($0)-\(name)", use: $0) }
        }
        return text.replacingOccurrences(of: "\nissuers:\n", with: "\nissuers:\n\(descriptions.joined())")
    }

    private static func description(of name: String, use: String) -> String {
        let place = "http://pki.inkan.example.com"
        let ocsp = use == "root" ? "" : "    ocsp: [\"\(place)/ocsp/\(name)\"]\n"
        return """
              - name: \(name)
                use: \(use)
                crl: ["\(place)/crl/\(name).crl"]
                caIssuers: ["\(place)/ca/\(name).cer"]

            """ + ocsp
    }
}
