import CLinux
import PKCS12
import Secrets
import Tokens
import Varlink
import X509Building

/// How PINs that were made reach people: shown to the caller once, or sealed to somebody who alone can read them.
enum PINAnswer {
    case shown
    case sealed(to: SealRecipient)
}

extension SealRecipient {
    /// The recipient that a reader's settings name.
    init(file path: String, reader: String) throws(StartError) {
        let text = Array(try readText(path).utf8)
        do {
            self = try Self(pem: text)
        } catch {
            throw StartError("reader “\(reader)”, sealPINsTo: \(path): \(error)")
        }
    }

    /// Throws `X509Error` or `PKCS12Error`.
    fileprivate init(pem: [UInt8]) throws {
        let der = try PEM.decode(pem, labels: ["CERTIFICATE"], maximum: Self.largestCertificate)
        try self.init(certificate: der)
    }
}

extension StationWork {
    /// How the PINs of this call are answered; judged before any token is touched.
    func pinAnswer(in place: UserTokenStation.Place) throws(StationError) -> PINAnswer {
        switch (place.pinRecipient, text("recipient")) {
        case (nil, nil): return .shown
        case (let recipient?, nil): return .sealed(to: recipient)
        case (_?, _?):
            throw StationError(
                .requestRejected,
                rule: "request.recipient",
                message: "the PINs of this reader are sealed to the recipient that its settings name",
                mend: "leave recipient out, or take sealPINsTo out of the settings"
            )
        case (nil, let pem?):
            do {
                return .sealed(to: try SealRecipient(pem: Array(pem.utf8)))
            } catch {
                throw StationError(
                    .requestRejected,
                    rule: "request.recipient",
                    message: "\(error)",
                    mend:
                        "give one certificate in PEM, for RSA from 2,048 bits, P-256 or P-384, that may be encrypted to"
                )
            }
        }
    }

    /// Answers PINs that have not been set yet.
    ///
    /// - Parameter token: what the holder of the letter shall know the token by.
    func report(
        _ pins: FreshPINs,
        withOfficer: Bool,
        token: String,
        _ answer: PINAnswer
    ) throws(StationError) {
        switch answer {
        case .shown:
            try report("pins") { writer in
                writer.object("pins") { writer in
                    if withOfficer { writer.member("officer", secret: pins.officer) }
                    writer.member("user", secret: pins.user)
                    writer.member("fromToken", pins.isFromToken)
                }
            }
        case .sealed(let recipient):
            let officer = withOfficer ? try letter("SO PIN", pins.officer, token: token, to: recipient) : nil
            let user = try letter("PIN", pins.user, token: token, to: recipient)
            try report("pins") { writer in
                writer.object("sealedPINs") { writer in
                    writer.member("officer", officer)
                    writer.member("user", user)
                    writer.member("fromToken", pins.isFromToken)
                }
            }
        }
    }

    /// A PIN letter that only its recipient can open: lines of name and value, the PIN's last.
    private func letter(
        _ name: String,
        _ pin: Secret,
        token: String,
        to recipient: SealRecipient
    ) throws(StationError) -> String {
        var lines = [("Token", token)]
        if let order = orderID { lines.append(("Order", order)) }
        // A line end in a caller's text must not begin a line of its own.
        let head = lines.map { "\($0.0): \($0.1.filter { !$0.isNewline })\n" }.joined() + "\(name): "
        let text = pin.withUnsafeBytes { pin in
            Secret(count: head.utf8.count + pin.count + 1) { buffer in
                buffer.copyBytes(from: head.utf8)
                UnsafeMutableRawBufferPointer(rebasing: buffer[head.utf8.count..<buffer.count - 1])
                    .copyMemory(from: pin)
                buffer[buffer.count - 1] = 0x0A
            }
        }
        do throws(PKCS12Error) {
            return PEM.encode(try recipient.seal(text), label: "CMS")
        } catch {
            throw StationError(
                .internalError,
                rule: "service.internal",
                message: "the PIN letter cannot be sealed; no PIN was set",
                mend: "report it with the service's log",
                detail: error.description
            )
        }
    }
}

extension JSONWriter {
    /// A PIN that was made here: letters and digits, which need no escape.
    fileprivate mutating func member(_ name: String, secret: Secret) {
        self.name(name)
        var quoted: [UInt8] = []
        quoted.reserveCapacity(secret.count + 2)
        quoted.append(UInt8(ascii: "\""))
        secret.withUnsafeBytes { quoted.append(contentsOf: $0) }
        quoted.append(UInt8(ascii: "\""))
        raw(quoted)
        quoted.withUnsafeMutableBytes { inkan_wipe($0.baseAddress, $0.count) }
    }
}
