import TextForms

/// What any text in a certificate must fulfil, whoever asked for it.
enum TextRules {
    /// The characters that make a name say something else than it seems to, or that no keyboard makes.
    static func forbidden(_ scalar: Unicode.Scalar) -> String? {
        switch scalar.value {
        case 0x20...0x7E, 0xA0...0x1FFF, 0x2010...0x2027, 0x2030...0x205F, 0x2070...0xD7FF: nil
        case 0: "the character NUL"
        case 0x01...0x1F, 0x7F...0x9F: "a control character"
        case 0x2028, 0x2029: "a line or paragraph separator"
        case 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x206F: "a character that changes the direction of writing"
        case 0x200B, 0x2060...0x2064, 0xFEFF: "an invisible character"
        case 0xFFFD: "U+FFFD, the sign of text damaged on its way"
        case 0xFDD0...0xFDEF: "a code point that is no character"
        case let value where value & 0xFFFE == 0xFFFE: "a code point that is no character"
        default: nil
        }
    }

    /// The characters of Unicode's White_Space that are not control characters.
    static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    static func isPrintable(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: " "), UInt8(ascii: "'"),
            UInt8(ascii: "(")...UInt8(ascii: ")"), UInt8(ascii: "+")...UInt8(ascii: "/"), UInt8(ascii: ":"),
            UInt8(ascii: "="), UInt8(ascii: "?"):
            true
        default:
            false
        }
    }

    static func isLetterOrDigit(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            false
        }
    }

    /// Visible ASCII: no space, no control character.
    static func isVisibleASCII(_ text: String) -> Bool {
        text.octetsAllSatisfy { (0x21...0x7E).contains($0) }
    }

    /// A domain of letter-digit-hyphen labels (RFC 1034 3.5), 253 octets at most; underscores are refused.
    static func isDomain(_ text: Substring) -> Bool {
        guard !text.isEmpty, text.utf8.count <= 253 else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isLabel)
    }

    static func isLabel(_ label: Substring) -> Bool {
        let octets = label.utf8
        guard (1...63).contains(octets.count), let first = octets.first else { return false }
        let hyphen = UInt8(ascii: "-")
        return first != hyphen && octets.reversed().first != hyphen
            && octets.allSatisfy { isLetterOrDigit($0) || $0 == hyphen }
    }
}
