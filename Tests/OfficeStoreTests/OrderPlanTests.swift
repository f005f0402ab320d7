import GRDB
import Office
@testable import OfficeStore
import Testing

/// How SQLite goes about the list: never through all the orders, never with a sort of its own.
struct OrderPlanTests {
    @Test("No list and no search reads the table of orders through, or sorts what it has found")
    func plans() async throws {
        let shelf = try Shelf()
        try await shelf.insert((0..<300).map { Shelf.order($0) })
        var filters = OrderListTests.filters
        var one = OrderFilter(tenant: "PAR12345")
        one.id = shelf.orders[7].id
        filters.append(one)
        for filter in filters {
            for number in 0..<4 {
                let plan = try await shelf.store.read { records in
                    let selection = [
                        OrderSelection(filter), .init(filter, upTo: 100), .init(filter, above: 100),
                        .init(filter, isLarge: true),
                    ][number]
                    return try Row.fetchAll(
                        records.database,
                        sql: "EXPLAIN QUERY PLAN " + selection.sql(OrderLine.columns),
                        arguments: selection.arguments(50)
                    ).map { $0["detail"] as String }
                }
                try #require(!plan.isEmpty)
                for step in plan {
                    let isIndexed = step.hasPrefix("SEARCH l USING ") || step.hasPrefix("SCAN orderWords VIRTUAL TABLE")
                    #expect(isIndexed, "\(plan) of \(filter)")
                }
            }
        }
    }
}
