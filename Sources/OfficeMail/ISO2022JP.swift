import Foundation

/// ISO-2022-JP (RFC 1468): ASCII and JIS X 0208. Vendors' rows (circled digits, numbers in brackets), half-width kana and
/// JIS X 0212 have no place in it, whatever a platform's converter makes of them.
enum ISO2022JP {
    /// ASCII as itself; two octets of JIS X 0208 as one number.
    typealias Code = UInt16

    /// What text was as codes, and which of its characters have none.
    struct Written {
        var codes: [Code] = []
        var missing: [String] = []
    }

    /// JIS X 0208, rows 1 to 8 and 16 to 84, by Unicode scalar.
    private static let table: [UInt32: Code] = {
        var table: [UInt32: Code] = [:]
        table.reserveCapacity(7000)
        for row in Array(1...8) + Array(16...84) {
            for cell in 1...94 {
                let octets = [0x1B, 0x24, 0x42, UInt8(row + 0x20), UInt8(cell + 0x20), 0x1B, 0x28, 0x42]
                guard let text = String(data: Data(octets), encoding: .iso2022JP), text != "\u{FFFD}",
                    let scalar = text.unicodeScalars.first
                else { continue }
                table[scalar.value] = Code(row + 0x20) << 8 | Code(cell + 0x20)
            }
        }
        // The same signs under the other Unicode name that converters give them.
        let twins: [(UInt32, Code)] = [
            (0xFF5E, 0x2141), (0x301C, 0x2141), (0x2225, 0x2142), (0x2016, 0x2142), (0xFF0D, 0x215D),
            (0x2212, 0x215D), (0x2015, 0x213D), (0x2014, 0x213D), (0xFFE0, 0x2171), (0x00A2, 0x2171),
            (0xFFE1, 0x2172), (0x00A3, 0x2172), (0xFFE2, 0x224C), (0x00AC, 0x224C), (0x00A5, 0x216F),
            (0xFFE3, 0x2131), (0x203E, 0x2131), (0x00C5, 0x2272), (0x3099, 0x212B), (0x309A, 0x212C),
        ]
        for (scalar, code) in twins { table[scalar] = code }
        return table
    }()

    private static func code(of scalar: Unicode.Scalar) -> Code? {
        switch scalar.value {
        case 0x20...0x7E, 0x09, 0x0A, 0x0D: Code(scalar.value)
        default: table[scalar.value]
        }
    }

    private static func codes(of text: some StringProtocol) -> [Code]? {
        var codes: [Code] = []
        for scalar in text.unicodeScalars {
            guard let code = code(of: scalar) else { return nil }
            codes.append(code)
        }
        return codes
    }

    /// Text as codes. Half-width kana, circled digits and the like become what NFKC makes of them; only characters that
    /// have no code of their own are changed.
    static func written(_ text: String) -> Written {
        var written = Written()
        for character in withFullWidthKana(text).precomposedStringWithCanonicalMapping {
            if let codes = codes(of: String(character)) {
                written.codes += codes
            } else if let codes = codes(of: String(character).precomposedStringWithCompatibilityMapping) {
                written.codes += codes
            } else if !written.missing.contains(String(character)) {
                written.missing.append(String(character))
            }
        }
        return written
    }

    /// Half-width kana, with the voice marks behind them, as full-width ones.
    private static func withFullWidthKana(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { (0xFF61...0xFF9F).contains($0.value) }) else { return text }
        var result = String.UnicodeScalarView()
        var run = String.UnicodeScalarView()
        func wide(_ run: String.UnicodeScalarView) -> String.UnicodeScalarView {
            String(run).precomposedStringWithCompatibilityMapping.unicodeScalars
        }
        for scalar in text.unicodeScalars {
            if (0xFF61...0xFF9F).contains(scalar.value) {
                run.append(scalar)
            } else {
                result.append(contentsOf: wide(run))
                run.removeAll()
                result.append(scalar)
            }
        }
        result.append(contentsOf: wide(run))
        return String(result)
    }

    /// How many octets the codes take, with the escape sequences around them.
    static func size(of codes: ArraySlice<Code>) -> Int {
        var size = 0
        var isDouble = false
        for code in codes {
            if (code > 0xFF) != isDouble {
                size += 3
                isDouble.toggle()
            }
            size += isDouble ? 2 : 1
        }
        return size + (isDouble ? 3 : 0)
    }

    /// The octets; they begin and end in ASCII, and so does each line.
    static func octets(of codes: some Sequence<Code>) -> [UInt8] {
        var octets: [UInt8] = []
        var isDouble = false
        for code in codes {
            if (code > 0xFF) != isDouble {
                octets += isDouble ? [0x1B, 0x28, 0x42] : [0x1B, 0x24, 0x42]
                isDouble.toggle()
            }
            if isDouble { octets.append(UInt8(code >> 8)) }
            octets.append(UInt8(code & 0xFF))
        }
        if isDouble { octets += [0x1B, 0x28, 0x42] }
        return octets
    }
}
