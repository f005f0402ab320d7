/// The key kinds that profiles, plans and tokens name.
package enum KeyAlgorithm: String, Codable, CaseIterable, Hashable, Sendable {
    case rsa2048 = "rsa-2048"
    case rsa3072 = "rsa-3072"
    case rsa4096 = "rsa-4096"
    case p256 = "p-256"
    case p384 = "p-384"
    case ed25519 = "ed25519"

    package var isRSA: Bool {
        switch self {
        case .rsa2048, .rsa3072, .rsa4096: true
        case .p256, .p384, .ed25519: false
        }
    }
}
