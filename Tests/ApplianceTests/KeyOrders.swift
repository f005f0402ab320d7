import Foundation
import SignerAPI
import SignerClient
import Varlink
import Workbench

extension Stage {
    /// An order whose key the service makes: access-1y, signed by P-256.
    static func keyOrder(
        _ id: String,
        key: String = "p-256",
        variant: String = "modern",
        password: String? = "Aa1Bb2Cc3Dd4",
        subject name: String = "山田 太郎"
    ) throws -> KeyOrder {
        KeyOrder(
            try order(id, request: "", subject: name),
            keyAlgorithm: key,
            variant: variant,
            password: password.map { ConfidentialText($0) }
        )
    }
}

extension IssuedKey {
    /// The password that the service has made, as text.
    var madePassword: String? {
        password.map { $0.secret.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
    }
}

extension Stage {
    /// An order for mail, whose password the service makes.
    static func mailKeyOrder(_ id: String, key: String = "p-256") throws -> KeyOrder {
        var order = CertificateOrder(
            order: id,
            profile: "smime-personal",
            request: "",
            subject: [
                .init("countryName", "JP"), .init("organizationName", "Inkan Example"),
                .init("organizationIdentifier", "GOVJP"), .init("surname", "山田"),
                .init("commonName", "taro@example.jp"),
            ]
        )
        order.issuer = "smime-p256"
        order.alternativeNames = [.init("rfc822Name", "taro@example.jp")]
        return KeyOrder(order, keyAlgorithm: key, variant: "modern")
    }
}
