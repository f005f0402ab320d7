import Clocks
import Foundation
import Office
package import OfficeMail
import OfficeStore

/// What came of a turn of the outbox.
package enum OutboxTurn: Sendable {
    /// Nothing is due.
    case idle
    case sent
    /// Not now, or never: the words say why.
    case failed(mail: String, words: String, isFinal: Bool)
}

/// Sending what waits. One mail at a time: it is claimed in the database before it is handed to the server, so that a crash
/// between the server's answer and the note of it doubles at most that one, and loses none.
extension OfficeDesk {
    /// Sends the mail that has been due longest.
    package func sendDueMail(
        through sender: SMTPSender,
        plan: RetryPlan = .standard
    ) async throws -> OutboxTurn {
        guard let mail = try await claimMail(plan) else { return .idle }
        let outcome: SMTPOutcome
        do {
            let message = try mail.message(at: mail.firstTried ?? now, domain: settings.mail.domain)
            let left = mail.remaining.map(Set.init)
            let recipients = message.recipients.filter { left?.contains($0.address) ?? true }
            outcome = try await sender.deliver(message, to: recipients)
        } catch {
            return try await note(error.description, of: mail, .failed)
        }
        switch outcome {
        case .delivered(let words, let refused): return try await noteDelivery(words, refused, of: mail, plan)
        case .permanent(let code, let words): return try await note("\(code) \(words)", of: mail, .failed)
        case .temporary(let code, let words):
            let said = code.map { "\($0) \(words)" } ?? words
            return try await note(said, of: mail, isOver(mail, plan) ? .failed : .waiting)
        }
    }

    /// Takes the next mail: its next try is written down first, for the case that nobody comes back from this one.
    private func claimMail(_ plan: RetryPlan) async throws -> OutgoingMail? {
        let now = now
        guard try await store.read({ try $0.mails.first(Self.due(at: now)) != nil }) else { return nil }
        return try await store.write { records in
            guard var mail = try records.mails.first(Self.due(at: now)) else { return nil }
            mail.attempts += 1
            let first = mail.firstTried ?? now
            mail.firstTried = first
            mail.due =
                plan.next(afterAttempts: mail.attempts, firstAt: first, now: now)
                ?? Timestamp(seconds: now.seconds + plan.pauses[0])
            try records.mails.save(mail)
            return mail
        }
    }

    private static func due(at now: Timestamp) -> Query {
        Query().equal("status", OutgoingMail.Status.waiting.rawValue).atMost("due", now.seconds).sorted(by: "due")
    }

    private func isOver(_ mail: OutgoingMail, _ plan: RetryPlan) -> Bool {
        plan.next(afterAttempts: mail.attempts, firstAt: mail.firstTried ?? now, now: now) == nil
    }

    /// The server took the mail, perhaps not for everybody.
    private func noteDelivery(
        _ words: String,
        _ refused: [SMTPRefusal],
        of mail: OutgoingMail,
        _ plan: RetryPlan
    ) async throws -> OutboxTurn {
        guard !refused.isEmpty else { return try await note(words, of: mail, .sent) }
        let said = refused.map { "\($0.address): \($0.code) \($0.words)" }.joined(separator: "; ")
        let later = refused.filter(\.isTemporary).map(\.address)
        guard !later.isEmpty else { return try await note(said, of: mail, .sent) }
        return try await note(said, of: mail, isOver(mail, plan) ? .failed : .waiting, remaining: later)
    }

    /// Writes down what came of it. The secrets of the links stay in the text only as long as it is to be sent.
    private func note(
        _ words: String,
        of claimed: OutgoingMail,
        _ status: OutgoingMail.Status,
        remaining: [String]? = nil
    ) async throws -> OutboxTurn {
        let now = now
        try await store.write { records in
            guard var mail = try records.mails.get(claimed.id) else { return }
            (mail.status, mail.result) = (status, words)
            if let remaining { mail.remaining = remaining }
            if status == .sent { mail.sent = now }
            if status != .waiting { mail.body = mail.bodyWithoutSecrets }
            try records.mails.save(mail)
        }
        return status == .sent ? .sent : .failed(mail: claimed.id, words: words, isFinal: status == .failed)
    }
}

extension OutgoingMail {
    /// The mail as it is sent. A mail that is tried again keeps its identifier and date.
    func message(at date: Timestamp, domain: String) throws(MailProblem) -> MailMessage {
        func mailboxes(_ texts: [String]) throws(MailProblem) -> [MailAddress] {
            var all: [MailAddress] = []
            for text in texts { all.append(try MailAddress(parsing: text)) }
            return all
        }
        let answers = replyTo.split(separator: ",").map { String($0) }
        return MailMessage(
            from: try MailAddress(parsing: from),
            replyTo: try mailboxes(answers),
            to: try mailboxes(to),
            cc: try mailboxes(cc),
            bcc: try mailboxes(bcc),
            subject: subject,
            body: body,
            encoding: MailEncoding(rawValue: encoding.uppercased()) ?? .utf8,
            date: date,
            messageID: try MessageID("\(id)@\(domain)"),
            language: language
        )
    }
}

extension MailSettings {
    /// What stands behind the @ of our own address, for message identifiers.
    var domain: String { String(noReply.split(separator: "@").last ?? "localhost") }
}
