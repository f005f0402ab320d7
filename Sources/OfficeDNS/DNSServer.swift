/// A name server to ask, by its address.
package struct DNSServer: Hashable, Sendable, Codable {
    package let address: String
    package let port: Int

    /// `nil` for anything but an IPv4 or IPv6 address and a port.
    package init?(address: String, port: Int = 53) {
        guard IPAddress(address) != nil, (1...65_535).contains(port) else { return nil }
        self.address = address
        self.port = port
    }

    /// As c-ares reads it.
    var text: String {
        address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}

/// Which servers are asked and how long an answer may take.
package struct DNSSettings: Hashable, Sendable {
    package let servers: [DNSServer]
    package let milliseconds: Int

    /// - Parameters:
    ///   - servers: empty for the system's own (`/etc/resolv.conf`).
    ///   - milliseconds: the deadline of a look-up, everything together.
    package init(servers: [DNSServer] = [], milliseconds: Int = 10_000) {
        self.servers = servers
        self.milliseconds = max(1, milliseconds)
    }
}
