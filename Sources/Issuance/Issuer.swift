import Policy
import Tokens
import X509Building

/// A key that signs, and the token that holds it. The key is known by nothing but its public half.
package final class SigningKey: Sendable {
    package let publicKey: SubjectPublicKey
    /// SHA-256 of its SubjectPublicKeyInfo: what the ledger knows it by.
    let publicKeySHA256: [UInt8]
    /// Names the token for messages.
    package let tokenName: String
    package let token: TokenWorkerSupervisor
    package let serials: SerialSource
    let load = TokenLoad()

    package init(
        publicKey: SubjectPublicKey,
        tokenName: String,
        token: TokenWorkerSupervisor,
        serials: SerialSource
    ) {
        self.publicKey = publicKey.preparedToVerifyOften()
        publicKeySHA256 = publicKey.sha256
        self.tokenName = tokenName
        self.token = token
        self.serials = serials
    }
}

/// An authority that signs for people: its certificate, its chain, its key.
package final class Issuer: Sendable {
    /// What policy and lint have to know of it, its name included.
    package let facts: IssuerFacts
    package let certificate: Certificate
    /// PEM, this issuer's certificate first, the root's last.
    package let chainPEM: [String]
    /// The same in DER.
    let chainDER: [[UInt8]]
    package let key: SigningKey

    package var name: String { facts.name }

    /// - Throws: when the certificate is not a CA's, or the chain does not lead to a root that signed it.
    package init(
        name: String,
        certificate: Certificate,
        chain: [Certificate],
        tokenName: String,
        token: TokenWorkerSupervisor,
        serials: SerialSource
    ) throws(X509Error) {
        facts = try IssuerFacts(name: name, certificate: certificate)
        self.certificate = certificate
        key = SigningKey(
            publicKey: certificate.tbs.publicKey,
            tokenName: tokenName,
            token: token,
            serials: serials
        )
        let whole = [certificate] + chain
        try Self.checkChain(whole)
        chainPEM = whole.map(\.pem)
        chainDER = whole.map(\.derEncoded)
    }

    /// An authority in its ceremony, for its first CRL. It signs no certificates for people through this.
    package init(authority name: String, certificate: Certificate, key: SigningKey) throws(X509Error) {
        facts = try IssuerFacts(name: name, certificate: certificate)
        self.certificate = certificate
        self.key = key
        chainPEM = [certificate.pem]
        chainDER = [certificate.derEncoded]
    }

    /// From the CA that signs for people up to a root that signed itself, each signed by the next and carrying its name.
    private static func checkChain(_ whole: [Certificate]) throws(X509Error) {
        func unusable(_ certificate: Certificate, _ reason: String) -> X509Error {
            X509Error(.valueInvalid, "“\(certificate.tbs.subject)” \(reason)", clause: "RFC 5280 6.1")
        }
        for (lower, upper) in zip(whole, whole.dropFirst()) {
            guard lower.tbs.issuerDER == (try upper.subjectDER()), lower.isSigned(by: upper.tbs.publicKey) else {
                throw unusable(lower, "is not signed by the next certificate of its chain; list it in order, root last")
            }
        }
        for certificate in whole {
            let usage = try certificate.tbs.extension(.keyUsage)?.readKeyUsage()
            guard usage?.contains(.keyCertSign) == true else {
                throw unusable(certificate, "may not sign certificates")
            }
        }
        guard let root = whole.last, whole.count > 1, root.isSigned(by: root.tbs.publicKey) else {
            throw unusable(whole[0], "has no chain to a root; a root itself signs for CAs alone")
        }
    }

    /// The signatures that the key can make.
    package var signatureAlgorithms: [SignatureAlgorithm] {
        SignatureAlgorithm.allCases.filter { $0.accepts(key.publicKey) }
    }
}

extension SignatureAlgorithm {
    /// The raw mechanism of the token that makes this signature out of `tokenInput`.
    package var tokenMechanism: TokenMechanism {
        switch self {
        case .sha256WithRSA, .sha384WithRSA, .sha512WithRSA: .rsaPKCS
        case .rsassaPSSSHA256: .rsaPSSSHA256
        case .rsassaPSSSHA384: .rsaPSSSHA384
        case .rsassaPSSSHA512: .rsaPSSSHA512
        case .ecdsaP256SHA256, .ecdsaP384SHA384: .ecdsa
        case .ed25519: .eddsa
        }
    }
}
