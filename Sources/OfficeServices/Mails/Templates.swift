import Clocks
package import Office
package import OfficeMail
import OfficeStore

/// The tenant's own wording of the mails about orders and certificates (section 5.23).
extension OfficeDesk {
    /// All types in a language, as they are sent now, in the order of the list (TPL-03).
    package func templates(_ language: Language, by caller: Caller) async throws -> [MailTemplate] {
        try caller.user.require(.mailTemplates)
        return try await store.read { [self] records in
            try MailType.allCases.map { try template(.template($0), language, of: caller.tenant, in: records) }
        }
    }

    package func template(_ type: MailType, _ language: Language, by caller: Caller) async throws -> MailTemplate {
        try caller.user.require(.mailTemplates)
        return try await store.read { [self] records in
            try template(.template(type), language, of: caller.tenant, in: records)
        }
    }

    /// - Throws: `Refusal` of kind `input` with all that keeps it from being sent, beside the fields.
    package func check(_ template: MailTemplate) throws(Refusal) {
        let problems = template.problems
        guard problems.isEmpty else { throw Refusal(.input, problems.map(Refusal.Problem.init)) }
    }

    /// Mails that are posted from now on have this wording (TPL-09).
    package func save(_ template: MailTemplate, by caller: Caller) async throws {
        try caller.user.require(.mailTemplates)
        try check(template)
        let now = now
        try await store.write { [self] records in
            try records.templates.save(StoredTemplate(template, of: caller.tenant))
            let target = "\(template.kind.rawValue)/\(template.language)"
            let done = entry(.templateEdited, of: target, in: caller.tenant, by: caller.actor, at: now)
            try records.history.insert(done)
        }
    }

    /// Sends the wording with sample values to one address and to nobody else (TPL-08).
    package func sendTest(of template: MailTemplate, to address: String, by caller: Caller) async throws {
        try caller.user.require(.mailTemplates)
        try check(template)
        let reader: MailAddress
        let filled: FilledMail
        do {
            reader = try MailAddress(address.trimmingBlanks)
        } catch {
            throw Refusal.input("testAddress", Text(error.inJapanese, error.description))
        }
        let language = Language(rawValue: template.language) ?? .english
        let values = MailVariable.samples(in: template.language)
            .merging(MailValues(language, settings).values) { $1 }
        do {
            filled = try template.filled(with: values).redirected(to: reader)
        } catch {
            throw Refusal(.input, error.problems.map(Refusal.Problem.init))
        }
        let now = now
        try await store.write { records in
            var mail = OutgoingMail(
                id: Draw.token(),
                tenant: caller.tenant,
                target: caller.user.id,
                type: MailKind.system(.test).rawValue,
                created: now
            )
            mail.take(filled)
            mail.language = template.language
            try records.mails.insert(mail)
        }
    }
}

extension Refusal.Problem {
    init(_ problem: MailTemplateProblem) {
        let field =
            switch problem.part {
            case .from: "from"
            case .replyTo: "replyTo"
            case .to: "to"
            case .cc: "cc"
            case .bcc: "bcc"
            case .subject: "subject"
            case .body: "body"
            case .messageID, .language: ""
            }
        self.init(field, Text(problem.inJapanese, problem.description))
    }
}
