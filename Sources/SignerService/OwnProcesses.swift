import Glibc
import Tokens
import Varlink

/// The processes of the appliance, for those who look what the kernel says of them (`inkan doctor`).
final class OwnProcesses: Sendable {
    private let tokens: [TokenWorkerSupervisor]
    private let launcher: WorkerLauncher
    private let landlockVersion: Int

    /// - Parameter landlockVersion: what this process has put itself under; 0 for nothing.
    init(tokens: [TokenWorkerSupervisor], launcher: WorkerLauncher, landlockVersion: Int) {
        self.tokens = tokens
        self.launcher = launcher
        self.landlockVersion = landlockVersion
    }

    func write(to writer: inout JSONWriter) {
        writer.name("processes")
        writer.beginArray()
        write("inkan-signerd", getpid(), landlockVersion, to: &writer)
        if case .through(let spawner) = launcher {
            write("spawner", spawner.process, spawner.landlockVersion, to: &writer)
        }
        for token in tokens {
            let status = token.status
            guard let process = status.workerID, let landlock = status.landlockVersion else { continue }
            write("worker of \(token.settings.name)", process, landlock, to: &writer)
        }
        writer.endArray()
    }

    private func write(_ name: String, _ process: Int32, _ landlock: Int, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", name)
        writer.member("process", Int(process))
        writer.member("landlock", landlock)
        writer.endObject()
    }
}
