/// The keys that a token was asked for. Their places in the table are the numbers that the worker knows them by.
struct KeyTable {
    enum State {
        /// Nobody has asked this worker yet.
        case unknown
        case preparing
        case found
        case failed(TokenError)
    }

    private(set) var spkis: [[UInt8]] = []
    private var states: [State] = []
    private var parked: [[PendingCall]] = []
    private var numbers: [[UInt8]: Int] = [:]
    private var identities: [KeyIdentity: Int] = [:]

    var count: Int { spkis.count }

    /// The keys that a new worker looks for before it is ready: as many as go into its first packet. The others are
    /// looked for afterwards, one by one.
    var keysForOpening: [[UInt8]] {
        // A quarter is left for the rest of the request, and for the rest of the answer.
        var room = WireLimits.packetBytes / 4 * 3
        return Array(
            spkis.prefix { key in
                room -= max(key.count + 4, KeyTable.answerBytes)
                return room >= 0
            }
        )
    }

    /// The answer to the first packet may tell of each key what is wrong with it: at most this many bytes.
    private static let answerBytes = 512

    /// How many calls wait for a key to be looked for.
    private(set) var parkedCount = 0

    var foundCount: Int {
        states.count { state in
            if case .found = state { true } else { false }
        }
    }

    /// The keys that were looked for in vain, and why the first of them.
    var lost: (numbers: [Int], reason: TokenError?) {
        var numbers: [Int] = []
        var reason: TokenError?
        for (number, state) in states.enumerated() {
            guard case .failed(let error) = state else { continue }
            numbers.append(number)
            reason = reason ?? error
        }
        return (numbers, reason)
    }

    /// The number of a key; a new one is put into the table.
    mutating func number(of spki: [UInt8]) -> Int {
        if let number = numbers[spki] { return number }
        let number = spkis.count
        spkis.append(spki)
        states.append(.unknown)
        parked.append([])
        numbers[spki] = number
        identities[KeyIdentity(spki: spki)] = number
        return number
    }

    func number(of identity: KeyIdentity) -> Int? {
        identities[identity]
    }

    subscript(number: Int) -> State {
        get { states[number] }
        set { states[number] = newValue }
    }

    /// Whether a call may go to the worker now. One whose key has not been looked for waits here, and the key is put
    /// on the list `asked`; one whose key is not there is put on the list `refused`.
    mutating func admit(
        _ call: PendingCall,
        refused: inout [(PendingCall, TokenError)],
        asked: inout [Int]
    ) -> Bool {
        guard case .sign(let key, _, _) = call.work else { return true }
        switch states[key] {
        case .found: return true
        case .failed(let error):
            refused.append((call, error))
            return false
        case .unknown:
            states[key] = .preparing
            asked.append(key)
        case .preparing: break
        }
        parked[key].append(call)
        parkedCount += 1
        return false
    }

    mutating func takeParked(_ key: Int) -> [PendingCall] {
        defer { parked[key] = [] }
        parkedCount -= parked[key].count
        return parked[key]
    }

    /// A new worker knows nothing; all calls that wait for a key are handed back.
    mutating func loseWorker() -> [PendingCall] {
        let waiting = parked.flatMap { $0 }
        parkedCount = 0
        for number in states.indices {
            states[number] = .unknown
            parked[number] = []
        }
        return waiting
    }

    /// The next moment at which `takeExpired` has something to say.
    var nextDeadline: UInt64? {
        guard parkedCount > 0 else { return nil }
        return parked.lazy.compactMap { $0.lazy.map(\.deadline).min() }.min()
    }

    /// Calls that wait for a key and whose callers have waited long enough.
    mutating func takeExpired(now: UInt64) -> [PendingCall] {
        var expired: [PendingCall] = []
        for number in parked.indices where !parked[number].isEmpty {
            expired += parked[number].filter { $0.deadline <= now }
            parked[number].removeAll { $0.deadline <= now }
        }
        parkedCount -= expired.count
        return expired
    }
}
