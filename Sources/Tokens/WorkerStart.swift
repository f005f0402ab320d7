internal import CLinux
import Glibc

/// Starting `inkan-tokend` and learning of its end: what the parent of a worker does.
package enum WorkerStart {
    /// The descriptor that a worker finds its socket at.
    package static let socketDescriptor: Int32 = 3

    /// SoftHSM takes and gives back hundreds of pieces of memory a signature: more of each size stay with their thread.
    /// glibc reads this before the program's first line, so it has to come from outside. The settings file may say
    /// otherwise.
    private static let allocator = ["GLIBC_TUNABLES": "glibc.malloc.tcache_count=127"]

    /// Starts the program with nothing but the socket, standard error and the given environment.
    ///
    /// - Returns: its process id.
    package static func start(
        _ executable: String,
        environment: [String: String],
        socket: Int32,
        standardError: Int32
    ) throws(TokenError) -> Int32 {
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
        var variables = environment.merging(allocator) { theirs, _ in theirs }
        variables["SWIFT_BACKTRACE"] = "enable=no"
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(executable), nil]
        var settings: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + settings { free(text) } }
        var identifier: Int32 = 0
        let result = posix_spawn(&identifier, executable, &actions, &attributes, &arguments, &settings)
        guard result == 0 else { throw .unstartable("the worker \(executable) cannot be started", result) }
        return identifier
    }

    /// How a child process ended; `nil` when it has not.
    package static func end(of identifier: Int32) -> String? {
        var status: Int32 = 0
        let found = waitpid(identifier, &status, WNOHANG)
        if found == 0 || (found < 0 && errno == EINTR) { return nil }
        guard found == identifier else { return "ended" }
        let signal = status & 0x7f
        return signal == 0 ? "ended with code \((status >> 8) & 0xff)" : "was ended by signal \(signal)"
    }
}

extension TokenError {
    static func unstartable(_ what: String, _ code: Int32) -> TokenError {
        TokenError(
            .workerUnusable,
            "\(what): \(String(cString: strerror(code)))",
            mend: "check that inkan-tokend is installed and may be run"
        )
    }
}
