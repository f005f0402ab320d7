/// Brings the answers of one connection into the order of their calls, and holds what the socket has not yet taken.
/// It does no input or output itself.
struct AnswerQueue {
    private struct Slot {
        var bytes: [UInt8] = []
        var isFinished = false
    }

    /// A piece to be sent: the bytes from `offset` on.
    struct Piece {
        let bytes: [UInt8]
        let offset: Int
    }

    /// A ring: call number n lies at n modulo the size.
    private var slots: [Slot]
    private let capacity: Int
    private var first = 0
    private var next = 0
    private var sending: [UInt8] = []
    private var sent = 0
    private var following: [UInt8] = []
    private var heldBytes = 0

    init(capacity: Int) {
        self.capacity = max(capacity, 1)
        // One place more: the answer that says why the connection ends.
        slots = Array(repeating: Slot(), count: self.capacity + 1)
    }

    /// Calls that have no final answer yet.
    var inFlight: Int { next - first }

    /// Bytes that wait for the socket.
    var readyBytes: Int { sending.count - sent + following.count }

    /// All bytes that are kept.
    var keptBytes: Int { readyBytes + heldBytes }

    /// The place for the next call's answers, or `nil` when too many calls wait.
    mutating func open() -> Int? {
        inFlight < capacity ? openLast() : nil
    }

    /// The place for an answer after which no further call is taken.
    mutating func openLast() -> Int {
        next += 1
        return next - 1
    }

    /// Adds an answer. What comes after the final one is dropped.
    mutating func add(_ bytes: [UInt8], to place: Int, isFinal: Bool) {
        let index = place % slots.count
        guard place >= first, place < next, !slots[index].isFinished else { return }
        if place > first {
            if slots[index].bytes.isEmpty { slots[index].bytes = bytes } else { slots[index].bytes += bytes }
            slots[index].isFinished = isFinal
            heldBytes += bytes.count
            return
        }
        makeReady(bytes)
        if isFinal {
            first += 1
            releaseNext()
        }
    }

    /// Moves on what had waited for the call that has just been finished.
    private mutating func releaseNext() {
        while first < next {
            let index = first % slots.count
            let slot = slots[index]
            slots[index] = Slot()
            heldBytes -= slot.bytes.count
            makeReady(slot.bytes)
            guard slot.isFinished else { return }
            first += 1
        }
    }

    private mutating func makeReady(_ bytes: [UInt8]) {
        if bytes.isEmpty { return }
        if sending.isEmpty {
            sending = bytes
        } else if following.isEmpty {
            following = bytes
        } else {
            following += bytes
        }
    }

    /// What to send now.
    var piece: Piece? {
        sending.isEmpty ? nil : Piece(bytes: sending, offset: sent)
    }

    /// The socket has taken some bytes of the piece.
    mutating func didSend(_ count: Int) {
        sent += count
        guard sent >= sending.count else { return }
        sending = following
        following = []
        sent = 0
    }

    /// Forgets everything: nobody listens any more.
    mutating func removeAll() {
        self = AnswerQueue(capacity: 1)
    }
}
