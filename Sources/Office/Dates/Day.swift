package import Clocks

/// A day of the calendar, without a time zone.
package struct Day: Hashable, Comparable, Sendable, Codable {
    /// Days since 1970-01-01.
    package var number: Int64

    package init(number: Int64) {
        self.number = number
    }

    package init(year: Int, month: Int, day: Int) {
        number = CivilTime(year: year, month: month, day: day).secondsSinceEpoch / 86_400
    }

    /// Reads `yyyy/mm/dd`, as the search forms take it (OTH-07).
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].count == 4, parts.allSatisfy({ $0.allSatisfy(\.isASCIIDigit) }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
        else { return nil }
        let time = CivilTime(year: year, month: month, day: day)
        guard time.isValid else { return nil }
        number = time.secondsSinceEpoch / 86_400
    }

    /// What a search form's field says; nil where it is empty.
    package static func typed(_ text: String) throws(Refusal) -> Day? {
        let text = text.trimmingBlanks
        guard !text.isEmpty else { return nil }
        guard let day = Day(text) else {
            throw Refusal(.input, Text("日付は yyyy/mm/dd で入力してください。", "Write a date as yyyy/mm/dd."))
        }
        return day
    }

    package init(from decoder: any Decoder) throws {
        number = try decoder.singleValueContainer().decode(Int64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }

    package static func < (left: Day, right: Day) -> Bool {
        left.number < right.number
    }

    package static func + (day: Day, days: Int) -> Day {
        Day(number: day.number + Int64(days))
    }

    package static func - (left: Day, right: Day) -> Int {
        Int(left.number - right.number)
    }

    package var civil: CivilTime {
        CivilTime(secondsSinceEpoch: number * 86_400)
    }

    /// The same day of a later year; 29 February becomes 28 February where there is none.
    package func adding(years: Int) -> Day {
        var time = civil
        time.year += years
        if !time.isValid { time.day = 28 }
        return Day(number: time.secondsSinceEpoch / 86_400)
    }

    /// `yyyymmdd`, as identifiers carry it.
    package var compact: String {
        let time = civil
        return "\(time.year)\(time.month.twoDigits)\(time.day.twoDigits)"
    }

    /// `yyyy/mm/dd`.
    package var slashed: String {
        let time = civil
        return "\(time.year)/\(time.month.twoDigits)/\(time.day.twoDigits)"
    }
}

extension Character {
    /// Whether it is one of 0 to 9.
    package var isASCIIDigit: Bool { ("0"..."9").contains(self) }

    /// Whether it is one of 0 to 9, A to Z, a to z: 半角英数字.
    package var isASCIIAlphanumeric: Bool { isASCIIDigit || isASCIILetter }

    package var isASCIILetter: Bool { ("a"..."z").contains(self) || ("A"..."Z").contains(self) }
}

extension Int {
    package var twoDigits: String { self < 10 ? "0\(self)" : "\(self)" }
}
