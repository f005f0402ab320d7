import ArgumentParser
import CLinux
import Clocks
import Glibc
import SignerService
import Tokens
import Varlink

/// The signing service. Everything it does is in `SignerService`; here are the flags, the sockets and the signals.
struct InkanSignerd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inkan-signerd",
        abstract: "The signing service: policy, issuance and ledger, on local sockets alone.",
        discussion: """
            Sockets come from the service manager (LISTEN_FDS, with the names “signer” and “officer”), or from --socket \
            and --officer-socket. SIGTERM finishes what is in flight and ends with status 0.
            """,
        version: InkanVersion.current
    )

    @Option(help: "The settings file.")
    var config: String

    @Option(help: "Path of the front end's socket, if the service manager does not pass one.")
    var socket: String?

    @Option(help: "Path of the officers' socket, if the service manager does not pass one.")
    var officerSocket: String?

    @Option(help: "Permissions of the front end's socket, in octal.")
    var socketMode: String = "0660"

    @Option(help: "Path of the socket of the process that starts workers, where that is a service of its own.")
    var workersSocket: String?

    func run() throws {
        let log = ServiceLog(clock: SystemClock())
        do {
            guard inkan_forbid_dumps() == 0 else { throw StartError("core dumps cannot be forbidden") }
            let signals = StopSignals()
            letTheTokensFirst(log)
            let settings = try SignerSettings(file: config)
            let listeners = try listeners()
            let spawner = try spawner(settings)
            // From here on the process starts no program and opens nothing but what the settings name. It has one thread
            // until now, and must have: what confines it binds the threads that come out of this one.
            let landlock = try settings.confinement(sockets: ownSockets, workersSocket: workersSocket).enforce()
            if landlock == 0 { log.write(.warning, "landlock-missing") }
            let appliance = try Appliance(
                settings: settings,
                launcher: .through(spawner),
                landlockVersion: landlock,
                listeners: listeners,
                clock: SystemClock(),
                log: log
            )
            appliance.start()
            let hasLostSpawner = signals.wait(child: spawner.child)
            if hasLostSpawner { log.write(.error, "spawner-ended", ["mend": "the service has to be started again"]) }
            if !appliance.stop() || hasLostSpawner { throw ExitCode(hasLostSpawner ? 4 : 3) }
        } catch let exit as ExitCode {
            throw exit
        } catch {
            log.write(.error, "service-failed", ["problem": "\(error)"])
            throw ExitCode(1)
        }
    }

    /// Under load neither this process's threads nor the tokens' (`inkan-tokend` does the same) interrupt one another:
    /// everything is done in larger pieces then. To be called before the first thread, which inherits it.
    private func letTheTokensFirst(_ log: ServiceLog) {
        if inkan_let_others_first() != 0 { log.write(.warning, "turns-refused", ["errno": "\(errno)"]) }
    }

    private func spawner(_ settings: SignerSettings) throws -> WorkerSpawner {
        if let workersSocket { return try WorkerSpawner(socket: workersSocket, charter: settings.charter) }
        return try WorkerSpawner(executable: try siblingExecutable("inkan-tokend"), charter: settings.charter)
    }

    /// The sockets that the service manager has not made.
    private var ownSockets: [String] {
        [socket, officerSocket].compactMap { $0 }
    }

    private func listeners() throws -> [Listener] {
        let inherited = try Listener.inherited()
        guard inherited.isEmpty else { return inherited }
        guard let socket else {
            throw StartError("no socket: neither the service manager nor --socket gave one")
        }
        guard let mode = UInt32(socketMode, radix: 8), mode <= 0o777 else {
            throw StartError("--socket-mode is not an octal mode such as 0660")
        }
        var listeners = [try Listener.bind(path: socket, mode: mode, name: RoleBook.signerListener)]
        if let officerSocket {
            listeners.append(try Listener.bind(path: officerSocket, mode: 0o600, name: RoleBook.officerListener))
        }
        return listeners
    }
}

/// SIGTERM, SIGINT and SIGCHLD, held back from every thread and waited for by the main one.
struct StopSignals {
    private var set = sigset_t()

    /// To be made before the first thread, which inherits the mask.
    init() {
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        sigaddset(&set, SIGCHLD)
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Waits until the service is to stop.
    ///
    /// - Parameter child: the one child process, without which the service cannot go on.
    /// - Returns: whether that has ended.
    func wait(child: pid_t?) -> Bool {
        var set = set
        while true {
            var received: Int32 = 0
            guard sigwait(&set, &received) == 0 else { continue }
            guard received == SIGCHLD else { return false }
            if let child, WorkerStart.end(of: child) != nil { return true }
        }
    }
}

InkanSignerd.main()
