/// Brings the answers of one connection into the order of their calls, and holds what the socket has not yet taken.
/// It does no input or output itself.
struct AnswerQueue {
    private struct Slot {
        var answers = AnswerList()
        var isFinished = false
    }

    /// A piece to be sent: the bytes from `offset` on.
    struct Piece {
        let bytes: AnswerBytes
        let offset: Int
    }

    /// A ring: call number n lies at n modulo the size.
    private var slots: [Slot]
    private let capacity: Int
    private var first = 0
    private var next = 0
    private var sending: AnswerBytes?
    private var sent = 0
    private var following = AnswerList()
    private var heldBytes = 0

    init(capacity: Int) {
        self.capacity = max(capacity, 1)
        // One place more: the answer that says why the connection ends.
        slots = Array(repeating: Slot(), count: self.capacity + 1)
    }

    /// Calls that have no final answer yet.
    var inFlight: Int { next - first }

    /// Bytes that wait for the socket.
    var readyBytes: Int { (sending?.count ?? 0) - sent + following.count }

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
    mutating func add(_ bytes: AnswerBytes, to place: Int, isFinal: Bool) {
        let index = place % slots.count
        guard place >= first, place < next, !slots[index].isFinished else { return }
        if place > first {
            slots[index].answers.append(bytes)
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
            heldBytes -= slot.answers.count
            makeReady(slot.answers)
            guard slot.isFinished else { return }
            first += 1
        }
    }

    private mutating func makeReady(_ bytes: AnswerBytes) {
        if bytes.count == 0 { return }
        if sending == nil { sending = bytes } else { following.append(bytes) }
    }

    private mutating func makeReady(_ answers: AnswerList) {
        following.append(answers)
        if sending == nil { sending = following.removeFirst() }
    }

    /// What to send now.
    var piece: Piece? {
        sending.map { Piece(bytes: $0, offset: sent) }
    }

    /// The socket has taken some bytes of the piece.
    mutating func didSend(_ count: Int) {
        sent += count
        guard sent >= sending?.count ?? 0 else { return }
        sending = following.removeFirst()
        sent = 0
    }

    /// Forgets everything: nobody listens any more.
    mutating func removeAll() {
        self = AnswerQueue(capacity: 1)
    }
}
