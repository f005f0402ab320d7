import ArgumentParser
import Foundation
import Workbench

/// Some of the answers of a measurement, judged by OpenSSL afterwards, so that what was counted is what a client would
/// have believed.
struct OCSPJudge: Sendable {
    /// An answer, with the request it is for.
    struct Sample: Sendable {
        let request: [UInt8]
        /// As `IssueCertificate` names it.
        let serial: String
        let answer: [UInt8]
    }

    /// Every so many-th answer of a connection is kept.
    static let distance = 997
    /// No more of a connection than these.
    static let most = 5

    /// A folder of the judge's own.
    let folder: URL
    /// A PEM file with the issuer's certificate.
    let issuer: String

    /// Checks signature, responder, time, nonce (if there is one), serial and status.
    ///
    /// - Throws: `ValidationError` with what OpenSSL says about the first answer it does not believe.
    func judge(_ sample: Sample, expecting status: String, nonce: Bool) throws {
        let request = folder.appendingPathComponent("request.der")
        let answer = folder.appendingPathComponent("answer.der")
        try Data(sample.request).write(to: request)
        try Data(sample.answer).write(to: answer)
        let outcome = try ChildProgram.run(
            "openssl",
            [
                "ocsp", "-reqin", request.path, "-respin", answer.path, "-resp_text", "-issuer", issuer,
                "-CAfile", issuer, "-partial_chain", "-no_nonce",
            ]
        )
        let said = outcome.output + outcome.complaints
        let hasNonce = said.contains("OCSP Nonce")
        guard outcome.status == 0, said.contains("Response verify OK"), !said.contains("WARNING"),
            said.contains("Serial Number: \(sample.serial.uppercased())"), said.contains("Cert Status: \(status)"),
            hasNonce == nonce
        else {
            throw ValidationError("OpenSSL does not believe the answer for \(sample.serial) (\(status)): \(said)")
        }
    }
}
