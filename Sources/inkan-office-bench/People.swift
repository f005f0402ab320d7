import Clocks
import Threads

/// Visitors who stay logged in from one phase to the next, a thread each.
final class People: Sendable {
    private let office: (console: String, area: String)
    private let orders: MadeUpOrders
    private let visitors: Guarded<[Visitor]>
    private let count: Int

    init(_ running: RunningOffice, _ orders: MadeUpOrders, _ place: FolderOption, count: Int) throws {
        office = (running.console, running.area)
        (self.orders, self.count) = (orders, count)
        let trust = running.tlsCertificate
        visitors = Guarded(try Self.visitors(count, trust: trust, place))
    }

    private static func visitors(_ count: Int, trust: String, _ place: FolderOption) throws -> sending [Visitor] {
        var visitors: [Visitor] = []
        for person in 0..<count {
            visitors.append(try Visitor(trust: trust, certificate: place.person(person)))
        }
        return visitors
    }

    /// All log in, as many at a time as the office's queue of passwords takes with ease.
    func logInAll() -> [LatencyBook.Row] {
        let book = LatencyBook()
        let next = Guarded(0)
        let threads = (0..<20).map { _ in
            JoinableThread(named: "log-in") { [self] in
                while let person = next.withLock({ next -> Int? in
                    guard next < count else { return nil }
                    defer { next += 1 }
                    return next
                }) {
                    attempt(person, book) { errands in
                        try errands.logIn()
                        try errands.menu()
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        return book.rows("log-in")
    }

    /// The first so many go, and are waited for.
    func send(
        _ number: Int,
        _ book: LatencyBook,
        until end: UInt64,
        _ body: @escaping @Sendable (inout Errands, UInt64) throws -> Void
    ) {
        let threads = (0..<min(number, count)).map { person in
            JoinableThread(named: "visitor") { [self] in
                // Whoever met an error goes on with the next errand; the book has it.
                repeat {
                    attempt(person, book) { errands in try body(&errands, end) }
                } while monotonicNanoseconds() < end && number > 1
            }
        }
        for thread in threads { thread.join() }
    }

    private func attempt(_ person: Int, _ book: LatencyBook, _ body: (inout Errands) throws -> Void) {
        let visitor = visitors.withLock { $0[person] }
        var errands = Errands(office, orders, visitor, person: person, book)
        do {
            try body(&errands)
        } catch let failure as BenchFailure {
            // What failed on the way is in the book already, as the errors of its kind.
            book.note("errands given up", 0, error: failure.description)
        } catch {
            book.note("errands given up", 0, error: "\(error)")
        }
    }
}
