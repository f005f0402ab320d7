import Clocks
import Foundation
import Office
import OfficeServices
import OfficeStore
import Secrets
import Testing
import Workbench

/// The reminders, which the office's scheduler asks for each day.
@Suite("Renewal mails of administrator certificates")
struct RenewalMailTests {
    private static let issued = Timestamp(seconds: 1_800_000_000)

    /// A desk at a moment, over a database with one user and one certificate of 365 days.
    private func desk(_ store: OfficeStore, days: Int64) throws -> OfficeDesk {
        let key = Secret(count: 32) { buffer in
            for index in 0..<buffer.count { buffer[index] = UInt8(index) }
        }
        return OfficeDesk(
            store: store,
            settings: OfficeSettings(
                consoleURL: "https://office.example.com",
                areaURL: "https://area.example.com",
                catalogue: Catalogue(products: [], codes: [], shortTermDays: 30),
                issuing: IssuingSettings(
                    access: IssuerSuccession("a"),
                    smime: IssuerSuccession("s"),
                    administratorProfile: "p"
                ),
                mail: MailSettings(
                    noReply: "no_reply@example.com",
                    approval: "a@example.com",
                    vetting: "v@example.com"
                ),
                links: LinkSettings(manual: "", enquiry: "")
            ),
            clock: ManualClock(Timestamp(seconds: Self.issued.seconds + days * 86_400)),
            appliance: Appliance(socket: "/nonexistent"),
            vault: Vault(key: key),
            passwords: PasswordKeeper(rounds: 2)
        )
    }

    private func store(_ folder: TemporaryFolder) async throws -> OfficeStore {
        let store = try OfficeStore(path: folder.file("office.sqlite"))
        let user = User(
            id: "PAR12345_taro",
            tenant: "PAR12345",
            role: .staff,
            surname: "山田",
            givenName: "太郎",
            mail: "present@example.com",
            passwordHash: .none,
            created: Self.issued
        )
        var certificate = AdministratorCertificate(
            id: "adm-1",
            tenant: "PAR12345",
            user: user.id,
            mail: "former@example.com",
            applied: Self.issued,
            linkHash: [1],
            pickUpPassword: .none
        )
        let end = Timestamp(seconds: Self.issued.seconds + 365 * 86_400)
        certificate.issue(serial: "0a", issuer: "a", fingerprint: "ff", notAfter: end)
        let valid = certificate
        try await store.write { records in
            try records.users.insert(user)
            try records.administratorCertificates.insert(valid)
        }
        return store
    }

    @Test("ADM-04, ADM-08 None 91 days before the end; from 90 days before, one, to the user's present address")
    func window() async throws {
        let folder = try TemporaryFolder("inkan-renewal")
        let store = try await store(folder)
        #expect(try await desk(store, days: 365 - 91).remindOfCertificateRenewals() == 0)
        #expect(try await desk(store, days: 365 - 90).remindOfCertificateRenewals() == 1)
        #expect(try await desk(store, days: 365 - 89).remindOfCertificateRenewals() == 0)
        let mails = try await store.read { try $0.mails.find() }
        #expect(mails.map(\.to) == [["present@example.com"]])
        #expect(mails[0].body.contains("https://area.example.com/administrator-certificate/renew"))
    }

    @Test("ADM-04 Where the office was down on day 90, the mail goes out when it is back, once")
    func late() async throws {
        let folder = try TemporaryFolder("inkan-renewal")
        let store = try await store(folder)
        #expect(try await desk(store, days: 365 - 61).remindOfCertificateRenewals() == 1)
        #expect(try await desk(store, days: 365 - 60).remindOfCertificateRenewals() == 0)
    }

    @Test("no mail for who is deactivated, for what was superseded, or after the end")
    func without() async throws {
        let folder = try TemporaryFolder("inkan-renewal")
        let store = try await store(folder)
        #expect(try await desk(store, days: 366).certificatesToRenew().isEmpty)
        #expect(try await desk(store, days: 300).certificatesToRenew().count == 1)
        try await store.write { records in
            guard var user = try records.users.get("PAR12345_taro") else { return }
            user.isActive = false
            try records.users.save(user)
        }
        #expect(try await desk(store, days: 300).certificatesToRenew().isEmpty)
        try await store.write { records in
            guard var user = try records.users.get("PAR12345_taro"),
                var certificate = try records.administratorCertificates.get("adm-1")
            else { return }
            user.isActive = true
            certificate.withdraw(because: "superseded")
            try records.users.save(user)
            try records.administratorCertificates.save(certificate)
        }
        #expect(try await desk(store, days: 300).certificatesToRenew().isEmpty)
    }
}
