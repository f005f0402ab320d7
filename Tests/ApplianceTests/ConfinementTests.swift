import Foundation
import Glibc
import SignerClient
import Testing
import Workbench

@Suite("The programs confine themselves, without a service manager (SRV-04)")
struct ConfinementTests {
    /// What came of each act of Tests/ForbiddenActs: 0, or its errno.
    private static func acts(_ report: String) throws -> [String: Int32] {
        var acts: [String: Int32] = [:]
        for line in report.split(separator: "\n") {
            let parts = line.split(separator: " ").map(String.init)
            try #require(parts.count == 2, "\(line)")
            let code: Int32 = try #require(Int32(parts[1]), "\(line)")
            acts[parts[0]] = code
        }
        try #require(acts["end"] == 0, "not every act was tried: \(report)")
        return acts
    }

    /// What anybody may do who is not confined.
    private static let everyday: Set<String> = [
        "internet-socket", "local-socket", "read-foreign-file", "list-foreign-folder", "make-foreign-file", "signal",
        "write-and-run-memory", "become-dumpable", "set-limit", "become-other-user", "fork", "exec",
    ]

    private func expectForbidden(
        _ acts: [String: Int32],
        except allowed: Set<String> = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for (act, code) in acts where act != "end" {
            if allowed.contains(act) {
                #expect(code == 0, "\(act)", sourceLocation: sourceLocation)
            } else {
                #expect(code == EPERM || code == EACCES, "\(act) answered \(code)", sourceLocation: sourceLocation)
            }
        }
    }

    /// A folder with a file that are nobody's business. (The process that is none is the one that runs the tests.)
    private struct Foreign {
        let folder: TemporaryFolder

        var file: String { folder.file("secret") }

        init() throws {
            folder = try TemporaryFolder("inkan-foreign")
            try "nobody's business".write(toFile: folder.file("secret"), atomically: true, encoding: .utf8)
        }
    }

    private func probe(_ role: String) throws -> [String: Int32] {
        let establishment = try Stage.establishment()
        let foreign = try Foreign()
        let settings = establishment.folder.file("signer.yaml")
        try establishment.settings().write(toFile: settings, atomically: true, encoding: .utf8)
        let report = try ChildProgram.check(
            "\(Stage.binaries)/inkan-confinement-probe",
            [role, settings, foreign.file, foreign.folder.path, "\(getpid())"]
        )
        return try Self.acts(report)
    }

    @Test("without the fences the everyday acts succeed, so that it is the fences that forbid them")
    func free() throws {
        let acts = try probe("free")
        #expect(Self.everyday.isSubset(of: Set(acts.keys)))
        for act in Self.everyday { #expect(acts[act] == 0, "\(act)") }
    }

    @Test("in the service no network, program, foreign file, process or setting of the kernel is reached")
    func service() throws {
        expectForbidden(try probe("service"))
    }

    @Test("the process that starts workers can fork and end what it has forked, and still runs no other program")
    func spawner() throws {
        // Its own limits it can set, because the programs that it starts set theirs.
        let acts = try probe("spawner")
        expectForbidden(acts, except: ["fork", "set-limit", "become-dumpable"])
        #expect(acts["exec"] == EACCES)
    }

    @Test("in a worker a hostile module reaches nothing but its token")
    func worker() throws {
        let establishment = try Stage.establishment()
        let folder = establishment.folder
        let foreign = try Foreign()
        let notes = folder.file("notes")
        try FileManager.default.createDirectory(atPath: notes, withIntermediateDirectories: false)
        // The ledger is as foreign to it as anything.
        let things = "\(establishment.ledgerPath) \(foreign.folder.path) \(getpid())"
        let settings = try establishment.settings(
            module: "\(Stage.binaries)/libInkanFaultModule.so",
            environment: ["INKAN_FAULT_ACTS": "\(notes)/acts", "INKAN_FAULT_FOREIGN": things],
            tokenOptions: ", allows: { write: [\"\(notes)\"] }"
        )
        let appliance = try RunningAppliance(establishment, settings: settings)
        let acts = try Self.acts(String(contentsOfFile: "\(notes)/acts", encoding: .utf8))
        expectForbidden(acts)
        #expect(try !appliance.client().issue(Stage.order("signed-all-the-same")).repeated)
        #expect(appliance.stop() == 0)
    }

    @Test("the kernel says so of every running program: no new privileges, a filter, no capability, no core dump")
    func kernel() throws {
        let appliance = try Stage.appliance()
        let programs = [appliance.processIdentifier] + (try ProcessTree.descendants(of: appliance.processIdentifier))
        // The service, the spawner, and the workers of the issuing token and of the log.
        #expect(programs.count == 4)
        for program in programs {
            let status = try String(contentsOfFile: "/proc/\(program)/status", encoding: .utf8)
            var facts: [String: String] = [:]
            for line in status.split(separator: "\n") {
                let parts = line.split(separator: ":", maxSplits: 1)
                facts[String(parts[0])] = parts.last?.trimmingCharacters(in: .whitespaces)
            }
            #expect(facts["NoNewPrivs"] == "1" && facts["Seccomp"] == "2", "\(status)")
            for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] { #expect(facts[set] == "0000000000000000", "\(set)") }
            let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(program)/task")
            for thread in threads {
                // A connection's thread may be gone by now.
                let status = FileManager.default.contents(atPath: "/proc/\(program)/task/\(thread)/status") ?? Data()
                #expect(status.isEmpty || String(decoding: status, as: UTF8.self).contains("Seccomp:\t2"))
            }
        }
        #expect(appliance.stop() == 0)
    }

    @Test(
        "another process of the same user cannot look into a running program",
        .enabled(if: getuid() == 0 && SystemCallFault.isPossible, "needs root, to run the service as another user")
    )
    func sameUser() throws {
        let establishment = try Stage.establishment()
        let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
        try ChildProgram.check("chown", ["-R", "65534:65534", establishment.folder.path])
        let appliance = try RunningAppliance(
            establishment,
            settings: establishment.settings(extra: "callers: { frontEnd: [root, nobody], officers: [root] }\n"),
            prefix: nobody
        )
        for program in [appliance.processIdentifier] + (try ProcessTree.descendants(of: appliance.processIdentifier)) {
            let attached = try ChildProgram.run("setpriv", nobody.dropFirst() + ["strace", "-p", "\(program)"])
            #expect(attached.status != 0 && attached.complaints.contains("Operation not permitted"), "\(attached)")
        }
        #expect(appliance.stop() == 0)
    }

    @Test("a service that loses the process that starts its workers ends and says so, to be started again")
    func spawnerLost() throws {
        let appliance = try Stage.appliance()
        let spawner = try #require(try ProcessTree.children(of: appliance.processIdentifier).first)
        kill(spawner, SIGKILL)
        #expect(appliance.waitForEnd() == 4)
        #expect(try appliance.log.contains(#""event":"spawner-ended""#))
        let again = try RunningAppliance(appliance.establishment)
        #expect(try !again.client().issue(Stage.order("after")).repeated)
        #expect(again.stop() == 0)
    }
}
