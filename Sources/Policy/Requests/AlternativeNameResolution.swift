import X509Building

extension AlternativeNameRules {
    /// The names as they are written, or the first reason to refuse them.
    func resolve(_ names: [GeneralName]) throws(PolicyViolation) -> [GeneralName] {
        let field = "alternativeNames"
        var counts: [AlternativeNameKind: Int] = [:]
        for name in names {
            let kind = try Self.kind(of: name)
            guard let count = kinds[kind] else {
                throw PolicyViolation(.alternativeNameNotAllowed, field: field, "the profile takes no \(kind.rawValue)")
            }
            counts[kind, default: 0] += 1
            guard counts[kind, default: 0] <= count.maximum else {
                throw PolicyViolation(
                    .alternativeNameTooMany,
                    field: field,
                    "the profile takes \(count.maximum) of \(kind.rawValue)"
                )
            }
            if let problem = Self.problem(with: name) { throw PolicyViolation(problem, field: field) }
        }
        guard names.areAllDifferent else {
            throw PolicyViolation(.alternativeNameTwice, field: field, "a name stands twice")
        }
        for kind in AlternativeNameKind.allCases {
            guard let count = kinds[kind], counts[kind, default: 0] < count.minimum else { continue }
            throw PolicyViolation(
                .alternativeNameTooFew,
                field: field,
                "the profile demands \(count.minimum) of \(kind.rawValue)"
            )
        }
        guard counts[.rfc822Name, default: 0] + counts[.smtpUTF8Mailbox, default: 0] >= minimumMailboxes else {
            throw PolicyViolation(
                .alternativeNameTooFew,
                field: field,
                "the profile demands \(minimumMailboxes) of mail addresses",
                mend: "add the mail address to the alternative names"
            )
        }
        return names
    }

    /// Refuses a subject whose address the names don't repeat.
    func check(_ subject: DistinguishedName, _ names: [GeneralName]) throws(PolicyViolation) {
        guard repeatsEmailAddress else { return }
        for address in subject.values(.emailAddress) where !names.contains(.rfc822Name(address)) {
            throw PolicyViolation(
                .emailAddressNotRepeated,
                field: "subject.emailAddress",
                "“\(address)” is not among the alternative names"
            )
        }
    }

    private static func kind(of name: GeneralName) throws(PolicyViolation) -> AlternativeNameKind {
        switch name {
        case .rfc822Name: return .rfc822Name
        case .smtpUTF8Mailbox: return .smtpUTF8Mailbox
        case .userPrincipalName: return .userPrincipalName
        case .uniformResourceIdentifier(let text):
            // Microsoft's other form of the SID: a log-on by whatever a caller writes into a URI.
            if text.utf8.count > 3, text.lowercased().hasPrefix("tag:microsoft.com") {
                throw PolicyViolation(
                    .securityIdentifierURI,
                    field: "alternativeNames",
                    "a SID is not taken in the form of a URI"
                )
            }
            throw PolicyViolation(
                .alternativeNameNotAllowed,
                field: "alternativeNames",
                "no profile takes \(name.kind)"
            )
        case .dnsName, .directoryName:
            throw PolicyViolation(
                .alternativeNameNotAllowed,
                field: "alternativeNames",
                "no profile takes \(name.kind)"
            )
        }
    }

    private static func problem(with name: GeneralName) -> TextProblem? {
        switch name {
        case .rfc822Name(let address):
            if let problem = Mailbox.problem(in: address) { return problem }
            return Mailbox.isInternational(address)
                ? TextProblem(rule: .mailboxForm, reason: "rfc822Name takes ASCII alone") : nil
        case .smtpUTF8Mailbox(let address):
            if let problem = Mailbox.problem(in: address) { return problem }
            return Mailbox.isInternational(address)
                ? nil : TextProblem(rule: .mailboxForm, reason: "an ASCII address is not taken in SmtpUTF8Mailbox")
        case .userPrincipalName(let name):
            return WindowsNames.principalProblem(in: name)
        case .dnsName, .directoryName, .uniformResourceIdentifier:
            return nil
        }
    }
}
