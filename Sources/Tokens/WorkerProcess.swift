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

    /// Asks for room for all that a worker may have at a time, with what the kernel adds to each packet. (The kernel
    /// doubles the number.) With less room a send may fail, and the worker is replaced.
    func widen() {
        var bytes = Int32(2 * WireLimits.packetBytes)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Whether a packet (or the end) can be read before the moment passes; at most 50 ms are waited at a time.
    func isReadable(before deadline: UInt64, now: UInt64) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let left = deadline > now ? (deadline - now) / 1_000_000 + 1 : 0
        return poll(&request, 1, Int32(min(left, 50))) > 0
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

    /// The descriptor that a worker finds its socket at.
    static let socketDescriptor: Int32 = 3

    /// Starts a worker with nothing of ours but the socket and standard error: no other descriptor, no environment
    /// but the given one. The calling thread must outlive the worker, which dies with it.
    init(executable: String, environment: [String: String], standardError: Int32) throws(TokenError) {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw WorkerProcess.failure("no socket pair", errno)
        }
        connection = WorkerConnection(descriptor: ends[0])
        connection.widen()
        defer { close(ends[1]) }
        identifier = try WorkerProcess.spawn(
            executable,
            environment: environment,
            socket: ends[1],
            standardError: standardError
        )
    }

    private static func spawn(
        _ executable: String,
        environment: [String: String],
        socket: Int32,
        standardError: Int32
    ) throws(TokenError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Copied upwards first: the socket or standard error may themselves be one of the numbers that are replaced.
        let spare = max(socket, standardError) + 1
        posix_spawn_file_actions_adddup2(&actions, socket, spare)
        posix_spawn_file_actions_adddup2(&actions, standardError, STDERR_FILENO)
        posix_spawn_file_actions_adddup2(&actions, spare, socketDescriptor)
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        inkan_spawn_close_from(&actions, socketDescriptor + 1)

        // Threads of the service block signals; the worker starts with none blocked.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        // Swift's crash report would print memory around the fault, PIN and all.
        var variables = environment
        variables["SWIFT_BACKTRACE"] = "enable=no"
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(executable), nil]
        var settings: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + settings { free(text) } }
        var identifier: pid_t = 0
        let result = posix_spawn(&identifier, executable, &actions, &attributes, &arguments, &settings)
        guard result == 0 else { throw failure("the worker \(executable) cannot be started", result) }
        return identifier
    }

    private static func failure(_ what: String, _ code: Int32) -> TokenError {
        TokenError(
            .workerUnusable,
            "\(what): \(String(cString: strerror(code)))",
            mend: "check that inkan-tokend is installed and may be run"
        )
    }

    func kill() {
        Glibc.kill(identifier, SIGKILL)
    }

    /// Whether the process ends by itself in time; the kernel closes its socket then.
    func hasEnded(withinMilliseconds limit: Int32) -> Bool {
        var request = pollfd(fd: connection.descriptor, events: Int16(POLLHUP), revents: 0)
        return poll(&request, 1, limit) > 0
    }

    /// Waits for the end and says how it came. The process is dead already, or has been killed. One that is still
    /// there after two seconds stands in the kernel, in some driver: it is buried later (`buryLate`).
    func reap() -> String {
        var pause: UInt32 = 500
        var waited: UInt32 = 0
        while waited < 2_000_000 {
            if let end = WorkerProcess.end(of: identifier) { return end }
            usleep(pause)
            waited += pause
            pause = min(2 * pause, 20_000)
        }
        WorkerProcess.unburied.withLock { $0.append(identifier) }
        return "was killed and does not die"
    }

    /// Processes that were killed and did not die at once, of all tokens.
    private static let unburied = Guarded<[pid_t]>([])

    /// Looks whether those that did not die at once are dead by now.
    static func buryLate() {
        unburied.withLock { $0.removeAll { end(of: $0) != nil } }
    }

    /// How the process ended; `nil` when it has not.
    private static func end(of identifier: pid_t) -> String? {
        var status: Int32 = 0
        let found = waitpid(identifier, &status, WNOHANG)
        if found == 0 || (found < 0 && errno == EINTR) { return nil }
        guard found == identifier else { return "ended" }
        let signal = status & 0x7f
        return signal == 0 ? "ended with code \((status >> 8) & 0xff)" : "was ended by signal \(signal)"
    }
}
