import Clocks
import Glibc
import Issuance
import Ledger
import Policy
import TextForms
import Threads
import Tokens
import X509Building

/// Makes the authorities of a plan: for each a key in its token and a certificate over it, through the same line as every
/// other certificate, each act in the ledger. An authority that is there already is kept.
package struct Ceremony {
    /// What people may want to read while it goes on.
    package typealias Progress = (String) -> Void

    let plan: CeremonyPlan
    let profiles: ProfileSet
    let ledger: LedgerStore
    let clock: any WallClock
    let tokens: [String: TokenWorkerSupervisor]
    private let serials: [String: SerialSource]
    let progress: Progress
    /// Where the first CRLs go; none are made without it.
    let shelf: CRLShelf?

    /// Checks that plan, site and profiles fit together before anything is made.
    package init(
        plan: CeremonyPlan,
        site: CeremonySite,
        profiles: ProfileSet,
        ledger: LedgerStore,
        shelf: CRLShelf?,
        tokenWorker: String,
        clock: any WallClock,
        progress: @escaping Progress
    ) throws(CeremonyError) {
        let known = Set(site.tokens.map(\.name))
        for authority in plan.authorities {
            guard known.contains(authority.token) else {
                throw CeremonyError(
                    authority: authority.name,
                    message: "the site has no token “\(authority.token)”",
                    mend: "add it to the site file"
                )
            }
            guard profiles.authority(authority.profile) != nil else {
                throw CeremonyError(
                    authority: authority.name,
                    message: "there is no CA profile “\(authority.profile)”",
                    mend: "name one of: \(profiles.authorities.map(\.name).joined(separator: ", "))"
                )
            }
        }
        if let token = plan.log?.token, !known.contains(token) {
            throw CeremonyError(
                authority: "log",
                message: "the site has no token “\(token)”",
                mend: "add it to the site file"
            )
        }
        self.plan = plan
        self.profiles = profiles
        self.ledger = ledger
        self.shelf = shelf
        self.clock = clock
        self.progress = progress
        var tokens: [String: TokenWorkerSupervisor] = [:]
        for settings in site.tokens {
            tokens[settings.name] = TokenWorkerSupervisor(settings: settings, workerExecutable: tokenWorker) { _ in }
        }
        self.tokens = tokens
        serials = tokens.mapValues(SerialSource.init(token:))
    }

    /// Runs the plan to its end. What an earlier run made is known from the ledger, and kept.
    ///
    /// - Parameter keep: is handed each authority at once, so that it is kept even when a later one fails.
    /// - Returns: the transcript of what was done, every authority in the plan's order.
    package func run(keep: (CeremonyTranscript.Step) throws -> Void) throws -> CeremonyTranscript {
        defer { for token in tokens.values { token.stop() } }
        try startTokens()
        var transcript = CeremonyTranscript(
            plan: plan.name,
            planHash: plan.hash,
            profileSetHash: profiles.sha256,
            startedAt: clock.now
        )
        try append("ceremony-started", [("plan", .text(plan.name)), ("planHash", .bytes(plan.hash))])
        var made: [String: Certificate] = [:]
        for authority in plan.authorities {
            let step = try madeBefore(authority) ?? make(authority, signedBy: made)
            try keep(step)
            made[authority.name] = step.certificate
            transcript.steps.append(step)
        }
        if let log = plan.log { transcript.log = try logKey(of: log) }
        let crls = try makeFirstCRLs(of: made)
        try append(
            "ceremony-ended",
            [
                ("plan", .text(plan.name)), ("authorities", .number(Int64(made.count))),
                ("firstCRLs", .number(Int64(crls.count))),
            ]
        )
        return transcript
    }

    private func startTokens() throws(CeremonyError) {
        for (name, token) in tokens.sorted(by: { $0.key < $1.key }) {
            token.start(officerIsPresent: true)
            let status = token.waitUntilSettled(nanoseconds: 60_000_000_000)
            guard case .ready = status.state else {
                let problem = status.lastError
                throw CeremonyError(
                    message: "token \(name) is not ready: \(problem?.message ?? "it does not answer")",
                    mend: problem?.mend ?? "look into the module's log"
                )
            }
            progress("token \(name): \(status.token?.uri ?? "ready")")
        }
    }

    // MARK: - One authority

    /// The order that an authority is known by in the ledger: one plan, one name, one certificate.
    private func orderID(of authority: CeremonyPlan.Authority) -> String {
        "ceremony.\(plan.name).\(authority.name)"
    }

    /// An authority that the ledger has must be what the plan says, and its key must be in its token.
    private func madeBefore(_ authority: CeremonyPlan.Authority) throws(CeremonyError) -> CeremonyTranscript.Step? {
        guard let certificate = try recorded(orderID(of: authority), authority: authority.name) else { return nil }
        guard certificate.tbs.subject == authority.subject,
            certificate.tbs.publicKey.keyAlgorithm?.rawValue == authority.key.rawValue
        else {
            throw CeremonyError(
                authority: authority.name,
                message: "the ledger has an authority of this plan and name with another subject or kind of key",
                mend: "give the new authority, or the new plan, a name of its own"
            )
        }
        do {
            try token(of: authority).locate(spki: certificate.tbs.publicKey.derEncoded)
        } catch {
            throw CeremonyError(error, authority: authority.name)
        }
        progress("\(authority.name): there already, its key is in the token")
        return CeremonyTranscript.Step(authority: authority.name, certificate: certificate, isNew: false)
    }

    private func make(
        _ authority: CeremonyPlan.Authority,
        signedBy made: [String: Certificate]
    ) throws(CeremonyError) -> CeremonyTranscript.Step {
        progress("\(authority.name): generating \(authority.key.rawValue) in token \(authority.token)")
        let pair = try generate(
            authority.key,
            label: authority.name,
            in: authority.token,
            pinPerSignature: authority.pinPerSignature
        )
        let certificate = try certify(authority, pair, signedBy: made)
        progress(
            "\(authority.name): \(certificate.tbs.subject), serial \(HexText.encode(certificate.tbs.serialNumber))"
        )
        return CeremonyTranscript.Step(
            authority: authority.name,
            certificate: certificate,
            isNew: true,
            attributes: pair.attributes
        )
    }

    /// Makes a key pair. `init` has made sure that the token is there.
    func generate(
        _ algorithm: KeyPairRequest.Algorithm,
        label: String,
        in token: String,
        pinPerSignature: Bool = false
    ) throws(CeremonyError) -> GeneratedKeyPair {
        // Before the key, so that one which no later entry tells of can be known by its label.
        try append("key-intended", [("label", .text(label)), ("token", .text(token))])
        let pair: GeneratedKeyPair
        do {
            pair = try tokens[token]!.keyPair(
                KeyPairRequest(algorithm: algorithm, label: label, alwaysAuthenticate: pinPerSignature)
            )
        } catch {
            throw CeremonyError(error, authority: label)
        }
        let attributes = pair.attributes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        try append(
            "key-generated",
            [
                ("label", .text(label)), ("algorithm", .text(algorithm.rawValue)),
                ("token", .text(token)), ("key", .bytes(KeyIdentity(spki: pair.spki).sha256)),
                ("attributes", .list(attributes.map(EventValue.text))),
            ]
        )
        return pair
    }

    private func certify(
        _ authority: CeremonyPlan.Authority,
        _ pair: GeneratedKeyPair,
        signedBy made: [String: Certificate]
    ) throws(CeremonyError) -> Certificate {
        let key = try publicKey(pair.spki, of: authority)
        var issuer: IssuerFacts?
        var signer = signingKey(key, of: authority)
        if case .authority(let name) = authority.signedBy, let certificate = made[name],
            let entry = plan.authorities.first(where: { $0.name == name })
        {
            issuer = try facts(of: certificate, named: name)
            signer = signingKey(certificate.tbs.publicKey, of: entry)
        }
        let request = AuthorityRequest(
            profile: authority.profile,
            subject: authority.subject.attributes,
            signatureAlgorithm: authority.signatureAlgorithm
        )
        try register(key, of: authority.name)
        let order: AuthorityOrder
        do {
            order = try AuthorityOrder(
                orderID: orderID(of: authority),
                request: request,
                pair: pair,
                issuer: issuer,
                signer: signer,
                callerUID: getuid()
            )
        } catch {
            throw CeremonyError(error, authority: authority.name)
        }
        return try issue(order, signer: signer, authority: authority.name)
    }

    private func publicKey(
        _ spki: [UInt8],
        of authority: CeremonyPlan.Authority
    ) throws(CeremonyError) -> SubjectPublicKey {
        do {
            return try SubjectPublicKey(derEncoded: spki)
        } catch {
            throw CeremonyError(error, authority: authority.name)
        }
    }

    private func facts(of certificate: Certificate, named name: String) throws(CeremonyError) -> IssuerFacts {
        do {
            return try IssuerFacts(name: name, certificate: certificate)
        } catch {
            throw CeremonyError(error, authority: name)
        }
    }

    func signingKey(_ key: SubjectPublicKey, of authority: CeremonyPlan.Authority) -> SigningKey {
        SigningKey(
            publicKey: key,
            tokenName: authority.token,
            token: token(of: authority),
            serials: serials[authority.token] ?? SerialSource(token: token(of: authority))
        )
    }

    /// `init` has made sure that every authority's token is there.
    private func token(of authority: CeremonyPlan.Authority) -> TokenWorkerSupervisor {
        tokens[authority.token]!
    }
}
