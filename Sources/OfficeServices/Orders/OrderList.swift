import Clocks
package import Office
package import OfficeStore

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
    /// A page of the tenant's orders that the caller may see and that the search finds, newest first.
    ///
    /// - Throws: `.notFound` where the place is none of the tenant's orders.
    package func orders(
        _ search: OrderSearch,
        from place: OrderPlace = .newest,
        offset: Int = 0,
        limit: Int,
        by caller: Caller
    ) async throws -> OrderPage {
        try caller.user.require(.certificateList)
        guard let filter = filter(search, by: caller, at: now) else { throw Refusal.notFound }
        return try await store.read { records in
            guard let page = try records.orderList.page(filter, from: place, offset: offset, limit: limit) else {
                throw Refusal.notFound
            }
            return page
        }
    }

    /// What the search means for this caller; nil for what nobody can ask for.
    func filter(_ search: OrderSearch, by caller: Caller, at now: Timestamp) -> OrderFilter? {
        var filter = OrderFilter(tenant: caller.tenant)
        var profiles = search.profile.isEmpty ? nil : [search.profile]
        if caller.user.role == .staff {
            let granted = caller.user.grants.filter { !$0.value.isEmpty }.map(\.key)
            profiles = profiles?.filter(granted.contains) ?? granted
        }
        filter.profiles = profiles
        let text = search.text.trimmingBlanks
        if IdentifierFamily.order.matches(text) { filter.id = text } else { filter.idOrName = text }
        func narrow(_ span: WritableKeyPath<OrderFilter, OrderFilter.Span>) {
            filter[keyPath: span].begin(search.from.map { calendar.start(of: $0).seconds })
            filter[keyPath: span].end(search.to.map { calendar.end(of: $0).seconds })
        }
        switch search.days {
        case .applied: narrow(\.applied)
        case .issued: narrow(\.issued)
        case .ends: narrow(\.ends)
        }
        func chosen(_ text: String) -> String? { text.isEmpty ? nil : text }
        (filter.licence, filter.manager, filter.template) = (
            chosen(search.licence), chosen(search.manager), chosen(search.template)
        )
        if !search.status.isEmpty { filter.statuses = [Order.Status(rawValue: search.status)].compactMap { $0 } }
        switch CertificateState(rawValue: search.certificateStatus) {
        case .expired:
            filter.certificateStates = [.issued]
            filter.ends.end(now.seconds - 1)
        case .issued:
            filter.certificateStates = [.issued]
            filter.ends.begin(now.seconds)
        case .some(let state): filter.certificateStates = [state]
        case nil: break
        }
        (filter.service, filter.department) = (search.service, search.department)
        filter.mail = search.mail.trimmingBlanks
        return narrowed(filter, to: search.action, at: now)
    }

    /// The orders that allow an action, as far as lines can say (CRV-06).
    private func narrowed(_ filter: OrderFilter, to action: OrderAction?, at now: Timestamp) -> OrderFilter? {
        var filter = filter
        switch action {
        case nil: return filter
        case .cancel:
            let first = calendar.start(of: calendar.day(of: now) + -Order.cancellationDays)
            filter.issued.begin(first.seconds)
        case .revoke: break
        default: return nil
        }
        let (statuses, states): (Set<Order.Status>, Set<CertificateState>) = ([.issued, .reissued], [.issued, .held])
        filter.statuses = filter.statuses?.filter(statuses.contains) ?? statuses.sorted { $0.rawValue < $1.rawValue }
        filter.certificateStates =
            filter.certificateStates?.filter(states.contains) ?? states.sorted { $0.rawValue < $1.rawValue }
        filter.ends.begin(now.seconds)
        return filter
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
