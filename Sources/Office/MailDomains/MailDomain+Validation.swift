package import Clocks

/// How a domain is validated, approved and renewed.
extension MailDomain {
    /// How somebody wants to show that a domain is theirs.
    package struct Proof: Hashable, Sendable {
        package let method: Method
        package let approver: String

        /// Checks a method and, for mail, the approver's address: one of the five mailboxes of the domain, or the
        /// address that the domain's registration (WHOIS) names (DOM-05).
        ///
        /// - Parameters:
        ///   - approver: a mailbox of `approverMailboxes`, or `whois`.
        ///   - whois: the address that was typed.
        ///   - offered: the methods that may be chosen.
        package init(
            method: String,
            approver: String,
            whois: String,
            domain: String,
            offered: [Method]
        ) throws(Refusal) {
            guard let chosen = Method(rawValue: method) else {
                throw .input("method", Text("認証方法を選択してください。", "Choose how the domain is validated."))
            }
            guard offered.contains(chosen) else {
                throw .input(
                    "method",
                    Text(
                        "前回メール認証またはDNS認証で承認されたドメインでは、ページ認証を選択できません。変更するにはサポートへご連絡ください。",
                        "After mail or DNS the page cannot be chosen. Ask our support to change the method."
                    )
                )
            }
            self.method = chosen
            guard chosen == .mail else {
                self.approver = ""
                return
            }
            if MailDomain.approverMailboxes.contains(approver) {
                self.approver = "\(approver)@\(domain)"
            } else {
                guard approver == "whois" else {
                    throw .input("approver", Text("承認メールの宛先を選択してください。", "Choose who approves."))
                }
                var check = FormCheck()
                let address = check.value("whois") { () throws(Refusal) in try MailText.check(whois) }
                try check.finish()
                self.approver = address ?? ""
            }
        }
    }

    /// Where the code is published for a page validation.
    package static let pageFile = "inkan.txt"
    /// What stands before the code in a TXT record.
    package static let recordPrefix = "inkan-domain-validation="

    /// The TXT record to publish at the domain.
    package var record: String { Self.recordPrefix + code }

    /// The page to publish.
    package var page: String { "http://\(name)/.well-known/pki-validation/\(Self.pageFile)" }

    /// Whether the approver was typed rather than built from the domain; an operator compares it with the registration.
    package var isApproverTyped: Bool {
        method == .mail && !Self.approverMailboxes.contains { "\($0)@\(name)" == approver }
    }

    /// Whether it waits for its validation, or for the operator's decision after that.
    package var isOpen: Bool { status == .underReview || status == .renewalApplied }

    package func isCodeUsable(at now: Timestamp) -> Bool {
        isOpen && validated == nil && now <= codeUntil
    }

    /// The methods that may be chosen now (Q-08, Q-09, DOM-13).
    package var offeredMethods: [Method] {
        (lastMethod == .mail || lastMethod == .dns) && !isPageReleased ? [.mail, .dns] : Method.allCases
    }

    package func canBeRenewed(at now: Timestamp, calendar: BusinessCalendar) -> Bool {
        guard status == .approved, isForSMIME, let end else { return false }
        return calendar.days(from: now, to: end) <= Self.renewalWindow
    }

    /// Whether [設定] is offered: the domain was approved without S/MIME use.
    package var canStartSMIME: Bool { status == .approved && !isForSMIME }

    /// Applies for another 397 days; the old ones last to their end.
    package mutating func applyForRenewal(
        _ proof: Proof,
        code: String,
        at now: Timestamp,
        calendar: BusinessCalendar
    ) throws(Refusal) {
        guard canBeRenewed(at: now, calendar: calendar) else {
            throw Refusal(
                .state,
                Text(
                    "メールドメインの更新は有効期限の90日前から可能です。",
                    "A mail domain can be renewed from 90 days before its end."
                )
            )
        }
        try begin(proof, code: code, at: now)
        status = .renewalApplied
    }

    /// Applies for S/MIME use of a domain that was approved without it.
    package mutating func applyForSMIME(_ proof: Proof, code: String, at now: Timestamp) throws(Refusal) {
        guard canStartSMIME else { throw Self.wrongState }
        try begin(proof, code: code, at: now)
        (status, becomesSMIME) = (.renewalApplied, true)
    }

    /// The profile was vetted: the domain that was applied for with it is next.
    package mutating func release(code: String, at now: Timestamp) throws(Refusal) {
        guard status == .queued else { throw Self.wrongState }
        status = .underReview
        restart(code: code, at: now)
    }

    /// Begins again with a new code, and another method if wished: the code ended, or the other way suits better.
    package mutating func restart(_ proof: Proof, code: String, at now: Timestamp) throws(Refusal) {
        guard isOpen else { throw Self.wrongState }
        try begin(proof, code: code, at: now)
    }

    /// The code was seen where only the domain's owner can put it, or came back from the owner's mailbox.
    package mutating func validate(_ evidence: String, at now: Timestamp) throws(Refusal) {
        guard isOpen, validated == nil else { throw Self.wrongState }
        guard now <= codeUntil else {
            throw Refusal(
                .state,
                Text(
                    "確認コードの有効期限が切れています。コードを再発行してください。",
                    "The validation code has ended. Have a new one made."
                )
            )
        }
        (validated, self.evidence) = (now, evidence)
    }

    package mutating func approve(_ vetting: DomainVetting, calendar: BusinessCalendar) throws(Refusal) {
        guard isOpen, validated != nil else { throw Self.wrongState }
        status = .approved
        (lastMethod, isPageReleased) = (method, false)
        if becomesSMIME { (isForSMIME, becomesSMIME) = (true, false) }
        if isForSMIME {
            start = vetting.completed
            end = Timestamp(seconds: vetting.completed.seconds + Int64(Self.validityDays) * 86_400)
        }
        vettings.append(vetting)
    }

    package mutating func reject() throws(Refusal) {
        guard isOpen || status == .queued else { throw Self.wrongState }
        (status, becomesSMIME) = (.rejected, false)
    }

    /// Support allows the page once more (DOM-13).
    package mutating func releasePage() throws(Refusal) {
        guard status == .approved || status == .renewalApplied else { throw Self.wrongState }
        isPageReleased = true
    }

    /// What lists show: the status, or that it ended.
    package func shownStatus(at now: Timestamp) -> Text {
        isExpired(at: now) && status != .rejected
            ? Text("有効期限切れ(\(status.text.japanese))", "Ended (\(status.text.english))") : status.text
    }

    private mutating func begin(_ proof: Proof, code: String, at now: Timestamp) throws(Refusal) {
        guard offeredMethods.contains(proof.method) else { throw Self.wrongState }
        (method, approver) = (proof.method, proof.approver)
        restart(code: code, at: now)
    }

    private mutating func restart(code: String, at now: Timestamp) {
        self.code = code
        codeUntil = Timestamp(seconds: now.seconds + Int64(Self.codeDays) * 86_400)
        (validated, evidence) = (nil, "")
    }

    private static let wrongState = Refusal(
        .state,
        Text(
            "メールドメインの確認が済んでいないか、状態が変わったため、処理できません。",
            "The mail domain is not validated yet, or its state has changed; this cannot be done."
        )
    )
}
