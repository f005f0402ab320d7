import Foundation
import Testing
import X509Building

@Suite("PEM")
struct PEMTests {
    private static func decode(_ text: String) throws -> [UInt8] {
        try PEM.decode(Array(text.utf8), labels: ["CERTIFICATE"], maximum: 1024)
    }

    @Test("Contents of every length come back, in lines of 64 characters with a line end after the last")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: 1)
        for count in 0...200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let text = PEM.encode(bytes, label: "CERTIFICATE")
            #expect(try Self.decode(text) == bytes)
            #expect(text.hasSuffix("-----END CERTIFICATE-----\n"))
            #expect(text.split(separator: "\n").allSatisfy { $0.utf8.count <= 64 })
            let base64 = text.split(separator: "\n").dropFirst().dropLast().joined()
            #expect(base64 == Data(bytes).base64EncodedString())
        }
    }

    @Test("Anything but one strict block is refused")
    func refused() throws {
        let begin = "-----BEGIN CERTIFICATE-----\n"
        let end = "-----END CERTIFICATE-----\n"
        let good = begin + "AAECAw==\n" + end
        #expect(try Self.decode(good) == [0, 1, 2, 3])
        let texts = [
            "", "AAECAw==", begin, end, begin + "AAECAw==\n", good + good, "text\n" + good, good + "text",
            begin + "AAECAw\n" + end, begin + "AAECAx==\n" + end, begin + "AAECAw=\n" + end, begin + "AAE=CAw=\n" + end,
            begin + "AAEC-w==\n" + end, begin + "AAEC_w==\n" + end, begin + "A\n" + end, begin + "AAECAw==AAAA\n" + end,
            begin + "Proc-Type: 4,ENCRYPTED\n\nAAECAw==\n" + end, begin + "AAECAw==" + end,
            good.replacing("END CERTIFICATE", with: "END X509 CRL"), good.replacing("CERTIFICATE", with: "certificate"),
            good.replacing("CERTIFICATE", with: "TRUSTED CERTIFICATE"), good.replacing("-----B", with: "----B"),
            begin + "AAECAw==\u{0}\n" + end, begin + "ＡＡＡＡ\n" + end,
        ]
        for text in texts {
            #expect(refusal { _ = try Self.decode(text) }?.code == .malformedText, "\(text)")
        }
        let large = PEM.encode([UInt8](repeating: 0, count: 1025), label: "CERTIFICATE")
        #expect(refusal { _ = try Self.decode(large) }?.code == .tooLarge)
    }
}
