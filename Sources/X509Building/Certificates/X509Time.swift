internal import Clocks

/// `Time` (RFC 5280 4.1.2.5): UTCTime through 2049, GeneralizedTime from 2050, always to the second and in UTC.
enum X509Time {
    /// From 1950 to the last second of the year 9999.
    private static let range: ClosedRange<Int64> = -631_152_000...253_402_300_799

    static func write(_ seconds: Int64, field: String, to writer: inout DERWriter) throws(X509Error) {
        guard range.contains(seconds) else {
            throw X509Error(
                .valueInvalid,
                "a date before 1950 or after 9999",
                clause: "RFC 5280 4.1.2.5",
                field: field
            )
        }
        let time = CivilTime(secondsSinceEpoch: seconds)
        write(time, isGeneralized: time.year >= 2050, to: &writer)
    }

    /// A GeneralizedTime whatever the year, as CRL entries' invalidity dates and OCSP have it (RFC 5280 5.3.2, RFC 6960
    /// 4.2.2.1).
    static func writeGeneralized(_ seconds: Int64, field: String, to writer: inout DERWriter) throws(X509Error) {
        guard range.contains(seconds) else {
            throw X509Error(.valueInvalid, "a date before 1950 or after 9999", field: field)
        }
        write(CivilTime(secondsSinceEpoch: seconds), isGeneralized: true, to: &writer)
    }

    private static func write(_ time: CivilTime, isGeneralized: Bool, to writer: inout DERWriter) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { digits in
            var count = 0
            func put(_ number: Int) {
                digits[count] = UInt8(ascii: "0") + UInt8(number / 10)
                digits[count + 1] = UInt8(ascii: "0") + UInt8(number % 10)
                count += 2
            }
            if isGeneralized { put(time.year / 100) }
            put(time.year % 100)
            put(time.month)
            put(time.day)
            put(time.hour)
            put(time.minute)
            put(time.second)
            digits[count] = UInt8(ascii: "Z")
            writer.primitive(isGeneralized ? .generalizedTime : .utcTime, digits[0...count])
        }
    }

    static func read(from reader: inout DERReader) throws(X509Error) -> Int64 {
        let element = try reader.element()
        guard element.tag == .generalizedTime || element.tag == .utcTime else {
            throw reader.malformed("a date of another type", at: element.start, clause: "RFC 5280 4.1.2.5")
        }
        let seconds = try read(element, of: reader)
        guard (element.tag == .generalizedTime) == (seconds >= firstSecondOf2050) else {
            throw reader.malformed(
                "a date in the form of another century",
                at: element.start,
                clause: "RFC 5280 4.1.2.5"
            )
        }
        return seconds
    }

    /// A GeneralizedTime of any year.
    static func readGeneralized(from reader: inout DERReader) throws(X509Error) -> Int64 {
        try read(reader.element(.generalizedTime), of: reader)
    }

    private static let firstSecondOf2050 = CivilTime(year: 2050, month: 1, day: 1).secondsSinceEpoch

    private static func read(_ element: DERReader.Element, of reader: DERReader) throws(X509Error) -> Int64 {
        let isGeneralized = element.tag == .generalizedTime
        let text = reader.content(of: element)
        guard text.count == (isGeneralized ? 15 : 13), text.last == UInt8(ascii: "Z"),
            text.dropLast().allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else {
            throw reader.malformed(
                "a date that is not written to the second with Z",
                at: element.start,
                clause: "RFC 5280 4.1.2.5.1"
            )
        }
        func number(_ place: Int) -> Int {
            let start = text.startIndex + 2 * place
            return Int(text[start] - UInt8(ascii: "0")) * 10 + Int(text[start + 1] - UInt8(ascii: "0"))
        }
        let first = number(0)
        let yearEnd = isGeneralized ? 1 : 0
        let time = CivilTime(
            year: isGeneralized ? first * 100 + number(1) : first + (first >= 50 ? 1900 : 2000),
            month: number(yearEnd + 1),
            day: number(yearEnd + 2),
            hour: number(yearEnd + 3),
            minute: number(yearEnd + 4),
            second: number(yearEnd + 5)
        )
        guard time.isValid else {
            throw reader.malformed("a date that does not exist", at: element.start, clause: "RFC 5280 4.1.2.5")
        }
        return time.secondsSinceEpoch
    }
}
