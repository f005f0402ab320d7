import Clocks
import Foundation
import OfficeMail
import Testing

@Suite("Mails in octets, as Python's email package reads them")
struct MailEncodingTests {
    private static let long = String(repeating: "電子証明書の取得期限が近づいています。", count: 12)

    @Test("both encodings carry subject, names and body as they were", arguments: MailEncoding.allCases)
    func carried(_ encoding: MailEncoding) throws {
        let body = "山田 太郎 様\n\n.点で始まる行\n.\n\(Self.long)\n末尾の空白 \nFrom the start\n=3D\n"
        var message = try testMessage(subject: "電子証明書取得のお願い", body: body, encoding: encoding)
        message.from = try MailAddress("no_reply@inkan.example.jp", name: "認証局 \"印鑑\", 東京")
        message.replyTo = [try MailAddress("desk@example.jp", name: "Desk, \"the\" \\ one")]
        message.cc = [try MailAddress("kanri@example.jp", name: Self.long.prefix(100).description)]
        message.bcc = [try MailAddress("hidden@example.jp")]
        message.language = "ja"
        let octets = try message.encoded()
        #expect(octets.allSatisfy { $0 < 0x80 })
        #expect(!String(decoding: octets, as: UTF8.self).contains("hidden@example.jp"))
        let read = try #require(try ReadMail.read([octets]).first)
        #expect(read.subject == "電子証明書取得のお願い")
        #expect(read.from == [["認証局 \"印鑑\", 東京", "no_reply@inkan.example.jp"]])
        #expect(read.replyTo == [["Desk, \"the\" \\ one", "desk@example.jp"]])
        #expect(read.cc == [[Self.long.prefix(100).description, "kanri@example.jp"]])
        #expect(read.to == [["", "taro@example.jp"]])
        #expect(read.body == body)
        #expect(read.charset == encoding.rawValue.lowercased())
        #expect(read.transfer == (encoding == .utf8 ? "base64" : "7bit"))
        #expect(read.date == "2026-11-27T06:30:05+00:00")
        #expect(read.longestEncoded <= 76 && read.longest <= 998 && read.defects == [], "\(read)")
    }

    @Test("text in Latin letters stays readable: quoted-printable, lines of 76 at most")
    func quotedPrintable() throws {
        let body = "Grüße = \(String(repeating: "a long line, é ", count: 40)) \nend\ttab\t\n"
        let octets = try testMessage(body: body).encoded()
        let read = try #require(try ReadMail.read([octets]).first)
        #expect(read.body == body && read.transfer == "quoted-printable" && read.longest <= 76)
    }

    @Test("a line that is too long for 7bit goes in base64", arguments: [400, 600])
    func longLine(_ count: Int) throws {
        let body = String(repeating: "漢字", count: count / 2) + "\n"
        let octets = try testMessage(body: body, encoding: .iso2022JP).encoded()
        let read = try #require(try ReadMail.read([octets]).first)
        #expect(read.body == body && read.transfer == (count == 400 ? "7bit" : "base64"))
    }

    @Test("every character of JIS X 0208 comes through ISO-2022-JP, in subject and body")
    func everyCharacter() throws {
        var characters = ""
        for row in Array(1...8) + Array(16...84) {
            for cell in 1...94 {
                let octets: [UInt8] = [0x1B, 0x24, 0x42, UInt8(row + 0x20), UInt8(cell + 0x20), 0x1B, 0x28, 0x42]
                if let text = String(data: Data(octets), encoding: .iso2022JP), text != "\u{FFFD}" {
                    characters += text
                }
            }
        }
        #expect(characters.unicodeScalars.count == 6_879)
        // The same signs, as the other converter names them.
        let twins: [Character: Character] = ["～": "〜", "∥": "‖", "－": "−", "￠": "¢", "￡": "£", "￢": "¬"]
        let lines = stride(from: 0, to: 6_879, by: 90).map { start in
            String(characters.unicodeScalars.dropFirst(start).prefix(90).map { Character($0) })
        }
        let messages = try lines.map { try testMessage(subject: $0, body: $0 + "\n", encoding: .iso2022JP).encoded() }
        for (line, read) in zip(lines, try ReadMail.read(messages)) {
            let expected = String(line.map { twins[$0] ?? $0 })
            #expect(read.subject == expected)
            #expect(read.body == expected + "\n")
            #expect(read.longestEncoded <= 76)
        }
    }

    @Test("half-width kana and vendors' characters are written as what they mean")
    func normalised() throws {
        let message = try testMessage(
            subject: "ｶﾞｷﾞ①㈱ﾊﾟ",
            body: "№１～－é".replacing("é", with: "") + "か\u{3099}",
            encoding: .iso2022JP
        )
        let read = try #require(try ReadMail.read([message.encoded()]).first)
        #expect(read.subject == "ガギ1(株)パ")
        // Full-width digits have a place of their own and stay.
        #expect(read.body == "No１〜−が\n")
    }

    @Test("characters that ISO-2022-JP does not have are named, each once, by their part")
    func unwritable() throws {
        #expect(MailEncoding.iso2022JP.unwritable(in: "髙﨑 한 👩‍👩‍👧 é é\r\n") == ["髙", "﨑", "한", "👩‍👩‍👧", "é"])
        #expect(MailEncoding.utf8.unwritable(in: "髙﨑 한") == [])
        #expect(throws: MailProblem.unwritable(.subject, ["髙"])) {
            try testMessage(subject: "髙橋", encoding: .iso2022JP).encoded()
        }
        #expect(throws: MailProblem.unwritable(.body, ["한", "\u{1B}"])) {
            try testMessage(body: "한\u{1B}$B", encoding: .iso2022JP).encoded()
        }
        var message = try testMessage(encoding: .iso2022JP)
        message.to = [try MailAddress("taro@example.jp", name: "髙橋")]
        #expect(throws: MailProblem.unwritable(.to, ["髙"])) { try message.encoded() }
    }

    @Test("limits: recipients, subject, body, identifiers, languages")
    func limits() throws {
        var message = try testMessage()
        message.to = []
        #expect(throws: MailProblem.noRecipient) { try message.encoded() }
        message.to = try (0...100).map { try MailAddress("a\($0)@example.jp") }
        #expect(throws: MailProblem.tooManyRecipients(most: 100)) { try message.encoded() }
        #expect(throws: MailProblem.empty(.subject)) { try testMessage(subject: "").encoded() }
        let subject = String(repeating: "あ", count: 334)
        #expect(throws: MailProblem.tooLong(.subject, most: 1_000)) { try testMessage(subject: subject).encoded() }
        let body = String(repeating: "a", count: 262_145)
        #expect(throws: MailProblem.tooLong(.body, most: 262_144)) { try testMessage(body: body).encoded() }
        var foreign = try testMessage()
        foreign.language = "ja\r\nX: y"
        #expect(throws: MailProblem.self) { try foreign.encoded() }
        for text in ["a", "a@b@c", "a b@c", "<a@b>", "a@b\r\n", "@b", "a@", ".a@b"] {
            #expect(throws: MailProblem.self) { try MessageID(text) }
        }
        #expect(try MessageID.random(at: "example.jp") != MessageID.random(at: "example.jp"))
    }

    @Test("no input makes a header field of its own: either it is refused by its part, or it comes out as it went in")
    func injection() throws {
        let pieces = [
            "\r\n", "\n", "\r", "\0", "Bcc: evil@example.jp", "a", " ", "あ", "=?UTF-8?B?", "?=", "\"", "\\", "<", ">",
            ",", ":",
            ";", "(", "\t", "\u{2028}", "\u{85}", "\u{1B}", "👩‍👩‍👧", "\n.\n", "From ", "é", "漢字漢字漢字漢字漢字漢字",
        ]
        var generator = SplitMix(state: 20_261_127)
        var taken: [(MailMessage, [UInt8])] = []
        var refused = 0
        for round in 0..<3_000 {
            func text() -> String {
                let isTame = Bool.random(using: &generator)
                let choice =
                    isTame
                    ? pieces.filter { !$0.unicodeScalars.contains { $0.value < 32 || $0.value == 0x85 } } : pieces
                return (0..<Int.random(in: 1...12, using: &generator))
                    .map { _ in choice[Int.random(in: 0..<choice.count, using: &generator)] }.joined()
            }
            do {
                var message = try testMessage(
                    subject: text(),
                    body: text(),
                    encoding: round % 2 == 0 ? .utf8 : .iso2022JP
                )
                message.from = try MailAddress("a@example.jp", name: text())
                message.to = [try MailAddress("b@example.jp", name: text())]
                taken.append((message, try message.encoded()))
            } catch is MailProblem {
                refused += 1
            }
        }
        #expect(taken.count > 100 && refused > 1_000)
        let names = [
            "Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
            "Auto-Submitted",
        ]
        for ((message, octets), read) in zip(taken, try ReadMail.read(taken.map(\.1))) {
            #expect(read.names == names)
            #expect(
                octets.allSatisfy { $0 == 0x0D || $0 == 0x0A || $0 == 0x1B || (0x20...0x7E).contains($0) || $0 == 9 }
            )
            let bare = String(decoding: octets, as: UTF8.self).replacing("\r\n", with: "")
            #expect(!bare.unicodeScalars.contains { $0 == "\r" || $0 == "\n" })
            #expect(read.to.map { $0[1] } == ["b@example.jp"] && read.from.map { $0[1] } == ["a@example.jp"])
            if message.encoding == .utf8 { #expect(read.subject == message.subject) }
        }
    }
}

/// Random numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
