import Clocks
package import Office
import OfficeStore

/// What the list is searched for (section 5.17). Empty parts narrow nothing.
package struct OrderSearch: Sendable {
    package enum Days: String, CaseIterable, Sendable, Worded {
        case applied, issued, ends

        package var text: Text {
            switch self {
            case .applied: Text("申請日", "Applied")
            case .issued: Text("発行日", "Issued")
            case .ends: Text("有効期限", "End of validity")
            }
        }
    }

    /// Simple search: an order's identifier, or a common name.
    package var text = ""
    package var days = Days.applied
    package var from: Day?
    package var to: Day?
    package var service = ""
    package var status = ""
    package var certificateStatus = ""
    package var profile = ""
    package var licence = ""
    package var manager = ""
    package var department = ""
    package var mail = ""
    package var template = ""
    /// Only orders that allow the action, for the bulk screens.
    package var action: OrderAction?

    package init() {}
}

extension OfficeDesk {
    /// The tenant's orders that the caller may see and that the search finds, newest first.
    package func orders(
        _ search: OrderSearch,
        offset: Int,
        limit: Int,
        by caller: Caller
    ) async throws -> (orders: [Order], total: Int) {
        try caller.user.require(.certificateList)
        let now = now
        return try await store.read { [self] records in
            let query = query(search, by: caller, at: now)
            let page = query.sorted(by: "applied", descending: true).page(offset: offset, limit: limit)
            return (try records.orders.find(page), try records.orders.count(query))
        }
    }

    private func query(_ search: OrderSearch, by caller: Caller, at now: Timestamp) -> Query {
        let from = search.from.map { calendar.start(of: $0).seconds }
        let to = search.to.map { calendar.end(of: $0).seconds }
        var query = Query().equal("tenant", caller.tenant)
        if caller.user.role == .staff {
            query = query.among("profile", caller.user.grants.filter { !$0.value.isEmpty }.map(\.key))
        }
        let text = search.text.trimmingBlanks
        query =
            IdentifierFamily.order.matches(text) ? query.equal("id", text) : query.contains(["id", "commonName"], text)
        switch search.days {
        case .applied: query = query.atLeast("applied", from).atMost("applied", to)
        case .issued: query = query.atLeast("issued", from).atMost("issued", to)
        case .ends: query = query.atLeast("ends", from).atMost("ends", to)
        }
        for (column, value) in [
            ("status", search.status), ("profile", search.profile), ("licence", search.licence),
            ("manager", search.manager), ("template", search.template),
        ] as [(StaticString, String)] where !value.isEmpty {
            query = query.equal(column, value)
        }
        switch CertificateState(rawValue: search.certificateStatus) {
        case .expired: query = query.equal("certificateStatus", "issued").atMost("ends", now.seconds - 1)
        case .issued: query = query.equal("certificateStatus", "issued").atLeast("ends", now.seconds)
        case .some(let state): query = query.equal("certificateStatus", state.rawValue)
        case nil: break
        }
        query = query.contains(["service"], search.service).contains(["department"], search.department)
            .contains(["mail"], search.mail.trimmingBlanks)
        return narrowed(query, to: search.action, at: now)
    }

    /// The orders that allow an action, as far as columns can say (CRV-06).
    private func narrowed(_ query: Query, to action: OrderAction?, at now: Timestamp) -> Query {
        switch action {
        case .cancel:
            let first = calendar.start(of: calendar.day(of: now) + -Order.cancellationDays)
            return query.among("status", ["issued", "reissued"]).among("certificateStatus", ["issued", "held"])
                .atLeast("issued", first.seconds).atLeast("ends", now.seconds)
        case .revoke:
            return query.among("status", ["issued", "reissued"]).among("certificateStatus", ["issued", "held"])
                .atLeast("ends", now.seconds)
        case nil: return query
        default: return query.equal("id", "")
        }
    }

    /// An order with its history, as the caller may see it.
    package func order(_ id: String, by caller: Caller) async throws -> (Order, [HistoryEntry]) {
        try await store.read { records in
            let order = try Self.own(id, by: caller, in: records)
            return (order, try records.history.find(.init().equal("target", id).sorted(by: "time")))
        }
    }

    /// The caller's own order; somebody else's is not found (OTH-08).
    static func own(_ id: String, by caller: Caller, in records: OfficeRecords) throws -> Order {
        guard let order = try records.orders.get(id), order.tenant == caller.tenant else { throw Refusal.notFound }
        try caller.user.require(.certificateList, on: order.profile)
        return order
    }

    /// What keeps the order's certificate from being renewed or reissued now; nil where nothing does (CA-02, CA-12).
    package func obstacle(to followUp: FollowUp, of order: Order, _ profile: Profile) -> FollowUpObstacle? {
        order.obstacle(
            to: followUp,
            profile: profile,
            issuers: settings.issuing.issuers(for: profile.settings.use),
            at: now,
            calendar: calendar
        )
    }

    /// The actions that the order allows and the caller may do.
    package func actions(on order: Order, by caller: Caller) -> Set<OrderAction> {
        order.actions(at: now, calendar: calendar).filter { $0.function.isOpen(to: caller.user, on: order.profile) }
    }
}
