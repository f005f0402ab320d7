internal import CLinux
internal import Glibc

/// Accepts connections until the server stops. Those beyond the limit get the overload error.
struct Acceptor {
    /// A connection that was refused. It stays open for a moment so that the peer, who may still be writing its call,
    /// reads the answer instead of meeting a broken pipe.
    private struct Refused {
        let descriptor: Int32
        let deadline: Deadline
    }

    private static let lingering: Duration = .seconds(1)
    private static let maximumLingering = 64
    /// Accepted at one listener before the others' turn.
    private static let accepted = 16
    /// How long to wait when the process has no descriptor left.
    private static let pause: Duration = .milliseconds(100)

    private let listeners: [Listener]
    private let waker: Waker
    private let server: Server
    private var refused: [Refused] = []
    private var pausedUntil: Deadline?

    init(listeners: [Listener], waker: Waker, server: Server) {
        self.listeners = listeners
        self.waker = waker
        self.server = server
    }

    mutating func run() {
        while !server.isStopping {
            var descriptors = [pollfd(waker.waiting, POLLIN)]
            let accepted = pausedUntil == nil ? listeners : []
            descriptors += accepted.map { pollfd($0.descriptor, POLLIN) }
            descriptors += refused.map { pollfd($0.descriptor, POLLIN) }
            UnixSocket.wait(&descriptors, until: .earlier(pausedUntil, refused.first?.deadline))
            if pausedUntil?.hasPassed == true { pausedUntil = nil }
            dropRefused(descriptors.suffix(refused.count))
            for (listener, ready) in zip(accepted, descriptors.dropFirst()) where ready.revents != 0 {
                acceptSome(listener)
            }
        }
        for connection in refused { close(connection.descriptor) }
        refused = []
    }

    /// What is left makes `poll` return at once.
    private mutating func acceptSome(_ listener: Listener) {
        for _ in 0..<Self.accepted where !server.isStopping {
            let descriptor = inkan_accept(listener.descriptor)
            if descriptor < 0 {
                switch errno {
                case EINTR, ECONNABORTED: continue
                case EAGAIN, EWOULDBLOCK: return
                default:
                    pausedUntil = .after(Self.pause)
                    return
                }
            }
            guard let peer = PeerCredentials(socket: descriptor) else {
                close(descriptor)
                continue
            }
            if !server.serve(descriptor, peer: peer, listenerName: listener.name) { refuse(descriptor) }
        }
    }

    private mutating func refuse(_ descriptor: Int32) {
        // The message is short and the socket new: it goes at once or never.
        _ = UnixSocket.transmit(descriptor, server.overloadMessage, from: 0)
        shutdown(descriptor, Int32(SHUT_WR))
        if refused.count >= Self.maximumLingering { close(refused.removeFirst().descriptor) }
        refused.append(Refused(descriptor: descriptor, deadline: .after(Self.lingering)))
    }

    /// Lets those go who have read their refusal, or had the time for it.
    private mutating func dropRefused(_ states: ArraySlice<pollfd>) {
        var kept: [Refused] = []
        for (connection, ready) in zip(refused, states) {
            let isOver = connection.deadline.hasPassed || (ready.revents != 0 && drain(connection.descriptor))
            if isOver { close(connection.descriptor) } else { kept.append(connection) }
        }
        refused = kept
    }

    /// Throws away what a refused peer sends; true at its end.
    private func drain(_ descriptor: Int32) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 16) { buffer in
            switch UnixSocket.receive(descriptor, into: buffer) {
            case .moved, .wouldBlock: false
            case .ended, .failed: true
            }
        }
    }
}
