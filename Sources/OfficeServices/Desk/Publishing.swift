import Foundation
import Office
import SignerClient
import Varlink

/// What the office publishes of the appliance's statements.
extension OfficeDesk {
    /// The CRL in force, DER.
    package func crl(of issuer: String, partition: Int?) async throws -> [UInt8] {
        try await published { client throws(SignerClientError) in
            try client.crl(issuer: issuer, partition: partition).der
        }
    }

    /// An issuer's certificate, DER.
    package func authority(named issuer: String) async throws -> [UInt8] {
        let pem = try await published { client throws(SignerClientError) in
            try client.call(.getChain) { $0.member("issuer", issuer) }["chain"]?.arrayValue?.first?.stringValue ?? ""
        }
        let lines = pem.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("-----") }
        guard let der = Data(base64Encoded: lines.joined()), !der.isEmpty else { throw Refusal.notFound }
        return [UInt8](der)
    }

    /// The appliance's answer to an OCSP request, both DER.
    package func ocsp(_ request: [UInt8]) async throws -> [UInt8] {
        try await published { client throws(SignerClientError) in try client.respondOCSP(request) }
    }

    private func published<Answer: Sendable>(
        _ ask: @escaping @Sendable (SignerClient) throws(SignerClientError) -> Answer
    ) async throws -> Answer {
        do {
            return try await appliance.ask(ask)
        } catch let SignerClientError.refused(error) {
            guard error.name.hasSuffix(".NotFound") || error.name.hasSuffix(".RequestRejected") else {
                throw Refusal.applianceUnavailable
            }
            throw Refusal.notFound
        }
    }
}
