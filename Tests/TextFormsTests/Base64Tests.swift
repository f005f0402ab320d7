import Foundation
import Testing
import TextForms

@Suite("Base64")
struct Base64Tests {
    @Test("it is what Foundation writes, and comes back", arguments: [0...200, 3071...3073, 10_000...10_000])
    func foundation(counts: ClosedRange<Int>) throws {
        for count in counts {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            let text = Base64.encode(bytes)
            #expect(text == Data(bytes).base64EncodedString())
            #expect(Base64.octets(of: bytes) == Array(text.utf8))
            #expect(Base64.decode(text) == bytes)
            #expect(try Base64.decode(skippingWhiteSpace: Array(text.utf8)[...]) == bytes)
        }
    }

    @Test("it is put behind what is there")
    func behind() {
        var text = Array("data:".utf8)
        Base64.append([1, 2, 3, 4], to: &text)
        Base64.append([], to: &text)
        #expect(String(decoding: text, as: UTF8.self) == "data:AQIDBA==")
    }

    @Test(
        "a text that is not exact is refused",
        arguments: [
            "A", "AA", "AAA", "AA=", "AA=A", "A===", "====", "=AAA", "AAA\n", "AB==", "AAB=", "AA-_", "A*==",
            "AAAA AAAA", "AAAA=", "AAAA====", "AA==AA==", "ＡＡＡＡ",
        ]
    )
    func refused(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test("white space is skipped where that is asked for, and nothing else")
    func whiteSpace() throws {
        #expect(try Base64.decode(skippingWhiteSpace: Array(" AQ\r\nID\tBA\n= = ".utf8)[...]) == [1, 2, 3, 4])
        #expect(throws: Base64.Defect.character) { try Base64.decode(skippingWhiteSpace: Array("AQID\u{B}".utf8)[...]) }
        #expect(throws: Base64.Defect.character) { try Base64.decode(skippingWhiteSpace: Array("AQ=ID".utf8)[...]) }
        #expect(throws: Base64.Defect.end) { try Base64.decode(skippingWhiteSpace: Array("AQIDB".utf8)[...]) }
        #expect(throws: Base64.Defect.end) { try Base64.decode(skippingWhiteSpace: Array("AQIDBB==".utf8)[...]) }
    }

    @Test("no text of four characters is taken that is not written again")
    func exact() {
        let characters = Array("AQgw/+=- 9".utf8)
        for number in 0..<10_000 {
            let text = String(decoding: [1000, 100, 10, 1].map { characters[number / $0 % 10] }, as: UTF8.self)
            guard let bytes = Base64.decode(text) else { continue }
            #expect(Base64.encode(bytes) == text)
        }
    }
}
