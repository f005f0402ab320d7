import Clocks
import Ledger
import X509Building

// The steps of an OCSP response, each a type that only the step before can make: authorise, look up, build, lint, sign,
// verify. What was signed is counted in the ledger (`OCSPAccount`).

/// Authorised: all certificates that are asked for are of one issuer, whose responder is here.
struct AuthorisedOCSPRequest: Sendable {
    let request: OCSPRequest
    let place: Int
    let responder: OCSPResponder

    fileprivate init(request: OCSPRequest, place: Int, responder: OCSPResponder) {
        self.request = request
        self.place = place
        self.responder = responder
    }
}

extension OCSPRequest {
    /// nil when it is about a foreign issuer, or about several.
    func authorise(by responders: OCSPResponders) -> AuthorisedOCSPRequest? {
        guard let place = responders.place(for: certificates[0]),
            certificates.dropFirst().allSatisfy({ responders.place(for: $0) == place })
        else { return nil }
        return AuthorisedOCSPRequest(request: self, place: place, responder: responders.all[place])
    }
}

/// Looked up: what the ledger says of each certificate at this moment.
struct AnsweredOCSPRequest: Sendable {
    let authorised: AuthorisedOCSPRequest
    let standings: [Standing]
    let data: OCSPResponseData

    fileprivate init(authorised: AuthorisedOCSPRequest, standings: [Standing], data: OCSPResponseData) {
        self.authorised = authorised
        self.standings = standings
        self.data = data
    }
}

extension AuthorisedOCSPRequest {
    /// - Parameter validity: seconds from this update to the next.
    func lookUp(
        in ledger: LedgerStore,
        validity: Int64,
        at now: Timestamp
    ) throws(IssuanceError) -> AnsweredOCSPRequest {
        let certificate = responder.certificate.tbs
        let (notBefore, notAfter) = (certificate.notBefore, certificate.notAfter)
        guard notBefore <= now.seconds, now.seconds < notAfter else {
            throw IssuanceError(
                .tokenUnavailable,
                rule: "ocsp.responder-expired",
                message: "the certificate of the responder of \(responder.issuer.name) is not valid at present",
                mend: "GetStatus says why it was not renewed; an officer can make a new one in a ceremony"
            )
        }
        let key = IssuerKeyTag.of(responder.issuer.key.publicKey.sha256)
        var standings: [Standing] = []
        var responses: [OCSPSingleResponse] = []
        for certificate in request.certificates {
            let standing: Standing
            do throws(LedgerError) {
                standing = try ledger.standing(serial: certificate.serialNumber)
            } catch {
                throw IssuanceError(error)
            }
            standings.append(standing)
            responses.append(
                OCSPSingleResponse(
                    certificate: certificate,
                    status: standing.ocsp(issuerKey: key),
                    thisUpdate: now.seconds,
                    nextUpdate: min(now.seconds + validity, notAfter)
                )
            )
        }
        let data = OCSPResponseData(
            responderKeyHash: responder.keyHash,
            producedAt: now.seconds,
            responses: responses,
            nonce: request.nonce
        )
        return AnsweredOCSPRequest(authorised: self, standings: standings, data: data)
    }
}

extension Standing {
    /// Never good for what this issuer's key has not issued.
    fileprivate func ocsp(issuerKey: Int64) -> OCSPStatus {
        guard self.issuerKey == issuerKey else { return .unknown }
        return switch state {
        case .good: .good
        case .held, .revoked, .neverReleased:
            .revoked(at: since, reason: reason == 0 ? nil : RevocationCode(rawValue: reason))
        case .inFlight, .unknown: .unknown
        }
    }
}

/// Built and linted: the very bytes that will be signed were read again and say what is meant.
struct LintedOCSPResponse: Sendable {
    let answered: AnsweredOCSPRequest
    let bytes: [UInt8]

    fileprivate init(answered: AnsweredOCSPRequest, bytes: [UInt8]) {
        self.answered = answered
        self.bytes = bytes
    }
}

extension AnsweredOCSPRequest {
    func buildAndLint() throws(IssuanceError) -> LintedOCSPResponse {
        do throws(X509Error) {
            let bytes = try data.derEncoded()
            guard try OCSPResponseData(derEncoded: bytes) == data else {
                throw X509Error(.valueInvalid, "the response does not say what was meant", clause: "RFC 6960 4.2.1")
            }
            guard data.responses.map(\.certificate) == authorised.request.certificates,
                data.responses.allSatisfy({ $0.thisUpdate < $0.nextUpdate })
            else { throw X509Error(.valueInvalid, "the response is not about what was asked", clause: "RFC 6960 3.2") }
            return LintedOCSPResponse(answered: self, bytes: bytes)
        } catch {
            throw IssuanceError(ownFault: error, rule: "ocsp.lint")
        }
    }
}

/// Signed by the token; not verified yet.
struct SignedOCSPResponse: Sendable {
    let linted: LintedOCSPResponse
    let signature: [UInt8]

    fileprivate init(linted: LintedOCSPResponse, signature: [UInt8]) {
        self.linted = linted
        self.signature = signature
    }
}

extension LintedOCSPResponse {
    /// The completion runs on the thread that reads the token's answers.
    func sign(completion: @escaping @Sendable (Result<SignedOCSPResponse, IssuanceError>) -> Void) {
        let responder = answered.authorised.responder
        let input = responder.algorithm.tokenInput(for: bytes)
        responder.key.sign(input, responder.algorithm, urgency: .urgent) { result in
            completion(result.map { SignedOCSPResponse(linted: self, signature: $0.value) })
        }
    }
}

/// Verified (TOK-11), and whole.
struct VerifiedOCSPResponse: Sendable {
    let answered: AnsweredOCSPRequest
    /// The whole OCSPResponse in DER.
    let response: [UInt8]

    fileprivate init(answered: AnsweredOCSPRequest, response: [UInt8]) {
        self.answered = answered
        self.response = response
    }
}

extension SignedOCSPResponse {
    func verify() throws(IssuanceError) -> VerifiedOCSPResponse {
        let responder = linted.answered.authorised.responder
        guard responder.key.publicKey.isValidSignature(signature, for: linted.bytes, algorithm: responder.algorithm)
        else {
            throw .badSignature(
                token: responder.key.tokenName,
                detail: "it does not verify under the responder's public key"
            )
        }
        return VerifiedOCSPResponse(
            answered: linted.answered,
            response: OCSPResponse.assemble(
                data: linted.bytes,
                algorithm: responder.algorithm,
                signature: signature,
                certificates: [responder.certificate.derEncoded]
            )
        )
    }
}
