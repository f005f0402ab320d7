import Foundation
import OfficeMail
import Testing

@Suite("Mail addresses")
struct MailAddressTests {
    @Test(
        "addresses as people have them",
        arguments: [
            "taro@example.jp", "TARO.yamada+inkan@sub.example.co.jp", "o'hara_x-1@xn--wgv71a119e.jp", "1@2.example",
        ]
    )
    func good(_ text: String) throws {
        #expect(try MailAddress(text).address == text)
    }

    @Test(
        "what is no address says which part is wrong",
        arguments: [
            ("", AddressFault.empty), ("taro", .noAt), ("a@b@example.jp", .noAt), ("taro@example", .domain),
            ("taro@-a.example", .domain), ("taro@a..jp", .domain), ("taro@192.0.2.1", .domain),
            (".a@example.jp", .localPart),
            ("a..b@example.jp", .localPart), ("a.@example.jp", .localPart), ("\"a b\"@example.jp", .notASCII),
            ("\"ab\"@example.jp", .localPart), ("a,b@example.jp", .localPart), ("山田@example.jp", .notASCII),
            ("a@example.jp\r\nBcc: x@example.jp", .notASCII), ("a@example.jp\0", .notASCII), ("a@[127.0.0.1]", .domain),
            ("a>@example.jp", .localPart), (String(repeating: "a", count: 65) + "@example.jp", .tooLong),
            ("a@" + String(repeating: "abcdefghi.", count: 13) + "jp", .tooLong),
        ]
    )
    func bad(_ text: String, _ fault: AddressFault) {
        #expect(MailAddress.fault(of: text) == fault)
        #expect(throws: MailProblem.self) { try MailAddress(text) }
    }

    @Test("the longest address has 128 octets")
    func longest() throws {
        let domain = String(repeating: "a", count: 61) + ".jp"
        let address = String(repeating: "x", count: 63) + "@" + domain
        #expect(address.utf8.count == 128)
        #expect(throws: Never.self) { try MailAddress(address) }
        #expect(MailAddress.fault(of: address.replacing(".jp", with: "b.jp")) == .tooLong)
    }

    @Test("a name beside it is read, and never holds a line end")
    func names() throws {
        let address = try MailAddress(parsing: " \"山田, 太郎\" <taro@example.jp> ")
        #expect(address.name == "山田, 太郎" && address.address == "taro@example.jp")
        for name in ["a\r\nBcc: b@example.jp", "a\n", "a\0b", "a\u{2028}b", "a\u{85}b"] {
            #expect(throws: MailProblem.badAddress("taro@example.jp", .displayName)) {
                try MailAddress("taro@example.jp", name: name)
            }
        }
    }

    @Test("an address that was stored is checked again when it is read")
    func coding() throws {
        let address = try MailAddress("taro@example.jp", name: "太郎")
        #expect(try JSONDecoder().decode(MailAddress.self, from: JSONEncoder().encode(address)) == address)
        #expect(throws: MailProblem.self) {
            try JSONDecoder().decode(MailAddress.self, from: Data(#"{"address":"taro\n@example.jp"}"#.utf8))
        }
    }
}
