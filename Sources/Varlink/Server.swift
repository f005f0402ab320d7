internal import Glibc
internal import Threads

/// Serves Varlink on Unix sockets with plain threads: one that accepts, and one for each connection.
///
/// All threads live until `stop`; a server that was started must be stopped.
public final class Server: Sendable {
    private struct State {
        var listeners: [Listener] = []
        var connections: [Int: ServerConnection] = [:]
        var nextConnection = 0
        var phase = Phase.new
        var isAccepting = false
    }

    private enum Phase {
        case new
        case running
        case stopping
    }

    private let service: Service
    private let waker: Waker
    private let state = Guarded(State())

    /// - Throws: `InterfaceError` when two of the interfaces have one name; `ListenerError` when the process has no more
    ///   descriptors.
    public init(
        limits: ServerLimits = ServerLimits(),
        errors: ServerErrors,
        service: ServiceDescription,
        interfaces: [InterfaceDescription],
        handler: any CallHandler
    ) throws {
        let directory = try ServiceDirectory(service, interfaces: interfaces)
        self.service = Service(limits: limits, errors: errors, directory: directory, handler: handler)
        guard let waker = Waker() else {
            throw ListenerError.system(operation: "socketpair", path: "server", code: errno)
        }
        self.waker = waker
    }

    deinit {
        waker.close()
    }

    /// Adds a socket to serve. Only before `start`.
    public func add(_ listener: Listener) {
        state.withLock { state in
            precondition(state.phase == .new, "listeners are added before the start")
            state.listeners.append(listener)
        }
    }

    /// Begins to accept.
    public func start() {
        let listeners = state.withLock { state in
            precondition(state.phase == .new, "a server is started once")
            state.phase = .running
            state.isAccepting = true
            return state.listeners
        }
        startThread(named: "varlink-accept") { [self] in
            var acceptor = Acceptor(listeners: listeners, waker: waker, server: self)
            acceptor.run()
            for listener in listeners { listener.close() }
            state.withLock { $0.isAccepting = false }
            state.broadcast()
        }
    }

    /// How many connections there are.
    public var connectionCount: Int { state.withLock { $0.connections.count } }

    /// Takes no more connections and calls, lets the calls in flight be answered, and closes everything.
    ///
    /// - Parameter deadline: after that time the rest is cut off.
    /// - Returns: whether everything was answered in time.
    @discardableResult
    public func stop(deadline: Duration = .seconds(10)) -> Bool {
        let connections = state.withLock { state in
            // Before the start nobody else closes them.
            if state.phase == .new { for listener in state.listeners { listener.close() } }
            state.phase = .stopping
            return Array(state.connections.values)
        }
        waker.wake()
        for connection in connections { connection.requestStop() }
        if waitUntilEmpty(.after(deadline)) { return true }
        for connection in state.withLock({ Array($0.connections.values) }) { connection.abort() }
        _ = waitUntilEmpty(.after(.seconds(1)))
        return false
    }

    private func waitUntilEmpty(_ deadline: Deadline) -> Bool {
        state.wait(until: deadline.nanoseconds) { state in
            state.connections.isEmpty && !state.isAccepting ? true : nil
        } ?? false
    }

    // MARK: The acceptor's side

    var isStopping: Bool { state.withLock { $0.phase == .stopping } }

    var overloadMessage: [UInt8] { AnswerMessage.error(service.errors.overload) }

    /// Serves a connection on a thread of its own. Answers false, and leaves the descriptor alone, when there are too
    /// many already at this listener, or the process gets no descriptor or thread.
    func serve(_ descriptor: Int32, peer: PeerCredentials, listenerName: String) -> Bool {
        let limit = service.limits.maximumConnections
        let hasRoom = state.withLock { state in
            state.phase == .running && state.connections.values.count { $0.listenerName == listenerName } < limit
        }
        guard hasRoom,
            let connection = ServerConnection(
                descriptor,
                peer: peer,
                listenerName: listenerName,
                service: service
            )
        else { return false }
        let number = state.withLock { state in
            state.nextConnection += 1
            state.connections[state.nextConnection] = connection
            // `stop` may have come in between; it has not seen this one.
            if state.phase == .stopping { connection.requestStop() }
            return state.nextConnection
        }
        let isServed = startThreadIfPossible(named: "varlink-\(number)") { [self] in
            var loop = ConnectionLoop(connection)
            loop.run()
            forget(number)
        }
        if !isServed {
            connection.abandon()
            forget(number)
        }
        return isServed
    }

    private func forget(_ number: Int) {
        state.withLock { _ = $0.connections.removeValue(forKey: number) }
        state.broadcast()
    }
}
