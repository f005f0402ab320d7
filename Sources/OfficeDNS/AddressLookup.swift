internal import CAres
import Clocks
import Glibc

/// What name servers say about the addresses of a host.
package enum AddressOutcome: Hashable, Sendable {
    case addresses([IPAddress])
    case noSuchName
    case noAnswer(words: String)
    case notAName
}

/// Looks up the addresses of a host, both families, in the domain name system alone (no hosts file).
package struct AddressLookup: Sendable {
    private static let most = 16
    private let settings: DNSSettings

    package init(_ settings: DNSSettings = DNSSettings()) {
        self.settings = settings
    }

    /// Asks; blocks until an answer or the deadline. Never on the cooperative pool.
    package func addresses(of host: String) -> AddressOutcome {
        guard DNSQuestion.isName(host) else { return .notAName }
        let deadline = monotonicNanoseconds() + UInt64(settings.milliseconds) * 1_000_000
        var found: [IPAddress] = []
        var failure: AddressOutcome?
        for kind in [DNSQuestion.Kind.address4, .address6] {
            switch DNSQuestion.ask(host, kind, settings, until: deadline) {
            case .octets(let octets): found += kind == .address4 ? Self.four(octets) : Self.six(octets)
            case .nothing: break
            case .noSuchName: return .noSuchName
            case .noAnswer(let words): failure = .noAnswer(words: words)
            }
        }
        return found.isEmpty ? failure ?? .addresses([]) : .addresses(found)
    }

    private static func four(_ octets: [UInt8]) -> [IPAddress] {
        var entries = [ares_addrttl](repeating: ares_addrttl(), count: most)
        var count = Int32(most)
        let status = ares_parse_a_reply(octets, Int32(octets.count), nil, &entries, &count)
        guard status == ARES_SUCCESS else { return [] }
        return entries.prefix(Int(count)).compactMap { entry in
            withUnsafeBytes(of: entry.ipaddr) { IPAddress(octets: Array($0)) }
        }
    }

    private static func six(_ octets: [UInt8]) -> [IPAddress] {
        var entries = [ares_addr6ttl](repeating: ares_addr6ttl(), count: most)
        var count = Int32(most)
        let status = ares_parse_aaaa_reply(octets, Int32(octets.count), nil, &entries, &count)
        guard status == ARES_SUCCESS else { return [] }
        return entries.prefix(Int(count)).compactMap { entry in
            withUnsafeBytes(of: entry.ip6addr) { IPAddress(octets: Array($0)) }
        }
    }
}
