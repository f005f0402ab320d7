import Glibc

/// An address of the internet's network layer.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 octets of IPv4 or 16 of IPv6.
    package let octets: [UInt8]

    package init?(octets: [UInt8]) {
        guard octets.count == 4 || octets.count == 16 else { return nil }
        self.octets = octets
    }

    /// Reads `192.0.2.1` or `2001:db8::1`.
    package init?(_ text: String) {
        var octets = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &octets) == 1 {
            self.octets = Array(octets.prefix(4))
        } else if inet_pton(AF_INET6, text, &octets) == 1 {
            self.octets = octets
        } else {
            return nil
        }
    }

    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = octets.count == 4 ? AF_INET : AF_INET6
        // The buffer holds every address, so there is always an answer.
        guard inet_ntop(family, octets, &text, socklen_t(text.count)) != nil else { return "" }
        return text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }

    /// Whether the address can be one of the public internet: neither private, nor loopback, link-local, multicast,
    /// documentation, benchmark, nor an IPv6 form that carries an IPv4 address (IANA's special-purpose registries).
    package var isPublic: Bool {
        if octets.count == 4 {
            return !Self.special4.contains { isInside($0.0, $0.1) }
        }
        return isInside([0x20], 3) && !Self.special6.contains { isInside($0.0, $0.1) }
    }

    private static let special4: [([UInt8], Int)] = [
        ([0], 8), ([10], 8), ([100, 64], 10), ([127], 8), ([169, 254], 16), ([172, 16], 12), ([192, 0, 0], 24),
        ([192, 0, 2], 24), ([192, 88, 99], 24), ([192, 168], 16), ([198, 18], 15), ([198, 51, 100], 24),
        ([203, 0, 113], 24), ([224], 4), ([240], 4),
    ]

    /// Of 2000::/3, which alone is given out: Teredo and its neighbours, documentation, 6to4.
    private static let special6: [([UInt8], Int)] = [
        ([0x20, 0x01, 0x00], 23), ([0x20, 0x01, 0x0D, 0xB8], 32), ([0x20, 0x02], 16), ([0x3F, 0xFF, 0x00], 20),
    ]

    private func isInside(_ prefix: [UInt8], _ bits: Int) -> Bool {
        (0..<bits).allSatisfy { bit in
            let wanted = bit / 8 < prefix.count ? prefix[bit / 8] : 0
            return (octets[bit / 8] ^ wanted) & (0x80 >> UInt8(bit % 8)) == 0
        }
    }
}
