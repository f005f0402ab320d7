import CLinux
import Confinement
import Glibc
import PKCS11
import Tokens

/// The process that starts a service's workers, so that the service itself need not run programs. It runs this very
/// program and no other, ends what it has started, and tells how it ended. It has one thread, loads no module, and ends
/// with the service, as its workers do with it.
struct Spawner {
    private let connection: WorkerConnection
    private let executable: String
    private var workers: Set<pid_t> = []
    let facts: SpawnerFacts

    /// Confines this process to what its workers will need together.
    init(_ charter: SpawnerCharter, _ connection: WorkerConnection) throws(TokenError) {
        self.connection = connection
        guard let path = realpath("/proc/self/exe", nil) else {
            throw TokenError(.workerUnusable, "the program's own path is not known", mend: "mount /proc")
        }
        executable = String(cString: path)
        free(path)
        let places = Self.places(charter)
        do throws(ConfinementError) {
            let version = try Confinement(
                .spawner(
                    allowsSockets: places.contains { $0.allowsSockets },
                    allowsNetwork: places.contains { $0.allowsNetwork }
                ),
                grants: Confinement.program(at: executable) + places.flatMap(\.grantsOfSpawner)
            ).enforce()
            facts = SpawnerFacts(process: getpid(), landlockVersion: version)
            WorkerLog.write("spawner-ready", ["landlock": "\(version)"])
        } catch {
            throw TokenError(.workerUnusable, "the spawner cannot confine itself", mend: error.description)
        }
    }

    /// A token whose URI cannot be read gets no places; its worker says what is wrong with the URI.
    private static func places(_ charter: SpawnerCharter) -> [WorkerPlaces] {
        charter.places.compactMap { place in
            var pinFile: String?
            let module: String
            switch place.address {
            case .module(let path): module = path
            case .uri(let text):
                do throws(PKCS11Error) {
                    let uri = try TokenURI(text)
                    (module, pinFile) = (uri.modulePath, uri.pinSource)
                } catch {
                    WorkerLog.write("uri-unreadable", ["error": error.description])
                    return nil
                }
            }
            return WorkerPlaces(
                module: module,
                environment: place.environment,
                allows: place.allows,
                pinFile: pinFile
            )
        }
    }

    /// Serves until the service closes the socket.
    func run() -> Int32 {
        var this = self
        return this.serve()
    }

    private mutating func serve() -> Int32 {
        var memory = [UInt8](repeating: 0, count: WireLimits.packetBytes)
        var descriptors: [Int32] = [-1, -1]
        while true {
            var received: Int32 = 0
            let count = inkan_receive_descriptors(
                connection.descriptor,
                &memory,
                memory.count,
                &descriptors,
                Int32(descriptors.count),
                &received
            )
            let gifts = Array(descriptors.prefix(Int(received)))
            defer { for gift in gifts { close(gift) } }
            // At the end of the conversation, or of its rules, the workers end too.
            guard count > 0 else { break }
            let reply = memory[..<count].withUnsafeBytes { packet in answer(packet, gifts) }
            var writer = MessageWriter()
            reply.write(to: &writer)
            guard connection.send(writer.bytes) else { break }
        }
        for worker in workers { Glibc.kill(worker, SIGKILL) }
        return 0
    }

    private mutating func answer(_ packet: UnsafeRawBufferPointer, _ gifts: [Int32]) -> SpawnerAnswer {
        do throws(TokenError) {
            var reader = MessageReader(packet)
            switch try SpawnerRequest(from: &reader) {
            case .start(let environment):
                guard gifts.count == 2 else {
                    throw TokenError(.workerUnusable, "a start without its sockets", mend: "install matching versions")
                }
                let worker = try WorkerStart.start(
                    executable,
                    environment: environment,
                    socket: gifts[0],
                    standardError: gifts[1]
                )
                workers.insert(worker)
                return .started(worker)
            case .kill(let worker):
                if workers.contains(worker) { Glibc.kill(worker, SIGKILL) }
                return .done
            case .bury(let worker):
                guard workers.contains(worker) else { return .ended("was buried before") }
                guard let how = WorkerStart.end(of: worker) else { return .done }
                workers.remove(worker)
                return .ended(how)
            }
        } catch {
            return .refused(error)
        }
    }
}
