import Clocks
package import Office
import OfficeStore

/// What somebody wants to buy.
package struct PurchaseInput: Sendable {
    package var product = ""
    package var term = ""
    package var campaign = ""
    package var coupon = ""
    package var payment = ""
    package var memo = ""
    package var technicalContact: Licence.TechnicalContact?
    package var acknowledgesYear = false
    package var acceptsTerms = false
    /// The form's own token: sent twice, it buys once.
    package var form = ""

    package init() {}
}

/// What it will cost.
package struct Quote: Sendable {
    package let product: Product
    package let term: CertificateTerm
    package let amount: Int
}

extension OfficeDesk {
    /// What is on sale, with the ways to pay that the tenant has.
    package func payments(of tenant: Tenant) -> [Licence.Payment] {
        tenant.mayPrepay ? Licence.Payment.allCases : [.transferAfter, .card]
    }

    /// Checks pack, years and codes, and works out the amount (INI-02, INI-03).
    package func quote(_ input: PurchaseInput) throws(Refusal) -> Quote {
        var check = FormCheck()
        let product = settings.catalogue.product(input.product)
        check.require(
            product != nil,
            "product",
            Text("ライセンスを選択してください。", "Choose a licence.")
        )
        let term = CertificateTerm(rawValue: input.term)
        let price = term.flatMap { product?.prices[$0] }
        check.require(
            price != nil,
            "term",
            Text("証明書年数を1つ選択してください。", "Choose the years of the certificates.")
        )
        var codes: [DiscountCode] = []
        for (family, text) in [(DiscountCode.Family.campaign, input.campaign), (.coupon, input.coupon)] {
            let typed = text.trimmingBlanks
            guard !typed.isEmpty else { continue }
            if let code = settings.catalogue.code(typed, family, on: calendar.day(of: now)) {
                codes.append(code)
            } else {
                check.note(
                    family.rawValue,
                    Text("このコードは無効です。金額は変わっていません。", "This code is not valid. The amount has not changed.")
                )
            }
        }
        try check.finish()
        guard let product, let term, let price else { throw Refusal(.input, check.problems) }
        return Quote(product: product, term: term, amount: settings.catalogue.amount(price, less: codes))
    }

    /// Buys a licence, with the first profile where the contract has none yet (INI-01, LIC-10).
    ///
    /// - Parameter subject: the profile to apply for; the first purchase needs one.
    /// - Returns: the licence, and the profile that was applied for.
    package func purchase(
        _ input: PurchaseInput,
        subject: ProfileSubject.Input?,
        by caller: Caller
    ) async throws -> (licence: Licence, profile: Profile?) {
        try caller.user.require(.purchase)
        let quote = try quote(input)
        let payment: Licence.Payment = try choice(input.payment)
        try checkAcknowledgements(input)
        let now = now
        return try await store.write { [self] records in
            if let made = try Self.made(by: input.form, of: caller, in: records), let id = made.first {
                let licence = try own(licence: id, of: caller, in: records)
                return (licence, try made.dropFirst().first.flatMap(records.profiles.get))
            }
            guard let tenant = try records.tenants.get(caller.tenant) else { throw Refusal.notFound }
            guard payments(of: tenant).contains(payment) else {
                throw Refusal.input("payment", Text("お支払い方法を選択してください。", "Choose how to pay."))
            }
            var licence = Licence(
                id: try newIdentifier(.licence, in: records.licences, at: now),
                tenant: tenant.id,
                product: quote.product,
                term: quote.term,
                applied: now,
                appliedBy: caller.user.id,
                amount: quote.amount,
                payment: payment
            )
            (licence.campaign, licence.coupon) = (input.campaign.trimmingBlanks, input.coupon.trimmingBlanks)
            (licence.memo, licence.technicalContact) = (input.memo, input.technicalContact)
            let needsProfile = try records.profiles.count(.init().equal("tenant", tenant.id)) == 0
            guard needsProfile == (subject != nil) else {
                throw Refusal(
                    .state,
                    Text(
                        "最初のお申し込みでは、ライセンスとプロファイルを同時に申請します。",
                        "The first application is for a licence and a profile together."
                    )
                )
            }
            let profile = try subject.map { try apply(for: $0, tenant: tenant, by: caller, at: now, in: records) }
            try records.licences.insert(licence)
            let applied = entry(.licenceApplied, of: licence.id, in: tenant.id, by: caller.actor, at: now)
            try records.history.insert(applied)
            let made = [licence.id] + (profile.map { [$0.id] } ?? [])
            try Self.note(form: input.form, of: caller, made: made, in: records, at: now)
            return (licence, profile)
        }
    }

    private func checkAcknowledgements(_ input: PurchaseInput) throws(Refusal) {
        var check = FormCheck()
        check.require(
            input.acknowledgesYear,
            "acknowledgesYear",
            Text(
                "ライセンスの使用期間が購入後1年間であることをご確認のうえ、チェックしてください。",
                "Tick that you know the licence can be used for one year after purchase."
            )
        )
        check.require(
            input.acceptsTerms,
            "acceptsTerms",
            Text("利用規約への同意が必要です。", "The terms of use have to be accepted.")
        )
        try check.finish()
    }
}
