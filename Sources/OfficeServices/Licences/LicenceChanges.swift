import Clocks
package import Office
import OfficeStore

/// Where a refund goes, as it was typed; all of it may stay empty (LIC-12).
package struct RefundInput: Sendable {
    package var bank = ""
    package var branch = ""
    package var accountType = ""
    package var accountNumber = ""
    package var holder = ""

    package init() {}

    package static let accountTypes = ["", "普通", "当座"]

    /// - Parameter amount: the whole price.
    func checked(amount: Int, at now: Timestamp) throws(Refusal) -> Licence.Refund {
        var check = FormCheck()
        func text(_ field: String, _ text: String, _ label: Text) -> String {
            check.value(field) { () throws(Refusal) in try DNText.check(text, label, limit: 64, isRequired: false) }
                ?? ""
        }
        let bank = text("bank", bank, Text("金融機関名", "Bank"))
        let branch = text("branch", branch, Text("支店名", "Branch"))
        let holder = text("holder", holder, Text("口座名義", "Account holder"))
        let number = accountNumber.trimmingBlanks
        check.require(
            number.count <= 16 && number.allSatisfy(\.isASCIIDigit),
            "accountNumber",
            Text("口座番号は半角数字で入力してください。", "An account number consists of digits.")
        )
        check.require(
            Self.accountTypes.contains(accountType),
            "accountType",
            Text("口座種別を選択してください。", "Choose the kind of account.")
        )
        try check.finish()
        return Licence.Refund(
            amount: amount,
            bank: bank,
            branch: branch,
            accountType: accountType,
            accountNumber: number,
            holder: holder,
            requested: now
        )
    }
}

extension OfficeDesk {
    /// A licence that the caller may cancel now, or the reason why not (LIC-11, Q-54).
    package func cancellable(licence id: String, by caller: Caller) async throws -> Licence {
        try caller.user.require(.licenceCancellation)
        let now = now
        return try await store.read { [self] records in
            var licence = try own(licence: id, of: caller, in: records)
            let found = licence
            try cancel(&licence, RefundInput().checked(amount: licence.amount, at: now), at: now, in: records)
            return found
        }
    }

    package func check(refund input: RefundInput) throws(Refusal) {
        _ = try input.checked(amount: 0, at: now)
    }

    /// Cancels a licence within its first seven days, and records the whole price as the refund (LIC-11).
    package func cancel(licence id: String, _ input: RefundInput, by caller: Caller) async throws -> Licence {
        try caller.user.require(.licenceCancellation)
        let now = now
        return try await store.write { [self] records in
            var licence = try own(licence: id, of: caller, in: records)
            try cancel(&licence, input.checked(amount: licence.amount, at: now), at: now, in: records)
            try records.licences.save(licence)
            let done = entry(.licenceCancelled, of: id, in: licence.tenant, by: caller.actor, at: now)
            try records.history.insert(done)
            try post(.licenceCancelled, about: licence, in: records, at: now)
            return licence
        }
    }

    /// Changes memo and technical contact (LIC-07).
    package func edit(
        licence id: String,
        memo: String,
        technicalContact: Licence.TechnicalContact?,
        by caller: Caller
    ) async throws {
        try caller.user.require(.purchase)
        try check(memo: memo, technicalContact)
        let now = now
        try await store.write { [self] records in
            var licence = try own(licence: id, of: caller, in: records)
            try licence.edit(memo: memo, technicalContact: technicalContact)
            try records.licences.save(licence)
            let done = entry(.licenceEdited, of: id, in: licence.tenant, by: caller.actor, at: now)
            try records.history.insert(done)
        }
    }

    package func check(memo: String, _ contact: Licence.TechnicalContact?) throws(Refusal) {
        var check = FormCheck()
        check.require(
            memo.unicodeScalars.count <= 2000,
            "memo",
            Text("メモは2000文字以内で入力してください。", "A memo has at most 2,000 characters.")
        )
        if let contact {
            for (field, text, label) in [
                ("contactName", contact.name, Text("氏名", "Name")),
                ("contactOrganisation", contact.organisation, Text("組織名", "Organisation")),
                ("contactTelephone", contact.telephone, Text("電話番号", "Telephone")),
            ] {
                _ = check.value(field) { () throws(Refusal) in
                    try DNText.check(text, label, limit: 64, isRequired: field == "contactName")
                }
            }
            if !contact.mail.isEmpty {
                _ = check.value("contactMail") { () throws(Refusal) in try MailText.check(contact.mail) }
            }
        }
        try check.finish()
    }

    private func cancel(
        _ licence: inout Licence,
        _ refund: Licence.Refund,
        at now: Timestamp,
        in records: OfficeRecords
    ) throws {
        let orders = Query().equal("licence", licence.id)
        let waiting = [Order.Status.waiting.rawValue, Order.Status.pendingApproval.rawValue]
        let inForce = [CertificateState.issued.rawValue, CertificateState.held.rawValue]
        let active =
            try records.orders.count(orders.among("status", waiting))
            + records.orders.count(orders.among("certificateStatus", inForce).atLeast("ends", now.seconds))
        try licence.cancel(at: now, calendar: calendar, activeCertificates: active, refund: refund)
    }

    func own(licence id: String, of caller: Caller, in records: OfficeRecords) throws -> Licence {
        guard let licence = try records.licences.get(id), licence.tenant == caller.tenant else {
            throw Refusal.notFound
        }
        return licence
    }
}
