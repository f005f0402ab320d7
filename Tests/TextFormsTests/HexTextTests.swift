import Foundation
import Testing
import TextForms

@Suite("Hexadecimal text")
struct HexTextTests {
    @Test("it is what Foundation writes, and comes back")
    func foundation() {
        let bytes = (0...255).map { UInt8($0) }
        let text = bytes.map { String(format: "%02x", $0) }.joined()
        #expect(HexText.encode(bytes) == text)
        #expect(HexText.decode(text) == bytes)
        #expect(HexText.decode(text.uppercased()) == bytes)
        #expect(HexText.decodeCanonical(text) == bytes)
        #expect(HexText.decodeCanonical("")?.isEmpty == true)
    }

    @Test("it is put behind what is there")
    func behind() {
        var text = Array("serial ".utf8)
        HexText.append([0x0A, 0xF0], to: &text)
        HexText.append([], to: &text)
        #expect(String(decoding: text, as: UTF8.self) == "serial 0af0")
    }

    @Test("half a byte and other characters are refused", arguments: ["0", "0g", " 0", "0x", "０0"])
    func refused(text: String) {
        #expect(HexText.decode(text) == nil)
        #expect(HexText.decodeCanonical(text) == nil)
    }

    @Test("capital letters are not canonical", arguments: ["AB", "aB"])
    func capitals(text: String) {
        #expect(HexText.decode(text) == [0xAB])
        #expect(HexText.decodeCanonical(text) == nil)
    }
}
