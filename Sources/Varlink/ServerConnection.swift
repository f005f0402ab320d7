internal import Glibc
internal import Threads

/// What all connections of a server share.
final class Service: Sendable {
    let limits: ServerLimits
    let errors: ServerErrors
    let directory: ServiceDirectory
    let handler: any CallHandler
    let held: HeldBytes

    init(limits: ServerLimits, errors: ServerErrors, directory: ServiceDirectory, handler: any CallHandler) {
        self.limits = limits
        self.errors = errors
        self.directory = directory
        self.handler = handler
        held = HeldBytes(limit: limits.maximumHeldBytes)
    }
}

/// The half of a connection that every thread may touch: the answers and their way out. The other half, reading, belongs
/// to the connection's own thread (`ConnectionLoop`).
///
/// Whoever completes a call sends at once if nobody else is sending and the socket takes it; otherwise the answer is left
/// to the one who sends, or to the connection's thread.
final class ServerConnection: Sendable {
    /// What the connection's thread has to wait for next.
    struct Outlook {
        /// No further call is taken until some have been answered.
        var isHeld: Bool
        /// The socket was full; the rest has to be gone at the deadline.
        var writeDeadline: Deadline?
        var isDrained: Bool
        var shallStop: Bool
    }

    private struct State {
        var queue: AnswerQueue
        var isOpen = true
        /// Nothing more can be sent, or shall be: the connection's thread closes it.
        var isBroken = false
        var shallStop = false
        /// One thread is in `send`; the descriptor must stay open until it is back.
        var isSending = false
        var isFull = false
        var isHeld = false
        /// The calls of all connections together hold too much.
        var isStarved = false
        /// The connection's thread waits for the last answer to leave.
        var reportsDrained = false
        /// The connection's thread is taking calls; it sends what it answers itself in one go afterwards.
        var isInBatch = false
        var ownThread: pthread_t?
        /// When everything that was waiting at a certain moment must have left.
        var drain: (mark: Int, deadline: Deadline)?
        var sentBytes = 0

        var isOnOwnThread: Bool { ownThread == pthread_self() }
    }

    let service: Service
    let peer: PeerCredentials
    let listenerName: String
    let descriptor: Int32
    private let waker: Waker
    // Not a `Mutex`: that hands a contended lock over through the kernel, where the thread sanitizer cannot follow.
    private let state: Guarded<State>
    private let resumeAt: Int

    /// Takes over the descriptor. Answers `nil`, and leaves the descriptor alone, when the process has no more.
    init?(_ descriptor: Int32, peer: PeerCredentials, listenerName: String, service: Service) {
        guard let waker = Waker() else { return nil }
        self.waker = waker
        self.service = service
        self.peer = peer
        self.listenerName = listenerName
        self.descriptor = descriptor
        let capacity = max(service.limits.maximumCallsInFlightPerConnection, 1)
        resumeAt = capacity / 2
        state = Guarded(State(queue: AnswerQueue(capacity: capacity)))
    }

    var wakeDescriptor: Int32 { waker.waiting }

    var isGone: Bool { state.withLock { !$0.isOpen || $0.isBroken } }

    // MARK: Any thread

    /// Takes an answer. Returns at once; never waits for the peer.
    func deliver(_ bytes: [UInt8], to place: Int, isFinal: Bool) {
        deliver(.plain(bytes), to: place, isFinal: isFinal)
    }

    /// Takes an answer. Returns at once; never waits for the peer.
    func deliver(_ bytes: AnswerBytes, to place: Int, isFinal: Bool) {
        let piece = state.withLock { state -> AnswerQueue.Piece? in
            guard state.isOpen, !state.isBroken else { return nil }
            state.queue.add(bytes, to: place, isFinal: isFinal)
            if state.queue.keptBytes > service.limits.maximumOutboxBytes {
                state.isBroken = true
                wake(state)
                return nil
            }
            if state.isHeld, state.queue.inFlight <= resumeAt {
                state.isHeld = false
                wake(state)
            }
            if state.isInBatch, state.isOnOwnThread { return nil }
            return beginSending(&state)
        }
        if let piece { send(piece) }
    }

    /// There is room for calls again.
    func resumeTaking() {
        state.withLock { state in
            state.isStarved = false
            if state.isOpen { wake(state) }
        }
    }

    /// Asks the connection's thread to take no further call, to let the answers out and to close.
    func requestStop() {
        state.withLock { state in
            guard state.isOpen else { return }
            state.shallStop = true
            wake(state)
        }
    }

    /// Asks the connection's thread to close at once.
    func abort() {
        state.withLock { state in
            guard state.isOpen else { return }
            state.isBroken = true
            wake(state)
        }
    }

    /// Only with the lock held and the connection open: the waker is closed with it.
    private func wake(_ state: State) {
        if !state.isOnOwnThread { waker.wake() }
    }

    private func beginSending(_ state: inout State) -> AnswerQueue.Piece? {
        guard !state.isSending, !state.isFull else { return nil }
        guard let piece = state.queue.piece else {
            if state.reportsDrained, state.queue.inFlight == 0 { wake(state) }
            return nil
        }
        state.isSending = true
        return piece
    }

    private func send(_ first: AnswerQueue.Piece) {
        var piece: AnswerQueue.Piece? = first
        while let current = piece {
            let transfer = current.bytes.withUnsafeBytes { bytes in
                UnixSocket.transmit(descriptor, UnsafeRawBufferPointer(rebasing: bytes[current.offset...]))
            }
            piece = state.withLock { settle(&$0, transfer) }
        }
    }

    /// What comes after a `send`: the next piece, or nothing.
    private func settle(_ state: inout State, _ transfer: UnixSocket.Transfer) -> AnswerQueue.Piece? {
        state.isSending = false
        guard state.isOpen else {
            Glibc.close(descriptor)
            return nil
        }
        switch transfer {
        case .moved(let count):
            state.queue.didSend(count)
            state.sentBytes += count
            if let drain = state.drain, state.sentBytes >= drain.mark { state.drain = nil }
            return state.isBroken ? nil : beginSending(&state)
        case .wouldBlock:
            state.isFull = true
            if state.drain == nil {
                let mark = state.sentBytes + state.queue.readyBytes
                state.drain = (mark, .after(service.limits.writeDeadline))
            }
        case .ended, .failed:
            state.isBroken = true
        }
        wake(state)
        return nil
    }

    // MARK: The connection's thread

    func adoptThread() {
        state.withLock { $0.ownThread = pthread_self() }
    }

    func beginBatch() {
        state.withLock { $0.isInBatch = true }
    }

    /// Sends what has come together meanwhile.
    func endBatch() {
        let piece = state.withLock { state -> AnswerQueue.Piece? in
            state.isInBatch = false
            return state.isOpen && !state.isBroken ? beginSending(&state) : nil
        }
        if let piece { send(piece) }
    }

    /// The place for the next call's answers; `nil` holds the reading until some calls have been answered.
    func openPlace() -> Int? {
        state.withLock { state in
            let place = state.queue.open()
            if place == nil { state.isHeld = true }
            return place
        }
    }

    /// Counts a message among the calls that wait for their answers; without room the reading is held.
    func admit(_ bytes: Int) -> Bool {
        if service.held.take(bytes) { return true }
        // In this order: `resumeTaking` may come at once.
        state.withLock { $0.isStarved = true }
        guard service.held.take(bytes, orWake: self) else { return false }
        state.withLock { $0.isStarved = false }
        return true
    }

    /// Gives the answer after which this connection takes no further call.
    func deliverLast(_ answer: ErrorAnswer) {
        let place = state.withLock { $0.queue.openLast() }
        deliver(AnswerMessage.error(answer), to: place, isFinal: true)
    }

    /// The socket has room again.
    func resumeSending() {
        let piece = state.withLock { state -> AnswerQueue.Piece? in
            state.isFull = false
            return state.isBroken ? nil : beginSending(&state)
        }
        if let piece { send(piece) }
    }

    func clearWaker() {
        waker.clear()
    }

    /// What to wait for, or `nil` when the connection has to be closed.
    ///
    /// - Parameter isReading: further calls may come; otherwise the thread is woken when the last answer has left.
    func outlook(isReading: Bool) -> Outlook? {
        state.withLock { state in
            if state.isBroken { return nil }
            state.reportsDrained = !isReading || state.shallStop
            let isDrained = state.queue.inFlight == 0 && state.queue.readyBytes == 0 && !state.isSending
            return Outlook(
                isHeld: state.isHeld || state.isStarved,
                writeDeadline: state.isFull ? state.drain?.deadline : nil,
                isDrained: isDrained,
                shallStop: state.shallStop
            )
        }
    }

    /// Says to the peer that nothing more will come.
    func endOutput() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Ends a connection that got no thread, and leaves its descriptor alone.
    func abandon() {
        state.withLock { state in
            guard state.isOpen else { return }
            state.isOpen = false
            waker.close()
        }
    }

    /// Ends everything; calls that are still in flight answer into the void.
    func close() {
        state.withLock { state in
            guard state.isOpen else { return }
            state.isOpen = false
            state.queue.removeAll()
            shutdown(descriptor, Int32(SHUT_RDWR))
            // Otherwise the one who sends closes it: the number must not be given to another socket meanwhile.
            if !state.isSending { Glibc.close(descriptor) }
            waker.close()
        }
    }
}
