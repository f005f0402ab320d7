import ArgumentParser
import Clocks
import Glibc
import Issuance
import Ledger
import SignerService
import Threads
import Tokens

/// `inkan ledger accept-loss`
struct LedgerAcceptLoss: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept-loss",
        abstract:
            "An officer's word that entries of the ledger are lost for good, so that issuing can go on without them.",
        discussion: """
            For the case that no newer ledger can be found. What was issued in the lost entries is not known to the \
            service any more: those certificates cannot be revoked by it, and an order of that time could be fulfilled a \
            second time. Settle that with the front end's records first.

            The act becomes an entry, with the checkpoint that proves the loss. The log goes on under a new name, because \
            nobody may see two histories under one: witnesses and outsiders have to be given its new key. The service must \
            not run.
            """
    )

    @Option(help: "The service's settings file.")
    var config: String = "/etc/inkan/signer.yaml"

    @Option(help: "The log's new name, such as inkan.example/ledger-2.")
    var origin: String

    @Option(help: "How many entries were seen: the number that the refusal names. It shows that the loss is known.")
    var lost: Int64

    @Option(help: "Why, for the ledger.")
    var reason: String

    func run() throws {
        try refusing {
            let settings = try SignerSettings(file: config)
            guard let log = settings.log, var tokenSettings = settings.tokens.first(where: { $0.name == log.token })
            else {
                throw LedgerError.copyRefused("the settings name no log, so that nothing can have been seen")
            }
            let quiet = open("/dev/null", O_WRONLY | O_CLOEXEC)
            defer { close(quiet) }
            tokenSettings.standardError = quiet
            var store = LedgerSettings(path: settings.ledger)
            store.mayCreate = false
            let ledger = try LedgerStore(store, clock: SystemClock()) { complain("ledger: \($0)") }
            defer { ledger.stop() }
            let token = TokenWorkerSupervisor(
                settings: tokenSettings,
                workerExecutable: try siblingExecutable("inkan-tokend")
            ) { _ in }
            token.start(officerIsPresent: true)
            defer { token.stop() }
            let old = try LogCheckOptions.readKey(log.key)
            try accept(ledger, LogSigner(key: old, token: token), log)
        }
    }

    private func accept(
        _ ledger: LedgerStore,
        _ old: LogSigner,
        _ log: SignerSettings.LogSettings
    ) throws {
        let seen = try lostCheckpoint(ledger, old, log)
        let key = try NoteKey(name: origin, spki: old.key.spki)
        guard try !ledger.reader.logKeys().contains(where: { $0.name == origin }) else {
            throw LedgerError.copyRefused("the log had the name \(origin) before; give it a new one")
        }
        let text = seen.map { String(decoding: $0.note.encoded, as: UTF8.self) } ?? ""
        let event = LedgerEvent(
            kind: "ledger-loss-accepted",
            fields: [
                ("seenEntries", .number(lost)), ("seenCheckpoint", .text(text)), ("reason", .text(reason)),
                ("callerUID", .number(Int64(getuid()))),
            ]
        )
        let _: EventReceipt = try durably { ledger.append(event, completion: $0) }
        try durably { ledger.registerLogKey(key, completion: $0) }
        let signer = LogSigner(key: key, token: old.token)
        let checkpoint = try signer.sign(ledger.sealed)
        try signer.mark(checkpoint)
        try durably { ledger.keep(checkpoint, by: key, completion: $0) }
        if let file = log.checkpointFile {
            try writeText(String(decoding: checkpoint.note.encoded, as: UTF8.self), to: file)
        }
        try writeText("\(key.vkey)\n", to: log.key)
        print("the loss is accepted; the log goes on as \(origin), with \(checkpoint.size) entries")
        print(key.vkey)
    }

    /// What proves the loss: the largest checkpoint that the ledger cannot answer for. Nothing where the token forgot
    /// what it had seen.
    private func lostCheckpoint(
        _ ledger: LedgerStore,
        _ signer: LogSigner,
        _ log: SignerSettings.LogSettings
    ) throws -> Checkpoint? {
        let marks = try signer.marks()
        var known = marks
        if let file = log.checkpointFile, access(file, F_OK) == 0 {
            known.append(try LogCheckOptions.readCheckpoint(file))
        }
        let unanswered = known.filter { checkpoint in
            do throws(LedgerError) {
                try ledger.reader.compare(with: checkpoint, by: "the log token")
                return false
            } catch {
                if case .olderThanSeen = error { return true }
                complain("a checkpoint is left out: \(error.message)")
                return false
            }
        }
        let largest = unanswered.max { $0.size < $1.size }
        if largest == nil, !marks.isEmpty {
            throw LedgerError.copyRefused("nothing is lost: the ledger holds all that its log token has seen")
        }
        let size = try largest?.size ?? ledger.reader.checkpoint()?.size ?? 0
        guard lost == size else {
            throw LedgerError.copyRefused("\(size) entries were seen, and --lost says \(lost)")
        }
        return largest
    }

    private func durably<Receipt: Sendable>(
        _ write: (@escaping @Sendable (Result<Receipt, LedgerError>) -> Void) -> Void
    ) throws -> Receipt {
        let answer = Guarded<Result<Receipt, LedgerError>?>(nil)
        write { result in
            answer.withLock { $0 = result }
            answer.broadcast()
        }
        return try answer.wait { $0 }.get()
    }
}
