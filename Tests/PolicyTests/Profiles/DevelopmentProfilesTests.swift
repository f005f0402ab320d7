import Clocks
import Crypto
import Foundation
import StrictYAML
import Testing
import X509Building

@testable import Policy

@Suite("The development profiles")
struct DevelopmentProfilesTests {
    let authorities: TestAuthorities

    init() throws {
        authorities = try TestAuthorities.shared.get()
    }

    @Test("They load, and are known by the hash of the file")
    func load() throws {
        let set = authorities.profiles
        let bytes = try Data(contentsOf: URL(filePath: TestAuthorities.profilesPath))
        #expect(set.sha256 == Array(SHA256.hash(data: bytes)))
        #expect(set.version == "development 2026-11-27")
        #expect(set.issuers.map(\.name).contains("smime-p256"))
        #expect(set.profile("access-4y")?.validity.maximumDays == 1492)
        #expect(set.profile("smime-personal")?.smimeType == SMIMEType(.sponsor, .multipurpose))
        #expect(set.authority("issuing-ca-smime")?.pathLength == 0)
        #expect(set.profile("nobody") == nil)
    }

    @Test("None of them has ended today")
    func noProblems() {
        #expect(authorities.profiles.problems(at: testDate).isEmpty)
    }

    @Test("Each profile gives certificates that lint finds nothing in, for every kind of key and issuer")
    func everyProfileIssues() throws {
        for profile in authorities.profiles.profiles {
            for issuer in profile.issuers {
                for key in [authorities.personRSA, authorities.personP256, authorities.personEd25519] {
                    var facts = try request(for: profile)
                    facts.issuer = issuer
                    let known = try #require(authorities.issuers[issuer])
                    let plan = try authorities.profiles.resolve(facts, key: key, issuer: known, at: testDate)
                    let bytes = try plan.makeTBSCertificate(serialNumber: testSerial).derEncoded()
                    let findings = Lint.findings(
                        forBytes: bytes,
                        against: plan,
                        serial: testSerial,
                        issuer: known,
                        at: testDate
                    )
                    #expect(findings.isEmpty, "\(profile.name): \(findings)")
                }
            }
        }
    }

    /// A request that fills everything required.
    private func request(for profile: IssuanceProfile) throws -> CertificateRequestFacts {
        let mail = "taro@inkan.example"
        var facts = CertificateRequestFacts(profile: profile.name, subject: [])
        for rule in profile.subject.attributes where rule.kind == .required {
            let values: [AttributeType: String] = [
                .countryName: "JP", .organizationName: "株式会社印鑑商会", .organizationIdentifier: "VATJP-1234567890123",
                .emailAddress: mail,
            ]
            let name = profile.subject.commonName.contains(.mailbox) ? mail : "PAR12345_taro"
            facts.subject.append(.init(rule.type, values[rule.type] ?? name))
        }
        if !profile.subject.combinations.isEmpty { facts.subject.append(.init(.pseudonym, "社員 4711")) }
        if profile.alternativeNames.minimumMailboxes > 0 || profile.alternativeNames.repeatsEmailAddress {
            facts.alternativeNames.append(.rfc822Name(mail))
        }
        if profile.alternativeNames.kinds[.userPrincipalName] != nil {
            facts.alternativeNames.append(.userPrincipalName("taro@corp.example"))
        }
        if profile.securityIdentifier == .required {
            facts.securityIdentifier = GoodRequest.smartCard.securityIdentifier
        }
        return facts
    }
}
