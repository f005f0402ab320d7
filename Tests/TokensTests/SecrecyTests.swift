import Foundation
import Testing
import Tokens

@Suite("Secrets stay out (TOK-10)")
struct SecrecyTests {
    @Test("The PIN is in nothing that a run writes or shows")
    func canary() throws {
        let token = try TestToken.make()
        let errorPath = token.folder + "/stderr"
        let errorOutput = open(errorPath, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        try #require(errorOutput >= 0)
        defer { close(errorOutput) }
        var settings = token.settings
        settings.standardError = errorOutput
        let events = EventLog()
        var seen = ""
        try token.serving(settings, events: events) { supervisor in
            let spki = try supervisor.keyPair(KeyPairRequest(algorithm: .p256, label: "k")).spki
            let worker = try #require(supervisor.status.workerID)
            for name in ["cmdline", "environ", "status", "maps"] {
                let bytes = try #require(FileManager.default.contents(atPath: "/proc/\(worker)/\(name)"), "\(name)")
                seen += String(decoding: bytes, as: UTF8.self)
            }
            // Every kind of trouble, so that every kind of message is written.
            try token.order("once C_Sign 1 1 return 0x30", "once C_Sign 2 1 abort")
            for _ in 0..<3 {
                _ = code {
                    _ = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: SignatureCase.p256.input)
                }
            }
            try token.order("C_Login 1 0 return 0xa0", "once C_Sign 1 1 abort")
            _ = code { _ = try supervisor.signature(spki: spki, mechanism: .ecdsa, input: SignatureCase.p256.input) }
            #expect(events.wait(for: .locked))
            seen += "\(supervisor.status)"
        }
        seen += events.all.map { "\($0)" }.joined()
        seen += try String(contentsOfFile: errorPath, encoding: .utf8)
        #expect(seen.contains("locked"))
        #expect(!seen.contains(token.pin))

        let contents = try #require(FileManager.default.enumerator(atPath: token.folder))
        for case let name as String in contents where name != "pin" {
            let bytes = FileManager.default.contents(atPath: token.folder + "/" + name) ?? Data()
            #expect(bytes.range(of: Data(token.pin.utf8)) == nil, "\(name)")
        }
    }

    @Test("The worker writes no core dump and has nothing of its parent's but its socket")
    func inheritance() throws {
        let token = try TestToken.make()
        // A descriptor that somebody forgot to close on exec.
        let careless = open("/dev/null", O_RDONLY)
        defer { close(careless) }
        try token.serving { supervisor in
            _ = try supervisor.randomBytes(4)
            let worker = try #require(supervisor.status.workerID)
            let limits = try String(contentsOfFile: "/proc/\(worker)/limits", encoding: .utf8)
            let core = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") })
            #expect(core.split(separator: " ").dropFirst(4).prefix(2).allSatisfy { $0 == "0" })
            let names = try environment(of: worker).map { String($0.prefix { $0 != "=" }) }
            #expect(Set(names) == Set(token.environment.keys).union(["SWIFT_BACKTRACE", "GLIBC_TUNABLES"]))
            let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(worker)/fd")
            #expect(!descriptors.contains(String(careless)) || careless <= 3)
        }
    }

    @Test("What the settings say of the worker's allocator goes before what it gets otherwise")
    func ownAllocator() throws {
        let token = try TestToken.make()
        var settings = token.settings
        settings.environment["GLIBC_TUNABLES"] = "glibc.malloc.tcache_count=3"
        try token.serving(settings) { supervisor in
            _ = try supervisor.randomBytes(4)
            let worker = try #require(supervisor.status.workerID)
            let tunables = try environment(of: worker).filter { $0.hasPrefix("GLIBC_TUNABLES=") }
            #expect(tunables == ["GLIBC_TUNABLES=glibc.malloc.tcache_count=3"])
        }
    }

    private func environment(of worker: Int32) throws -> [String] {
        let bytes = try #require(FileManager.default.contents(atPath: "/proc/\(worker)/environ"))
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
