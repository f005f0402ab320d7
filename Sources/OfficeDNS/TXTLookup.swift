internal import CAres
import Clocks
import Threads

/// What name servers say about the TXT records of a name.
package enum TXTOutcome: Hashable, Sendable {
    /// Each record's strings joined; none when the name exists and has no such record.
    case records([String])
    case noSuchName
    /// Nobody knows: no server has answered, or none could. `words` say how.
    case noAnswer(words: String)
    /// The text is no name of the domain name system.
    case notAName
}

/// Looks up TXT records.
package struct TXTLookup: Sendable {
    private let settings: DNSSettings

    package init(_ settings: DNSSettings = DNSSettings()) {
        self.settings = settings
    }

    /// Asks; blocks until an answer or the deadline. Never on the cooperative pool.
    package func records(of name: String) -> TXTOutcome {
        guard DNSQuestion.isName(name) else { return .notAName }
        let deadline = monotonicNanoseconds() + UInt64(settings.milliseconds) * 1_000_000
        switch DNSQuestion.ask(name, .text, settings, until: deadline) {
        case .octets(let octets): return Self.texts(in: octets)
        case .nothing: return .records([])
        case .noSuchName: return .noSuchName
        case .noAnswer(let words): return .noAnswer(words: words)
        }
    }

    /// The same on a thread of its own.
    package func lookUp(_ name: String) async -> TXTOutcome {
        await onThread(named: "dns") { records(of: name) } ?? .noAnswer(words: "the system refuses a thread")
    }

    private static func texts(in octets: [UInt8]) -> TXTOutcome {
        var list: UnsafeMutablePointer<ares_txt_ext>?
        let status = ares_parse_txt_reply_ext(octets, Int32(octets.count), &list)
        defer { if let list { ares_free_data(list) } }
        switch status {
        case ARES_SUCCESS: break
        // Aliases alone.
        case ARES_ENODATA: return .records([])
        default: return .noAnswer(words: DNSQuestion.words(of: status))
        }
        var records: [[UInt8]] = []
        var place = list
        while let entry = place?.pointee {
            if entry.record_start != 0 { records.append([]) }
            if !records.isEmpty {
                records[records.count - 1] += UnsafeBufferPointer(start: entry.txt, count: entry.length)
            }
            place = entry.next
        }
        return .records(records.map { String(decoding: $0, as: UTF8.self) })
    }
}
