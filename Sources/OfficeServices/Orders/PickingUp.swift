import Clocks
package import Office
import OfficeStore

/// What a subscriber holds after the pick-up.
package struct PickedUp: Sendable {
    package let order: Order
    package let certificate: OrderCertificate
    /// The PKCS#12 file, where one was made.
    package let file: [UInt8]?
    /// The password that the appliance made for it, shown once.
    package let password: String?
}

/// The subscriber's side: the link, the password, and the certificate (section 5.14 to 5.16). A GET spends nothing.
extension OfficeDesk {
    /// The order that a link leads to.
    ///
    /// - Throws: `.notFound` for a link that never was, is used up, or whose order was cancelled.
    package func order(link: String) async throws -> Order {
        let order = try await store.read { records in
            try records.orders.first(.init().equal("link", Draw.key(link)))
        }
        guard let order, order.status == .waiting || order.status == .issued else { throw Refusal.deadLink }
        return order
    }

    /// Checks the pick-up password. The tenth wrong one locks the order for 30 minutes (LCK-01, LCK-02).
    package func open(link: String, password: String, address: String) async throws -> Order {
        let now = now
        let actor = Actor(name: "", address: address)
        let result = try await store.write { [self] records -> Result<Order, Refusal> in
            guard var order = try records.orders.first(.init().equal("link", Draw.key(link))),
                order.status == .waiting || order.status == .issued
            else { return .failure(.deadLink) }
            guard !order.pickUp.isLocked(at: now) else { return .failure(.locked) }
            let expected = try vault.open(order.pickUp.sealedPassword, for: order.id)
            guard isSame(Array(expected.utf8), Array(password.utf8)) else {
                let isLocked = order.pickUp.fail(at: now)
                try records.orders.save(order)
                let action: HistoryEntry.Action = isLocked ? .passwordLock : .passwordWrong
                try records.history.insert(
                    entry(action, of: order.id, in: order.tenant, by: actor, at: now, succeeded: isLocked)
                )
                return .failure(isLocked ? .locked : .wrongPickUpPassword)
            }
            if order.pickUp.failures > 0 {
                order.pickUp.release()
                try records.orders.save(order)
            }
            return .success(order)
        }
        return try result.get()
    }
}

extension Refusal {
    static let deadLink = Refusal(
        .notFound,
        Text(
            "このリンクは無効です(キャンセル、または取得期限が過ぎています)。証明書管理者にお問い合わせください。",
            "This link is not valid: the order was cancelled, or its time is over. Ask your certificate manager."
        )
    )

    package static let locked = Refusal(
        .input,
        [
            Problem(
                "pickUpPassword",
                Text(
                    "パスワードの試行回数の上限に達したため、ロックされました。30分後に再度お試しいただくか、証明書管理者にロック解除を依頼してください。",
                    "Too many wrong passwords: locked. Try again after 30 minutes, or ask your certificate manager to unlock it."
                )
            )
        ]
    )

    static let wrongPickUpPassword = Refusal(
        .input,
        [
            Problem(
                "pickUpPassword",
                Text(
                    "証明書取得用パスワードが正しくありません。ご不明な場合は証明書管理者にお問い合わせください。",
                    "The pick-up password is not right. If you do not know it, ask your certificate manager."
                )
            )
        ]
    )
}
