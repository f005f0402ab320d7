internal import DequeModule

/// One call on its way to a worker and back.
final class PendingCall {
    enum Work {
        case sign(key: Int, mechanism: TokenMechanism, input: [UInt8])
        case prepareKey(Int, spki: [UInt8])
        case control(WorkerOperation, body: [UInt8])
    }

    /// Who hears the answer; `nil` when the answer was given already or nobody wants it.
    enum Listener {
        case signature((Result<TokenSignature, TokenError>) -> Void)
        case body((Result<[UInt8], TokenError>) -> Void)
    }

    let id: UInt64
    let work: Work
    let submitted: UInt64
    /// How long the call may take in the worker, and how long its caller waits; nanoseconds.
    let allowance: UInt64
    let urgency: Urgency
    var listener: Listener?
    var sent: UInt64 = 0
    var packet: Packet?

    /// What was sent in one piece.
    final class Packet {
        var remaining = 0
        var bytes = 0
    }

    init(
        id: UInt64,
        work: Work,
        submitted: UInt64,
        allowance: UInt64,
        urgency: Urgency = .ordinary,
        listener: Listener?
    ) {
        self.id = id
        self.urgency = urgency
        self.work = work
        self.submitted = submitted
        self.allowance = allowance
        self.listener = listener
    }

    var deadline: UInt64 { submitted + allowance }

    /// Key generations take long; everything else waits with its deadline until they are over.
    var isLong: Bool {
        if case .control(.generateKeyPair, _) = work { return true }
        return false
    }

    /// Takes the listener, so that a call is answered once.
    func failure(_ error: TokenError) -> (() -> Void)? {
        defer { listener = nil }
        switch listener {
        case .signature(let hear): return { hear(.failure(error)) }
        case .body(let hear): return { hear(.failure(error)) }
        case nil: return nil
        }
    }

    func write(to writer: inout MessageWriter) {
        switch work {
        case .sign(let key, let mechanism, let input):
            writer.beginFrame(id: id, kind: WorkerOperation.sign.rawValue)
            writer.number(UInt32(key))
            writer.number(mechanism.rawValue)
            writer.data(input)
        case .prepareKey(let key, let spki):
            writer.beginFrame(id: id, kind: WorkerOperation.prepareKey.rawValue)
            writer.number(UInt32(key))
            writer.data(spki)
        case .control(let operation, let body):
            writer.beginFrame(id: id, kind: operation.rawValue)
            writer.data(body)
        }
        writer.endFrame()
    }

    var inputBytes: Int {
        switch work {
        case .sign(_, _, let input): input.count
        case .prepareKey(_, let spki): spki.count
        case .control(_, let body): body.count
        }
    }
}

/// The calls of one token: which wait here, which the worker has, and what goes to it next.
///
/// The worker is given little at a time: two packets a session, one in the making and one in the socket, each worth
/// about a millisecond of the token's time, or up to six while much more is waiting. So a slow token never has
/// more in hand than it can do before a deadline, a crash costs few calls, and a fast one still gets many signatures for
/// one system call. For the same reason an urgent call that comes late is not late: little is before it in the worker.
struct CallBook {
    /// Signing sessions of the worker; 0 while there is none.
    var sessions = 0
    private var urgent: Deque<PendingCall> = []
    private var ordinary: Deque<PendingCall> = []
    /// Urgent packets since the last ordinary one.
    private var urgentInARow = 0
    private var inWorker: [UInt64: PendingCall] = [:]
    private var packetsOut = 0
    /// Bytes of those packets. Together they fit into the socket's buffer, so that sending never has to wait.
    private var bytesOut = 0
    private var longCalls = 0
    /// A token is taken for a slow one until it is measured: a card must not be given more than it can do in time.
    private var averageTokenNanoseconds = CallBook.largestPacketNanoseconds

    /// About a millisecond: two signatures of an RSA key, some of an EC key.
    private static let packetNanoseconds: UInt64 = 1_200_000
    /// What a packet may be worth when that is a small part of what waits: whoever waits for its signature waits for
    /// those before it anyhow, and every packet interrupts a session.
    private static let largestPacketNanoseconds: UInt64 = 6_000_000
    private static let packetCalls = 16
    /// So many urgent packets may go before an ordinary one that waits.
    private static let mostUrgentInARow = 3

    var waitingCount: Int { urgent.count + ordinary.count }
    var urgentWaitingCount: Int { urgent.count }
    var inWorkerCount: Int { inWorker.count }

    mutating func enqueue(_ call: PendingCall) {
        switch call.urgency {
        case .urgent: urgent.append(call)
        case .ordinary: ordinary.append(call)
        }
    }

    /// Whose turn it is.
    private var turn: WritableKeyPath<CallBook, Deque<PendingCall>> {
        if urgent.isEmpty { return \.ordinary }
        return ordinary.isEmpty || urgentInARow < Self.mostUrgentInARow ? \.urgent : \.ordinary
    }

    /// Whether the worker should be given another packet.
    var wantsPacket: Bool {
        // While a key is being made, a session is busy and a card does nothing else at all.
        guard let next = self[keyPath: turn].first, packetsOut < 2 * (sessions - longCalls) else { return false }
        return hasRoom(for: next, beside: 0)
    }

    /// Whether a call may be written behind so many bytes of its packet.
    private func hasRoom(for call: PendingCall, beside written: Int) -> Bool {
        bytesOut + written + call.inputBytes + 64 <= WireLimits.packetBytes || bytesOut + written == 0
    }

    /// How many signatures the next packet should have, out of a queue with so many calls.
    private func share(of count: Int) -> Int {
        let average = max(averageTokenNanoseconds, 1)
        let waitingWorth = UInt64(count / max(sessions, 1)) * average
        let packetWorth = min(max(waitingWorth / 8, CallBook.packetNanoseconds), CallBook.largestPacketNanoseconds)
        let worth = Int(packetWorth / average)
        let fair = (count + sessions - 1) / max(sessions, 1)
        return max(1, min(worth, fair, CallBook.packetCalls))
    }

    /// Takes the next packet from the queue; only calls for which `admit` answers true go into it, and what becomes of
    /// the others is the business of `admit`.
    mutating func takePacket(now: UInt64, admit: (PendingCall) -> Bool) -> [UInt8]? {
        var writer = MessageWriter()
        let packet = PendingCall.Packet()
        let queue = turn
        let limit = share(of: self[keyPath: queue].count)
        while packet.remaining < limit, let call = self[keyPath: queue].first {
            let isSignature = if case .sign = call.work { true } else { false }
            // Everything but signatures travels alone, and so does what would not fit.
            if packet.remaining > 0, !isSignature { break }
            if !hasRoom(for: call, beside: writer.bytes.count) { break }
            _ = self[keyPath: queue].popFirst()
            guard admit(call) else { continue }
            call.write(to: &writer)
            call.sent = now
            call.packet = packet
            packet.remaining += 1
            inWorker[call.id] = call
            if call.isLong { longCalls += 1 }
            if !isSignature { break }
        }
        guard packet.remaining > 0 else { return nil }
        urgentInARow = queue == \.urgent ? urgentInARow + 1 : 0
        packetsOut += 1
        packet.bytes = writer.bytes.count
        bytesOut += packet.bytes
        return writer.bytes
    }

    /// The call that an answer belongs to.
    mutating func finish(_ id: UInt64) -> PendingCall? {
        guard let call = inWorker.removeValue(forKey: id) else { return nil }
        if call.isLong { longCalls -= 1 }
        if let packet = call.packet {
            packet.remaining -= 1
            if packet.remaining == 0 {
                packetsOut -= 1
                bytesOut -= packet.bytes
            }
        }
        return call
    }

    func isInWorker(_ call: PendingCall) -> Bool {
        inWorker[call.id] != nil
    }

    /// - Parameter nanoseconds: checked by the caller; no longer than the call was away.
    mutating func noteTokenTime(_ nanoseconds: UInt64) {
        averageTokenNanoseconds = (averageTokenNanoseconds * 15 + nanoseconds) / 16
    }

    /// Forgets the worker and hands back what it had.
    mutating func loseWorker() -> [PendingCall] {
        defer {
            inWorker = [:]
            packetsOut = 0
            bytesOut = 0
            longCalls = 0
            sessions = 0
        }
        return inWorker.values.sorted { $0.id < $1.id }
    }

    /// Empties the queues.
    mutating func takeWaiting() -> [PendingCall] {
        defer { (urgent, ordinary) = ([], []) }
        return Array(urgent) + Array(ordinary)
    }

    /// The calls whose callers have waited long enough. Those in the worker stay there as calls that nobody hears.
    mutating func takeExpired(now: UInt64) -> [PendingCall] {
        var expired = urgent.takeExpired(now: now) + ordinary.takeExpired(now: now)
        for call in inWorker.values where call.deadline <= now && call.listener != nil { expired.append(call) }
        return expired
    }

    /// Whether the worker has had a call for longer than it may.
    func isHung(now: UInt64) -> Bool {
        inWorker.values.contains { (longCalls == 0 || $0.isLong) && $0.sent + $0.allowance <= now }
    }

    /// The next moment at which `takeExpired` or `isHung` has something to say.
    var nextDeadline: UInt64? {
        var next: UInt64?
        for call in urgent { next = min(next ?? .max, call.deadline) }
        for call in ordinary { next = min(next ?? .max, call.deadline) }
        for call in inWorker.values {
            next = min(next ?? .max, call.listener == nil ? call.sent + call.allowance : call.deadline)
        }
        return next
    }
}

extension Deque<PendingCall> {
    fileprivate mutating func takeExpired(now: UInt64) -> [PendingCall] {
        let expired = filter { $0.deadline <= now }
        if !expired.isEmpty { removeAll { $0.deadline <= now } }
        return Array(expired)
    }
}
