/// From where a profile's API may be called: IPv4 addresses; with none in it, from nowhere (OTH-04).
package struct APIAddresses: Hashable, Sendable, Codable {
    /// The most that a profile may list.
    package static let most = 100

    /// In dotted decimal form, each once, as they were listed.
    package let addresses: [String]

    package init() {
        addresses = []
    }

    /// Reads addresses with commas between them, `211.11.149.249,211.11.149.250`; nothing at all is an empty list.
    package init(parsing text: String) throws(Refusal) {
        guard !text.trimmingBlanks.isEmpty else {
            addresses = []
            return
        }
        var found: [String] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let address = String(part).trimmingBlanks
            guard Self.isIPv4(address) else {
                throw .input(
                    "apiAddresses",
                    Text(
                        "「\(address.prefix(64))」はIPv4アドレスではありません。211.11.149.249のように入力し、複数ある場合はカンマで区切ってください。",
                        "“\(address.prefix(64))” is no IPv4 address. Enter addresses such as 211.11.149.249, with commas between them."
                    )
                )
            }
            if !found.contains(address) { found.append(address) }
        }
        guard found.count <= Self.most else {
            throw .input(
                "apiAddresses",
                Text("IPアドレスは\(Self.most)個まで登録できます。", "At most \(Self.most) addresses can be listed.")
            )
        }
        addresses = found
    }

    /// As the form takes it.
    package var text: String { addresses.joined(separator: ",") }

    /// Whether a call from the address may pass. An IPv4 address that came through an IPv6 socket (`::ffff:192.0.2.1`) is
    /// that address.
    package func allows(_ address: String) -> Bool {
        let mapped = "::ffff:"
        let plain = address.lowercased().hasPrefix(mapped) ? String(address.dropFirst(mapped.count)) : address
        return addresses.contains(plain)
    }

    /// Four numbers from 0 to 255 without leading zeros: those are read as octal by some and as decimal by others.
    private static func isIPv4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.count) && part.allSatisfy(\.isASCIIDigit)
                    && (part.count == 1 || part.first != "0") && Int(part).map { $0 <= 255 } ?? false
            }
    }
}
