import ArgumentParser
import CLinux
import Clocks
import Glibc
import SignerService
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

    func run() throws {
        let log = ServiceLog(clock: SystemClock())
        do {
            guard inkan_forbid_dumps() == 0 else { throw StartError("core dumps cannot be forbidden") }
            let signals = StopSignals()
            letTheTokensFirst(log)
            let appliance = try Appliance(
                settings: try SignerSettings(file: config),
                tokenWorker: try siblingExecutable("inkan-tokend"),
                listeners: try listeners(),
                clock: SystemClock(),
                log: log
            )
            appliance.start()
            signals.wait()
            if !appliance.stop() { throw ExitCode(3) }
        } catch let exit as ExitCode {
            throw exit
        } catch {
            log.write(.error, "service-failed", ["problem": "\(error)"])
            throw ExitCode(1)
        }
    }

    /// Under load the signing threads of the workers are to run through: what this process does between two signatures
    /// is done in larger pieces then. To be called before the first thread, which inherits it.
    private func letTheTokensFirst(_ log: ServiceLog) {
        if inkan_let_others_first() != 0 { log.write(.warning, "turns-refused", ["errno": "\(errno)"]) }
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

/// SIGTERM and SIGINT, held back from every thread and waited for by the main one.
struct StopSignals {
    private var set = sigset_t()

    /// To be made before the first thread, which inherits the mask.
    init() {
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    func wait() {
        var set = set
        var received: Int32 = 0
        while sigwait(&set, &received) != 0 {}
    }
}

InkanSignerd.main()
