/// What a form or an address's query carries: names and values in their order.
package struct FormValues: Sendable {
    package var pairs: [(name: String, value: String)]
    /// The files that were sent with it.
    package var files: [UploadedFile] = []

    package init(_ pairs: [(name: String, value: String)] = []) {
        self.pairs = pairs
    }

    /// The most bytes that a form may have, its files among them.
    package static let longest = 256 * 1024
    /// The most fields.
    package static let mostFields = 4000

    /// Reads `application/x-www-form-urlencoded` (WHATWG URL, 5.1).
    ///
    /// - Returns: nil where it has too many fields, or is not UTF-8.
    package init?(encoded: String) {
        pairs = []
        for part in encoded.split(separator: "&", omittingEmptySubsequences: true) {
            guard pairs.count < Self.mostFields else { return nil }
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(sides[0]), let value = sides.count > 1 ? Self.decoded(sides[1]) : "" else {
                return nil
            }
            pairs.append((name, value))
        }
    }

    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                let digits = String(decoding: rest.prefix(2), as: UTF8.self)
                guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16), !digits.hasPrefix("+") else {
                    return nil
                }
                bytes.append(value)
                rest = rest.dropFirst(2)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The first value of the name; empty where there is none. Line ends are one character each.
    package subscript(name: String) -> String {
        get { pairs.first { $0.name == name }?.value.replacing("\r\n", with: "\n") ?? "" }
        set {
            pairs.removeAll { $0.name == name }
            pairs.append((name, newValue))
        }
    }

    package func all(_ name: String) -> [String] {
        pairs.filter { $0.name == name }.map(\.value)
    }

    package func has(_ name: String) -> Bool {
        pairs.contains { $0.name == name }
    }

    /// Whether a box of the name was ticked.
    package func isTicked(_ name: String) -> Bool {
        self[name] == "yes"
    }
}

extension String {
    /// Percent-encoded as a part of an address.
    package var urlEncoded: String {
        var text = ""
        for byte in utf8 {
            let character = Character(Unicode.Scalar(byte))
            if byte < 128, character.isLetter || character.isNumber || "-._~".contains(character) {
                text.append(character)
            } else {
                text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }
}
