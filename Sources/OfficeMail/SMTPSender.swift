import Clocks
import Curl
import Foundation
import Glibc
import Secrets
import Threads

/// Delivers mails to one SMTP server, a connection each.
package struct SMTPSender: Sendable {
    package enum Security: String, Hashable, Sendable, Codable, CaseIterable {
        /// In clear: for a server on the same machine.
        case none
        case starttls
        /// TLS from the first octet (port 465).
        case tls
    }

    package struct LogIn: Sendable {
        package let user: String
        package let password: Secret

        package init(user: String, password: Secret) {
            self.user = user
            self.password = password
        }
    }

    private let host: String
    private let port: Int
    private let security: Security
    private let logIn: LogIn?
    private let trust: String?
    private let ownName: String
    private let milliseconds: Int

    /// - Parameters:
    ///   - trust: a file with the only certificates to trust, in PEM; without it, the system's.
    ///   - ownName: what we call ourselves in EHLO.
    ///   - seconds: the deadline for a mail, everything together.
    package init(
        host: String,
        port: Int,
        security: Security,
        logIn: LogIn? = nil,
        trust: String? = nil,
        ownName: String = "localhost",
        seconds: Int = 60
    ) throws(MailProblem) {
        guard Self.isHost(host), (1...65_535).contains(port) else { throw .badServer(printable("\(host):\(port)")) }
        guard Self.isHost(ownName) else { throw .badServer(printable(ownName)) }
        guard logIn == nil || security != .none else { throw .logInWithoutTLS }
        self.host = host
        self.port = port
        self.security = security
        self.logIn = logIn
        self.trust = trust
        self.ownName = ownName
        milliseconds = max(1, seconds) * 1000
    }

    /// A name, or an address of either family.
    private static func isHost(_ text: String) -> Bool {
        (1...253).contains(text.utf8.count)
            && text.utf8.allSatisfy { isAlphanumeric($0) || "-._:".utf8.contains($0) }
    }

    /// Delivers a mail; blocks until the server has answered or the deadline has passed. Never on the cooperative pool.
    ///
    /// - Parameter recipients: fewer than the message names, to try again those whom the server refused for the moment.
    package func send(_ message: MailMessage, to recipients: [MailAddress]? = nil) throws(MailProblem) -> SMTPOutcome {
        let octets = try message.encoded()
        return send(octets, from: message.from, to: recipients ?? message.recipients)
    }

    /// The same on a thread of its own.
    package func deliver(
        _ message: MailMessage,
        to recipients: [MailAddress]? = nil
    ) async throws(MailProblem) -> SMTPOutcome {
        let octets = try message.encoded()
        let outcome = await onThread(named: "mail") {
            send(octets, from: message.from, to: recipients ?? message.recipients)
        }
        return outcome
            ?? .temporary(code: nil, words: "the system refuses a thread; raise TasksMax or the memory limit")
    }

    private func send(_ octets: [UInt8], from sender: MailAddress, to recipients: [MailAddress]) -> SMTPOutcome {
        let conversation = Heard()
        let events = conversation.events(sending: octets)
        do {
            let address = host.contains(":") ? "[\(host)]" : host
            var transfer = try CurlTransfer.prepared(
                url: "\(security == .tls ? "smtps" : "smtp")://\(address):\(port)/\(ownName)",
                schemes: "smtp,smtps",
                milliseconds: milliseconds
            )
            if security == .starttls { try transfer.demandTLS() }
            if let trust { try transfer.trust(trust) }
            if let logIn { try Self.logIn(logIn, to: transfer) }
            try transfer.mail(from: sender.address, to: recipients.map(\.address), count: octets.count)
            return outcome(of: try transfer.perform(events), conversation.conversation, recipients)
        } catch {
            return .temporary(code: nil, words: error.description)
        }
    }

    private static func logIn(_ logIn: LogIn, to transfer: borrowing CurlTransfer) throws(CurlUnavailable) {
        let password = logIn.password.terminated()
        try password.withUnsafeBytes { (bytes) throws(CurlUnavailable) in
            guard let text = bytes.bindMemory(to: CChar.self).baseAddress else { return }
            try transfer.logIn(user: logIn.user, password: text)
        }
    }

    private func outcome(
        of ending: CurlTransfer.Ending,
        _ conversation: SMTPConversation,
        _ recipients: [MailAddress]
    ) -> SMTPOutcome {
        if ending.isWhole {
            return .delivered(words: conversation.last?.words ?? "", refused: conversation.refused)
        }
        if conversation.refused.count == recipients.count, let last = conversation.refused.last {
            if let later = conversation.refused.first(where: { $0.isTemporary }) {
                return .temporary(code: later.code, words: later.words)
            }
            return .permanent(code: last.code, words: last.words)
        }
        if let refusal = conversation.firstRefusal {
            // Before the envelope the server speaks of us, not of this mail.
            if refusal.code >= 500, refusal.stage != .greeting, !refusal.isAboutLogIn {
                return .permanent(code: refusal.code, words: refusal.words)
            }
            return .temporary(code: refusal.code, words: refusal.words)
        }
        let what = ending.isLate ? "no answer within \(milliseconds / 1000) s" : ending.words
        return .temporary(code: nil, words: "\(host):\(port): \(what)")
    }
}

/// The conversation of one transfer, and what is still to be sent.
private final class Heard {
    private(set) var conversation = SMTPConversation()

    func events(sending octets: [UInt8]) -> CurlEvents {
        let events = CurlEvents()
        var place = 0
        events.reads = { buffer in
            let count = min(buffer.count, octets.count - place)
            buffer.copyBytes(from: octets[place..<place + count])
            place += count
            return count
        }
        events.hears = { [unowned self] speaker, bytes in
            for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
                switch speaker {
                case .us: conversation.weSay(String(line))
                case .server: conversation.serverSays(String(line))
                }
            }
        }
        return events
    }
}
