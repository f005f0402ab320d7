import Foundation
import Testing
import X509Building

@Suite("Distinguished names")
struct DistinguishedNameTests {
    @Test("A name with every attribute is encoded as OpenSSL encodes it")
    func golden() throws {
        let folder = try TemporaryFolder()
        // OpenSSL chooses the string types by its own table, so that the sample keeps to where both agree.
        let subject =
            "/C=JP/ST=東京都/L=千代田区/O=日本電算株式会社/OU=営業部/OU=第二課/organizationIdentifier=法人123"
            + "/title=課長/SN=山田/GN=太郎/pseudonym=ヤマ/serialNumber=A-0012345/CN=山田 太郎"
            + "/emailAddress=taro@corp.example/DC=corp/DC=example"
        try openssl("genpkey", "-algorithm", "ED25519", "-out", "key.pem", in: folder)
        try openssl(
            "req",
            "-x509",
            "-key",
            "key.pem",
            "-utf8",
            "-subj",
            subject,
            "-outform",
            "DER",
            "-out",
            "a.der",
            in: folder
        )
        var attributes = Samples.subjectName.attributes
        for index in attributes.indices where attributes[index].type == .organizationIdentifier {
            attributes[index].value = "法人123"
        }
        let encoded = try DistinguishedName(attributes).derEncoded()
        let certificate = try Certificate(derEncoded: folder.read("a.der"))
        #expect(certificate.tbs.issuerDER == encoded)
        #expect(certificate.tbs.subject.attributes == attributes)
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let type: AttributeType
        let value: String
        var testDescription: String { "\(type) of \(value.unicodeScalars.count) characters" }
    }

    /// Swift takes no literal of a code point that is no character.
    private static func text(_ codePoint: UInt32) -> String {
        var text = "a"
        if let scalar = Unicode.Scalar(codePoint) { text.unicodeScalars.append(scalar) }
        return text + "b"
    }

    static let refused: [Refused] = [
        Refused(type: .commonName, value: ""),
        Refused(type: .commonName, value: " "),
        Refused(type: .commonName, value: " a"),
        Refused(type: .commonName, value: "a "),
        Refused(type: .commonName, value: "\u{3000}山田"),
        Refused(type: .commonName, value: "山田\u{A0}"),
        Refused(type: .commonName, value: "a\0b"),
        Refused(type: .commonName, value: "a\nb"),
        Refused(type: .commonName, value: "a\u{7F}b"),
        Refused(type: .commonName, value: "a\u{85}b"),
        Refused(type: .commonName, value: text(0xFFFE)),
        Refused(type: .commonName, value: text(0xFFFF)),
        Refused(type: .commonName, value: text(0x1FFFF)),
        Refused(type: .commonName, value: text(0xFDD0)),
        Refused(type: .commonName, value: "a\u{FFFD}b"),
        Refused(type: .commonName, value: "a\u{202E}b"),
        Refused(type: .commonName, value: "a\u{2066}b"),
        Refused(type: .commonName, value: "a\u{200B}b"),
        Refused(type: .commonName, value: "\u{FEFF}b"),
        Refused(type: .commonName, value: "a\u{2028}b"),
        Refused(type: .commonName, value: String(repeating: "漢", count: 65)),
        Refused(type: .commonName, value: "a" + String(repeating: "\u{301}", count: 64)),
        Refused(type: .organizationName, value: String(repeating: "a", count: 65)),
        Refused(type: .localityName, value: String(repeating: "a", count: 129)),
        Refused(type: .pseudonym, value: String(repeating: "a", count: 129)),
        Refused(type: .organizationIdentifier, value: String(repeating: "a", count: 257)),
        Refused(type: .countryName, value: "jp"),
        Refused(type: .countryName, value: "JPN"),
        Refused(type: .countryName, value: "日本"),
        Refused(type: .countryName, value: "J"),
        Refused(type: .serialNumber, value: "番号1"),
        Refused(type: .serialNumber, value: "a_b"),
        Refused(type: .emailAddress, value: "太郎@corp.example"),
        Refused(type: .emailAddress, value: "taro"),
        Refused(type: .emailAddress, value: "a@b@c.example"),
        Refused(type: .emailAddress, value: "taro@corp..example"),
        Refused(type: .emailAddress, value: "taro\r\nBcc: x@corp.example"),
        Refused(type: .domainComponent, value: "corp.example"),
        Refused(type: .domainComponent, value: "-corp"),
        Refused(type: .domainComponent, value: "例"),
    ]

    @Test("A value that breaks a rule is refused, and the error names the attribute", arguments: refused)
    func invalid(_ one: Refused) {
        let error = refusal { _ = try DistinguishedName([.init(one.type, one.value)]).derEncoded() }
        #expect(error?.code == .nameInvalid)
        #expect(error?.field == one.type.rawValue)
        #expect(error?.reason.isEmpty == false)
    }

    @Test("Names at their bounds are taken")
    func bounds() throws {
        for type in AttributeType.allCases where type.form == .utf8String {
            let value = String(repeating: "𠮷", count: type.upperBound)
            let name = DistinguishedName([.init(type, value)])
            #expect(try DistinguishedName(derEncoded: name.derEncoded()) == name)
        }
    }

    @Test("An attribute twice is refused, several units and domain components are taken")
    func repeated() {
        for type in AttributeType.allCases {
            let value = type == .emailAddress ? "a@corp.example" : "JP"
            let error = refusal { _ = try DistinguishedName([.init(type, value), .init(type, value)]).derEncoded() }
            #expect((error == nil) == type.mayRepeat)
        }
        let many = DistinguishedName(
            (0...DistinguishedName.maximumAttributes).map { .init(.organizationalUnitName, "\($0)") }
        )
        #expect(refusal { _ = try many.derEncoded() }?.code == .nameInvalid)
    }

    @Test("PrintableString where RFC 5280 allows it is read and written again")
    func printable() throws {
        let name = DistinguishedName([.init(.organizationName, "Outside KK", form: .printableString)])
        let encoded = try name.derEncoded()
        #expect(
            encoded == [0x30, 0x15, 0x31, 0x13, 0x30, 0x11, 6, 3, 0x55, 4, 10, 0x13, 10] + Array("Outside KK".utf8)
        )
        #expect(try DistinguishedName(derEncoded: encoded) == name)
        let wrong = DistinguishedName([.init(.countryName, "JP", form: .utf8String)])
        #expect(refusal { _ = try wrong.derEncoded() }?.field == "countryName")
    }

    private static func name(_ oid: [UInt8], tag: UInt8, _ value: [UInt8]) -> [UInt8] {
        let pair = [6, UInt8(oid.count)] + oid + [tag, UInt8(value.count)] + value
        let set = [0x30, UInt8(pair.count)] + pair
        return [0x30, UInt8(set.count + 2), 0x31, UInt8(set.count)] + set
    }

    @Test("Other attributes, other string types, broken UTF-8 and sets of two are refused")
    func foreign() throws {
        let commonName: [UInt8] = [0x55, 4, 3]
        let good = Self.name(commonName, tag: 0x0C, [0x61])
        #expect(try DistinguishedName(derEncoded: good).values(.commonName) == ["a"])
        let teletex = Self.name(commonName, tag: 0x14, [0x61])
        #expect(refusal { _ = try DistinguishedName(derEncoded: teletex) }?.code == .unsupportedField)
        let universal = Self.name(commonName, tag: 0x1E, [0, 0x61])
        #expect(refusal { _ = try DistinguishedName(derEncoded: universal) }?.code == .unsupportedField)
        let street = Self.name([0x55, 4, 9], tag: 0x0C, [0x61])
        #expect(refusal { _ = try DistinguishedName(derEncoded: street) }?.code == .unsupportedField)
        for broken: [UInt8] in [[0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE6]] {
            let name = Self.name(commonName, tag: 0x0C, broken)
            #expect(refusal { _ = try DistinguishedName(derEncoded: name) }?.code == .malformed)
        }
        let pair = Array(good[4...])
        let two = [0x30, UInt8(2 * pair.count + 2), 0x31, UInt8(2 * pair.count)] + pair + pair
        #expect(refusal { _ = try DistinguishedName(derEncoded: two) }?.code == .unsupportedField)
        #expect(refusal { _ = try DistinguishedName(derEncoded: [0x30, 0x02, 0x31, 0x00]) }?.code == .malformed)
    }

    @Test("The description for people has the most specific attribute first and is escaped")
    func description() {
        let name = DistinguishedName([
            .init(.countryName, "JP"), .init(.organizationName, #"A, B + "C" <D>"#), .init(.commonName, #"#1\2;=太郎"#),
        ])
        #expect(name.description == ##"CN=\#1\\2\;\=太郎, O=A\, B \+ \"C\" \<D\>, C=JP"##)
    }
}
