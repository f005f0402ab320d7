import Clocks
import Glibc
import Issuance
import Ledger
import Policy
import SignerAPI
import TextForms
import Tokens
import Varlink

/// What the service can say of itself: its state, its issuers, its profiles.
package final class Inventory: Sendable {
    private let authority: IssuingAuthority
    private let tokens: [TokenWorkerSupervisor]
    private let ledger: LedgerStore
    private let ledgerFolder: String
    private let clock: any WallClock
    private let checkpointer: Checkpointer?
    private let readiness: Readiness
    private let status: StatusParts
    private let startedAt = monotonicNanoseconds()

    init(
        authority: IssuingAuthority,
        tokens: [TokenWorkerSupervisor],
        ledger: LedgerStore,
        ledgerFolder: String,
        clock: any WallClock,
        checkpointer: Checkpointer?,
        readiness: Readiness,
        status: StatusParts
    ) {
        self.authority = authority
        self.tokens = tokens
        self.ledger = ledger
        self.ledgerFolder = ledgerFolder
        self.clock = clock
        self.checkpointer = checkpointer
        self.readiness = readiness
        self.status = status
    }

    /// What is wrong, with what mends it, and whether nothing at all can be issued because of it.
    private func trouble(for role: Role) -> (problem: String?, isGrave: Bool) {
        if let problem = ledgerProblem { return (problem, true) }
        let problems = tokens.compactMap { token in
            problem(of: token, for: role).map {
                (token: token.settings.name, text: "token \(token.settings.name): \($0)")
            }
        }
        let issuing = Set(authority.issuers.values.map(\.key.tokenName))
        let inTrouble = issuing.intersection(problems.map(\.token))
        let first = problems.first { issuing.contains($0.token) } ?? problems.first
        let words = first?.text ?? checkpointer?.problem ?? status.crls.problem ?? status.responders.problem
        return (words, inTrouble.count == issuing.count)
    }

    /// Whether anything can be issued.
    var isReady: Bool { !trouble(for: .frontEnd).isGrave }

    /// What keeps a token from signing, with what mends it. An officer reads all of it.
    private func problem(of token: TokenWorkerSupervisor, for role: Role) -> String? {
        if let problem = token.status.problem(for: role) { return problem }
        switch readiness.trouble(of: token) {
        case nil: return nil
        case .unproven?: return "its keys are making their test signatures; wait a moment"
        case .failed(let error)?: return "a key of it does not make a test signature: \(error.words(for: role))"
        }
    }

    private var ledgerProblem: String? {
        if let failure = ledger.failure ?? ledger.refusal { return failure.description }
        if !hasRoom { return LedgerError.full.description }
        do throws(LedgerError) {
            let head = try ledger.reader.head()
            guard let head, clock.now < head.time else { return nil }
            return LedgerError.clockMovedBack(last: head.time, now: clock.now).description
        } catch {
            return error.description
        }
    }

    /// What some hundred commits take in the write-ahead log. With less, orders are about to be refused.
    private static let leastRoom: UInt = 1 << 20

    /// Whether the ledger's disk has room. One that does not say is believed to.
    private var hasRoom: Bool {
        var facts = statvfs()
        guard statvfs(ledgerFolder, &facts) == 0 else { return true }
        return UInt(facts.f_bavail) * UInt(facts.f_frsize) >= Self.leastRoom
    }

    func writeStatus(to writer: inout JSONWriter, for role: Role) {
        let (problem, isGrave) = trouble(for: role)
        writer.member("version", InkanVersion.current)
        writer.member("ready", !isGrave)
        writer.member("problem", problem)
        writer.member("upSeconds", (monotonicNanoseconds() - startedAt) / 1_000_000_000)
        writer.member("profileSetVersion", authority.profiles.version)
        writer.member("profileSetHash", HexText.encode(authority.profiles.sha256))
        writer.object("ledger") { writeLedger(to: &$0) }
        writer.name("tokens")
        writer.beginArray()
        for token in tokens { write(token, to: &writer, for: role) }
        writer.endArray()
        status.writeState(to: &writer)
    }

    private func writeLedger(to writer: inout JSONWriter) {
        let (head, checkpoint): (TreeHead?, Checkpoint?)
        do throws(LedgerError) {
            (head, checkpoint) = (try ledger.reader.head(), try ledger.reader.checkpoint())
        } catch {
            // `problem` says what is wrong with the ledger; here it has no state to show.
            (head, checkpoint) = (nil, nil)
        }
        writer.member("entries", head?.size ?? 0)
        writer.member("root", HexText.encode(head?.root ?? []))
        writer.member("lastEntry", head?.time.rfc3339)
        if let checkpoint { writer.member("checkpoint", checkpoint.size) }
    }

    private func write(_ token: TokenWorkerSupervisor, to writer: inout JSONWriter, for role: Role) {
        let status = token.status
        writer.beginObject()
        writer.member("name", token.settings.name)
        writer.member("state", status.stateName)
        writer.member("serial", status.token?.serial ?? "")
        writer.member("label", status.token?.label ?? "")
        writer.member("model", status.token?.model ?? "")
        writer.member("sessions", status.sessions)
        writer.member("restarts", status.restarts)
        writer.member("problem", self.problem(of: token, for: role))
        writer.endObject()
    }

    func writeIssuers(to writer: inout JSONWriter) {
        writer.name("issuers")
        writer.beginArray()
        for issuer in authority.issuers.values.sorted(by: { $0.name < $1.name }) {
            writer.beginObject()
            writer.member("name", issuer.name)
            writer.member("subject", issuer.certificate.tbs.subject.description)
            writer.member("keyAlgorithm", issuer.key.publicKey.keyAlgorithm?.rawValue ?? "other")
            writer.member("keyIdentity", HexText.encode(issuer.key.publicKey.sha256))
            writer.member("signatureAlgorithms", issuer.signatureAlgorithms.map(\.rawValue))
            writer.member("notAfter", CivilTime(secondsSinceEpoch: issuer.certificate.tbs.notAfter).rfc3339)
            writer.member("token", issuer.key.tokenName)
            let partitions = authority.partitions(of: issuer).all.count
            if partitions > 0 { writer.member("crlPartitions", partitions) }
            writer.endObject()
        }
        writer.endArray()
    }

    func writeProfiles(to writer: inout JSONWriter) {
        writer.member("version", authority.profiles.version)
        writer.member("hash", HexText.encode(authority.profiles.sha256))
        writer.name("profiles")
        writer.beginArray()
        for profile in authority.profiles.profiles { profile.write(to: &writer) }
        writer.endArray()
    }
}

extension TokenStatus {
    /// The state's name on the wire.
    var stateName: String {
        switch state {
        case .stopped: "stopped"
        case .starting: "starting"
        case .ready: "ready"
        case .locked: "locked"
        case .missing: "missing"
        case .failed: "failed"
        }
    }

    /// What keeps the token from signing, with what mends it.
    func problem(for role: Role) -> String? {
        let keyTrouble = keyProblem?.words(for: role) ?? "they are being looked for"
        return switch state {
        case .ready:
            keysFound < keysAsked ? "\(keysAsked - keysFound) of \(keysAsked) keys cannot be used: \(keyTrouble)" : nil
        case .stopped: "it is stopped"
        case .starting: "it is starting"
        case .locked(let error), .missing(let error), .failed(let error):
            error.words(for: role)
        }
    }
}

extension TokenError {
    /// Officers at the machine read what is known; others what concerns them.
    fileprivate func words(for role: Role) -> String {
        guard role == .officer else { return "\(outsideMessage); \(outsideMend)" }
        return "\(message); \(mend)" + (code.locksToken ? " (inkan token unlock)" : "")
    }
}
