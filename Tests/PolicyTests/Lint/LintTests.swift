import Clocks
import Testing
import X509Building

@testable import Policy

/// A certificate that lint is content with, to be spoilt.
struct LintCase: Sendable {
    enum Base: Sendable, CaseIterable {
        case personal
        case access
        case smartCard
        case root
        case issuing
        case responder
    }

    var tbs: TBSCertificate
    var plan: CertificatePlan
    var issuer: IssuerFacts?
    var date = testDate

    init(_ base: Base, _ authorities: TestAuthorities) throws {
        switch base {
        case .personal: try self.init(GoodRequest.personal, authorities)
        case .access: try self.init(GoodRequest.access, authorities)
        case .smartCard: try self.init(GoodRequest.smartCard, authorities)
        case .root: self.init(authorities.rootPlan, issuer: nil)
        case .issuing: self.init(authorities.smimePlan, issuer: authorities.root)
        case .responder:
            let issuer = try #require(authorities.issuers["access-p256"])
            self.init(try authorities.responderPlan(), issuer: issuer)
        }
    }

    private init(_ facts: CertificateRequestFacts, _ authorities: TestAuthorities) throws {
        let name = try authorities.profiles.issuerName(for: facts)
        let issuer = try #require(authorities.issuers[name])
        let plan = try authorities.profiles.resolve(facts, key: authorities.personRSA, issuer: issuer, at: testDate)
        self.init(plan, issuer: issuer)
    }

    private init(_ plan: CertificatePlan, issuer: IssuerFacts?) {
        self.plan = plan
        self.issuer = issuer
        tbs = plan.makeTBSCertificate(serialNumber: testSerial)
        if issuer == nil || plan.profile.hasPrefix("issuing") || plan.profile == "ocsp-responder" {
            date = TestAuthorities.ceremonyDate
        }
    }

    var findings: [Lint.Finding] {
        Lint.findings(for: tbs, against: plan, serial: testSerial, issuer: issuer, at: date)
    }

    /// Puts another extension in the place of the one of its type, or at the end.
    mutating func put(_ new: Extension) {
        guard let index = tbs.extensions.firstIndex(where: { $0.oid == new.oid }) else {
            tbs.extensions.append(new)
            return
        }
        tbs.extensions[index] = new
    }

    mutating func remove(_ oid: OID) {
        tbs.extensions.removeAll { $0.oid == oid }
    }

    /// Turns the critical flag of an extension.
    mutating func turn(_ oid: OID) {
        guard let one = tbs.extension(oid) else { return }
        put(Extension(oid: oid, critical: !one.critical, value: one.value))
    }

    mutating func set(_ type: AttributeType, _ value: String, form: TextForm? = nil) {
        let attribute = DistinguishedName.Attribute(type, value, form: form ?? type.form)
        if let index = tbs.subject.attributes.firstIndex(where: { $0.type == type }) {
            tbs.subject.attributes[index] = attribute
        } else {
            tbs.subject.attributes.append(attribute)
        }
    }

    mutating func drop(_ types: AttributeType...) {
        tbs.subject.attributes.removeAll { types.contains($0.type) }
    }

    mutating func follow(_ type: SMIMEType) {
        plan.ruleSets = [.rfc5280, .smime(type)]
    }
}

/// How one rule is broken.
struct Mutation: Sendable, CustomTestStringConvertible {
    let rule: String
    let base: LintCase.Base
    let spoil: @Sendable (inout LintCase) throws -> Void

    init(
        _ rule: String,
        of base: LintCase.Base = .personal,
        _ spoil: @escaping @Sendable (inout LintCase) throws -> Void
    ) {
        self.rule = rule
        self.base = base
        self.spoil = spoil
    }

    var testDescription: String { "\(rule) of \(base)" }
}

@Suite("Lint before signing (SGN-08)")
struct LintTests {
    let authorities: TestAuthorities

    init() throws {
        authorities = try TestAuthorities.shared.get()
    }

    @Test("Certificates in order have no findings", arguments: LintCase.Base.allCases)
    func clean(base: LintCase.Base) throws {
        let findings = try LintCase(base, authorities).findings
        #expect(findings.isEmpty, "\(findings)")
    }

    @Test("Each rule finds the certificate that breaks it", arguments: lintMutations)
    func broken(mutation: Mutation) throws {
        var spoilt = try LintCase(mutation.base, authorities)
        try mutation.spoil(&spoilt)
        let findings = spoilt.findings
        let finding = findings.first { $0.rule == mutation.rule }
        #expect(finding != nil, "\(findings)")
        #expect(finding?.message.isEmpty == false && finding?.clause.isEmpty == false)
    }

    @Test("Every rule has a certificate that breaks it, and an id of its own")
    func coverage() {
        let tried = Set(lintMutations.map(\.rule))
        let known = Lint.ruleIdentifiers.map(\.id)
        #expect(Set(known).subtracting(tried).isEmpty, "untried: \(Set(known).subtracting(tried).sorted())")
        #expect(tried.subtracting(known).isEmpty, "no such rule: \(tried.subtracting(known).sorted())")
    }

    @Test("Nothing that differs from the plan is passed, even where no rule forbids it")
    func everyFieldIsCompared() throws {
        var spoilt = try LintCase(.access, authorities)
        spoilt.set(.commonName, "VPN 002")
        #expect(spoilt.findings.map(\.rule) == ["plan.subject"])
        spoilt = try LintCase(.access, authorities)
        spoilt.tbs.notAfter -= 1
        #expect(spoilt.findings.map(\.rule) == ["plan.not-after"])
        spoilt = try LintCase(.access, authorities)
        spoilt.tbs.extensions.reverse()
        #expect(spoilt.findings.map(\.rule) == ["plan.extension-order"])
    }

    @Test("825 days to the second, and one second more")
    func lastSecond() throws {
        var edge = try LintCase(.personal, authorities)
        edge.tbs.notAfter = edge.tbs.notBefore + 825 * 86_400 - 1
        #expect(!edge.findings.map(\.rule).contains("smime.validity"))
        edge.tbs.notAfter += 1
        #expect(edge.findings.map(\.rule).contains("smime.validity"))
    }

    @Test("The CA's own last second, and one second more")
    func issuersLastSecond() throws {
        var edge = try LintCase(.access, authorities)
        edge.tbs.notAfter = try #require(edge.issuer).notAfter
        #expect(!edge.findings.map(\.rule).contains("rfc5280.validity-within-issuer"))
        edge.tbs.notAfter += 1
        #expect(edge.findings.map(\.rule).contains("rfc5280.validity-within-issuer"))
    }

    @Test("Legacy ends with the first second of 15 July 2025")
    func legacy() throws {
        var old = try LintCase(.personal, authorities)
        old.follow(SMIMEType(.sponsor, .legacy))
        let start = CivilTime(year: 2025, month: 7, day: 15).secondsSinceEpoch
        old.date = Timestamp(milliseconds: start * 1000 - 1)
        #expect(!old.findings.map(\.rule).contains("smime.legacy-ended"))
        old.date = Timestamp(seconds: start)
        #expect(old.findings.map(\.rule).contains("smime.legacy-ended"))
    }

    @Test("Before the S/MIME Baseline Requirements took effect, they judge nothing")
    func beforeTheRules() throws {
        var old = try LintCase(.personal, authorities)
        old.remove(.subjectAlternativeName)
        old.date = Timestamp(seconds: CivilTime(year: 2023, month: 8, day: 31).secondsSinceEpoch)
        #expect(!old.findings.contains { $0.rule.hasPrefix("smime.") })
        old.date = Timestamp(seconds: CivilTime(year: 2023, month: 9, day: 1).secondsSinceEpoch)
        #expect(old.findings.contains { $0.rule == "smime.mailbox-present" })
    }

    @Test("Bytes that are no certificate body are a finding")
    func unparsable() throws {
        let good = try LintCase(.personal, authorities)
        var bytes = try good.tbs.derEncoded()
        func rules(_ bytes: [UInt8]) -> [String] {
            Lint.findings(forBytes: bytes, against: good.plan, serial: testSerial, issuer: good.issuer, at: testDate)
                .map(\.rule)
        }
        #expect(rules(bytes) == [])
        bytes.append(0)
        #expect(rules(bytes) == [Lint.unparsable])
        #expect(rules([]) == [Lint.unparsable])
    }
}
