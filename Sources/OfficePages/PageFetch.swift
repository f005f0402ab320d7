import Clocks
import Curl
import OfficeDNS
import Threads

/// Why a page was not asked for, or not taken.
package enum PageRefusal: Hashable, Sendable, CustomStringConvertible {
    /// The host is no name, or the file no plain file name.
    case badPlace
    /// Every address of the host is private, loopback or otherwise not of the public internet.
    case notPublic(addresses: [String])
    /// A redirection to another host, port or place.
    case redirected(to: String)
    case tooManyRedirections
    case tooLong(most: Int)

    package var description: String {
        switch self {
        case .badPlace: "the host must be a domain name, the file one of letters, digits, dots, hyphens and underscores"
        case .notPublic(let addresses):
            "the host has no public address (\(addresses.joined(separator: ", "))); publish it on the internet"
        case .redirected(let place): "the server redirects to \(place); serve the file at its own place"
        case .tooManyRedirections: "the server redirects again and again"
        case .tooLong(let most): "the page is longer than \(most) octets; the file holds the code alone"
        }
    }
}

/// What came of fetching a page.
package enum PageOutcome: Hashable, Sendable {
    /// The server's answer 200, its octets, and the address that gave it.
    case page(octets: [UInt8], from: String)
    /// Another answer of the server, as 404.
    case status(Int)
    case noSuchName
    case noAnswer(words: String)
    case refused(PageRefusal)
}

/// Fetches the file by which a domain's owner shows that the web server is theirs:
/// `http(s)://HOST/.well-known/pki-validation/FILE`, and nothing else.
///
/// The host's addresses are looked up once; the connection goes to one of those that were judged, so that a name cannot
/// point elsewhere between judgement and connection.
package struct PageFetch: Sendable {
    package enum Scheme: String, Hashable, Sendable, Codable {
        case http, https
    }

    package struct Settings: Sendable {
        package var dns: DNSSettings
        /// For both schemes; others than 80 and 443 are for tests.
        package var httpPort: Int
        package var httpsPort: Int
        /// Addresses that are asked although they are not public.
        package var allowed: Set<IPAddress>
        /// Certificates to trust instead of the system's, a file in PEM.
        package var trust: String?
        /// The deadline of everything together, redirections too.
        package var milliseconds: Int

        package init(
            dns: DNSSettings = DNSSettings(),
            httpPort: Int = 80,
            httpsPort: Int = 443,
            allowed: Set<IPAddress> = [],
            trust: String? = nil,
            milliseconds: Int = 20_000
        ) {
            self.dns = dns
            self.httpPort = httpPort
            self.httpsPort = httpsPort
            self.allowed = allowed
            self.trust = trust
            self.milliseconds = max(1, milliseconds)
        }
    }

    /// Where the files lie (CA/Browser Forum, "Agreed-Upon Change to Website").
    package static let folder = "/.well-known/pki-validation/"
    /// Octets of a page.
    package static let longest = 65_536
    private static let mostRedirections = 3

    private let settings: Settings

    package init(_ settings: Settings = Settings()) {
        self.settings = settings
    }

    /// Fetches the file; blocks until it is there or the deadline has passed. Never on the cooperative pool.
    package func page(host: String, file: String, scheme: Scheme = .http) -> PageOutcome {
        guard Self.isHost(host), Self.isFile(file) else { return .refused(.badPlace) }
        let deadline = monotonicNanoseconds() + UInt64(settings.milliseconds) * 1_000_000
        let judged: [IPAddress]
        switch AddressLookup(settings.dns).addresses(of: host) {
        case .addresses(let found):
            judged = found.filter(isAllowed)
            guard !found.isEmpty else { return .noAnswer(words: "the host has no address") }
            guard !judged.isEmpty else { return .refused(.notPublic(addresses: found.map(\.description))) }
        case .noSuchName: return .noSuchName
        case .noAnswer(let words): return .noAnswer(words: words)
        case .notAName: return .refused(.badPlace)
        }
        var place = Place(scheme: scheme, file: file)
        for _ in 0...Self.mostRedirections {
            switch ask(host, place, judged, until: deadline) {
            case .done(let outcome): return outcome
            case .next(let next): place = next
            }
        }
        return .refused(.tooManyRedirections)
    }

    /// The same on a thread of its own.
    package func fetch(host: String, file: String, scheme: Scheme = .http) async -> PageOutcome {
        await onThread(named: "page") { page(host: host, file: file, scheme: scheme) }
            ?? .noAnswer(words: "the system refuses a thread")
    }

    private struct Place: Equatable {
        var scheme: Scheme
        var file: String
    }

    private enum Step {
        case done(PageOutcome)
        case next(Place)
    }

    private func isAllowed(_ address: IPAddress) -> Bool {
        address.isPublic || settings.allowed.contains(address)
    }

    private func port(_ scheme: Scheme) -> Int {
        scheme == .http ? settings.httpPort : settings.httpsPort
    }

    private func ask(_ host: String, _ place: Place, _ addresses: [IPAddress], until deadline: UInt64) -> Step {
        let now = monotonicNanoseconds()
        guard now < deadline else { return .done(late) }
        let port = port(place.scheme)
        let events = CurlEvents()
        var octets: [UInt8] = []
        var isTooLong = false
        var peer: IPAddress?
        events.receives = { bytes in
            isTooLong = octets.count + bytes.count > Self.longest
            if !isTooLong { octets += bytes }
            return !isTooLong
        }
        // The last guard, at the very socket.
        events.mayConnect = { [self] octets in
            guard let address = IPAddress(octets: octets), isAllowed(address) else { return false }
            peer = address
            return true
        }
        do {
            var transfer = try CurlTransfer.prepared(
                url: "\(place.scheme.rawValue)://\(host):\(port)\(Self.folder)\(place.file)",
                schemes: "http,https",
                milliseconds: Int((deadline - now) / 1_000_000) + 1
            )
            try transfer.pin(host: host, port: port, to: addresses.map { $0.octets.count == 4 ? "\($0)" : "[\($0)]" })
            try transfer.callOurselves("inkan")
            if let trust = settings.trust { try transfer.trust(trust) }
            let ending = try transfer.perform(events)
            if isTooLong { return .done(.refused(.tooLong(most: Self.longest))) }
            guard ending.isWhole else { return .done(ending.isLate ? late : .noAnswer(words: ending.words)) }
            if let redirection = ending.redirection {
                guard let next = self.place(redirection, host) else {
                    return .done(.refused(.redirected(to: String(redirection.prefix(200)))))
                }
                return .next(next)
            }
            guard ending.status == 200 else { return .done(.status(ending.status)) }
            return .done(.page(octets: octets, from: peer?.description ?? ""))
        } catch {
            return .done(.noAnswer(words: error.description))
        }
    }

    private var late: PageOutcome {
        .noAnswer(words: "no answer within \(settings.milliseconds) ms")
    }

    /// A redirection's place, if it is on the same host, at our ports, in the same folder.
    private func place(_ url: String, _ host: String) -> Place? {
        for scheme in [Scheme.http, .https] {
            let usual = scheme == .http ? 80 : 443
            var starts = ["\(scheme.rawValue)://\(host):\(port(scheme))\(Self.folder)"]
            if port(scheme) == usual { starts.append("\(scheme.rawValue)://\(host)\(Self.folder)") }
            for start in starts where url.lowercased().hasPrefix(start.lowercased()) {
                let file = String(url.dropFirst(start.count))
                return Self.isFile(file) ? Place(scheme: scheme, file: file) : nil
            }
        }
        return nil
    }

    /// Two labels at least, so that no single name of a local network is asked; no address.
    private static func isHost(_ text: String) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return text.utf8.count <= 253 && labels.count >= 2 && IPAddress(text) == nil
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x2D }
            }
            && !(labels.last?.allSatisfy(\.isNumber) ?? true)
    }

    private static func isFile(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && !text.hasPrefix(".")
            && text.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }
}

private func isAlphanumeric(_ octet: UInt8) -> Bool {
    switch octet {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"):
        true
    default: false
    }
}
