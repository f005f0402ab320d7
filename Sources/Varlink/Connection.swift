internal import Glibc

/// An error that the service answered.
public struct RemoteError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The full name: interface and error.
    public let name: String
    public let parameters: JSONObject

    public init(name: String, parameters: JSONObject = [:]) {
        self.name = name
        self.parameters = parameters
    }

    public var description: String {
        "\(name) \(String(decoding: JSONValue.object(parameters).encoded, as: UTF8.self))"
    }
}

/// Why a call did not bring an answer.
public enum ConnectionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Nobody answers at the path; `code` is the errno of `connect`.
    case unreachable(path: String, code: Int32)
    /// The answer did not come in time. The connection is closed: later answers could not be told apart.
    case timedOut
    /// The service has closed the connection, or it was closed after an earlier failure.
    case closed
    /// What came is no Varlink answer. The connection is closed.
    case malformed(String)
    /// The service answered with an error. The connection can be used further.
    case remote(RemoteError)

    public var description: String {
        switch self {
        case .unreachable(let path, let code): "\(path): \(String(cString: strerror(code)))"
        case .timedOut: "no answer came in time"
        case .closed: "the service has closed the connection"
        case .malformed(let reason): "the service's answer cannot be understood: \(reason)"
        case .remote(let error): error.description
        }
    }
}

/// The caller's end of a connection, for one thread. Every wait has a deadline.
///
/// Calls can be pipelined: `send` many, `receive` as many, in the same order.
public final class Connection {
    /// What kind of answer a call asks for.
    public enum Flavour: Sendable {
        case single
        /// Several answers, the last of which does not continue.
        case more
        /// None.
        case oneway
    }

    /// One answer.
    public struct Reply: Sendable {
        public let parameters: JSONObject
        /// Further answers to the same call follow.
        public let continues: Bool
    }

    private let limits: JSONLimits
    private var descriptor: Int32
    private var input: InputBuffer
    private var output: [UInt8] = []

    /// Connects to a service's socket.
    ///
    /// - Parameters:
    ///   - timeout: how long to try while the service's queue of connections is full.
    ///   - limits: how much JSON an answer may have.
    public init(
        path: String,
        timeout: Duration = .seconds(5),
        limits: JSONLimits = JSONLimits(maximumBytes: 16 << 20, maximumDepth: 32, maximumMembers: 1 << 20)
    ) throws(ConnectionError) {
        self.limits = limits
        input = InputBuffer(maximumMessageBytes: limits.maximumBytes)
        descriptor = UnixSocket.make()
        guard descriptor >= 0 else { throw .unreachable(path: path, code: errno) }
        let deadline = Deadline.after(timeout)
        while true {
            let result = UnixSocket.withAddress(path) { connect(descriptor, $0, $1) }
            if result == 0 { return }
            let code = result == nil ? ENAMETOOLONG : errno
            guard code == EAGAIN || code == EINTR, !deadline.hasPassed else {
                shut()
                throw .unreachable(path: path, code: code)
            }
            poll(nil, 0, 2)
        }
    }

    deinit {
        shut()
    }

    /// Closes the connection. Closing twice does no harm.
    public func close() {
        shut()
    }

    private func shut() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Who serves.
    public var peer: PeerCredentials? { PeerCredentials(socket: descriptor) }

    /// One call, one answer.
    ///
    /// - Parameters:
    ///   - method: the full name: interface and method.
    ///   - timeout: for sending and for the answer together.
    ///   - parameters: writes the members of `parameters`.
    public func call(
        _ method: String,
        timeout: Duration = .seconds(30),
        parameters: (inout JSONWriter) -> Void = { _ in }
    ) throws(ConnectionError) -> JSONObject {
        send(method, parameters: parameters)
        return try receive(timeout: timeout).parameters
    }

    /// One call, several answers, each handed to `body` as it comes.
    ///
    /// - Parameter timeout: for each answer.
    public func callMore(
        _ method: String,
        timeout: Duration = .seconds(30),
        parameters: (inout JSONWriter) -> Void = { _ in },
        _ body: (JSONObject) -> Void
    ) throws(ConnectionError) {
        send(method, .more, parameters: parameters)
        while true {
            let reply = try receive(timeout: timeout)
            body(reply.parameters)
            if !reply.continues { return }
        }
    }

    /// Puts a call behind those that wait to be sent. `flush`, or the next `receive`, sends them together.
    public func send(
        _ method: String,
        _ flavour: Flavour = .single,
        parameters: (inout JSONWriter) -> Void = { _ in }
    ) {
        var writer = JSONWriter(behind: output)
        // The writer alone holds them now, and need not copy them.
        output = []
        writer.beginObject()
        writer.member("method", method)
        switch flavour {
        case .single: break
        case .more: writer.member("more", true)
        case .oneway: writer.member("oneway", true)
        }
        writer.object("parameters", parameters)
        writer.endObject()
        precondition(writer.depth == 0, "a call must close every array and object that it opens")
        writer.terminate()
        output = writer.bytes
    }

    /// Sends what waits.
    public func flush(timeout: Duration = .seconds(30)) throws(ConnectionError) {
        _ = try flush(until: .after(timeout))
    }

    /// The next answer.
    ///
    /// - Throws: `.remote` when it is an error; the connection can be used further then.
    public func receive(timeout: Duration = .seconds(30)) throws(ConnectionError) -> Reply {
        let deadline = Deadline.after(timeout)
        // To what was asked just now there is no answer yet. Waiting in the read itself would save a system call, but the
        // kernel wakes such a reader once more for each call: when the service has taken it out of the socket.
        var isLikely = try !flush(until: deadline)
        while true {
            if let reply = try takeReply() { return reply }
            if !isLikely { _ = try wait(POLLIN, until: deadline) }
            switch input.receive(from: descriptor) {
            case .moved: isLikely = true
            case .ended, .failed: throw ended(.closed)
            case .wouldBlock: isLikely = false
            }
        }
    }

    private func ended(_ error: ConnectionError) -> ConnectionError {
        shut()
        return error
    }

    private func wait(_ events: Int32, until deadline: Deadline) throws(ConnectionError) -> pollfd {
        var descriptors = [pollfd(descriptor, events)]
        UnixSocket.wait(&descriptors, until: deadline)
        if descriptors[0].revents == 0, deadline.hasPassed { throw ended(.timedOut) }
        return descriptors[0]
    }

    /// Answers whether anything was to be sent.
    private func flush(until deadline: Deadline) throws(ConnectionError) -> Bool {
        guard descriptor >= 0 else { throw .closed }
        guard !output.isEmpty else { return false }
        var offset = 0
        while offset < output.count {
            switch UnixSocket.transmit(descriptor, output, from: offset) {
            case .moved(let count): offset += count
            case .wouldBlock:
                // The service may itself be waiting for us to take its answers.
                let takesAnswers = input.count < limits.maximumBytes
                let ready = try wait(takesAnswers ? POLLOUT | POLLIN : POLLOUT, until: deadline)
                if takesAnswers, ready.has(POLLIN) { _ = input.receive(from: descriptor) }
            case .ended, .failed:
                // An answer that says why may have come before the end.
                output.removeAll()
                return true
            }
        }
        output.removeAll(keepingCapacity: true)
        return true
    }

    private func takeReply() throws(ConnectionError) -> Reply? {
        let message = input.nextMessage()
        if input.isOversized { throw ended(.malformed("longer than \(limits.maximumBytes) bytes")) }
        guard let message else { return nil }
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONParser.parse(message, limits: limits)
        } catch {
            throw ended(.malformed(error.description))
        }
        input.dropMessage()
        guard let reply = value.objectValue else { throw ended(.malformed("an answer is a JSON object")) }
        let parameters = reply["parameters"]?.objectValue ?? JSONObject()
        if let name = reply["error"]?.stringValue {
            throw .remote(RemoteError(name: name, parameters: parameters))
        }
        return Reply(parameters: parameters, continues: reply["continues"]?.boolValue ?? false)
    }
}
