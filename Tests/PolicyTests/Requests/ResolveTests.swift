import Clocks
import Testing
import X509Building

@testable import Policy

@Suite("From a request to the plan of a certificate (SGN-02, SGN-04)")
struct ResolveTests {
    let authorities: TestAuthorities

    init() throws {
        authorities = try TestAuthorities.shared.get()
    }

    private func plan(
        _ facts: CertificateRequestFacts,
        key: SubjectPublicKey? = nil,
        at date: Timestamp = testDate
    ) throws -> CertificatePlan {
        let name = try authorities.profiles.issuerName(for: facts)
        let issuer = try #require(authorities.issuers[name])
        return try authorities.profiles.resolve(facts, key: key ?? authorities.personRSA, issuer: issuer, at: date)
    }

    @Test("The subject stands in the profile's order, whatever the request's")
    func subjectOrder() throws {
        let subject = try plan(GoodRequest.access).subject
        #expect(
            subject.attributes.map(\.type) == [
                .countryName, .organizationName, .organizationalUnitName, .organizationalUnitName, .commonName,
            ]
        )
        #expect(subject.values(.organizationalUnitName) == ["情報システム部", "Team A"])
    }

    @Test("Extensions of a mail certificate")
    func mailExtensions() throws {
        var facts = GoodRequest.personal
        facts.extendedKeyUsages = [.clientAuth]
        let plan = try plan(facts)
        let issuer = try #require(authorities.issuers["smime-rsa"])
        let extensions = Dictionary(uniqueKeysWithValues: plan.extensions.map { ($0.oid, $0) })
        #expect(try extensions[.keyUsage]?.readKeyUsage() == [.digitalSignature, .keyEncipherment])
        #expect(try extensions[.extendedKeyUsage]?.readExtendedKeyUsage() == [.emailProtection, .clientAuth])
        #expect(try extensions[.authorityKeyIdentifier]?.readAuthorityKeyIdentifier() == issuer.subjectKeyIdentifier)
        #expect(try extensions[.subjectAlternativeName]?.readSubjectAlternativeName() == facts.alternativeNames)
        #expect(try extensions[.basicConstraints]?.readBasicConstraints() == BasicConstraints(isCA: false))
        #expect(
            try extensions[.crlDistributionPoints]?.readCRLDistributionPoints()
                == ["http://pki.inkan.example.com/crl/smime-rsa.crl"]
        )
        #expect(
            try extensions[.certificatePolicies]?.readCertificatePolicies().map(\.oid.description) == [
                "2.23.140.1.5.3.2"
            ]
        )
        #expect(extensions[.securityIdentifier] == nil)
        #expect(plan.signatureAlgorithm == .sha256WithRSA && plan.issuer == "smime-rsa")
        #expect(plan.profileSetSHA256 == authorities.profiles.sha256)
    }

    @Test("Smart-card log-on carries the principal and the SID")
    func smartCard() throws {
        let plan = try plan(GoodRequest.smartCard)
        let sid = plan.extensions.first { $0.oid == .securityIdentifier }
        #expect(try sid?.readSecurityIdentifier() == GoodRequest.smartCard.securityIdentifier)
    }

    @Test("The algorithm follows the issuer's key, or the request within the profile")
    func algorithms() throws {
        var facts = GoodRequest.access
        facts.issuer = "access-p256"
        #expect(try plan(facts).signatureAlgorithm == .ecdsaP256SHA256)
        facts.issuer = "access-rsa"
        facts.signatureAlgorithm = .sha512WithRSA
        #expect(try plan(facts).signatureAlgorithm == .sha512WithRSA)
        facts.profile = "access-1y-pss"
        facts.signatureAlgorithm = nil
        #expect(try plan(facts).signatureAlgorithm == .rsassaPSSSHA256)
    }

    @Test("A validity of n days ends one second before n times 86,400 seconds are over")
    func validity() throws {
        var facts = GoodRequest.access
        facts.validityDays = 1
        let short = try plan(facts)
        #expect(short.notBefore == testDate.seconds - 3600)
        #expect(short.notAfter - short.notBefore == 86_399)
        facts.validityDays = nil
        #expect(try plan(facts).notAfter == testDate.seconds - 3600 + 365 * 86_400 - 1)
    }

    @Test("The last second of the longest validity is taken, the next is not")
    func longestValidity() throws {
        var facts = GoodRequest.access
        let limit = testDate.seconds - 3600 + 397 * 86_400
        facts.notAfter = Timestamp(seconds: limit - 1)
        #expect(try plan(facts).notAfter == limit - 1)
        facts.notAfter = Timestamp(seconds: limit)
        #expect(throws: PolicyViolation.self) { try plan(facts) }
        facts.notAfter = Timestamp(seconds: .max / 1000)
        #expect(throws: PolicyViolation.self) { try plan(facts) }
    }

    @Test("Right after the ceremony the back-dating stops at the CA's first second")
    func youngIssuer() throws {
        let issuer = try #require(authorities.issuers["access-rsa"])
        let young = try plan(GoodRequest.access, at: Timestamp(seconds: issuer.notBefore + 10))
        #expect(young.notBefore == issuer.notBefore)
    }

    @Test("An address beyond ASCII goes into SmtpUTF8Mailbox")
    func internationalAddress() throws {
        var facts = GoodRequest.personal
        facts.subject.removeAll { $0.type == .emailAddress }
        facts.alternativeNames = [.smtpUTF8Mailbox("山田.太郎@inkan.example")]
        let names = try plan(facts).extensions.first { $0.oid == .subjectAlternativeName }
        #expect(try names?.readSubjectAlternativeName() == facts.alternativeNames)
    }

    @Test(
        "What a sponsored person's common name may say",
        arguments: ["山田 太郎", "太郎　山田", "山田太郎", "山田", "taro@inkan.example"]
    )
    func personalNames(name: String) throws {
        var facts = GoodRequest.personal
        facts.subject.removeAll { $0.type == .commonName }
        facts.subject.append(.init(.commonName, name))
        #expect(try plan(facts).subject.values(.commonName) == [name])
    }

    @Test("Names of CAs, their length and their limits")
    func authorityPlans() throws {
        let root = authorities.rootPlan
        #expect(root.extensions.contains { $0.oid == .authorityKeyIdentifier } == false)
        let end = CivilTime(secondsSinceEpoch: root.notAfter)
        let start = CivilTime(secondsSinceEpoch: root.notBefore)
        #expect(end.year == start.year + 20)
        #expect(CivilTime(secondsSinceEpoch: root.notAfter + 1).second == start.second)
        let smime = authorities.smimePlan
        #expect(
            try smime.extensions.first { $0.oid == .basicConstraints }?.readBasicConstraints()
                == BasicConstraints(isCA: true, pathLength: 0)
        )
        #expect(smime.issuer == "root-p256")
    }
}
