import Glibc
import Issuance
import SignerAPI
import SignerClient
import SignerService
import Tokens
import Varlink
import X509Building

extension Examination {
    /// Opens each token, asks it what it can do, and has every key in it make test signatures; the keys of issuers and
    /// responders must be among them.
    mutating func checkTokens(
        _ settings: SignerSettings,
        _ issuers: [(SignerSettings.IssuerSettings, X509Building.Certificate)],
        _ responders: [(name: String, token: String, X509Building.Certificate)]
    ) {
        let owners = issuers.map { (name: $0.name, token: $0.token, $1) } + responders
        for token in settings.tokens {
            guard let examined = examine(token) else { continue }
            if let log = settings.log, log.token == token.name {
                checkLogKey(log, among: examined.keys.compactMap { $0.publicKey?.derEncoded })
            }
            for (name, holder, certificate) in owners where holder == token.name {
                let key = certificate.tbs.publicKey
                if let found = examined.keys.first(where: { $0.publicKey?.derEncoded == key.derEncoded }) {
                    if found.isProven { add(.fine, name, "its key is in token \(token.name) and signs") }
                } else {
                    add(
                        .problem,
                        name,
                        "its key is not in token \(token.name)",
                        "check that this is the right token and its PIN the right one"
                    )
                }
            }
        }
    }

    /// Has a running service examine those of its tokens that are ready.
    mutating func checkRunningTokens(_ status: JSONObject, officers: Result<SignerClient, SignerClientError>) {
        for token in (status["tokens"]?.arrayValue ?? []).compactMap(\.objectValue)
        where token.text("state") == "ready" {
            let name = token.text("name")
            do throws(SignerClientError) {
                let examination = try officers.get().examineToken(name)
                tokens.append(examination)
                for finding in (examination["findings"]?.arrayValue ?? []).compactMap(\.objectValue) {
                    let verdict = TokenExamination.Finding.Verdict(rawValue: finding.text("verdict")) ?? .problem
                    add(Finding.Verdict(verdict), name, finding.text("text"), finding.text("mend"))
                }
            } catch {
                if case .refused(let refusal) = error {
                    add(.problem, name, refusal.message, refusal.mend)
                } else {
                    let mend = "ask as an officer, or stop the service and ask again"
                    add(.advice, name, "what it can do was not asked: \(error)", mend)
                }
            }
        }
    }

    /// Examines a token that need not be in any settings: a user's, or one that is being tried.
    mutating func checkToken(uri: String, environment: [String: String]) {
        _ = examine(TokenSettings(name: "token", uri: uri, environment: environment, sessions: 1))
    }

    private mutating func examine(_ settings: TokenSettings) -> TokenExamination? {
        let worker: String
        do {
            worker = try siblingExecutable("inkan-tokend")
        } catch {
            add(.problem, "tokens", error.description, "install the package whole")
            return nil
        }
        // What a worker logs is for the service's log; what is wrong comes as an error.
        let quiet = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(quiet) }
        var settings = settings
        settings.standardError = quiet
        let supervisor = TokenWorkerSupervisor(settings: settings, workerExecutable: worker) { _ in }
        defer { supervisor.stop() }
        supervisor.start()
        let status = supervisor.waitUntilSettled(nanoseconds: settings.startDeadline)
        guard case .ready = status.state else {
            let error = status.lastError
            add(.problem, settings.name, error?.message ?? "it does not answer", error?.mend ?? "see its log")
            return nil
        }
        do throws(TokenError) {
            var examination = try TokenExamination(of: supervisor)
            examination.prove(with: supervisor)
            for finding in examination.findings {
                add(Finding.Verdict(finding.verdict), settings.name, finding.text, finding.mend)
            }
            tokens.append(examination.json(name: settings.name))
            return examination
        } catch {
            add(.problem, settings.name, error.message, error.mend)
            return nil
        }
    }
}

extension Finding.Verdict {
    init(_ verdict: TokenExamination.Finding.Verdict) {
        self =
            switch verdict {
            case .fine: .fine
            case .advice: .advice
            case .problem: .problem
            }
    }
}
