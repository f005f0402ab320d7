import Foundation
import Threads

/// What visitors waited for, by kind.
final class LatencyBook: Sendable {
    private struct Entry {
        var milliseconds: [Double] = []
        var errors: [String] = []
    }

    private let entries = Guarded<[String: Entry]>([:])

    func note(_ kind: String, _ milliseconds: Double, error: String?) {
        entries.withLock { entries in
            entries[kind, default: Entry()].milliseconds.append(milliseconds)
            if let error { entries[kind]?.errors.append(error) }
        }
    }

    /// A line of the report. Times in milliseconds.
    struct Row: Codable {
        var phase: String
        var kind: String
        var count: Int
        var errors: Int
        var p50: Double
        var p99: Double
        var max: Double
        /// The first of the errors.
        var error: String?
    }

    /// A row for each kind, and one for all kinds with the same beginning before the colon.
    func rows(_ phase: String) -> [Row] {
        let entries = entries.withLock { $0 }
        var groups: [String: Entry] = [:]
        for (kind, entry) in entries {
            guard let end = kind.firstIndex(of: ":") else { continue }
            groups["\(kind[..<end]), all", default: Entry()].milliseconds += entry.milliseconds
            groups["\(kind[..<end]), all"]?.errors += entry.errors
        }
        let several = groups.filter { group in
            entries.keys.count { $0.hasPrefix(group.key.dropLast(", all".count) + ":") } > 1
        }
        return (Array(entries) + Array(several)).sorted { $0.key < $1.key }.map { kind, entry in
            let sorted = entry.milliseconds.sorted()
            return Row(
                phase: phase,
                kind: kind,
                count: sorted.count,
                errors: entry.errors.count,
                p50: Self.percentile(0.50, sorted),
                p99: Self.percentile(0.99, sorted),
                max: sorted.last ?? 0,
                error: entry.errors.first
            )
        }
    }

    private static func percentile(_ share: Double, _ sorted: [Double]) -> Double {
        sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
}
