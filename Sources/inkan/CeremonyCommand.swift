import ArgumentParser
import Ceremony
import Clocks
import Glibc
import Issuance
import Ledger
import Policy
import SignerService
import TextForms
import Workbench
import X509Building

/// `inkan ceremony`
struct CeremonyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ceremony",
        abstract: "Make authorities by a reviewed plan.",
        subcommands: [CeremonyRun.self, CeremonyDryRun.self]
    )
}

/// The files that every ceremony takes.
struct CeremonyOptions: ParsableArguments {
    @Option(help: "The reviewed plan.")
    var plan: String

    @Option(help: "The profile set.")
    var profiles: String

    func read() throws -> (plan: CeremonyPlan, profiles: ProfileSet) {
        do {
            return (try CeremonyPlan(yaml: try readText(plan)), try ProfileSet(path: profiles))
        } catch {
            complain("\(error)")
            throw Exit.refused
        }
    }
}

struct CeremonyRun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Hold the ceremony on the tokens of the site.",
        discussion: """
            The service must not run: the ledger has one writer. What is there already is kept, so a ceremony that was \
            interrupted goes on when it is run again.
            """
    )

    @OptionGroup var options: CeremonyOptions

    @Option(help: "The site file: where the tokens of this machine are.")
    var site: String

    @Option(help: "The ledger's file; made when it is missing.")
    var ledger: String

    @Option(help: "Folder for the certificates and the transcript.")
    var output: String

    func run() throws {
        let (plan, profiles) = try options.read()
        print("plan \(plan.name), SHA-256 \(HexText.encode(plan.hash))")
        let site: CeremonySite
        do {
            site = try CeremonySite(yaml: try readText(self.site))
        } catch {
            complain("\(error)")
            throw Exit.refused
        }
        try hold(plan, site: site, profiles: profiles, ledger: ledger, output: output)
    }
}

struct CeremonyDryRun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dry-run",
        abstract: "Hold the same ceremony on SoftHSM2 tokens that are thrown away.",
        discussion: "Prints the plan's hash, which is the one that the real run prints."
    )

    @OptionGroup var options: CeremonyOptions

    func run() throws {
        let (plan, profiles) = try options.read()
        print("plan \(plan.name), SHA-256 \(HexText.encode(plan.hash))")
        let stage = try RehearsalStage(
            tokens: plan.tokens,
            tokenWorker: try siblingExecutable("inkan-tokend")
        )
        try hold(
            plan,
            site: CeremonySite(tokens: stage.tokens),
            profiles: profiles,
            ledger: stage.folder.file("ledger.sqlite"),
            output: stage.folder.path
        )
        // The folder goes with the stage.
        withExtendedLifetime(stage) {}
        print("dry run: everything was made, checked, and thrown away")
    }
}

/// Where the token workers write, so that their lines do not stand between those for people.
private func workerLog(_ path: String) throws -> Int32 {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
        complain("cannot write \(path): \(String(cString: strerror(errno)))")
        throw Exit.refused
    }
    return descriptor
}

/// Runs the ceremony, writes certificates and transcript.
private func hold(
    _ plan: CeremonyPlan,
    site: CeremonySite,
    profiles: ProfileSet,
    ledger path: String,
    output: String
) throws {
    do {
        let workersLog = try workerLog("\(output)/workers.log")
        defer { close(workersLog) }
        var site = site
        for index in site.tokens.indices { site.tokens[index].standardError = workersLog }
        let ledger = try LedgerStore(LedgerSettings(path: path), clock: SystemClock()) { complain("ledger: \($0)") }
        defer { ledger.stop() }
        let ceremony = try Ceremony(
            plan: plan,
            site: site,
            profiles: profiles,
            ledger: ledger,
            shelf: try CRLShelf(folder: SignerSettings.statusFolder(besideLedger: path)),
            tokenWorker: try siblingExecutable("inkan-tokend"),
            clock: SystemClock()
        ) { print("  \($0)") }
        let transcript = try ceremony.run { step in
            try writeText(step.certificate.pem, to: "\(output)/\(step.authority).pem")
        }
        if let log = transcript.log { try writeText("\(log.key.vkey)\n", to: "\(output)/log.vkey") }
        if transcript.hasNews {
            try writeText(transcript.json, to: "\(output)/transcript-\(transcript.startedAt.seconds).json")
        }
    } catch {
        complain("\(error)")
        throw Exit.refused
    }
}
