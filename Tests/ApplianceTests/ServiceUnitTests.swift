import Foundation
import Glibc
import SignerAPI
import SignerClient
import Testing
import Workbench

@Suite("The service manager's files (SRV-04, SRV-08)")
struct ServiceUnitTests {
    private static let folder = "\(Stage.checkout)/provisioning/systemd"
    private static let services = ["inkan-signerd.service", "inkan-workers.service"]

    @Test("the exposure that systemd counts is at most 1.0 for each service", arguments: services)
    func exposure(unit: String) throws {
        let outcome = try ChildProgram.run(
            "systemd-analyze",
            ["security", "--offline=true", "--threshold=10", "--no-pager", "\(Self.folder)/\(unit)"]
        )
        #expect(outcome.status == 0, "\(outcome)")
        let verdict = outcome.output.split(separator: "\n").last { $0.contains("Overall exposure level") }
        print(verdict ?? "")
        #expect(verdict != nil && !outcome.complaints.contains("ignoring"), "\(outcome.complaints)")
    }

    /// Local sockets and no network cost the other services nothing; the office lives by the network.
    @Test("the exposure that systemd counts is at most 1.1 for the office, and the network is what it is for")
    func exposureOfOffice() throws {
        let outcome = try ChildProgram.run(
            "systemd-analyze",
            [
                "security", "--offline=true", "--threshold=11", "--no-pager", "--json=short",
                "\(Self.folder)/inkan-frontd.service",
            ]
        )
        #expect(outcome.status == 0 && !outcome.complaints.contains("ignoring"), "\(outcome)")
        let findings = try #require(
            try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]]
        )
        let open = findings.filter { ($0["exposure"] as? String).flatMap(Double.init) ?? 0 > 0 }
            .compactMap { $0["json_field"] as? String }
        let expected = [
            "DeviceAllow", "IPAddressDeny", "PrivateNetwork", "RestrictAddressFamilies_AF_INET_INET6",
            "RestrictAddressFamilies_AF_UNIX", "RootDirectoryOrRootImage",
        ]
        #expect(open.sorted() == expected)
    }

    @Test("the units are valid, with the programs where the build put them")
    func units() throws {
        let stage = try TemporaryFolder("inkan-units")
        let units = try FileManager.default.contentsOfDirectory(atPath: Self.folder)
            .filter { $0.hasSuffix(".service") || $0.hasSuffix(".socket") }
        #expect(units.count == 6)
        for unit in units {
            try String(contentsOfFile: "\(Self.folder)/\(unit)", encoding: .utf8)
                .replacingOccurrences(of: "ExecStart=/usr/lib/inkan", with: "ExecStart=\(Stage.binaries)")
                .write(toFile: stage.file(unit), atomically: true, encoding: .utf8)
        }
        let outcome = try ChildProgram.run("systemd-analyze", ["verify", "--man=no"] + units.map(stage.file))
        let ours = outcome.complaints.split(separator: "\n").filter { $0.contains("inkan-") }
        #expect(ours.isEmpty, "\(ours)")
    }

    @Test("the users and folders are made as the files say")
    func users() throws {
        let root = try TemporaryFolder("inkan-root")
        try FileManager.default.createDirectory(atPath: root.file("etc"), withIntermediateDirectories: false)
        try ChildProgram.check(
            "systemd-sysusers",
            ["--root=\(root.path)", "\(Self.folder)/inkan.sysusers"]
        )
        let passwd = try String(contentsOfFile: root.file("etc/passwd"), encoding: .utf8)
        let group = try String(contentsOfFile: root.file("etc/group"), encoding: .utf8)
        for user in ["inkan-signer", "inkan-token", "inkan-front"] {
            #expect(passwd.contains("\(user):") && passwd.contains("nologin"))
        }
        for name in ["inkan-frontend", "inkan-officer"] { #expect(group.contains("\(name):")) }
        // The office may speak as a front end, and never as an officer.
        let members = group.split(separator: "\n").filter { $0.hasSuffix(":inkan-front") }.compactMap {
            $0.split(separator: ":").first
        }
        #expect(members == ["inkan-frontend"])
        try ChildProgram.check(
            "systemd-tmpfiles",
            ["--root=\(root.path)", "--create", "\(Self.folder)/inkan.tmpfiles"]
        )
        let secrets = try FileManager.default.attributesOfItem(atPath: root.file("etc/inkan/secrets"))
        #expect(secrets[.posixPermissions] as? Int == 0o700)
    }

    @Test(
        "service and workers run as two users: the service cannot read a PIN, workers are replaced across the border, and a spawner that is lost is found again",
        .enabled(if: getuid() == 0, "needs root, to run programs as other users")
    )
    func twoUsers() throws {
        let establishment = try Stage.establishment()
        let folder = establishment.folder
        let (service, token) = ("65001", "65002")
        try ChildProgram.check("chown", ["-R", "\(service):\(service)", folder.path])
        try ChildProgram.check("chmod", ["0711", folder.path])
        try ChildProgram.check("chown", ["-R", "\(token):\(token)", folder.file("softhsm"), folder.file("secrets")])
        try ChildProgram.check("chmod", ["0644", folder.file("softhsm2.conf")])
        let spawner = try SpawnerService(folder, user: token, peer: service)
        let appliance = try RunningAppliance(
            establishment,
            settings: establishment.settings(extra: "callers: { frontEnd: [root], officers: [root] }\n"),
            prefix: ["setpriv", "--reuid=\(service)", "--regid=\(service)", "--clear-groups", "--"],
            arguments: ["--workers-socket", spawner.socket]
        )
        #expect(try !appliance.client().issue(Stage.order("two-users")).repeated)
        let worker = try #require(try ProcessTree.children(of: spawner.processIdentifier).first)
        #expect(try Self.user(of: worker) == token)
        #expect(try Self.user(of: appliance.processIdentifier) == service)
        #expect(try ProcessTree.children(of: appliance.processIdentifier).isEmpty)
        let pin = folder.file("secrets/issuing.pin")
        let reading = try ChildProgram.run("setpriv", ["--reuid=\(service)", "--clear-groups", "cat", pin])
        #expect(reading.status != 0 && reading.complaints.contains("Permission denied"))

        kill(worker, SIGKILL)
        #expect(try !appliance.issueSoon(Stage.order("new-worker")).repeated)
        spawner.end()
        let again = try SpawnerService(folder, user: token, peer: service)
        #expect(try !appliance.issueSoon(Stage.order("new-spawner")).repeated)
        #expect(appliance.stop() == 0)
        again.end()
        try establishment.expectSoundHistory()
    }

    private static func user(of process: Int32) throws -> String? {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("Uid:") }
        return line?.split(separator: "\t").dropFirst().first.map(String.init)
    }
}

/// The spawner behind a socket, as inkan-workers.socket and inkan-workers.service start it.
private final class SpawnerService: Sendable {
    let socket: String
    private let process = Process()

    var processIdentifier: Int32 { process.processIdentifier }

    /// - Parameter peer: the user who may connect.
    init(_ folder: TemporaryFolder, user: String, peer: String) throws {
        socket = folder.file("spawner.sock")
        if FileManager.default.fileExists(atPath: socket) { try FileManager.default.removeItem(atPath: socket) }
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "\(Stage.checkout)/Tests/Judges/activate.py", "--seqpacket", "workers=\(socket)", "--",
            "setpriv",
            "--reuid=\(user)", "--regid=\(user)", "--clear-groups", "--", "\(Stage.binaries)/inkan-tokend",
        ]
        process.standardError = FileHandle.nullDevice
        try Launching.start(process)
        let deadline = ContinuousClock.now + .seconds(10)
        while !FileManager.default.fileExists(atPath: socket) {
            try #require(ContinuousClock.now < deadline, "the spawner's socket does not come up")
            poll(nil, 0, 5)
        }
        try ChildProgram.check("chown", ["\(peer):\(peer)", socket])
    }

    deinit { end() }

    func end() {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }
}

extension RunningAppliance {
    /// Issues, asking again while the token recovers, at most half a minute.
    fileprivate func issueSoon(_ order: CertificateOrder) throws -> IssuedCertificate {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            do {
                return try client().issue(order)
            } catch SignerClientError.refused(let error) where ContinuousClock.now < deadline {
                #expect(error.name == "io.inkan.Signer.TokenUnavailable", "\(error)")
                poll(nil, 0, 50)
            }
        }
    }
}
