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
        var digits: [UInt8] = []
        digits.reserveCapacity(15)
        if time.year >= 2050 { append(time.year / 100, to: &digits) }
        for number in [time.year % 100, time.month, time.day, time.hour, time.minute, time.second] {
            append(number, to: &digits)
        }
        digits.append(UInt8(ascii: "Z"))
        writer.primitive(time.year >= 2050 ? .generalizedTime : .utcTime, digits)
    }

    static func read(from reader: inout DERReader) throws(X509Error) -> Int64 {
        let element = try reader.element()
        let isGeneralized = element.tag == .generalizedTime
        guard isGeneralized || element.tag == .utcTime else {
            throw reader.malformed("a date of another type", at: element.start, clause: "RFC 5280 4.1.2.5")
        }
        let text = reader.content(of: element)
        guard text.count == (isGeneralized ? 15 : 13), text.last == UInt8(ascii: "Z"),
            text.dropLast().allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains)
        else {
            throw reader.malformed(
                "a date that is not written to the second with Z",
                at: element.start,
                clause: "RFC 5280 4.1.2.5.1"
            )
        }
        var numbers: [Int] = []
        var index = text.startIndex
        while index < text.endIndex - 1 {
            numbers.append(Int(text[index] - UInt8(ascii: "0")) * 10 + Int(text[index + 1] - UInt8(ascii: "0")))
            index += 2
        }
        let year: Int
        if isGeneralized {
            year = numbers.removeFirst() * 100 + numbers[0]
        } else {
            year = numbers[0] + (numbers[0] >= 50 ? 1900 : 2000)
        }
        let time = CivilTime(
            year: year,
            month: numbers[1],
            day: numbers[2],
            hour: numbers[3],
            minute: numbers[4],
            second: numbers[5]
        )
        guard time.isValid, !isGeneralized || year >= 2050 else {
            throw reader.malformed(
                "a date that does not exist, or in the form of another century",
                at: element.start,
                clause: "RFC 5280 4.1.2.5"
            )
        }
        return time.secondsSinceEpoch
    }

    private static func append(_ number: Int, to digits: inout [UInt8]) {
        digits.append(UInt8(ascii: "0") + UInt8(number / 10))
        digits.append(UInt8(ascii: "0") + UInt8(number % 10))
    }
}
