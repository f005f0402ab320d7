import Threads
import X509Building

/// The delegated responder of an issuer (RFC 6960 4.2.2.2): a key of its own in a token, and the certificate in which the
/// issuer says that it may speak of the issuer's certificates. CA keys sign no OCSP responses. The certificate is renewed
/// (`ResponderKeeper`), the key stays.
package final class OCSPResponder: Sendable {
    package let issuer: Issuer
    package let key: SigningKey
    package let algorithm: SignatureAlgorithm
    /// SHA-1 over its key bits: its name in responses.
    let keyHash: [UInt8]
    private let current: Guarded<Certificate>

    /// The one that goes out with answers.
    package var certificate: Certificate { current.withLock { $0 } }

    /// - Throws: when the certificate is not the issuer's, or does not make its key a responder's.
    package init(issuer: Issuer, certificate: Certificate, key: SigningKey) throws(X509Error) {
        algorithm = try Self.check(certificate, issuer)
        self.issuer = issuer
        self.key = key
        keyHash = certificate.tbs.publicKey.keyHash(.sha1)
        current = Guarded(certificate)
    }

    /// Goes on with another certificate for the same key.
    func adopt(_ certificate: Certificate) throws(X509Error) {
        _ = try Self.check(certificate, issuer)
        guard certificate.tbs.publicKey == key.publicKey else {
            throw X509Error(.valueInvalid, "the responder of \(issuer.name): the certificate is for another key")
        }
        current.withLock { $0 = certificate }
    }

    private static func check(_ certificate: Certificate, _ issuer: Issuer) throws(X509Error) -> SignatureAlgorithm {
        func unusable(_ reason: String) -> X509Error {
            X509Error(.valueInvalid, "the responder of \(issuer.name): \(reason)", clause: "RFC 6960 4.2.2.2")
        }
        guard certificate.tbs.issuerDER == issuer.facts.subjectDER, certificate.isSigned(by: issuer.key.publicKey)
        else {
            throw unusable("its certificate is not signed by the issuer")
        }
        guard try certificate.tbs.extension(.extendedKeyUsage)?.readExtendedKeyUsage() == [.ocspSigning] else {
            throw unusable("its certificate is not for OCSP signing, and for nothing else")
        }
        guard let noCheck = certificate.tbs.extension(.ocspNoCheck) else {
            throw unusable("its certificate lacks ocsp-nocheck, so that clients would ask for its status in turn")
        }
        try noCheck.readOCSPNoCheck()
        let algorithms = SignatureAlgorithm.allCases.filter { $0.accepts(certificate.tbs.publicKey) }
        guard let algorithm = algorithms.first, certificate.tbs.publicKey != issuer.key.publicKey else {
            throw unusable("its key is the issuer's own, or of no kind that signs")
        }
        return algorithm
    }
}

/// The responders of this machine, found as clients name their issuers.
struct OCSPResponders: Sendable {
    private struct Name: Hashable {
        let hash: OCSPHash
        let issuerNameHash: [UInt8]
        let issuerKeyHash: [UInt8]
    }

    let all: [OCSPResponder]
    private let places: [Name: Int]

    init(_ responders: [OCSPResponder]) {
        all = responders
        var places: [Name: Int] = [:]
        for (place, responder) in responders.enumerated() {
            for hash in OCSPHash.allCases {
                let name = Name(
                    hash: hash,
                    issuerNameHash: hash.digest(responder.issuer.facts.subjectDER),
                    issuerKeyHash: responder.issuer.key.publicKey.keyHash(hash)
                )
                places[name] = place
            }
        }
        self.places = places
    }

    /// The place of the responder for a certificate; nil when its issuer is none of this machine's.
    func place(for certificate: OCSPCertificateID) -> Int? {
        guard let hash = certificate.hash else { return nil }
        return places[
            Name(
                hash: hash,
                issuerNameHash: certificate.issuerNameHash,
                issuerKeyHash: certificate.issuerKeyHash
            )
        ]
    }

    /// The place of the responder of an issuer's name.
    func place(ofIssuer name: String) -> Int? {
        all.firstIndex { $0.issuer.name == name }
    }
}
