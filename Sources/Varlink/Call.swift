internal import Synchronization

/// One call, waiting for its answer. It may be answered from any thread, at any time; answers leave in the order of the
/// calls. A call that is let go without an answer answers the server's internal failure, so that no peer waits for ever.
public final class Call: Sendable {
    /// The full name: interface and method.
    public let method: String
    /// Already compared with the interface's description.
    public let parameters: JSONObject
    /// The caller takes several answers.
    public let wantsMore: Bool
    /// The caller takes no answer at all; whatever is answered falls away.
    public let oneway: Bool
    /// When the whole call had been received: nanoseconds of the monotonic clock.
    public let receivedAt: UInt64

    private let connection: ServerConnection
    private let place: Int
    private let heldBytes: Int
    private let isAnswered = Atomic<Bool>(false)

    /// - Parameter heldBytes: what the connection's server has counted for this call; given back at its end.
    init(
        _ message: CallMessage,
        connection: ServerConnection,
        place: Int,
        receivedAt: Deadline,
        heldBytes: Int
    ) {
        method = message.method
        parameters = message.parameters
        wantsMore = message.wantsMore
        oneway = message.isOneway
        self.receivedAt = receivedAt.nanoseconds
        self.connection = connection
        self.place = place
        self.heldBytes = heldBytes
    }

    deinit {
        if !isAnswered.load(ordering: .acquiring) { fail(connection.service.errors.internalFailure) }
        connection.service.held.giveBack(heldBytes)
    }

    /// Who calls.
    public var peer: PeerCredentials { connection.peer }

    /// The name of the listener that the call came through.
    public var listener: String { connection.listenerName }

    /// Nobody waits for the answer any more: the connection is gone.
    public var isAbandoned: Bool { connection.isGone }

    /// The final answer.
    ///
    /// - Parameters:
    ///   - capacity: how many bytes to expect, so that a long answer need not be moved while it grows.
    ///   - body: writes the members of `parameters`.
    /// - Returns: whether this was the first final answer; a second one is dropped.
    @discardableResult
    public func reply(expecting capacity: Int = 512, _ body: (inout JSONWriter) -> Void = { _ in }) -> Bool {
        guard !isAnswered.exchange(true, ordering: .acquiringAndReleasing) else { return false }
        let answer = oneway ? [] : AnswerMessage.reply(continues: false, expecting: capacity, body)
        connection.deliver(answer, to: place, isFinal: true)
        return true
    }

    /// One of several answers; more follow.
    ///
    /// - Returns: false, and nothing is sent, when the caller takes one answer only or the final one has been given.
    @discardableResult
    public func replyMore(_ body: (inout JSONWriter) -> Void) -> Bool {
        guard wantsMore, !isAnswered.load(ordering: .acquiring) else { return false }
        connection.deliver(AnswerMessage.reply(continues: true, body), to: place, isFinal: false)
        return true
    }

    /// The final answer, with a text that is wiped from this process's memory as soon as it has been sent.
    ///
    /// - Parameters:
    ///   - member: the name of the parameter that holds the text.
    ///   - body: writes the other members of `parameters`.
    /// - Returns: whether this was the first final answer; a second one is dropped.
    @discardableResult
    public func reply(
        confidential member: StaticString,
        _ text: ConfidentialText,
        _ body: (inout JSONWriter) -> Void
    ) -> Bool {
        guard !isAnswered.exchange(true, ordering: .acquiringAndReleasing) else { return false }
        let answer = AnswerMessage.confidentialReply(continues: false, member: member, text, body)
        connection.deliver(oneway ? .plain([]) : answer, to: place, isFinal: true)
        return true
    }

    /// One of several answers; more follow. Its text is wiped from this process's memory as soon as it has been sent.
    ///
    /// - Returns: false, and nothing is sent, when the caller takes one answer only or the final one has been given.
    @discardableResult
    public func replyMore(
        confidential member: StaticString,
        _ text: ConfidentialText,
        _ body: (inout JSONWriter) -> Void
    ) -> Bool {
        guard wantsMore, !isAnswered.load(ordering: .acquiring) else { return false }
        let answer = AnswerMessage.confidentialReply(continues: true, member: member, text, body)
        connection.deliver(answer, to: place, isFinal: false)
        return true
    }

    /// The final answer, an error.
    ///
    /// - Parameters:
    ///   - error: the full name: interface and error.
    ///   - body: writes the members of `parameters`.
    /// - Returns: whether this was the first final answer; a second one is dropped.
    @discardableResult
    public func fail(_ error: String, _ body: (inout JSONWriter) -> Void = { _ in }) -> Bool {
        guard !isAnswered.exchange(true, ordering: .acquiringAndReleasing) else { return false }
        connection.deliver(oneway ? [] : AnswerMessage.error(error, body), to: place, isFinal: true)
        return true
    }

    /// The final answer, an error.
    @discardableResult
    public func fail(_ answer: ErrorAnswer) -> Bool {
        fail(answer.name) { $0.members(of: answer.parameters) }
    }
}

/// Who answers the calls.
public protocol CallHandler: Sendable {
    /// Called on the connection's own thread, one call after the other. It must not wait for anything: while it runs,
    /// the connection's next calls are not read.
    func handle(_ call: Call)
}
