/// Hexadecimal and base64 (RFC 4648), written straight into a buffer of octets.
enum TextForms {
    static let digits: [UInt8] = Array("0123456789abcdef".utf8)
    static let alphabet: [UInt8] = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Appends two lower-case digits for each octet.
    static func appendHex(_ bytes: [UInt8], to text: inout [UInt8]) {
        let start = text.count
        text.append(contentsOf: repeatElement(0, count: bytes.count * 2))
        text.withUnsafeMutableBufferPointer { out in
            digits.withUnsafeBufferPointer { digits in
                var place = start
                for byte in bytes {
                    out[place] = digits[Int(byte >> 4)]
                    out[place + 1] = digits[Int(byte & 15)]
                    place += 2
                }
            }
        }
    }

    /// Appends base64 with padding.
    static func appendBase64(_ bytes: [UInt8], to text: inout [UInt8]) {
        let start = text.count
        text.append(contentsOf: repeatElement(UInt8(ascii: "="), count: (bytes.count + 2) / 3 * 4))
        text.withUnsafeMutableBufferPointer { out in
            alphabet.withUnsafeBufferPointer { alphabet in
                bytes.withUnsafeBufferPointer { bytes in
                    encodeBase64(bytes, with: alphabet, to: out, from: start)
                }
            }
        }
    }

    private static func encodeBase64(
        _ bytes: UnsafeBufferPointer<UInt8>,
        with alphabet: UnsafeBufferPointer<UInt8>,
        to out: UnsafeMutableBufferPointer<UInt8>,
        from start: Int
    ) {
        var place = start
        var index = 0
        while index + 2 < bytes.count {
            let group = Int(bytes[index]) << 16 | Int(bytes[index + 1]) << 8 | Int(bytes[index + 2])
            out[place] = alphabet[group >> 18]
            out[place + 1] = alphabet[group >> 12 & 63]
            out[place + 2] = alphabet[group >> 6 & 63]
            out[place + 3] = alphabet[group & 63]
            place += 4
            index += 3
        }
        switch bytes.count - index {
        case 1:
            out[place] = alphabet[Int(bytes[index] >> 2)]
            out[place + 1] = alphabet[Int(bytes[index] & 3) << 4]
        case 2:
            let group = Int(bytes[index]) << 8 | Int(bytes[index + 1])
            out[place] = alphabet[group >> 10]
            out[place + 1] = alphabet[group >> 4 & 63]
            out[place + 2] = alphabet[(group & 15) << 2]
        default: break
        }
    }

    /// Octets of lower-case hexadecimal text; `nil` for anything else.
    static func bytes(hex text: some StringProtocol) -> [UInt8]? {
        func value(_ digit: UInt8) -> UInt8? {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
            default: nil
            }
        }
        let characters = Array(text.utf8)
        guard characters.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(characters.count / 2)
        for index in stride(from: 0, to: characters.count, by: 2) {
            guard let high = value(characters[index]), let low = value(characters[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xff, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    /// Octets of padded base64 without spaces; `nil` for anything else, unused bits that are set among them.
    static func bytes(base64 text: some StringProtocol) -> [UInt8]? {
        var characters = Array(text.utf8)
        guard characters.count % 4 == 0 else { return nil }
        var padding = 0
        while padding < 2, characters.last == UInt8(ascii: "=") {
            characters.removeLast()
            padding += 1
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(characters.count * 3 / 4)
        var group = 0
        var bits = 0
        for character in characters {
            let value = values[Int(character)]
            guard value != 0xff else { return nil }
            group = (group << 6 | Int(value)) & 0xfff_ffff
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> bits))
            }
        }
        guard group & ((1 << bits) - 1) == 0 else { return nil }
        return bytes
    }

    /// Padded base64 text.
    static func base64(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        appendBase64(bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Lower-case hexadecimal text.
    static func hex(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        appendHex(bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}
