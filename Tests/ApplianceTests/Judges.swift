import Foundation
import Testing
import Workbench

/// Other implementations that judge what the appliance has signed.
enum Judges {
    /// A chain on disk: the certificate, its CA's, the root's.
    struct Chain: Sendable {
        var leaf: String
        var issuer: String
        var root: String
    }

    /// The interpreter with pkilint and varlink, as `Tests/run` makes it.
    static func python() throws -> String {
        let name = "INKAN_TEST_PYTHON"
        let made = "\(Stage.checkout)/.build/test-python/bin/python3"
        if let python = ProcessInfo.processInfo.environment[name] { return python }
        try #require(
            FileManager.default.isExecutableFile(atPath: made),
            "\(made) is missing and \(name) is not set; Tests/run makes it from Tests/requirements.txt"
        )
        return made
    }

    /// OpenSSL, one process for each CA.
    static func openSSL(_ chains: [Chain]) throws {
        for (issuer, chains) in byIssuer(chains) {
            let outcome = try ChildProgram.run(
                "openssl",
                ["verify", "-x509_strict", "-CAfile", chains[0].root, "-untrusted", issuer] + chains.map(\.leaf)
            )
            #expect(outcome.status == 0, "\(outcome.complaints.prefix(2000))")
            #expect(outcome.output.split(separator: "\n").count { $0.hasSuffix(": OK") } == chains.count)
        }
    }

    /// GnuTLS, a process for each chain: certtool takes one chain at a time.
    static func gnuTLS(_ chains: [Chain]) throws {
        for chain in chains {
            var text = Data()
            for path in [chain.leaf, chain.issuer, chain.root] {
                text += try Data(contentsOf: URL(fileURLWithPath: path))
            }
            let outcome = try ChildProgram.run("certtool", ["--verify-chain"], input: text)
            let isVerified = outcome.status == 0 && outcome.output.contains("Chain verification output: Verified.")
            #expect(isVerified, "\(chain.leaf): \(outcome.output.suffix(600))\(outcome.complaints)")
        }
    }

    /// NSS, with a database that trusts the roots, for the purpose of the CA.
    static func nss(_ chains: [Chain]) throws {
        let folder = try TemporaryFolder("inkan-nss")
        let database = ["-d", "sql:\(folder.path)"]
        try ChildProgram.check("certutil", ["-N", "--empty-password"] + database)
        for root in Set(chains.map(\.root)) {
            try ChildProgram.check("certutil", ["-A", "-n", root, "-t", "CT,C,C", "-a", "-i", root] + database)
        }
        for chain in chains {
            // vfychain numbers the purposes: 4 is signing mail, 0 is logging in as a TLS client.
            let purpose = chain.issuer.contains("/smime-") ? "4" : "0"
            let outcome = try ChildProgram.run(
                "vfychain",
                database + ["-pp", "-u", purpose, "-a", chain.leaf, "-a", chain.issuer]
            )
            #expect(
                outcome.status == 0,
                "\(chain.leaf): \(outcome.output.suffix(600))\(outcome.complaints.suffix(600))"
            )
        }
    }

    /// Java's PKIX, all chains in one process.
    static func java(_ chains: [Chain]) throws {
        let arguments = chains.flatMap { [$0.leaf, $0.issuer, $0.root] }
        let verdict = try ChildProgram.check("java", ["\(Stage.checkout)/Tests/Judges/VerifyChain.java"] + arguments)
        #expect(verdict == "\(chains.count) chains verified\n")
    }

    /// Go's crypto/x509, all chains in one process.
    static func go(_ chains: [Chain]) throws {
        let cache = try TemporaryFolder("inkan-go-cache")
        let arguments = chains.flatMap { [$0.leaf, $0.issuer, $0.root] }
        let verdict = try ChildProgram.check(
            "go",
            ["run", "\(Stage.checkout)/Tests/Judges/verify_chain.go"] + arguments,
            environment: ["GO111MODULE": "off", "GOFLAGS": "", "GOCACHE": cache.path, "GOPATH": cache.file("go")]
        )
        #expect(verdict == "\(chains.count) chains verified\n")
    }

    /// pkilint: no finding of severity error or higher.
    static func pkilint(_ certificates: [String]) throws {
        let outcome = try ChildProgram.run(
            python(),
            ["\(Stage.checkout)/Tests/Judges/lint_certificates.py"] + certificates
        )
        let errors = outcome.output.split(separator: "\n").filter { $0.contains(": ERROR ") || $0.contains(": FATAL ") }
        #expect(outcome.status == 0, "\(errors.prefix(40).joined(separator: "\n"))\(outcome.complaints.suffix(2000))")
        #expect(outcome.output.hasSuffix("\(certificates.count) certificates judged, 0 with errors\n"))
    }

    private static func byIssuer(_ chains: [Chain]) -> [String: [Chain]] {
        Dictionary(grouping: chains, by: \.issuer)
    }
}
