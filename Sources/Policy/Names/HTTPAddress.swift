/// Addresses that certificates point to.
enum HTTPAddress {
    /// `http://host/…` in visible ASCII, without user, fragment or query, at most 255 characters.
    static func isHTTP(_ text: String) -> Bool {
        isAddress(text, scheme: "http://")
    }

    /// The same with http or https.
    static func isWeb(_ text: String) -> Bool {
        isHTTP(text) || isAddress(text, scheme: "https://")
    }

    private static func isAddress(_ text: String, scheme: String) -> Bool {
        guard text.hasPrefix(scheme), text.utf8.count <= 255 else { return false }
        let rest = text.utf8.dropFirst(scheme.utf8.count)
        guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else { return false }
        let authority = rest[..<slash]
        let host = authority.prefix { $0 != UInt8(ascii: ":") }
        let port = authority.dropFirst(host.count).dropFirst()
        return !host.isEmpty
            && host.allSatisfy { ASCII.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
            && port.allSatisfy(ASCII.isDigit)
            && rest[slash...].allSatisfy { ASCII.isLetterOrDigit($0) || "-._~/+".utf8.contains($0) }
    }
}

enum ASCII {
    static func isDigit(_ octet: UInt8) -> Bool {
        octet &- UInt8(ascii: "0") < 10
    }

    static func isUpper(_ octet: UInt8) -> Bool {
        octet &- UInt8(ascii: "A") < 26
    }

    static func isLower(_ octet: UInt8) -> Bool {
        octet &- UInt8(ascii: "a") < 26
    }

    static func isLetterOrDigit(_ octet: UInt8) -> Bool {
        isDigit(octet) || isUpper(octet) || isLower(octet)
    }
}
