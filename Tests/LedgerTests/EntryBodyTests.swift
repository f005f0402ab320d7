import Clocks
import Foundation
import Testing

@testable import Ledger

@Suite struct EntryBodyTests {
    private let time = EntryTime(clock: Timestamp(milliseconds: 1_800_000_000_123), last: nil)

    private func body(_ fields: [(String, EventValue)]) -> [UInt8] {
        var body = EntryBody()
        body.write(LedgerEvent(kind: "note", fields: fields), sequence: 7, time: time)
        return body.bytes
    }

    @Test("the body of an entry is this JSON object, octet for octet")
    func golden() {
        let text = String(
            decoding: body([
                ("who", .text("山田 \"太郎\"\\\n\u{1}")), ("count", .number(-42)), ("ok", .flag(true)),
                ("hash", .bytes([0, 0xab])), ("list", .list([.text("a"), .number(0), .list([])])),
            ]),
            as: UTF8.self
        )
        let expected =
            #"{"sequence":7,"time":"2027-01-15T08:00:00.123Z","kind":"note","who":"山田 \"太郎\"\\\u000a\u0001","#
            + #""count":-42,"ok":true,"hash":"00ab","list":["a",0,[]]}"#
        #expect(text == expected)
    }

    @Test("any text comes back as it was written, and other readers of JSON agree")
    func roundTrip() throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<300 {
            let scalars = (0..<Int.random(in: 0...40, using: &random)).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0...(Bool.random(using: &random) ? 0x7f : 0x1_ffff), using: &random))
            }
            let text = String(String.UnicodeScalarView(scalars))
            let number = Int64.random(in: .min ... .max, using: &random)
            let body = body([("text", .text(text)), ("number", .number(number))])
            let fields = try EntryFields(body: body)
            #expect(fields.text("text").map { Array($0.utf8) } == Array(text.utf8))
            #expect(fields.number("number") == number)
            let other = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
            #expect((other?["text"] as? String).map { Array($0.utf8) } == Array(text.utf8))
        }
    }

    @Test(
        "what the ledger would not write is refused",
        arguments: [
            "", "{}", "{\"a\":1", "{\"a\":1} ", "{ \"a\":1}", "{\"a\":01}", "{\"a\":1.5}", "{\"a\":-0}",
            "{\"a\":1,\"a\":2}",
            "{\"a\":null}", "{\"a\":\"\\n\"}", "{\"a\":\"\\u0041\"}", "{\"a\":\"\\u000A\"}", "{\"a\":\"\n\"}",
            "{\"a\":tru}",
            "{\"a\":[1,]}", "{\"a\":9223372036854775808}", "{\"a\":{}}", "[1]", "{\"a\":\"",
            "{\"a\":[[[[[[[[[[1]]]]]]]]]]}",
        ]
    )
    func refused(text: String) {
        #expect(throws: LedgerError.self) { try EntryFields(body: Array(text.utf8)) }
    }

    @Test("octets that are not UTF-8 are refused")
    func notUTF8() {
        let body = Array("{\"a\":\"".utf8) + [0xc3, 0x28] + Array("\"}".utf8)
        #expect(throws: LedgerError.self) { try EntryFields(body: body) }
    }

    @Test("of a certificate the signed part and the serial number are found, and of nothing else anything")
    func outline() throws {
        var random = SeededGenerator(seed: 5)
        for size in [0, 10, 100, 120, 130, 250, 300, 5_000] {
            let order = SampleOrder("o", using: &random, size: size)
            let outline = try #require(CertificateOutline(order.certificate))
            #expect(Array(order.certificate[outline.serial]) == order.intent.serial)
            #expect(sha256(Array(order.certificate[outline.tbs])) == order.intent.tbsHash)
            for end in 0..<min(order.certificate.count, 40) {
                #expect(CertificateOutline(Array(order.certificate.prefix(end))) == nil)
            }
        }
        for _ in 0..<2_000 { _ = CertificateOutline([0x30] + random.bytes(Int.random(in: 0...12, using: &random))) }
    }
}
