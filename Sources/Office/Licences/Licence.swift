package import Clocks

/// A quota to issue certificates (section 2.4).
package struct Licence: Hashable, Sendable, Codable {
    package enum Status: String, Codable, CaseIterable, Sendable, Worded {
        case applied, awaitingPayment, issued, rejected, cancelled

        package var text: Text {
            switch self {
            case .applied: Text("申請", "Applied for")
            case .awaitingPayment: Text("入金待ち", "Awaiting payment")
            case .issued: Text("ライセンス発行", "Licence issued")
            case .rejected: Text("却下", "Rejected")
            case .cancelled: Text("キャンセル", "Cancelled")
            }
        }
    }

    package enum Payment: String, Codable, CaseIterable, Sendable, Worded {
        case transferAfter, card, transferBefore

        package var text: Text {
            switch self {
            case .transferAfter: Text("銀行振込(後払い)", "Bank transfer (after use)")
            case .card: Text("クレジットカード", "Credit card")
            case .transferBefore: Text("銀行振込(前払い)", "Bank transfer (in advance)")
            }
        }
    }

    package struct TechnicalContact: Hashable, Sendable, Codable {
        package var organisation: String
        package var name: String
        package var mail: String
        package var telephone: String

        package init(organisation: String, name: String, mail: String, telephone: String) {
            (self.organisation, self.name, self.mail, self.telephone) = (organisation, name, mail, telephone)
        }
    }

    /// Where a refund goes. Every part may be empty (LIC-12).
    package struct Refund: Hashable, Sendable, Codable {
        package var amount: Int
        package var bank: String
        package var branch: String
        package var accountType: String
        package var accountNumber: String
        package var holder: String
        package var requested: Timestamp

        package init(
            amount: Int,
            bank: String,
            branch: String,
            accountType: String,
            accountNumber: String,
            holder: String,
            requested: Timestamp
        ) {
            (self.amount, self.bank, self.branch, self.accountType) = (amount, bank, branch, accountType)
            (self.accountNumber, self.holder, self.requested) = (accountNumber, holder, requested)
        }
    }

    package var id: String
    package var tenant: String
    package var kind: LicenceKind
    package var product: String
    package var productName: String
    package var term: CertificateTerm
    package var status: Status
    package var applied: Timestamp
    package var appliedBy: String
    package var start: Timestamp?
    package var end: Timestamp?
    /// nil: without limit.
    package var total: Int?
    package var used: Int
    package var amount: Int
    package var campaign: String
    package var coupon: String
    package var payment: Payment
    package var memo: String
    package var technicalContact: TechnicalContact?
    package var refund: Refund?

    package init(
        id: String,
        tenant: String,
        product: Product,
        term: CertificateTerm,
        applied: Timestamp,
        appliedBy: String,
        amount: Int,
        payment: Payment
    ) {
        (self.id, self.tenant, kind) = (id, tenant, product.kind)
        (self.product, productName, self.term) = (product.id, product.name, term)
        status = payment == .transferBefore ? .awaitingPayment : .applied
        (self.applied, self.appliedBy, total, used) = (applied, appliedBy, product.units, 0)
        (self.amount, self.payment) = (amount, payment)
        (campaign, coupon, memo) = ("", "", "")
    }

    package var unused: Int? { total.map { $0 - used } }

    package func isExpired(at now: Timestamp) -> Bool {
        end.map { now > $0 } ?? false
    }

    /// Whether a certificate can be ordered with it (ISS-01, LIC-08, LIC-09, PAY-04).
    package func isUsable(at now: Timestamp) -> Bool {
        status == .issued && !isExpired(at: now) && unused.map { $0 > 0 } ?? true
    }

    /// The CA approved it, or the payment came: it lasts a year from now (INI-07, LIC-01).
    package mutating func issue(at now: Timestamp, calendar: BusinessCalendar) throws(Refusal) {
        guard status == .applied || status == .awaitingPayment else { throw Self.wrongState }
        status = .issued
        start = now
        let day = calendar.day(of: now)
        let intoDay = now.seconds - calendar.start(of: day).seconds
        end = Timestamp(seconds: calendar.start(of: day.adding(years: 1)).seconds + intoDay)
    }

    package mutating func reject() throws(Refusal) {
        guard status == .applied || status == .awaitingPayment else { throw Self.wrongState }
        status = .rejected
    }

    /// Day 1 is the day of the start; day 7 is the last (LIC-11).
    package func canBeCancelled(at now: Timestamp, calendar: BusinessCalendar) -> Bool {
        guard status == .issued, let start else { return false }
        return calendar.days(from: start, to: now) < 7
    }

    package mutating func cancel(
        at now: Timestamp,
        calendar: BusinessCalendar,
        activeCertificates: Int,
        refund: Refund
    ) throws(Refusal) {
        guard canBeCancelled(at: now, calendar: calendar) else {
            throw Refusal(
                .state,
                Text(
                    "ライセンスのキャンセルは開始日を1日目として7日目まで可能です。",
                    "A licence can be cancelled until its seventh day, the day of its start being the first."
                )
            )
        }
        guard activeCertificates == 0 else {
            throw Refusal(
                .state,
                Text(
                    "このライセンスで発行された有効な証明書があります。先に証明書をキャンセルしてください。",
                    "Certificates of this licence are in force. Cancel those first."
                )
            )
        }
        status = .cancelled
        self.refund = refund
    }

    /// Whether memo and technical contact can be changed: as long as it is worth anything.
    package var canBeEdited: Bool { status != .rejected && status != .cancelled }

    /// Changes what does not touch the contract (LIC-07).
    package mutating func edit(memo: String, technicalContact: TechnicalContact?) throws(Refusal) {
        guard canBeEdited else { throw Self.wrongState }
        (self.memo, self.technicalContact) = (memo, technicalContact)
    }

    /// Takes a unit for an order.
    package mutating func take(at now: Timestamp) throws(Refusal) {
        guard isUsable(at: now) else {
            throw .input(
                "licence",
                Text(
                    "このライセンスは使用できません(未発行、期限切れ、または残数がありません)。",
                    "This licence cannot be used: not issued, ended, or used up."
                )
            )
        }
        used += 1
    }

    /// Gives a unit back.
    package mutating func giveBack() {
        used = max(0, used - 1)
    }

    private static let wrongState = Refusal(
        .state,
        Text("ライセンスの状態が変わったため、処理できません。", "The licence's state has changed; this cannot be done any more.")
    )
}
