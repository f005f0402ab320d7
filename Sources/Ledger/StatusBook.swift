import Synchronization

/// A serial number that is not good, in 40 octets: there may be millions.
package struct RevokedSerial: Sendable, Hashable {
    private var first: UInt64 = 0
    private var second: UInt64 = 0
    private var third: UInt32 = 0
    private var count: UInt8
    private var code: UInt8
    fileprivate var issuer: UInt16 = 0
    fileprivate let intent: UInt32
    private let sinceSeconds: UInt32
    private let invaliditySeconds: UInt32
    private let notAfterSeconds: UInt32

    /// Marks a number that was never released; no reason of RFC 5280 has it.
    private static let neverReleased: UInt8 = 0xFF

    /// - Parameter reason: nil for a number that was never released.
    init(serial: [UInt8], intent: Int64, reason: UInt8?, since: Int64, invalidityDate: Int64?, notAfter: Int64) {
        count = UInt8(min(serial.count, 20))
        code = reason ?? Self.neverReleased
        self.intent = UInt32(truncatingIfNeeded: intent)
        sinceSeconds = UInt32(clamping: since)
        // No date stands as 0: before the epoch no key of this service existed.
        invaliditySeconds = invalidityDate.map { UInt32(clamping: max(1, $0)) } ?? 0
        notAfterSeconds = UInt32(clamping: notAfter)
        var octets = serial.prefix(20) + [UInt8](repeating: 0, count: 20 - Int(count))
        octets.withUnsafeMutableBytes { octets in
            first = octets.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
            second = octets.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            third = octets.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
        }
    }

    /// Lends the serial number's octets.
    package func withSerial<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let octets = (first, second, third)
        return try withUnsafeBytes(of: octets) { bytes throws(Failure) in
            try body(UnsafeRawBufferPointer(rebasing: bytes[0..<Int(count)]))
        }
    }

    package var serial: [UInt8] { withSerial { Array($0) } }

    func has(serial other: [UInt8]) -> Bool {
        withSerial { $0.elementsEqual(other) }
    }

    var state: Standing.State {
        switch code {
        case Self.neverReleased: .neverReleased
        case StatusAct.certificateHold: .held
        default: .revoked
        }
    }

    /// By its number in RFC 5280, 5.3.1.
    package var reason: UInt8 { code == Self.neverReleased ? StatusAct.unspecified : code }
    /// Seconds since 1970.
    package var since: Int64 { Int64(sinceSeconds) }
    package var invalidityDate: Int64? { invaliditySeconds == 0 ? nil : Int64(invaliditySeconds) }
    package var notAfter: Int64 { Int64(notAfterSeconds) }
}

/// Every serial number that is not good, in memory: found by its intent, and listed for CRLs. Made at opening; changed by
/// the writer after each commit, before anybody hears that it is durable.
final class StatusBook: Sendable {
    /// What a commit brings.
    enum Change: Sendable {
        case put(RevokedSerial, issuerKey: Int64)
        case remove(intent: Int64)

        var intent: Int64 {
            switch self {
            case .put(let entry, _): Int64(entry.intent)
            case .remove(let intent): intent
            }
        }

        var entry: RevokedSerial? {
            if case .put(let entry, _) = self { entry } else { nil }
        }
    }

    private struct State {
        var entries: [RevokedSerial] = []
        var places: [UInt32: UInt32] = [:]
        /// The keys that the entries' issuers are places of.
        var issuers: [Int64] = []

        mutating func apply(_ change: Change) {
            switch change {
            case .put(var entry, let key):
                entry.issuer = place(ofIssuer: key)
                if let place = places[entry.intent] {
                    entries[Int(place)] = entry
                } else {
                    places[entry.intent] = UInt32(entries.count)
                    entries.append(entry)
                }
            case .remove(let intent):
                guard let place = places.removeValue(forKey: UInt32(truncatingIfNeeded: intent)) else { return }
                let last = entries.removeLast()
                guard Int(place) < entries.count else { return }
                entries[Int(place)] = last
                places[last.intent] = place
            }
        }

        private mutating func place(ofIssuer key: Int64) -> UInt16 {
            if let place = issuers.firstIndex(of: key) { return UInt16(place) }
            issuers.append(key)
            return UInt16(issuers.count - 1)
        }
    }

    private let state = Mutex(State())

    func apply(_ changes: [Change]) {
        state.withLock { state in
            for change in changes { state.apply(change) }
        }
    }

    func entry(intent: Int64) -> RevokedSerial? {
        state.withLock { state in
            state.places[UInt32(truncatingIfNeeded: intent)].map { state.entries[Int($0)] }
        }
    }

    func standing(intent: Int64) -> Standing? {
        state.withLock { state in
            guard let place = state.places[UInt32(truncatingIfNeeded: intent)] else { return nil }
            let entry = state.entries[Int(place)]
            return entry.standing(issuerKey: state.issuers[Int(entry.issuer)])
        }
    }

    /// Everything at one moment.
    func snapshot() -> RevokedSerials {
        state.withLock { RevokedSerials(entries: $0.entries, issuers: $0.issuers) }
    }
}

extension RevokedSerial {
    func standing(issuerKey: Int64) -> Standing {
        Standing(
            state: state,
            issuerKey: issuerKey,
            since: since,
            reason: reason,
            invalidityDate: invalidityDate
        )
    }
}

/// The serial numbers that were not good at one moment, of all issuers.
package struct RevokedSerials: Sendable {
    fileprivate let entries: [RevokedSerial]
    fileprivate let issuers: [Int64]

    /// Goes through those of one issuer's key, always in the same order.
    ///
    /// - Parameter issuerKey: as `IssuerKeyTag` has it.
    package func forEach<Failure: Error>(
        ofIssuerKey issuerKey: Int64,
        _ body: (RevokedSerial) throws(Failure) -> Void
    ) throws(Failure) {
        guard let place = issuers.firstIndex(of: issuerKey) else { return }
        for index in entries.indices where entries[index].issuer == UInt16(place) {
            try body(entries[index])
        }
    }
}
