extension MailTemplate {
    /// The mail with its variables' values. A variable that may be empty has an empty value; mailboxes that come out empty
    /// vanish.
    ///
    /// A value that ISO-2022-JP cannot write, as a rare form of a name, makes the mail UTF-8: it is sent all the same.
    ///
    /// - Throws: all that keeps it from being a mail: unknown variables, values that were not given or that would break a
    ///   header, texts that are no addresses, nobody to send it to.
    package func filled(with values: [MailVariable: String]) throws(MailTemplateProblems) -> FilledMail {
        var filling = Filling(values: values)
        let senders = filling.mailboxes(from, .from)
        if senders.count != 1, filling.problems.isEmpty { filling.report(.from, .notOneSender) }
        let replyTo = filling.mailboxes(replyTo, .replyTo)
        let to = filling.mailboxes(to, .to)
        let cc = filling.mailboxes(cc, .cc)
        let bcc = filling.mailboxes(bcc, .bcc)
        let subject = filling.line(subject, .subject)
        let body = filling.text(body, .body)
        filling.check(to + cc + bcc, subject: subject, body: body)
        guard let sender = senders.first, filling.problems.isEmpty else {
            throw MailTemplateProblems(problems: filling.problems)
        }
        let names = ([sender] + replyTo + to + cc + bcc).compactMap(\.name)
        let isWritable = encoding.unwritable(in: ([subject, body] + names).joined(separator: "\n")).isEmpty
        return FilledMail(
            kind: kind,
            language: language,
            encoding: isWritable ? encoding : .utf8,
            from: sender,
            replyTo: replyTo,
            to: to,
            cc: cc,
            bcc: bcc,
            subject: subject,
            body: body
        )
    }

    /// All that an editor has to say before the template may be stored: what `filled` refuses with sample values,
    /// variables of other mails, and characters of the template's own that its encoding does not have.
    package var problems: [MailTemplateProblem] {
        var filling = Filling(values: MailVariable.samples(in: language), own: Set(kind.variables), encoding: encoding)
        let senders = filling.mailboxes(from, .from)
        if senders.count != 1, filling.problems.isEmpty { filling.report(.from, .notOneSender) }
        _ = filling.mailboxes(replyTo, .replyTo)
        let recipients =
            filling.mailboxes(to, .to) + filling.mailboxes(cc, .cc) + filling.mailboxes(bcc, .bcc)
        filling.check(recipients, subject: filling.line(subject, .subject), body: filling.text(body, .body))
        return filling.problems
    }
}

/// Fills the parts of a template and remembers what is wrong with them.
private struct Filling {
    let values: [MailVariable: String]
    /// The variables that may be used; `nil` where values decide.
    var own: Set<MailVariable>?
    /// Whose characters the template's own text is held to.
    var encoding = MailEncoding.utf8
    private(set) var problems: [MailTemplateProblem] = []

    init(values: [MailVariable: String], own: Set<MailVariable>? = nil, encoding: MailEncoding = .utf8) {
        self.values = values
        self.own = own
        self.encoding = encoding
    }

    mutating func report(_ part: MailProblem.Part, _ fault: MailTemplateProblem.Fault) {
        let problem = MailTemplateProblem(part: part, fault: fault)
        if !problems.contains(problem) { problems.append(problem) }
    }

    mutating func text(_ text: String, _ part: MailProblem.Part) -> String {
        let parsed = TemplateText(text)
        let missing = encoding.unwritable(in: parsed.literals)
        if !missing.isEmpty { report(part, .mail(.unwritable(part, missing))) }
        return fill(parsed, part)
    }

    /// One line of a header. A value that breaks it is reported, not mended: it may be somebody's attempt.
    mutating func line(_ text: String, _ part: MailProblem.Part) -> String {
        let filled = self.text(text, part)
        if filled.unicodeScalars.contains(where: isControl) { report(part, .mail(.controlCharacter(part))) }
        return filled
    }

    private mutating func fill(_ text: TemplateText, _ part: MailProblem.Part) -> String {
        for piece in text.pieces {
            switch piece {
            case .literal: break
            case .unknown(let text, let place): report(part, .unknownVariable(text, place))
            case .variable(let variable, let place):
                if let own, !own.contains(variable) {
                    report(part, .foreignVariable(variable, place))
                } else if values[variable] == nil {
                    report(part, .noValue(variable))
                }
            }
        }
        return text.filled { values[$0] ?? "" }
    }

    /// Mailboxes separated by commas. They are told apart before values come in, so that no value becomes two of them.
    mutating func mailboxes(_ list: String, _ part: MailProblem.Part) -> [MailAddress] {
        if list.unicodeScalars.contains(where: isControl) {
            report(part, .mail(.controlCharacter(part)))
            return []
        }
        var found: [MailAddress] = []
        for (item, place) in Self.items(of: list) {
            let before = problems.count
            let parts = MailAddress.parts(of: item)
            let name = parts.name.map { self.fill(TemplateText($0, from: place), part) }
            let address = fill(TemplateText(parts.address, from: place), part)
            if let name {
                let missing = encoding.unwritable(in: TemplateText(parts.name ?? name).literals)
                if !missing.isEmpty { report(part, .mail(.unwritable(part, missing))) }
            }
            guard problems.count == before, !address.isEmpty else { continue }
            do {
                found.append(try MailAddress(address, name: name.map { String(trimmed($0[...])) }))
            } catch {
                report(part, .mail(error))
            }
        }
        return found
    }

    /// The list's items with the places where they begin; commas in quotation marks and braces divide nothing.
    private static func items(of list: String) -> [(String, TemplatePlace)] {
        var items: [(String, TemplatePlace)] = []
        var item = ""
        var isQuoted = false
        var start = 1
        func close(_ column: Int) {
            let text = trimmed(item[...])
            let blanks = item.prefix(while: { $0 == " " || $0 == "\u{3000}" }).count
            if !text.isEmpty { items.append((String(text), TemplatePlace(line: 1, column: start + blanks))) }
            item = ""
            start = column
        }
        for (index, character) in list.enumerated() {
            if character == "\"" { isQuoted.toggle() }
            if character == ",", !isQuoted {
                close(index + 2)
            } else {
                item.append(character)
            }
        }
        close(list.count + 1)
        return items
    }

    /// What the mail as a whole has to have.
    mutating func check(_ recipients: [MailAddress], subject: String, body: String) {
        let addressParts: Set<MailProblem.Part> = [.to, .cc, .bcc]
        if recipients.isEmpty, !problems.contains(where: { addressParts.contains($0.part) }) {
            report(.to, .mail(.noRecipient))
        }
        if recipients.count > MailMessage.mostRecipients {
            report(.to, .mail(.tooManyRecipients(most: MailMessage.mostRecipients)))
        }
        if trimmed(subject[...]).isEmpty { report(.subject, .mail(.empty(.subject))) }
        if subject.utf8.count > MailMessage.longestSubject {
            report(.subject, .mail(.tooLong(.subject, most: MailMessage.longestSubject)))
        }
        if body.allSatisfy(\.isWhitespace) { report(.body, .mail(.empty(.body))) }
        if body.utf8.count > MailMessage.longestBody {
            report(.body, .mail(.tooLong(.body, most: MailMessage.longestBody)))
        }
    }
}
