/// How long something took, counted in steps of time. Observing is three additions.
package final class DurationHistogram: Sendable {
    /// The upper bounds of the steps in nanoseconds, from a tenth of a millisecond to ten seconds.
    static let bounds: [UInt64] = [
        100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000,
        250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
    ]

    private let steps = (0...DurationHistogram.bounds.count).map { _ in Counter() }
    private let sum = Counter()

    package init() {}

    package func observe(nanoseconds: UInt64) {
        let step = Self.bounds.firstIndex { nanoseconds <= $0 } ?? Self.bounds.count
        steps[step].add()
        sum.add(nanoseconds)
    }

    /// How many took at most each bound, and how many there were in all: each includes those before.
    var cumulative: (upTo: [UInt64], all: UInt64) {
        var total: UInt64 = 0
        let counts = steps.map { step in
            total += step.value
            return total
        }
        return (Array(counts.dropLast()), total)
    }

    var sumNanoseconds: UInt64 { sum.value }
}
