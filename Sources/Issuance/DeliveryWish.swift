import PKCS12
import Secrets

/// What an order says of the key pair that the service is to make for it, in place of a PKCS#10 request.
package struct DeliveryWish: Sendable {
    /// The name of a `KeyAlgorithm`.
    package var algorithm: String
    /// The name of a `PKCS12Variant`.
    package var variant: String
    /// The caller's own, where the profile allows one.
    package var password: Secret?

    package init(algorithm: String, variant: String, password: Secret?) {
        self.algorithm = algorithm
        self.variant = variant
        self.password = password
    }

    /// A password is no part of an order's content: not even its hash may stand in the ledger.
    func appendContent(to canonical: inout CanonicalBytes) {
        canonical.append(algorithm)
        canonical.append(variant)
    }
}
