internal import CLinux
import Glibc
import Threads

/// One end of the socket to a worker. Packets keep their bounds (`SOCK_SEQPACKET`) and are sent whole, so threads need
/// no lock between them. The descriptor is closed when nobody uses the object any more.
package final class WorkerConnection: Sendable {
    package let descriptor: Int32

    package init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Sends one packet; `false` when the other end is gone.
    ///
    /// - Parameter waits: whether to wait for room in the socket's buffer; else `false` is answered when there is none.
    package func send(_ packet: [UInt8], waits: Bool = true) -> Bool {
        let flags = Int32(MSG_NOSIGNAL) | (waits ? 0 : Int32(MSG_DONTWAIT))
        while true {
            let sent = packet.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, flags) }
            if sent == packet.count { return true }
            if sent < 0, errno == EINTR { continue }
            return false
        }
    }

    /// Waits for one packet; `nil` when the other end is gone, or when it sent more than fits into the memory: whoever
    /// breaks that rule is not talked to any more.
    package func receive(into memory: UnsafeMutableRawBufferPointer) -> UnsafeRawBufferPointer? {
        while true {
            let count = recv(descriptor, memory.baseAddress, memory.count, Int32(MSG_TRUNC))
            if count > memory.count { return nil }
            if count > 0 { return UnsafeRawBufferPointer(rebasing: memory[0..<count]) }
            if count < 0, errno == EINTR { continue }
            return nil
        }
    }

    /// Whether a packet, or the end, can be read without waiting.
    package var isReadable: Bool { isReadable(withinMilliseconds: 0) }

    /// Asks for room for all that a worker may have at a time, with what the kernel adds to each packet. (The kernel
    /// doubles the number.) With less room a send may fail, and the worker is replaced.
    func widen() {
        var bytes = Int32(2 * WireLimits.packetBytes)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Whether a packet (or the end) can be read before the moment passes; at most 50 ms are waited at a time.
    func isReadable(before deadline: UInt64, now: UInt64) -> Bool {
        let left = deadline > now ? (deadline - now) / 1_000_000 + 1 : 0
        return isReadable(withinMilliseconds: Int32(min(left, 50)))
    }

    private func isReadable(withinMilliseconds wait: Int32) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, wait) > 0
    }

    /// Says that nothing more will be sent: the worker finishes what it has and ends.
    func finishSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Ends the conversation for both sides; threads that wait for a packet return.
    func shutDown() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}

/// A worker process and the socket to it.
struct WorkerProcess: Sendable {
    let identifier: pid_t
    let connection: WorkerConnection
    private let launcher: WorkerLauncher

    /// Starts a worker with nothing of ours but the socket and standard error: no other descriptor, no environment
    /// but the given one. The thread that starts it (here, or the spawner's) must outlive the worker, which dies with it.
    init(
        launcher: WorkerLauncher,
        environment: [String: String],
        standardError: Int32
    ) throws(TokenError) {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw .unstartable("no socket pair", errno) }
        connection = WorkerConnection(descriptor: ends[0])
        connection.widen()
        defer { close(ends[1]) }
        self.launcher = launcher
        switch launcher {
        case .here(let executable):
            identifier = try WorkerStart.start(
                executable,
                environment: environment,
                socket: ends[1],
                standardError: standardError
            )
        case .through(let spawner):
            identifier = try spawner.start(environment: environment, socket: ends[1], standardError: standardError)
        }
    }

    /// Ends the process and says how it ended. One whose end of the socket is closed is ending by itself: it gets the
    /// time for that, so that a signal or code in the report is its own and not ours.
    func end() -> String {
        if hasEnded(withinMilliseconds: 0) {
            let remains = Remains(identifier: identifier, launcher: launcher)
            for _ in 0..<40 {
                if let end = remains.end { return end }
                usleep(5_000)
            }
        }
        kill()
        return reap()
    }

    func kill() {
        switch launcher {
        case .here: Glibc.kill(identifier, SIGKILL)
        case .through(let spawner): spawner.kill(identifier)
        }
    }

    /// Whether the process ends by itself in time; the kernel closes its socket then.
    func hasEnded(withinMilliseconds limit: Int32) -> Bool {
        var request = pollfd(fd: connection.descriptor, events: Int16(POLLHUP), revents: 0)
        return poll(&request, 1, limit) > 0
    }

    /// Waits for the end and says how it came. The process is dead already, or has been killed. One that is still
    /// there after two seconds stands in the kernel, in some driver: it is buried later (`buryLate`).
    func reap() -> String {
        let remains = Remains(identifier: identifier, launcher: launcher)
        var pause: UInt32 = 500
        var waited: UInt32 = 0
        while waited < 2_000_000 {
            if let end = remains.end { return end }
            usleep(pause)
            waited += pause
            pause = min(2 * pause, 20_000)
        }
        WorkerProcess.unburied.withLock { $0.append(remains) }
        return "was killed and does not die"
    }

    /// Processes that were killed and did not die at once, of all tokens.
    private static let unburied = Guarded<[Remains]>([])

    /// Looks whether those that did not die at once are dead by now.
    static func buryLate() {
        let remains = unburied.withLock { unburied in
            defer { unburied = [] }
            return unburied
        }
        let left = remains.filter { $0.end == nil }
        unburied.withLock { $0 += left }
    }

    private struct Remains: Sendable {
        let identifier: pid_t
        let launcher: WorkerLauncher

        /// How the process ended; `nil` when it has not.
        var end: String? {
            switch launcher {
            case .here: WorkerStart.end(of: identifier)
            case .through(let spawner): spawner.end(of: identifier)
            }
        }
    }
}
