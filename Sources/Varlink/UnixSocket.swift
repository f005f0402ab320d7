internal import CLinux
internal import Glibc

/// Who is at the other end of a Unix socket, as the kernel knew it when the connection was made.
public struct PeerCredentials: Sendable, Hashable {
    public let pid: Int32
    public let uid: UInt32
    public let gid: UInt32

    public init(pid: Int32, uid: UInt32, gid: UInt32) {
        self.pid = pid
        self.uid = uid
        self.gid = gid
    }

    /// Asks the kernel (SO_PEERCRED); `nil` when the descriptor is no connected Unix socket.
    public init?(socket: Int32) {
        var (pid, uid, gid) = (pid_t(), uid_t(), gid_t())
        guard inkan_peer_credentials(socket, &pid, &uid, &gid) == 0 else { return nil }
        self.init(pid: pid, uid: uid, gid: gid)
    }
}

/// The calls on descriptors that both sides need. Nothing here blocks without a bound, and no write raises SIGPIPE.
enum UnixSocket {
    /// What became of a read or a write.
    enum Transfer {
        case moved(Int)
        case wouldBlock
        /// The other side will send nothing more.
        case ended
        case failed(Int32)
    }

    static func make() -> Int32 {
        socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    }

    /// Two ends that wake a thread out of `poll`: what is written to one can be read at the other.
    static func makePair() -> (waiting: Int32, waking: Int32)? {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return nil }
        return (ends[0], ends[1])
    }

    static func receive(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 { return .moved(count) }
            if count == 0 { return .ended }
            if errno == EAGAIN || errno == EWOULDBLOCK { return .wouldBlock }
            if errno != EINTR { return .failed(errno) }
        }
    }

    static func transmit(_ descriptor: Int32, _ bytes: [UInt8], from offset: Int) -> Transfer {
        bytes.withUnsafeBytes { transmit(descriptor, UnsafeRawBufferPointer(rebasing: $0[offset...])) }
    }

    static func transmit(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Transfer {
        let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
        while true {
            let count = send(descriptor, bytes.baseAddress, bytes.count, flags)
            if count >= 0 { return .moved(count) }
            if errno == EAGAIN || errno == EWOULDBLOCK { return .wouldBlock }
            if errno != EINTR { return .failed(errno) }
        }
    }

    /// Runs `body` with the address of a path.
    ///
    /// - Returns: `nil` when the path is empty, too long for a socket's address or holds a NUL.
    static func withAddress<Result>(
        _ path: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard !bytes.isEmpty, bytes.count < room, !bytes.contains(0) else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    /// Waits until one of the descriptors is ready or the deadline has passed.
    static func wait(_ descriptors: inout [pollfd], until deadline: Deadline?) {
        // Interrupted or failed: the callers look at what is ready, and come again.
        if poll(&descriptors, nfds_t(descriptors.count), deadline.pollMilliseconds) < 0 {
            for index in descriptors.indices { descriptors[index].revents = 0 }
        }
    }
}

extension pollfd {
    init(_ descriptor: Int32, _ events: Int32) {
        self.init(fd: descriptor, events: Int16(events), revents: 0)
    }

    func has(_ event: Int32) -> Bool { Int32(revents) & event != 0 }
}

/// Wakes one thread out of `poll`. Closed by its owner; no use after that.
struct Waker: Sendable {
    let waiting: Int32
    private let waking: Int32

    init?() {
        guard let pair = UnixSocket.makePair() else { return nil }
        waiting = pair.waiting
        waking = pair.waking
    }

    func wake() {
        var byte: UInt8 = 1
        // A full socket has woken the thread already.
        _ = send(waking, &byte, 1, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
    }

    func clear() {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            while case .moved(let count) = UnixSocket.receive(waiting, into: buffer), count == buffer.count {}
        }
    }

    func close() {
        Glibc.close(waiting)
        Glibc.close(waking)
    }
}
