/// The families of identifiers that people see (section 2.0, OTH-06).
package enum IdentifierFamily: String, CaseIterable, Sendable {
    case profile = "MP"
    case licence = "ML"
    case order = "MPS"
    case batch = "MPB"
    case mailDomain = ""

    /// Digits behind the day.
    package var digits: Int {
        switch self {
        case .profile, .licence, .batch: 4
        case .order, .mailDomain: 6
        }
    }

    /// An identifier of the day with a number, which is drawn at random and must not have been used.
    package func make(day: Day, number: Int) -> String {
        let text = String(number)
        return rawValue + day.compact + String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// How many numbers a day has.
    package var numbers: Int { digits == 4 ? 10_000 : 1_000_000 }

    /// Whether a text has this family's shape. Old orders have four digits behind the day.
    package func matches(_ text: String) -> Bool {
        let prefixes = self == .order ? ["MPS", "MAS"] : [rawValue]
        guard let prefix = prefixes.first(where: text.hasPrefix) else { return false }
        let rest = text.dropFirst(prefix.count)
        let lengths = self == .order ? [8 + 4, 8 + 6] : [8 + digits]
        return lengths.contains(rest.count) && rest.allSatisfy(\.isASCIIDigit)
            && Day("\(rest.prefix(4))/\(rest.dropFirst(4).prefix(2))/\(rest.dropFirst(6).prefix(2))") != nil
    }
}
