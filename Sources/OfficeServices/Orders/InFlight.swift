import Office
import Synchronization

/// What is being done with an order at this moment: two pick-ups of one order must not run side by side.
package final class InFlight: Sendable {
    private let names = Mutex<Set<String>>([])

    package init() {}

    func enter(_ name: String) throws(Refusal) {
        guard names.withLock({ $0.insert(name).inserted }) else { throw .busy }
    }

    func leave(_ name: String) {
        names.withLock { _ = $0.remove(name) }
    }
}
