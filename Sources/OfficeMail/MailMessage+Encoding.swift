import Clocks
import Foundation

extension MailMessage {
    /// The message as it goes over the wire: ASCII lines that end in CRLF (RFC 5322, 2045, 2047). Dots are not stuffed yet.
    package func encoded() throws(MailProblem) -> [UInt8] {
        try checkEnvelope()
        var lines = ["Date: \(Self.dateText(date))"]
        lines.append(try header("From", .from, [from]))
        if !replyTo.isEmpty { lines.append(try header("Reply-To", .replyTo, replyTo)) }
        if !to.isEmpty { lines.append(try header("To", .to, to)) }
        if !cc.isEmpty { lines.append(try header("Cc", .cc, cc)) }
        if to.isEmpty, cc.isEmpty { lines.append("To: undisclosed-recipients:;") }
        var subjectLine = HeaderLine("Subject", .subject, encoding)
        try subjectLine.addText(subject)
        lines.append(subjectLine.text)
        lines.append("Message-ID: <\(messageID)>")
        if let language { lines.append("Content-Language: \(try Self.checkedLanguage(language))") }
        let (transfer, content) = try encodedBody()
        lines += [
            "MIME-Version: 1.0", "Content-Type: text/plain; charset=\(encoding.rawValue)",
            "Content-Transfer-Encoding: \(transfer)",
            // RFC 3834: no vacation notices to us.
            "Auto-Submitted: auto-generated", "", "",
        ]
        return Array(lines.joined(separator: "\r\n").utf8) + content
    }

    private func checkEnvelope() throws(MailProblem) {
        let count = to.count + cc.count + bcc.count
        guard count > 0 else { throw .noRecipient }
        guard count <= Self.mostRecipients else { throw .tooManyRecipients(most: Self.mostRecipients) }
        guard replyTo.count <= Self.mostRecipients else { throw .tooManyRecipients(most: Self.mostRecipients) }
        guard !subject.isEmpty else { throw .empty(.subject) }
        guard subject.utf8.count <= Self.longestSubject else { throw .tooLong(.subject, most: Self.longestSubject) }
        guard body.utf8.count <= Self.longestBody else { throw .tooLong(.body, most: Self.longestBody) }
    }

    private func header(
        _ name: String,
        _ part: MailProblem.Part,
        _ mailboxes: [MailAddress]
    ) throws(MailProblem) -> String {
        var line = HeaderLine(name, part, encoding)
        for (index, mailbox) in mailboxes.enumerated() {
            try line.add(mailbox, isLast: index == mailboxes.count - 1)
        }
        return line.text
    }

    static func checkedLanguage(_ code: String) throws(MailProblem) -> String {
        let isWhole =
            code.utf8.count <= 35
            && code.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
                .allSatisfy { (1...8).contains($0.count) && $0.allSatisfy(isAlphanumeric) }
        guard isWhole else { throw .badLanguage(printable(code)) }
        return code
    }

    /// `Fri, 27 Nov 2026 06:30:05 +0000`
    static func dateText(_ date: Timestamp) -> String {
        let time = CivilTime(secondsSinceEpoch: date.seconds)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let daysSinceSunday = ((date.seconds - time.secondOfDay) / 86_400 + 4) % 7
        let day = days[Int(daysSinceSunday < 0 ? daysSinceSunday + 7 : daysSinceSunday)]
        let clock = [time.hour, time.minute, time.second].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
        let year = String(repeating: "0", count: max(0, 4 - String(time.year).count)) + String(time.year)
        return "\(day), \(time.day) \(months[time.month - 1]) \(year) \(clock) +0000"
    }
}

extension CivilTime {
    fileprivate var secondOfDay: Int64 { Int64(hour * 3600 + minute * 60 + second) }
}

// MARK: - The body

extension MailMessage {
    /// Octets of a line without its end (RFC 5322 section 2.1.1).
    private static let longestLine = 998

    private func encodedBody() throws(MailProblem) -> (transfer: String, content: [UInt8]) {
        var text = withLineFeeds(body)
        if !text.hasSuffix("\n") { text += "\n" }
        switch encoding {
        case .utf8:
            let quoted = Self.quotedPrintable(text)
            let count = text.utf8.count
            // Whichever is shorter; text in Latin letters stays readable in the raw message.
            if quoted.count <= count / 3 * 4 { return ("quoted-printable", quoted) }
            return ("base64", Self.base64(Array(text.replacing("\n", with: "\r\n").utf8)))
        case .iso2022JP:
            let written = ISO2022JP.written(text)
            guard written.missing.isEmpty else { throw .unwritable(.body, written.missing) }
            var octets: [UInt8] = []
            var isShort = true
            for line in written.codes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
                let encodedLine = ISO2022JP.octets(of: line)
                isShort = isShort && encodedLine.count <= Self.longestLine
                octets += encodedLine + [0x0D, 0x0A]
            }
            return isShort ? ("7bit", octets) : ("base64", Self.base64(octets))
        }
    }

    private static func base64(_ octets: [UInt8]) -> [UInt8] {
        Array(
            Data(octets).base64EncodedData(options: [
                .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
            ])
        ) + [0x0D, 0x0A]
    }

    /// RFC 2045 section 6.7. The text's lines end in LF.
    static func quotedPrintable(_ text: String) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for line in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
            let octets = Array(line)
            var column = 0
            for (index, octet) in octets.enumerated() {
                let isBlank = octet == 0x20 || octet == 0x09
                let isLast = index == octets.count - 1
                let isPlain = isBlank ? !isLast : (0x21...0x7E).contains(octet) && octet != UInt8(ascii: "=")
                let written = isPlain ? [octet] : [UInt8(ascii: "="), digits[Int(octet >> 4)], digits[Int(octet & 15)]]
                if column + written.count > (isLast ? 76 : 75) {
                    result += [UInt8(ascii: "="), 0x0D, 0x0A]
                    column = 0
                }
                result += written
                column += written.count
            }
            result += [0x0D, 0x0A]
        }
        return result
    }
}
