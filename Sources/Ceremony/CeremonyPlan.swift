import Crypto
import StrictYAML
import Tokens
import X509Building

/// What a ceremony makes: reviewed before, the same on every machine. It holds no PIN, path or slot.
package struct CeremonyPlan: Sendable {
    /// Who signs an authority's certificate.
    package enum Signer: Sendable, Hashable {
        case itself
        /// An authority further up in the plan.
        case authority(String)
    }

    /// One authority: a key generated in a token, and a certificate over it.
    package struct Authority: Sendable {
        package var name: String
        /// The token's name in the site file.
        package var token: String
        package var key: KeyPairRequest.Algorithm
        /// An authority profile of the profile set.
        package var profile: String
        package var signedBy: Signer
        package var signatureAlgorithm: SignatureAlgorithm
        package var subject: DistinguishedName
        /// Whether the key wants the token's PIN before each signature (`CKA_ALWAYS_AUTHENTICATE`).
        package var pinPerSignature: Bool
    }

    /// The ledger's log: the key that signs its checkpoints, in a token of its own.
    package struct Log: Sendable {
        /// The log's name for outsiders, and its key's; by custom like a URL without its scheme.
        package var origin: String
        package var token: String
        package var key: KeyPairRequest.Algorithm
    }

    package var name: String
    package var authorities: [Authority]
    package var log: Log?
    /// SHA-256 of the file: what reviewers compare.
    package var hash: [UInt8]

    /// Reads a plan.
    package init(yaml text: String) throws(YAMLError) {
        hash = Array(SHA256.hash(data: Array(text.utf8)))
        (name, authorities, log) = try YAMLValue.document(text).mapping { (plan) throws(YAMLError) in
            _ = try plan.required("version").integer(in: 1...1)
            let name = try plan.required("name").string()
            let authorities = try plan.required("authorities").list(of: Authority.init(yaml:))
            try Self.checkOrder(of: authorities, in: try plan.required("authorities"))
            let log = try plan.optional("log") { value throws(YAMLError) in
                try Log(yaml: value, authorities: authorities)
            }
            return (name, authorities, log)
        }
    }

    /// Every token that the plan names.
    package var tokens: Set<String> {
        Set(authorities.map(\.token) + [log?.token].compactMap { $0 })
    }

    private static func checkOrder(of authorities: [Authority], in value: YAMLValue) throws(YAMLError) {
        var made: Set<String> = []
        for (authority, place) in zip(authorities, try value.list()) {
            if case .authority(let signer) = authority.signedBy, !made.contains(signer) {
                throw place.error(
                    .invalidValue,
                    "“\(authority.name)” is signed by “\(signer)”, which is not above it in the plan"
                )
            }
            guard made.insert(authority.name).inserted else {
                throw place.error(.invalidValue, "two authorities have the name “\(authority.name)”")
            }
        }
    }
}

extension CeremonyPlan.Authority {
    fileprivate init(yaml value: YAMLValue) throws(YAMLError) {
        self = try value.mapping { (authority) throws(YAMLError) in
            let signedBy = try authority.required("signedBy").string()
            let subject = authority.optional("subject")
            let attributes = try subject?.list { (item) throws(YAMLError) in try Self.attribute(item) } ?? []
            let name = try authority.required("name")
            let text = try name.string()
            guard text.utf8.allSatisfy(Self.isNameOctet), !text.isEmpty, text.utf8.count <= 40 else {
                throw name.error(
                    .invalidValue,
                    "an authority's name has 1 to 40 of a-z 0-9 -; it becomes a file's name"
                )
            }
            return Self(
                name: text,
                token: try authority.required("token").string(),
                key: try authority.required("key").oneOf(KeyPairRequest.Algorithm.self),
                profile: try authority.required("profile").string(),
                signedBy: signedBy == "self" ? .itself : .authority(signedBy),
                signatureAlgorithm: try authority.required("signatureAlgorithm").oneOf(SignatureAlgorithm.self),
                subject: DistinguishedName(attributes),
                pinPerSignature: try authority.optional("pinPerSignature") { value throws(YAMLError) in
                    try value.bool()
                } ?? false
            )
        }
    }

    private static func isNameOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }

    private static func attribute(_ value: YAMLValue) throws(YAMLError) -> DistinguishedName.Attribute {
        try value.mapping { (attribute) throws(YAMLError) in
            DistinguishedName.Attribute(
                try attribute.required("type").oneOf(AttributeType.self),
                try attribute.required("value").string()
            )
        }
    }
}

extension CeremonyPlan.Log {
    fileprivate init(yaml value: YAMLValue, authorities: [CeremonyPlan.Authority]) throws(YAMLError) {
        self = try value.mapping { (log) throws(YAMLError) in
            let origin = try log.required("origin")
            let text = try origin.string()
            let isPrintable = text.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "+") }
            guard isPrintable, (1...100).contains(text.utf8.count) else {
                throw origin.error(
                    .invalidValue,
                    "a log's origin has 1 to 100 printable ASCII characters, without spaces and +"
                )
            }
            let token = try log.required("token")
            let name = try token.string()
            guard !authorities.contains(where: { $0.token == name }) else {
                throw token.error(
                    .invalidValue,
                    "the log key has a token of its own; “\(name)” holds authorities' keys"
                )
            }
            let key = try log.required("key")
            let algorithm = try key.oneOf(KeyPairRequest.Algorithm.self)
            guard [.ed25519, .p256].contains(algorithm) else {
                throw key.error(.invalidValue, "a log key is ed25519, or p-256 where the token has no Ed25519")
            }
            return Self(origin: text, token: name, key: algorithm)
        }
    }
}
