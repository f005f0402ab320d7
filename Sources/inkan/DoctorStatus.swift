import Clocks
import Glibc
import Issuance
import Ledger
import Policy
import SignerClient
import SignerService
import Tokens
import Varlink
import X509Building

/// What tells of certificates' status: the responders' certificates, the CRLs.
extension Examination {
    /// Days before its end in which a certificate that nobody renews is spoken of.
    private static let noticeDays: Int64 = 30

    // MARK: - Of a running service

    mutating func checkRunningStatus(_ status: JSONObject) {
        for crl in (status["crls"]?.arrayValue ?? []).compactMap(\.objectValue) {
            let part = crl["partition"]?.integerValue.map { "-\($0)" } ?? ""
            let name = "CRL \(crl.text("issuer"))\(part)"
            if let problem = crl["problem"]?.stringValue {
                add(.problem, name, "the next one cannot be made: \(problem)", "mend that; it is tried again by itself")
            }
            guard let made = Self.seconds(crl["thisUpdate"]), let next = Self.seconds(crl["nextUpdate"]) else {
                add(.problem, name, "there is none", "see the service's log for crl-failed")
                continue
            }
            checkCRL(name, number: crl["number"]?.integerValue, made: made, next: next)
        }
        for responder in (status["responders"]?.arrayValue ?? []).compactMap(\.objectValue) {
            let name = "OCSP \(responder.text("issuer"))"
            if let problem = responder["problem"]?.stringValue {
                add(
                    .problem,
                    name,
                    "its certificate is not renewed: \(problem)",
                    "mend that; it is tried again by itself"
                )
            }
            guard let end = Self.seconds(responder["notAfter"]) else { continue }
            checkResponder(name, end: end, isRenewed: responder["renewed"]?.boolValue == true)
        }
    }

    private static func seconds(_ value: JSONValue?) -> Int64? {
        value?.stringValue.flatMap { CivilTime(rfc3339: $0)?.secondsSinceEpoch }
    }

    // MARK: - Of files

    /// The responders' certificates as they stand, and the token that each key is to be in.
    mutating func readResponders(_ settings: SignerSettings) -> [(
        name: String, token: String, X509Building.Certificate
    )] {
        var found: [(name: String, token: String, X509Building.Certificate)] = []
        for issuer in settings.issuers {
            let name = "OCSP \(issuer.name)"
            guard let responder = issuer.responder else {
                add(.advice, name, "there is no responder: nobody can ask for status", "make one in a ceremony")
                continue
            }
            do {
                let first = try X509Building.Certificate(pem: try readText(responder.certificate))
                let reader = try LedgerReader(path: settings.ledger)
                let latest = try ResponderLine.latest(from: first, issuer: issuer.name, in: reader)
                let profiles = try ProfileSet(path: settings.profiles)
                checkResponder(
                    name,
                    end: latest.tbs.notAfter,
                    isRenewed: profiles.responderRenewal(of: latest.tbs.publicKey) != nil
                )
                found.append((name, responder.token, latest))
            } catch {
                add(.problem, name, "\(error)", "name the PEM file of the certificate that the ceremony made")
            }
        }
        return found
    }

    /// The CRLs in their folder.
    mutating func checkCRLFiles(_ settings: SignerSettings) {
        for issuer in settings.issuers {
            let name = "CRL \(issuer.name)"
            let path = "\(settings.statusFolder)/\(issuer.name).crl"
            guard access(path, F_OK) == 0 else {
                add(.advice, name, "\(path) is not there yet", "start the service, which makes it")
                continue
            }
            do {
                let head = try Self.head(ofCRL: path)
                checkCRL(name, number: nil, made: head.thisUpdate, next: head.nextUpdate)
            } catch {
                add(.problem, name, "\(path): \(error)", "take the file away; the service makes another when it starts")
            }
        }
    }

    private static func head(ofCRL path: String) throws -> CertificateListReader {
        let bytes = try readBytes(path)
        let frame = try CertificateListFrame(
            beginning: Array(bytes.prefix(CertificateListFrame.beginningSize)),
            size: bytes.count
        )
        var place = frame.tbs.lowerBound
        return try CertificateListReader { count in
            let piece = Array(bytes[place..<min(place + count, frame.tbs.upperBound)])
            place += piece.count
            return piece
        }
    }

    // MARK: - Verdicts

    private mutating func checkCRL(_ name: String, number: Int64?, made: Int64, next: Int64) {
        let now = SystemClock().now.seconds
        let (madeAt, nextAt) = (CivilTime(secondsSinceEpoch: made).rfc3339, CivilTime(secondsSinceEpoch: next).rfc3339)
        let text = "\(number.map { "number \($0), " } ?? "")made at \(madeAt), next at \(nextAt) at the latest"
        if next <= now {
            add(.problem, name, "out of date: \(text)", "start the service, or see its log for crl-failed")
        } else if next - now < (next - made) / 4 {
            add(.advice, name, "old: \(text)", "the service makes one a day; see its log for crl-failed")
        } else {
            add(.fine, name, text)
        }
    }

    private mutating func checkResponder(_ name: String, end: Int64, isRenewed: Bool) {
        let now = SystemClock().now.seconds
        let text = "its certificate holds until \(CivilTime(secondsSinceEpoch: end).rfc3339)"
        let ceremony = "hold a ceremony for its successor and name that, or give its CA profile renewalDays"
        if end <= now {
            let mend = isRenewed ? "start the service: it renews it" : ceremony
            add(.problem, name, "its certificate ended at \(CivilTime(secondsSinceEpoch: end).rfc3339)", mend)
        } else if !isRenewed, end - now < Self.noticeDays * 86_400 {
            add(.advice, name, "\(text), and nobody renews it", ceremony)
        } else {
            add(.fine, name, "\(text)\(isRenewed ? "; the service renews it" : "")")
        }
    }

    // MARK: - Users' readers

    /// Asks each reader of users' tokens for what is in it.
    mutating func checkReaders(_ settings: SignerSettings) {
        for reader in settings.readers {
            let name = "reader \(reader.name)"
            do {
                let station = TokenStation(
                    workerExecutable: try siblingExecutable("inkan-tokend"),
                    environment: reader.environment,
                    allows: reader.allows
                )
                let tokens = try station.listTokens(modulePath: reader.modulePath)
                add(.fine, name, "\(reader.modulePath) answers; \(Self.count(tokens.count)) in it")
            } catch let error as TokenError {
                add(.problem, name, error.message, error.mend)
            } catch {
                add(.problem, name, "\(error)", "install the package whole")
            }
            if let file = reader.makersPINFile, access(file, R_OK) != 0 {
                add(.problem, name, "the makers' PIN file \(file) cannot be read", "put it there with mode 0600")
            }
        }
    }

    /// Has a running service ask them: a reader may be for one process at a time.
    mutating func checkRunningReaders(_ settings: SignerSettings, officers: Result<SignerClient, SignerClientError>) {
        guard !settings.readers.isEmpty else { return }
        do throws(SignerClientError) {
            let answer = try officers.get().call(.listTokens)
            let tokens = (answer["tokens"]?.arrayValue ?? []).compactMap(\.objectValue)
            let problems = (answer["problems"]?.arrayValue ?? []).compactMap(\.objectValue)
            for reader in settings.readers {
                let name = "reader \(reader.name)"
                if let problem = problems.first(where: { $0.text("reader") == reader.name }) {
                    add(.problem, name, problem.text("message"), problem.text("mend"))
                } else {
                    let count = tokens.count { $0.text("reader") == reader.name }
                    add(.fine, name, "it answers; \(Self.count(count)) in it")
                }
            }
        } catch {
            add(.advice, "readers", "were not asked: \(error)", "ask as an officer, or stop the service and ask again")
        }
    }

    private static func count(_ tokens: Int) -> String { tokens == 1 ? "1 token" : "\(tokens) tokens" }
}
