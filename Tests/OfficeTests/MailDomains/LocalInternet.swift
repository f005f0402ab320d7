import Foundation
import Testing
import Workbench

/// A name server and a web server on this machine, for domains that the office is to look at.
final class LocalInternet {
    let namePort: Int
    let webPort: Int
    private let folder: TemporaryFolder
    private var processes: [(process: Process, input: FileHandle)] = []

    init() throws {
        (namePort, webPort) = (try Self.freePort(SOCK_DGRAM), try Self.freePort(SOCK_STREAM))
        folder = try TemporaryFolder("inkan-web")
        let place = folder.file(".well-known/pki-validation")
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    }

    deinit { stop() }

    /// The office's settings that lead here.
    var settings: String {
        """
        domainChecks:
          nameServers: [{ address: 127.0.0.1, port: \(namePort) }]
          httpPort: \(webPort)
          allowed: [127.0.0.1]
        """
    }

    /// Answers with these TXT records, and with this machine as the address of every name, from now on.
    func serve(names: [String], records: [String: String] = [:]) throws {
        stop()
        let texts = records.map { "--txt-record=\($0.key),\($0.value)" }
        let places = names.map { "--address=/\($0)/127.0.0.1" }
        try start(
            "dnsmasq",
            [
                "--no-daemon", "--conf-file=/dev/null", "--port=\(namePort)", "--listen-address=127.0.0.1",
                "--bind-interfaces", "--no-resolv", "--no-hosts", "--user=root", "--pid-file", "--log-facility=-",
            ] + texts + places,
            until: "started"
        )
        try start(
            "python3",
            ["-u", "-m", "http.server", "\(webPort)", "--bind", "127.0.0.1", "--directory", folder.path],
            until: "Serving"
        )
    }

    /// Puts a file where validations look for it; nil takes it away.
    func publish(_ text: String?, as name: String = "inkan.txt") throws {
        let file = folder.file(".well-known/pki-validation/\(name)")
        if let text {
            try text.write(toFile: file, atomically: true, encoding: .utf8)
        } else {
            try FileManager.default.removeItem(atPath: file)
        }
    }

    func stop() {
        for (process, input) in processes {
            // The keeper ends its program with its input. That fails only where the keeper is gone already.
            input.closeFile()
            process.waitUntilExit()
        }
        processes = []
    }

    private func start(_ program: String, _ arguments: [String], until sign: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // A keeper between: dnsmasq closes what it inherited, which Foundation takes for its end, and waits for it then
        // with every other process's end behind it.
        process.arguments =
            ["bash", "-c", "\"$@\" < /dev/null & child=$!; read -r; kill -9 $child; wait $child", "keeper", program]
            + arguments
        let (entrance, output) = (Launching.pipe(), Launching.pipe())
        process.standardInput = entrance
        process.standardOutput = output
        process.standardError = output
        try Launching.start(process)
        processes.append((process, entrance.fileHandleForWriting))
        let reader = LineReader(output.fileHandleForReading)
        while let line = reader.next() {
            if line.contains(sign) { return }
        }
        Issue.record("\(program) did not start")
    }

    private static func freePort(_ kind: __socket_type) throws -> Int {
        let socket = Glibc.socket(AF_INET, Int32(kind.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        try #require(isBound)
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
