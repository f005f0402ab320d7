import ArgumentParser
import Clocks
import Glibc
import Ledger
import Policy
import SignerClient
import SignerService
import Tokens
import Varlink
import X509Building

/// `inkan doctor`
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What is wrong with this appliance, in plain words, and what to do about it.",
        discussion: """
            Reads the settings, the profiles, the certificates, the CRLs and the ledger, and asks the readers of users' \
            tokens. While the service runs its tokens are \
            asked about through the socket; otherwise each is opened: what it says it can do, what the service needs \
            of it, test signatures by each of its keys, and what is to be changed. (Through the officers' socket a \
            running service does the same.) With --uri one token is examined \
            that need not be in any settings. Ends with 0 when nothing is wrong, with 1 otherwise.
            """
    )

    @Option(help: "The service's settings file.")
    var config: String = "/etc/inkan/signer.yaml"

    @Option(help: "Examine this token alone: its RFC 7512 URI, with module-path and pin-source.")
    var uri: String?

    @Option(name: .customLong("env"), help: "With --uri: a variable that the module needs, NAME=VALUE.")
    var environment: [String] = []

    @OptionGroup var socket: SocketOptions
    @OptionGroup var format: FormatOptions

    func run() throws {
        var examination = Examination()
        if let uri {
            examination.checkToken(uri: uri, environment: try ModuleOptions.variables(environment))
        } else if let settings = examination.readSettings(config) {
            let profiles = examination.checkPolicy(settings)
            examination.checkLedger(settings)
            examination.checkLog(settings)
            let issuers = examination.readIssuers(settings, profiles)
            if let status = try runningStatus() {
                examination.checkRunning(status)
                examination.checkRunningStatus(status)
                examination.checkRunningReaders(settings, officers: officers())
                try examination.checkProtections(runningProcesses())
                examination.checkRunningTokens(status, officers: officers())
            } else {
                let responders = examination.readResponders(settings)
                examination.checkCRLFiles(settings)
                examination.checkTokens(settings, issuers, responders)
                examination.checkReaders(settings)
            }
        }
        examination.checkMachine()
        let object: JSONObject = [
            "findings": .array(examination.findings.map { .object($0.json) }),
            "tokens": .array(examination.tokens.map(JSONValue.object)),
        ]
        format.print(object) {
            for finding in examination.findings { print(finding.line) }
        }
        if examination.findings.contains(where: { $0.verdict == .problem }) { throw Exit.refused }
    }

    private func officers() -> Result<SignerClient, SignerClientError> {
        Result { () throws(SignerClientError) in try socket.officerClient() }
    }

    /// What a running service says of itself; nothing when none is there. A service that is there and does not answer is
    /// no reason to touch its tokens.
    private func runningStatus() throws -> JSONObject? {
        do {
            return try officerClient().call(.getStatus)
        } catch SignerClientError.connection(.unreachable) {
            return nil
        } catch {
            complain("the service is there and does not answer: \(error)")
            throw Exit.unreachable
        }
    }

    /// The officers' socket tells all of a token's trouble; where it cannot be had, the front end's tells the rest.
    private func officerClient() throws(SignerClientError) -> SignerClient {
        do throws(SignerClientError) {
            return try socket.officerClient()
        } catch {
            return try socket.client()
        }
    }

    /// The processes of the running service, or nothing for a user who may not ask the officers' socket.
    private func runningProcesses() throws -> [JSONObject]? {
        do throws(SignerClientError) {
            return try socket.officerClient().processes()
        } catch {
            return nil
        }
    }
}

/// One thing that was looked at.
struct Finding {
    enum Verdict: String {
        case fine = "ok"
        case advice
        case problem = "PROBLEM"
    }

    let verdict: Verdict
    let subject: String
    let text: String
    /// What to do; empty where nothing is to be done.
    let mend: String

    var line: String {
        let head = "\(verdict.rawValue.padded(to: 8)) \(subject.padded(to: 12)) \(text)"
        return mend.isEmpty ? head : "\(head)\n\(String(repeating: " ", count: 22))→ \(mend)"
    }

    var json: JSONObject {
        [
            "verdict": .string(verdict.rawValue.lowercased()), "subject": .string(subject), "text": .string(text),
            "mend": .string(mend),
        ]
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}

/// The checks, each adding what it found.
struct Examination {
    private(set) var findings: [Finding] = []
    /// What was found out about each token that was opened, for programs.
    var tokens: [JSONObject] = []

    mutating func add(_ verdict: Finding.Verdict, _ subject: String, _ text: String, _ mend: String = "") {
        findings.append(Finding(verdict: verdict, subject: subject, text: text, mend: mend))
    }

    mutating func readSettings(_ path: String) -> SignerSettings? {
        do {
            let settings = try SignerSettings(file: path)
            add(.fine, "settings", "\(path): \(settings.tokens.count) tokens, \(settings.issuers.count) issuers")
            return settings
        } catch {
            add(.problem, "settings", error.description, "mend the file; provisioning/quickstart writes one that works")
            return nil
        }
    }

    /// The profile set, if it can be read.
    mutating func checkPolicy(_ settings: SignerSettings) -> ProfileSet? {
        let profiles = readProfiles(settings)
        checkKeyList(settings)
        return profiles
    }

    private mutating func readProfiles(_ settings: SignerSettings) -> ProfileSet? {
        do {
            let profiles = try ProfileSet(path: settings.profiles)
            add(.fine, "profiles", "version \(profiles.version), \(profiles.profiles.count) profiles")
            for problem in profiles.problems(at: SystemClock().now) {
                add(.problem, "profiles", "\(problem.profile): \(problem.reason)", "see \(problem.clause)")
            }
            return profiles
        } catch {
            add(.problem, "profiles", error.description, "mend the profile set")
            return nil
        }
    }

    private mutating func checkKeyList(_ settings: SignerSettings) {
        guard let list = settings.compromisedKeys else {
            return add(
                .advice,
                "keys",
                "no list of compromised keys: keys are checked by arithmetic alone",
                "install badkeys' blocklist.dat and name it under compromisedKeys"
            )
        }
        do {
            add(.fine, "keys", "\(try CompromisedKeyList(path: list).count) compromised keys are known")
        } catch {
            add(.problem, "keys", error.description, "install the list anew")
        }
    }

    mutating func checkLedger(_ settings: SignerSettings) {
        guard access(settings.ledger, F_OK) == 0 else {
            return add(.advice, "ledger", "\(settings.ledger) is not there yet", "hold the ceremony first")
        }
        do {
            let reader = try LedgerReader(path: settings.ledger)
            try reader.checkOpening()
            let head = try reader.head()
            add(.fine, "ledger", "\(head?.size ?? 0) entries; inkan ledger verify checks each")
            let now = SystemClock().now
            if let head, now < head.time {
                let error = LedgerError.clockMovedBack(last: head.time, now: now)
                add(.problem, "clock", error.message, error.mend)
            }
        } catch {
            add(.problem, "ledger", error.message, error.mend)
        }
    }

    /// The certificates that can be read; what is wrong with the others is noted.
    mutating func readIssuers(
        _ settings: SignerSettings,
        _ profiles: ProfileSet?
    ) -> [(SignerSettings.IssuerSettings, X509Building.Certificate)] {
        var readable: [(SignerSettings.IssuerSettings, X509Building.Certificate)] = []
        for issuer in settings.issuers {
            do {
                let certificate = try X509Building.Certificate(pem: try readText(issuer.certificate))
                readable.append((issuer, certificate))
                try profiles?.issuer(issuer.name)?.check(key: certificate.tbs.publicKey)
                let end = CivilTime(secondsSinceEpoch: certificate.tbs.notAfter).rfc3339
                if certificate.tbs.notAfter < SystemClock().now.seconds {
                    add(.problem, issuer.name, "its certificate ended at \(end)", "hold a ceremony for its successor")
                } else {
                    add(.fine, issuer.name, "\(certificate.tbs.subject), until \(end)")
                }
            } catch let error as IssuerDescription.OtherKey {
                add(.problem, issuer.name, error.message, error.mend)
            } catch {
                add(.problem, issuer.name, "\(error)", "name the PEM file of the certificate that the ceremony made")
            }
        }
        return readable
    }

    mutating func checkRunning(_ status: JSONObject) {
        let problem = status["problem"]?.stringValue
        add(problem == nil ? .fine : .problem, "service", problem ?? "running, ready", "")
        for token in (status["tokens"]?.arrayValue ?? []).compactMap(\.objectValue) {
            let isReady = token.text("state") == "ready"
            add(
                isReady ? .fine : .problem,
                token.text("name"),
                "\(token.text("state")), serial \(token.text("serial")), \(token.number("sessions")) sessions, "
                    + "\(token.number("restarts")) restarts",
                token.text("problem")
            )
        }
    }

    mutating func checkMachine() {
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit) == 0, limit.rlim_cur < 1 << 20 {
            add(
                .advice,
                "memory",
                "only \(limit.rlim_cur) bytes may be locked: PINs could reach swap",
                "set LimitMEMLOCK=infinity in the unit"
            )
        }
    }
}
