import Testing
import TextForms

@Suite("Octets of texts")
struct OctetsTests {
    @Test("Every octet is looked at, in short texts and long ones", arguments: [0, 1, 15, 16, 17, 300])
    func all(count: Int) {
        let text = String(repeating: "a", count: count)
        #expect(text.octetsAllSatisfy { $0 == UInt8(ascii: "a") })
        #expect(!("é" + text).octetsAllSatisfy { $0 < 0x80 })
        #expect(!(text + "\u{0}").octetsAllSatisfy { $0 != 0 })
    }

    @Test("Octets are a text exactly when they are UTF-8, for Swift's older way too")
    func text() {
        let samples: [[UInt8]] = [
            [], [0x61], [0], Array("山田 太郎".utf8), Array("e\u{301}".utf8), [0x80], [0xC0, 0x80], [0xC3], [0xE3, 0x81],
            [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF0, 0x9F, 0x94, 0x91], [0xFF, 0x61],
            Array(repeating: 0x61, count: 40) + [0xC3, 0xA9], Array(repeating: 0x61, count: 40) + [0xC3],
        ]
        for sample in samples {
            let framed = [0xFF] + sample + [0xFF]
            let text = String(utf8: framed, in: 1..<(sample.count + 1))
            #expect(text == String(validating: sample, as: UTF8.self))
            #expect(text.map { Array($0.utf8) } ?? sample == sample)
        }
    }
}
