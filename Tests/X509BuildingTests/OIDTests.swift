import Testing
import X509Building

@Suite("Object identifiers")
struct OIDTests {
    @Test("Dotted decimal, arcs and octets agree")
    func forms() throws {
        let samples: [(String, [UInt8])] = [
            ("2.5.29.15", [0x55, 0x1D, 0x0F]),
            ("1.2.840.113549.1.1.11", [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 11]),
            ("0.9.2342.19200300.100.1.25", [9, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 1, 0x19]),
            ("2.999.3", [0x88, 0x37, 3]),
            ("0.0", [0]), ("1.39", [79]), ("2.0", [80]),
        ]
        for (text, octets) in samples {
            let oid = try #require(OID(text))
            #expect(oid.contentOctets == octets && oid.description == text)
            #expect(OID(arcs: oid.arcs) == oid)
        }
    }

    @Test("Identifiers of any length are equal when all their octets are", arguments: [7, 8, 9, 15, 16, 17, 24, 40])
    func lengths(count: Int) throws {
        let arcs = [1, 3] + (1..<count).map { UInt64($0) }
        let oid = try #require(OID(arcs: arcs.prefix(32).map { $0 }))
        #expect(oid.contentOctets.count == min(count, 31) && oid.arcs == Array(arcs.prefix(32)))
        #expect(Set([oid, try #require(OID(arcs: oid.arcs))]).count == 1)
        for place in 2..<oid.arcs.count {
            var others = oid.arcs
            others[place] += 1
            let other = try #require(OID(arcs: others))
            #expect(other != oid && other.arcs == others)
        }
        #expect(try #require(OID(arcs: oid.arcs.dropLast())) != oid)
    }

    @Test("Texts that name no object identifier are refused")
    func refused() {
        let texts = [
            "", ".", "1", "1.", ".1", "3.1", "1.40", "1.2.", "1..2", "01.2", "1.02", "1.-2", "1.+2", "1.2 ", "a.b",
            "1.2.18446744073709551616", "1.2.\u{FF11}", String(repeating: "1.", count: 200) + "1",
        ]
        for text in texts { #expect(OID(text) == nil, "\(text)") }
    }
}
