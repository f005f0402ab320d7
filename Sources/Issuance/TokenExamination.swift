import Clocks
import Policy
import Tokens
import X509Building

/// A token examined (TOK-05): what it says it can do, what the service needs of it, what was proven by test signatures,
/// and what is to be changed. The keys sign a text of ours that is no certificate.
package struct TokenExamination: Sendable {
    /// A mechanism that the service has a use for.
    package struct Need: Sendable {
        package let mechanism: String
        package let purpose: String
        /// What the token says of it; `nil` where it does not have it.
        package let offer: MechanismDescription?
    }

    /// A signature that was asked for.
    package struct Trial: Sendable {
        package let algorithm: SignatureAlgorithm
        /// What the token took, in microseconds.
        package let microseconds: UInt64
        /// Why it is not proven; `nil` when the signature verifies.
        package let problem: String?
    }

    /// A private key of the token, and what it did.
    package struct Key: Sendable {
        package let inspected: InspectedKey
        package let publicKey: SubjectPublicKey?
        package var trials: [Trial]

        package var isProven: Bool { trials.contains { $0.problem == nil } }
    }

    /// Something that is to be known or changed.
    package struct Finding: Sendable {
        package enum Verdict: String, Sendable {
            case fine = "ok"
            case advice
            case problem
        }

        package let verdict: Verdict
        package let text: String
        /// What to do; empty where nothing is to be done.
        package let mend: String
    }

    package let inspection: TokenInspection
    package let needs: [Need]
    package internal(set) var keys: [Key]
    /// Whether the token's random source gave bytes: serial numbers come from it.
    package internal(set) var randomProblem: String?

    /// Asks the token what it is and has. Nothing is signed yet.
    package init(of token: TokenWorkerSupervisor) throws(TokenError) {
        inspection = try token.inspection()
        let offers = inspection.mechanisms
        needs = Self.wanted.map { mechanism, makes, purpose in
            let offer = offers.first { $0.name == mechanism && (makes ? $0.canGenerateKeyPair : $0.canSign) }
            return Need(mechanism: mechanism, purpose: purpose, offer: offer)
        }
        keys = []
        for inspected in inspection.keys {
            do {
                let key = inspected.spki.isEmpty ? nil : try SubjectPublicKey(derEncoded: inspected.spki)
                keys.append(Key(inspected: inspected, publicKey: key, trials: []))
            } catch {
                var unusable = inspected
                unusable.problem = error.reason
                keys.append(Key(inspected: unusable, publicKey: nil, trials: []))
            }
        }
    }

    /// Has every key that may sign make one test signature with each algorithm that it and the token have, and verifies
    /// each with the public key.
    package mutating func prove(with token: TokenWorkerSupervisor) {
        do throws(TokenError) {
            _ = try token.randomBytes(16)
        } catch {
            randomProblem = error.message
        }
        for index in keys.indices where keys[index].inspected.attributes["CKA_SIGN"] != false {
            guard let key = keys[index].publicKey else { continue }
            for algorithm in SignatureAlgorithm.allCases where algorithm.accepts(key) && isOffered(algorithm) {
                keys[index].trials.append(Self.trial(algorithm, key, token))
            }
        }
    }

    private func isOffered(_ algorithm: SignatureAlgorithm) -> Bool {
        needs.contains { $0.mechanism == algorithm.tokenMechanism.standardName && $0.offer != nil }
    }

    private static func trial(
        _ algorithm: SignatureAlgorithm,
        _ key: SubjectPublicKey,
        _ token: TokenWorkerSupervisor
    ) -> Trial {
        let message = Array("inkan doctor asks for a signature that is no certificate".utf8)
        var microseconds: UInt64 = 0
        let problem: String?
        do {
            let made = try token.signature(
                spki: key.derEncoded,
                mechanism: algorithm.tokenMechanism,
                input: algorithm.tokenInput(for: message)
            )
            microseconds = made.tokenNanoseconds / 1000
            let signature = try algorithm.signatureValue(fromToken: made.raw)
            let isValid = key.isValidSignature(signature, for: message, algorithm: algorithm)
            problem = isValid ? nil : "the signature does not verify with the public key"
        } catch let error as TokenError {
            problem = error.message
        } catch let error as X509Error {
            problem = error.reason
        } catch {
            problem = "\(error)"
        }
        return Trial(algorithm: algorithm, microseconds: microseconds, problem: problem)
    }

    private static let wanted: [(mechanism: String, makes: Bool, purpose: String)] = [
        ("CKM_RSA_PKCS", false, "sha256, sha384 and sha512WithRSA"),
        ("CKM_RSA_PKCS_PSS", false, "RSASSA-PSS"),
        ("CKM_ECDSA", false, "ECDSA with P-256 and P-384"),
        ("CKM_EDDSA", false, "Ed25519"),
        ("CKM_RSA_PKCS_KEY_PAIR_GEN", true, "making RSA keys"),
        ("CKM_EC_KEY_PAIR_GEN", true, "making P-256 and P-384 keys"),
        ("CKM_EC_EDWARDS_KEY_PAIR_GEN", true, "making Ed25519 keys"),
        ("CKM_ML_DSA", false, "ML-DSA, which is not used yet"),
    ]
}

extension TokenMechanism {
    /// Its name in PKCS#11.
    package var standardName: String {
        switch self {
        case .rsaPKCS: "CKM_RSA_PKCS"
        case .rsaPSSSHA256, .rsaPSSSHA384, .rsaPSSSHA512: "CKM_RSA_PKCS_PSS"
        case .ecdsa: "CKM_ECDSA"
        case .eddsa: "CKM_EDDSA"
        }
    }
}
