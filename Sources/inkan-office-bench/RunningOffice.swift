import Foundation
import Glibc
import Workbench

/// `inkan-frontd` as it is installed, over the filled database and an appliance with SoftHSM2 tokens.
final class RunningOffice {
    let console: String
    let area: String
    let tlsCertificate: String
    private let folder: TemporaryFolder
    private let appliance: RunningAppliance
    private let process: Process

    init(_ place: FolderOption, binaries: String, checkout: String) throws {
        folder = try TemporaryFolder("inkan-office-bench")
        appliance = try RunningAppliance(Establishment(binaries: binaries, checkout: checkout))
        let ports = try (0..<3).map { _ in try Self.freePort() }
        (console, area) = ("https://localhost:\(ports[0])", "https://localhost:\(ports[1])")
        tlsCertificate = folder.file("tls.pem")
        try Self.writeSettings(folder, place, appliance, checkout: checkout, ports: ports)
        process = Process()
        process.executableURL = URL(fileURLWithPath: "\(binaries)/inkan-frontd")
        process.arguments = ["serve", "--config", folder.file("office.yaml")]
        process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
        let log = "\(place.folder)/frontd.log"
        try Data().write(to: URL(fileURLWithPath: log))
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        (process.standardOutput, process.standardError) = (handle, handle)
        process.standardInput = FileHandle.nullDevice
        try Launching.start(process)
        let isUp = try ChildProgram.run(
            "curl",
            [
                "--silent", "--show-error", "--output", "/dev/null", "--cacert", tlsCertificate, "--retry", "60",
                "--retry-delay", "1", "--retry-max-time", "60", "--retry-all-errors", console + "/log-in",
            ]
        )
        guard isUp.status == 0 else { throw BenchFailure("the office did not start, see \(log): \(isUp.complaints)") }
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    var processIdentifier: Int32 { process.processIdentifier }

    /// What the kernel knows of the process's memory: now and at most, MB.
    var memory: (now: Int, peak: Int) {
        get throws {
            let status = try String(contentsOfFile: "/proc/\(processIdentifier)/status", encoding: .utf8)
            func megabytes(_ name: String) throws -> Int {
                guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }),
                    let kilobytes = Int(line.split(whereSeparator: \.isWhitespace)[1])
                else { throw BenchFailure("no \(name) in the process's status") }
                return kilobytes / 1024
            }
            return (try megabytes("VmRSS:"), try megabytes("VmHWM:"))
        }
    }

    /// Processor time of the process so far, in seconds.
    var processorSeconds: Double {
        get throws {
            let text = try String(contentsOfFile: "/proc/\(processIdentifier)/stat", encoding: .utf8)
            // Behind the name, which may hold anything, the fields begin with the third.
            let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
            guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
                throw BenchFailure("the process's statistics cannot be read")
            }
            return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
    }

    private static func freePort() throws -> Int {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket, address, length) == 0 && getsockname(socket, address, &length) == 0
            }
        }
        guard isBound else { throw BenchFailure("no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func writeSettings(
        _ folder: TemporaryFolder,
        _ place: FolderOption,
        _ appliance: RunningAppliance,
        checkout: String,
        ports: [Int]
    ) throws {
        func put(_ text: String, _ name: String) throws {
            try text.write(toFile: folder.file(name), atomically: true, encoding: .utf8)
            chmod(folder.file(name), 0o600)
        }
        try put("0123456789abcdef0123456789abcdef0123456789abcdef", "vault.key")
        try ChildProgram.check(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-keyout", folder.file("tls.key"), "-out", folder.file("tls.pem"), "-subj", "/CN=localhost",
                "-addext", "subjectAltName=DNS:localhost",
            ]
        )
        let catalogue = try String(contentsOfFile: checkout + "/provisioning/office/catalogue.yaml", encoding: .utf8)
            .split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
        let authorities = appliance.establishment.folder
        try put(
            """
            database: "\(place.database)"
            signer: "\(appliance.socket)"
            vaultKey: "\(folder.file("vault.key"))"
            console: { host: 127.0.0.1, port: \(ports[0]), url: "https://localhost:\(ports[0])" }
            area: { host: 127.0.0.1, port: \(ports[1]), url: "https://localhost:\(ports[1])" }
            publisher: { host: 127.0.0.1, port: \(ports[2]) }
            tls:
              certificates: "\(folder.file("tls.pem"))"
              key: "\(folder.file("tls.key"))"
              clientAuthorities: ["\(authorities.file("authorities/access-rsa.pem"))"]
            issuing: { accessIssuer: access-rsa, smimeIssuer: smime-rsa, administratorProfile: administrator-1y }
            mail:
              noReply: no_reply@inkan.example.com
              approval: approval@inkan.example.com
              vetting: vetting@inkan.example.com
            links: { manual: "https://docs.inkan.example.com/", enquiry: "https://inkan.example.com/contact" }
            catalogue:
            \(catalogue)

            """,
            "office.yaml"
        )
    }
}
