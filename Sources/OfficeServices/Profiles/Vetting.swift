import Office
import OfficeStore

/// What an operator enters about a vetted profile (INI-06).
package struct VettingInput: Sendable {
    package var numberSource = ""
    package var numberEvidence = ""
    package var telephone = ""
    package var employmentConfirmedBy = ""
    package var applicantConfirmed = false

    package init() {}
}

extension OfficeDesk {
    /// Approves a profile, or its renewal: every part of the vetting must have been done.
    package func approve(profile id: String, _ input: VettingInput, by caller: OperatorCaller) async throws {
        var check = FormCheck()
        let source = ProfileVetting.NumberSource(rawValue: input.numberSource)
        check.require(source != nil, "numberSource", Text("電話番号の確認元を選択してください。", "Choose where the number was found."))
        for (field, value, label) in [
            ("numberEvidence", input.numberEvidence, Text("確認資料", "evidence")),
            ("telephone", input.telephone, Text("電話番号", "telephone number")),
            (
                "employmentConfirmedBy", input.employmentConfirmedBy,
                Text("在籍確認の相手", "person who confirmed the employment")
            ),
        ] {
            check.require(
                !value.trimmingBlanks.isEmpty,
                field,
                Text("\(label.japanese)を入力してください。", "Enter the \(label.english).")
            )
        }
        check.require(
            input.applicantConfirmed,
            "applicantConfirmed",
            Text("申請者への確認が必要です。", "The applicant has to confirm the profile ID and its contents.")
        )
        try check.finish()
        guard let source else { throw Refusal(.input, check.problems) }
        let now = now
        try await store.write { [self] records in
            guard var profile = try records.profiles.get(id) else { throw Refusal.notFound }
            try refuseTakenName(profile.subject, tenant: profile.tenant, in: records)
            let vetting = ProfileVetting(
                operatorID: caller.person.id,
                subject: profile.subject,
                numberSource: source,
                numberEvidence: input.numberEvidence.trimmingBlanks,
                telephone: input.telephone.trimmingBlanks,
                employmentConfirmedBy: input.employmentConfirmedBy.trimmingBlanks,
                applicantConfirmed: true,
                completed: now,
                until: calendar.end(of: calendar.day(of: now) + Profile.vettingDays)
            )
            try profile.approve(vetting, calendar: calendar)
            try records.profiles.save(profile)
            try records.history.insert(entry(.profileApproved, of: id, in: profile.tenant, by: caller.actor, at: now))
            try releaseDomains(of: profile, at: now, in: records)
            let message = Text(
                "プロファイル\(id)の審査が完了し、ご利用いただけるようになりました。",
                "Profile \(id) was vetted and can be used now."
            )
            try postVetting(of: profile, message, in: records, at: now)
        }
    }

    package func reject(profile id: String, reason: String, by caller: OperatorCaller) async throws {
        try await change(profile: id, .profileRejected, detail: reason, by: caller) { profile throws(Refusal) in
            try profile.reject()
        }
    }

    /// Stops a profile at once; what was issued stays valid (PRO-12).
    package func suspend(profile id: String, reason: String, by caller: OperatorCaller) async throws {
        try await change(profile: id, .profileSuspended, detail: reason, by: caller) { profile throws(Refusal) in
            try profile.suspend()
        }
    }

    private func change(
        profile id: String,
        _ action: HistoryEntry.Action,
        detail: String,
        by caller: OperatorCaller,
        _ change: @escaping @Sendable (inout Profile) throws(Refusal) -> Void
    ) async throws {
        let now = now
        try await store.write { [self] records in
            guard var profile = try records.profiles.get(id) else { throw Refusal.notFound }
            try change(&profile)
            try records.profiles.save(profile)
            if profile.status == .rejected { try rejectDomains(of: profile, by: caller.actor, at: now, in: records) }
            let done = entry(action, of: id, in: profile.tenant, by: caller.actor, at: now, detail: detail)
            try records.history.insert(done)
            let message = Text(
                "プロファイル\(id)の状態が「\(profile.status.text.japanese)」になりました。理由:\(detail)",
                "Profile \(id) is now “\(profile.status.text.english)”. Reason: \(detail)"
            )
            try postVetting(of: profile, message, in: records, at: now)
        }
    }
}
