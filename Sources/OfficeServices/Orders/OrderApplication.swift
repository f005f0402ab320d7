import Clocks
package import Office
import OfficeStore

/// What somebody fills in to order a certificate (section 5.9).
package struct OrderInput: Sendable {
    package var profile = ""
    package var licence = ""
    package var subject = OrderSubject.Input()
    package var keyOption = ""
    package var templateLanguage = "ja"
    package var password = ""
    package var passwordAgain = ""
    package var memo = ""
    /// The form's own token: sent twice, it orders once.
    package var form = ""

    package init() {}
}

/// What an order can be made of, as its profile and licence stand.
package struct OrderChoice: Sendable {
    package let profile: Profile
    package let licence: Licence
    package let domains: [MailDomain]
}

extension OfficeDesk {
    /// The profiles and licences that can be chosen now (ISS-01).
    package func orderChoices(by caller: Caller) async throws -> (profiles: [Profile], licences: [Licence]) {
        try caller.user.require(.issue)
        let now = now
        return try await store.read { records in
            let own = Query().equal("tenant", caller.tenant)
            return (
                try records.profiles.find(own.sorted(by: "created"))
                    .filter { $0.isUsable(at: now) && Function.issue.isOpen(to: caller.user, on: $0.id) },
                try records.licences.find(
                    own.equal("status", Licence.Status.issued.rawValue).atLeast("ends", now.seconds)
                        .sorted(by: "applied")
                ).filter { $0.isUsable(at: now) }
            )
        }
    }

    /// Checks that the profile and the licence can be used, and with each other.
    package func orderChoice(_ input: OrderInput, by caller: Caller) async throws -> OrderChoice {
        let now = now
        return try await store.read { [self] records in try orderChoice(input, by: caller, at: now, in: records) }
    }

    private func orderChoice(
        _ input: OrderInput,
        by caller: Caller,
        at now: Timestamp,
        in records: OfficeRecords
    ) throws -> OrderChoice {
        var check = FormCheck()
        let profile = try records.profiles.get(input.profile).flatMap { $0.tenant == caller.tenant ? $0 : nil }
        let licence = try records.licences.get(input.licence).flatMap { $0.tenant == caller.tenant ? $0 : nil }
        check.require(
            profile?.isUsable(at: now) ?? false,
            "profile",
            Text("使用できるプロファイルを1つ選択してください。", "Choose one profile that can be used.")
        )
        check.require(
            licence?.isUsable(at: now) ?? false,
            "licence",
            Text("使用できるライセンスを1つ選択してください。", "Choose one licence that can be used.")
        )
        try check.finish()
        guard let profile, let licence else { throw Refusal(.input, check.problems) }
        try caller.user.require(.issue, on: profile.id)
        try checkTogether(profile, licence)
        let domains = try records.mailDomains.find(.init().equal("profile", profile.id)).filter { $0.isUsable(at: now) }
        return OrderChoice(profile: profile, licence: licence, domains: domains)
    }

    /// The rules between a profile and a licence (LIC-03, PRO-20, Q-34).
    private func checkTogether(_ profile: Profile, _ licence: Licence) throws(Refusal) {
        var check = FormCheck()
        check.require(
            profile.settings.use == .smime || licence.kind == .personal,
            "licence",
            Text(
                "アクセス認証用のプロファイルでは部門/法人名用ライセンスを使用できません。個人名用ライセンスを選択してください。",
                "Access profiles do not take department or corporate licences. Choose a personal-name licence."
            )
        )
        check.require(
            profile.settings.signature == .sha256RSA || licence.term == .oneYear,
            "licence",
            Text("RSASSA-PSSでは1年の証明書のみ申請できます。", "With RSASSA-PSS only certificates of one year can be ordered.")
        )
        check.require(
            !(settings.issuing.refusesFourYearsForSMIME && profile.settings.use == .smime
                && licence.term == .fourYears),
            "licence",
            Text(
                "S/MIME用CAでは4年の証明書を発行できません。",
                "The S/MIME CA issues no certificates of four years."
            )
        )
        try check.finish()
    }

    /// Checks the whole form, and answers the subject as the certificate will have it.
    package func check(_ input: OrderInput, by caller: Caller) async throws -> (OrderChoice, OrderSubject) {
        let now = now
        return try await store.read { [self] records in try check(input, by: caller, at: now, in: records) }
    }

    private func check(
        _ input: OrderInput,
        by caller: Caller,
        at now: Timestamp,
        in records: OfficeRecords
    ) throws -> (OrderChoice, OrderSubject) {
        let chosen = try orderChoice(input, by: caller, at: now, in: records)
        var check = FormCheck()
        let subject = check.value("") { () throws(Refusal) in
            try OrderSubject.checked(
                input.subject,
                profile: chosen.profile,
                licence: chosen.licence.kind,
                domains: chosen.domains
            )
        }
        let option = Order.KeyOption(rawValue: input.keyOption)
        check.require(option != nil, "keyOption", Text("鍵の生成方法を選択してください。", "Choose how the key is made."))
        check.require(
            option.map(chosen.profile.settings.allows) ?? true,
            "keyOption",
            Text(
                "このプロファイルは秘密鍵エクスポート不可のため、USBトークンのみ選択できます。",
                "This profile forbids export of private keys: only a USB token can be chosen."
            )
        )
        _ = check.value("password") { () throws(Refusal) in
            try PickUpPassword.check(input.password, again: input.passwordAgain)
        }
        check.require(
            Language(rawValue: input.templateLanguage) != nil,
            "templateLanguage",
            Text("メールテンプレートの言語を選択してください。", "Choose the language of the mails.")
        )
        try check.finish()
        guard let subject else { throw Refusal(.input, check.problems) }
        return (chosen, subject)
    }

    /// What an order's sealed link is bound to.
    static func linkPurpose(_ order: String) -> String { "link of \(order)" }

    /// Orders one certificate: takes a unit of the licence, and sends the subscriber a link (ISS-08, ISS-09).
    package func order(_ input: OrderInput, by caller: Caller) async throws -> Order {
        let now = now
        let link = Draw.token()
        return try await store.write { [self] records in
            if let made = try Self.made(by: input.form, of: caller, in: records)?.first {
                return try Self.own(made, by: caller, in: records)
            }
            let (chosen, subject) = try check(input, by: caller, at: now, in: records)
            var licence = chosen.licence
            try licence.take(at: now)
            try records.licences.save(licence)
            let id = try newIdentifier(.order, in: records.orders, at: now)
            let order = Order(
                id: id,
                profile: chosen.profile,
                licence: licence,
                manager: caller.user.id,
                subject: subject,
                keyOption: try choice(input.keyOption),
                templateLanguage: input.templateLanguage,
                memo: input.memo,
                applied: now,
                pickUp: PickUp(
                    linkHash: Draw.hash(link),
                    sealedLink: try vault.seal(link, for: Self.linkPurpose(id)),
                    sealedPassword: try vault.seal(input.password, for: id),
                    mailed: now
                )
            )
            try records.orders.insert(order)
            try Self.note(form: input.form, of: caller, made: [id], in: records, at: now)
            try records.history.insert(entry(.orderApplied, of: id, in: order.tenant, by: caller.actor, at: now))
            try post(.invitation, about: order, link: link, in: records, at: now)
            return order
        }
    }
}
