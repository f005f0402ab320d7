internal import Glibc

/// Reads one connection on a thread of its own: takes the calls, hands them on, and keeps the deadlines.
struct ConnectionLoop: ~Copyable {
    /// Whether, and for what, the peer is still read.
    private enum Reading: Equatable {
        case calls
        /// After a message that is none: what follows is thrown away, so that the peer gets to see the answer instead of
        /// a broken pipe.
        case discarding(until: Deadline)
        /// The peer has ended, or the server stops.
        case nothing
    }

    private let connection: ServerConnection
    private let limits: ServerLimits
    private var input: InputBuffer
    private var reading = Reading.calls
    private var messageDeadline: Deadline?
    private var discardBudget: Int
    private var hasEndedOutput = false
    private var idleDeadline: Deadline?
    private var wasIdle = false

    init(_ connection: ServerConnection) {
        self.connection = connection
        limits = connection.service.limits
        input = InputBuffer(maximumMessageBytes: limits.maximumMessageBytes)
        discardBudget = 8 * limits.maximumMessageBytes
    }

    /// Returns when the connection is closed.
    mutating func run() {
        connection.adoptThread()
        var descriptors = [pollfd(connection.descriptor, 0), pollfd(connection.wakeDescriptor, POLLIN)]
        while let (events, deadline) = next() {
            descriptors[0].events = Int16(events)
            UnixSocket.wait(&descriptors, until: deadline)
            if descriptors[1].has(POLLIN) { connection.clearWaker() }
            if descriptors[0].has(POLLERR | POLLNVAL) { break }
            if descriptors[0].has(POLLOUT) { connection.resumeSending() }
            if descriptors[0].has(POLLIN) {
                guard receive() else { break }
            } else if descriptors[0].has(POLLHUP) {
                break
            }
        }
        connection.close()
    }

    /// What to wait for, or `nil` at the end.
    private mutating func next() -> (events: Int32, deadline: Deadline?)? {
        while true {
            if reading == .calls, messageDeadline?.hasPassed == true {
                refuse("the message did not come as a whole in time", discards: false)
            }
            guard let outlook = connection.outlook(isReading: reading == .calls) else { return nil }
            if outlook.writeDeadline?.hasPassed == true { return nil }
            if outlook.shallStop, reading == .calls { reading = .nothing }
            let writing = outlook.writeDeadline == nil ? 0 : POLLOUT
            switch reading {
            case .calls:
                if outlook.isHeld { return (writing, outlook.writeDeadline) }
                // After a pause, whole messages may lie in the buffer.
                if input.count > 0, messageDeadline == nil {
                    takeMessages()
                    continue
                }
                if isOverdue(outlook) {
                    reading = .nothing
                    continue
                }
                let deadline = Deadline?.earlier(outlook.writeDeadline, messageDeadline)
                return (writing | POLLIN, .earlier(deadline, idleDeadline))
            case .discarding(let end):
                if end.hasPassed {
                    reading = .nothing
                    continue
                }
                if outlook.isDrained, !hasEndedOutput {
                    connection.endOutput()
                    hasEndedOutput = true
                }
                return (writing | POLLIN, .earlier(outlook.writeDeadline, end))
            case .nothing:
                return outlook.isDrained ? nil : (writing, outlook.writeDeadline)
            }
        }
    }

    /// Whether nothing has come and nothing was owed for the whole idle deadline.
    ///
    /// The last answer may leave without this thread's knowledge; then the time counts from the next look.
    private mutating func isOverdue(_ outlook: ServerConnection.Outlook) -> Bool {
        guard let limit = limits.idleDeadline else { return false }
        let isIdle = outlook.isDrained && input.count == 0
        let hasPassed = idleDeadline?.hasPassed ?? true
        if isIdle, wasIdle, hasPassed, idleDeadline != nil { return true }
        if hasPassed || !isIdle || !wasIdle { idleDeadline = .after(limit) }
        wasIdle = isIdle
        return false
    }

    /// Reads once. Answers false when the connection is to be closed at once.
    private mutating func receive() -> Bool {
        switch input.receive(from: connection.descriptor) {
        case .moved(let count):
            idleDeadline = nil
            if reading == .calls {
                takeMessages()
            } else {
                input.removeAll()
                discardBudget -= count
                if discardBudget <= 0 { reading = .nothing }
            }
            return true
        case .wouldBlock:
            return true
        case .ended:
            if reading == .calls, input.count > 0 { refuse("the message ends without its NUL", discards: false) }
            reading = .nothing
            return true
        case .failed:
            return false
        }
    }

    /// Hands on every whole message in the buffer.
    private mutating func takeMessages() {
        connection.beginBatch()
        defer { connection.endBatch() }
        var tookAny = false
        while reading == .calls {
            let message = input.nextMessage()
            if input.isOversized {
                refuse("the message is longer than \(limits.maximumMessageBytes) bytes", discards: true)
                return
            }
            guard let message else { break }
            guard connection.admit(message.count) else {
                messageDeadline = nil
                return
            }
            guard let place = connection.openPlace() else {
                connection.service.held.giveBack(message.count)
                messageDeadline = nil
                return
            }
            tookAny = true
            take(message, place: place)
            input.dropMessage()
        }
        if input.count == 0 {
            messageDeadline = nil
        } else if tookAny || messageDeadline == nil {
            messageDeadline = .after(limits.messageDeadline)
        }
    }

    private mutating func take(_ message: UnsafeRawBufferPointer, place: Int) {
        let receivedAt = Deadline.now
        let service = connection.service
        var heldBytes = message.count
        defer { service.held.giveBack(heldBytes) }
        let call: CallMessage
        switch Self.decode(message, limits: limits.json) {
        case .success(let decoded): call = decoded
        case .failure(let refusal):
            let answer = service.errors.malformedMessage(refusal.reason)
            connection.deliver(AnswerMessage.error(answer), to: place, isFinal: true)
            discard()
            return
        }
        let route = call.refusal.map { .refusal($0) } ?? service.directory.route(call.method, call.parameters)
        switch route {
        case .handler:
            let held = heldBytes
            heldBytes = 0
            service.handler.handle(
                Call(call, connection: connection, place: place, receivedAt: receivedAt, heldBytes: held)
            )
        case .answer(let parameters):
            let answer = call.isOneway ? [] : AnswerMessage.reply(continues: false) { $0.members(of: parameters) }
            connection.deliver(answer, to: place, isFinal: true)
        case .refusal(let answer):
            connection.deliver(call.isOneway ? [] : AnswerMessage.error(answer), to: place, isFinal: true)
        }
    }

    private static func decode(
        _ message: UnsafeRawBufferPointer,
        limits: JSONLimits
    ) -> Result<CallMessage, CallMessage.NoCall> {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONParser.parse(message, limits: limits)
        } catch {
            return .failure(CallMessage.NoCall(reason: error.description))
        }
        do throws(CallMessage.NoCall) {
            return .success(try CallMessage(value))
        } catch {
            return .failure(error)
        }
    }

    /// Answers that what came is no message; nothing after it is taken.
    private mutating func refuse(_ reason: String, discards: Bool) {
        connection.deliverLast(connection.service.errors.malformedMessage(reason))
        if discards { discard() } else { reading = .nothing }
    }

    private mutating func discard() {
        reading = .discarding(until: .after(limits.messageDeadline))
        messageDeadline = nil
    }
}
