package import Clocks

/// The CAs of one use, one after the other: each issues from its day on, until the next one does (section 4.1).
///
/// A certificate goes on under the CA that issued it; only pairs that are named can be crossed by a renewal (rule 4.1-1,
///
package struct IssuerSuccession: Hashable, Sendable {
    package struct Term: Hashable, Sendable {
        package let issuer: String
        /// Its first day.
        package let from: Day

        package init(_ issuer: String, from: Day) {
            (self.issuer, self.from) = (issuer, from)
        }
    }

    /// A CA whose certificates may be renewed by another one.
    package struct Crossing: Hashable, Sendable {
        package let from: String
        package let to: String

        package init(from: String, to: String) {
            (self.from, self.to) = (from, to)
        }
    }

    private let first: String
    private let later: [Term]
    private let crossings: Set<Crossing>

    /// - Parameters:
    ///   - first: the CA that issues as long as no later one does.
    ///   - later: those that follow it, in any order.
    package init(_ first: String, then later: [Term] = [], crossings: Set<Crossing> = []) {
        (self.first, self.crossings) = (first, crossings)
        self.later = later.sorted { $0.from < $1.from }
    }

    /// Who issues at a moment (CA-01).
    package func issuer(at now: Timestamp, calendar: BusinessCalendar) -> String {
        let today = calendar.day(of: now)
        return later.last { $0.from <= today }?.issuer ?? first
    }

    /// Whether a certificate of the one CA can be followed by one of the other (CA-02).
    package func allowsRenewal(of issuer: String, by next: String) -> Bool {
        issuer == next || crossings.contains(Crossing(from: issuer, to: next))
    }
}
