import Clocks
import Foundation
import Office
import OfficeMail
import OfficeStore

/// Mails come into the outbox in the transaction of what they tell of: neither is ever there without the other.
extension OfficeDesk {
    /// Puts a mail into the outbox, in the tenant's own wording where there is one; nothing where it is switched off.
    ///
    /// A wording that cannot be filled does not hold up what happened: the delivered one is sent, and the list of mails
    /// says why. Where that cannot be filled either (an address that no mail can be sent to), the list shows it as failed.
    ///
    /// - Parameters:
    ///   - target: the order, licence … that it is about.
    ///   - once: what happens once is posted once under this key.
    func post(
        _ kind: MailKind,
        about target: String,
        of tenant: String,
        _ values: MailValues,
        once: String? = nil,
        in records: OfficeRecords,
        at now: Timestamp
    ) throws {
        if let once, try isPosted(once, in: records) { return }
        let template = try template(kind, values.language, of: tenant, in: records)
        guard template.enabled else { return }
        var mail = OutgoingMail(id: Draw.token(), tenant: tenant, target: target, type: kind.rawValue, created: now)
        (mail.onceKey, mail.language) = (once, values.language.rawValue)
        do {
            mail.take(try template.filled(with: values.values))
        } catch let own {
            mail.result = own.description
            do {
                mail.take(
                    try MailTemplate.standard(kind, language: values.language.rawValue).filled(with: values.values)
                )
            } catch {
                mail.status = .failed
                mail.to = [values[.userEmail], values[.recipientEmail]].filter { !$0.isEmpty }
                mail.result = error.description
            }
        }
        try records.mails.insert(mail)
    }

    func isPosted(_ once: String, in records: OfficeRecords) throws -> Bool {
        try records.mails.count(.init().equal("onceKey", once)) > 0
    }

    /// The wording that is sent now.
    func template(
        _ kind: MailKind,
        _ language: Language,
        of tenant: String,
        in records: OfficeRecords
    ) throws -> MailTemplate {
        let standard = MailTemplate.standard(kind, language: language.rawValue)
        guard case .template = kind else { return standard }
        let key = StoredTemplate.key(tenant: tenant, type: kind.rawValue, language: language.rawValue)
        return try records.templates.get(key).map { try $0.decoded() } ?? standard
    }

    /// A mail about an order, in the language that was chosen for it.
    ///
    /// - Parameter link: the secret of its pick-up link, where the mail carries it.
    func post(
        _ type: MailType,
        about order: Order,
        link: String? = nil,
        reason: Text? = nil,
        once: String? = nil,
        in records: OfficeRecords,
        at now: Timestamp
    ) throws {
        var values = MailValues(Language(rawValue: order.templateLanguage) ?? .japanese, settings)
        values.add(
            order,
            manager: try records.users.get(order.manager),
            tenant: try records.tenants.get(order.tenant),
            link: link,
            reason: reason
        )
        try post(.template(type), about: order.id, of: order.tenant, values, once: once, in: records, at: now)
    }

    /// A mail of the service to one of a tenant's users, in the user's language.
    func post(
        _ mail: SystemMail,
        about target: String,
        to user: String,
        once: String? = nil,
        in records: OfficeRecords,
        at now: Timestamp,
        _ fill: (inout MailValues) -> Void
    ) throws {
        guard let user = try records.users.get(user) else { throw Refusal.notFound }
        let tenant = try records.tenants.get(user.tenant)
        var values = MailValues(user.language, settings)
        values.add(recipient: user.name, user.mail, organisation: tenant?.organisation ?? "")
        fill(&values)
        try post(.system(mail), about: target, of: user.tenant, values, once: once, in: records, at: now)
    }
}

extension StoredTemplate {
    func decoded() throws -> MailTemplate {
        try JSONDecoder().decode(MailTemplate.self, from: Data(template.utf8))
    }

    init(_ template: MailTemplate, of tenant: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        self.init(
            tenant: tenant,
            type: template.kind.rawValue,
            language: template.language,
            template: String(decoding: try encoder.encode(template), as: UTF8.self)
        )
    }
}

extension OutgoingMail {
    mutating func take(_ filled: FilledMail) {
        (from, replyTo) = (filled.from.description, filled.replyTo.map(\.description).joined(separator: ", "))
        (to, cc, bcc) = (filled.to.map(\.description), filled.cc.map(\.description), filled.bcc.map(\.description))
        (subject, body, encoding) = (filled.subject, filled.body, filled.encoding.rawValue)
    }
}
