package import Office
import OfficeStore

/// What the action log is searched by; what is empty does not count.
package struct ActionSearch: Sendable {
    /// `yyyy/mm/dd`, both included.
    package var from = ""
    package var until = ""
    package var user = ""
    package var action = ""

    package init() {}
}

extension OfficeDesk {
    /// What was done in the tenant's name or about it, newest first (OTH-03).
    package func actionLog(
        _ search: ActionSearch,
        offset: Int,
        limit: Int,
        by caller: Caller
    ) async throws -> (entries: [HistoryEntry], total: Int) {
        try caller.user.require(.actionLog)
        var check = FormCheck()
        let from = check.value("from") { () throws(Refusal) in try Day.typed(search.from) } ?? nil
        let until = check.value("until") { () throws(Refusal) in try Day.typed(search.until) } ?? nil
        var action: HistoryEntry.Action?
        if !search.action.isEmpty {
            action = check.value("action") { () throws(Refusal) in try choice(search.action) }
        }
        try check.finish()
        let (first, last) = (
            from.map { calendar.start(of: $0).milliseconds }, until.map { calendar.end(of: $0).milliseconds + 999 }
        )
        let (tenant, user, name) = (caller.tenant, search.user.trimmingBlanks, action?.rawValue)
        return try await store.read { records in
            let query = Query()
                .equal("tenant", tenant)
                .atLeast("time", first)
                .atMost("time", last)
                .contains(["actor"], user)
                .equal("action", optional: name)
            let page = query.sorted(by: "time", descending: true).page(offset: offset, limit: limit)
            return (try records.history.find(page), try records.history.count(query))
        }
    }
}
