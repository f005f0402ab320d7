import Foundation
import SignerAPI
import SignerClient
import Testing
import Workbench

/// A token of some module for CA keys: made by `inkan token init`, used by a ceremony and by the service.
struct CertificationToken {
    static let binaries = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().path

    let folder: TemporaryFolder
    /// The token's URI, with module and PIN file.
    let uri: String
    private let environment: [String: String]
    /// `nil` for SoftHSM2, which needs no stage.
    private let stage: ModuleStage?

    /// - Parameter options: of `inkan token init`.
    init(_ stage: ModuleStage?, options: [String] = []) throws {
        self.stage = stage
        folder = try TemporaryFolder("inkan-ca-token")
        var environment = stage?.environment ?? [:]
        if stage == nil {
            environment["SOFTHSM2_CONF"] = folder.file("softhsm2.conf")
            try FileManager.default.createDirectory(atPath: folder.file("tokens"), withIntermediateDirectories: false)
            try "directories.tokendir = \(folder.file("tokens"))\nobjectstore.backend = file\nlog.level = ERROR\n"
                .write(toFile: folder.file("softhsm2.conf"), atomically: true, encoding: .utf8)
        }
        self.environment = environment
        uri = try Self.command(
            stage,
            ["token", "init", "--module", stage?.module ?? Establishment.softHSM, "--label", "inkan-ca"]
                + ["--so-pin-file", folder.file("so-pin"), "--pin-file", folder.file("pin")]
                + environment.flatMap { ["--env", "\($0.key)=\($0.value)"] } + options
        ).trimmingCharacters(in: .whitespacesAndNewlines)
        try FileManager.default.createDirectory(atPath: folder.file("authorities"), withIntermediateDirectories: false)
        try Plan.profiles().write(toFile: folder.file("profiles.yaml"), atomically: true, encoding: .utf8)
    }

    private static func command(_ stage: ModuleStage?, _ arguments: [String]) throws -> String {
        if let stage { return try stage.check("\(binaries)/inkan", arguments) }
        return try ChildProgram.check("\(binaries)/inkan", arguments)
    }

    private func run(_ arguments: [String]) throws -> ChildProgram.Outcome {
        if let stage { return try stage.run("\(Self.binaries)/inkan", arguments) }
        return try ChildProgram.run("\(Self.binaries)/inkan", arguments)
    }

    private var tokenLine: String {
        let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key): \"\($0.value)\"" }
        return "tokens:\n  - { name: ca, uri: \"\(uri)\", environment: { \(variables.joined(separator: ", ")) } }\n"
    }

    /// Holds a ceremony on the token.
    func ceremony(_ plan: String) throws -> ChildProgram.Outcome {
        try plan.write(toFile: folder.file("plan.yaml"), atomically: true, encoding: .utf8)
        try tokenLine.write(toFile: folder.file("site.yaml"), atomically: true, encoding: .utf8)
        return try run([
            "ceremony", "run", "--plan", folder.file("plan.yaml"), "--site", folder.file("site.yaml"),
            "--profiles", folder.file("profiles.yaml"), "--ledger", folder.file("ledger.sqlite"),
            "--output", folder.file("authorities"),
        ])
    }

    /// The settings of a service with these issuers, all below one root.
    func settings(issuers: [String], root: String) -> String {
        let lines = issuers.map { name in
            let (certificate, chain) = (folder.file("authorities/\(name).pem"), folder.file("authorities/\(root).pem"))
            return "  - { name: \(name), token: ca, certificate: \"\(certificate)\", chain: [\"\(chain)\"] }\n"
        }
        return """
            ledger: "\(folder.file("ledger.sqlite"))"
            profiles: "\(folder.file("profiles.yaml"))"
            \(tokenLine)issuers:
            \(lines.joined())
            """
    }

    /// Starts the service where the module is.
    func appliance(_ settings: String) throws -> RunningAppliance {
        try RunningAppliance(
            Establishment(binaries: Self.binaries, folder: folder, issuers: []),
            settings: settings,
            prefix: stage?.prefix ?? []
        )
    }

    /// What `inkan doctor` says of the token, as JSON.
    func doctor(_ settings: String) throws -> Examined {
        try settings.write(toFile: folder.file("doctor.yaml"), atomically: true, encoding: .utf8)
        let outcome = try run([
            "doctor", "--config", folder.file("doctor.yaml"), "--socket", folder.file("nobody.sock"), "--json",
        ])
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.complaints)")
        let answer = try JSONDecoder().decode(DoctorAnswer.self, from: Data(outcome.output.utf8))
        return try #require(answer.tokens.first)
    }
}

private struct DoctorAnswer: Decodable {
    var tokens: [Examined]
}

/// One token in the answer of `inkan doctor --json`.
struct Examined: Decodable {
    struct Mechanism: Decodable { var name: String }
    struct Need: Decodable {
        var mechanism: String
        var offered: Bool
    }
    struct Signature: Decodable {
        var algorithm: String
        var verified: Bool
        var microseconds: Int
    }
    struct Key: Decodable {
        var label: String
        var algorithm: String
        var attributes: [String]
        var signatures: [Signature]
    }

    var serial: String
    var model: String
    var interface: String
    var mechanisms: [Mechanism]
    var needs: [Need]
    var keys: [Key]

    /// Every algorithm that some key's test signature was verified with.
    var provenAlgorithms: Set<String> {
        Set(keys.flatMap(\.signatures).filter(\.verified).map(\.algorithm))
    }
}
