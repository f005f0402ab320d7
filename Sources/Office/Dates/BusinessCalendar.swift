package import Clocks

/// Counts the days of the office's rules in the time zone of the business.
///
/// The zone is an offset from UTC without daylight saving, as Japan's: +09:00.
package struct BusinessCalendar: Hashable, Sendable {
    /// Seconds east of Greenwich.
    package let offset: Int64

    package init(offset: Int64) {
        self.offset = offset
    }

    package static let japan = BusinessCalendar(offset: 9 * 3600)

    package func day(of moment: Timestamp) -> Day {
        let local = moment.seconds + offset
        return Day(number: (local >= 0 ? local : local - 86_399) / 86_400)
    }

    /// The first moment of a day.
    package func start(of day: Day) -> Timestamp {
        Timestamp(seconds: day.number * 86_400 - offset)
    }

    /// The last second of a day.
    package func end(of day: Day) -> Timestamp {
        Timestamp(seconds: (day.number + 1) * 86_400 - offset - 1)
    }

    /// Whole days from one moment's day to another's: the issue day is day 0 (section 10, Q-55).
    package func days(from earlier: Timestamp, to later: Timestamp) -> Int {
        day(of: later) - day(of: earlier)
    }

    /// `YYYY年MM月DD日 HH:MM(GMT+09:00)` in lists, with seconds in histories (OTH-07).
    package func display(_ moment: Timestamp, seconds: Bool = false) -> String {
        let time = CivilTime(secondsSinceEpoch: moment.seconds + offset)
        let clock = "\(time.hour.twoDigits):\(time.minute.twoDigits)" + (seconds ? ":\(time.second.twoDigits)" : "")
        return "\(time.year)年\(time.month.twoDigits)月\(time.day.twoDigits)日 \(clock)(GMT\(zone))"
    }

    private var zone: String {
        let minutes = Int(abs(offset) / 60)
        return "\(offset < 0 ? "-" : "+")\((minutes / 60).twoDigits):\((minutes % 60).twoDigits)"
    }
}
