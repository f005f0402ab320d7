import Clocks
import Foundation
import Office
import OfficeStore
import Testing

/// The administrator certificate from its application to its end, with an appliance that issues it.
@Suite("Administrator certificates")
struct AdministratorCertificateTests {
    private static let user = OfficeFixture.administrator

    @Test("ADM-01 Password of 8 and more letters and digits, twice, at most 256: else refused")
    func passwords() async throws {
        let office = try OfficeFixture(hasAppliance: false)
        let browser = try await office.browser(of: Self.user)
        let page = try await browser.get("/administrator-certificate")
        let long = String(repeating: "a1", count: 128)
        for (password, again, field) in [
            ("abcdef1", "abcdef1", "password"), ("abcdefgh", "abcdefgh", "password"),
            ("12345678", "12345678", "password"), ("abcdefg1", "abcdefg2", "passwordAgain"),
            (long + "b", long + "b", "password"),
        ] {
            let refused = try await browser.send(
                page,
                to: "/administrator-certificate",
                ["password": password, "passwordAgain": again]
            )
            #expect(refused.status == 422)
            #expect(refused.error(field) != nil)
        }
        #expect(try await office.certificates(of: Self.user).isEmpty)
        for password in ["abcdefg1", long] {
            let done = try await browser.send(
                page,
                to: "/administrator-certificate",
                ["password": password, "passwordAgain": password]
            )
            #expect(done.status == 200)
            #expect(done.body.contains("申請完了"))
        }
        #expect(try await office.mails("system.administrator-certificate", about: Self.user).count == 2)
    }

    @Test(
        "ADM-02, ADM-03, ACT-01 Pick-up gives a PKCS#12 file that opens the area to its user alone; no licence is used"
    )
    func pickUp() async throws {
        let office = try OfficeFixture()
        let browser = try await office.browser(of: Self.user)
        let licence = try await People.licence(office)
        let gate = try await browser.get(office.areaURL + "/")
        #expect(gate.status == 403)
        #expect(gate.body.contains("/administrator-certificate\">次へ</a>"))
        #expect(try await office.browser().get(office.areaURL + "/").location.hasSuffix("/log-in"))

        try await People.apply(browser)
        let path = try await office.pickUpPath(of: Self.user)
        let visitor = try office.browser()
        for _ in 0..<3 { #expect(try await visitor.get(path).status == 200) }
        for (values, field) in [
            (["password": "Inkan2026ab", "passwordAgain": "Inkan2026ab"], "password"),
            (["password": "inkanhankoab", "passwordAgain": "inkanhankoab"], "password"),
            (["password": String(repeating: "a1", count: 59)], "password"),
            (["passwordAgain": "Inkan2026abd"], "passwordAgain"), (["acceptsTerms": ""], "acceptsTerms"),
        ] {
            let all = People.keyFile.merging(["pickUpPassword": People.pickUpPassword]) { $1 }
            let refused = try await visitor.post(path, all.merging(values) { $1 })
            #expect(refused.status == 422)
            #expect(refused.error(field) != nil, "\(values)")
        }
        let file = try await visitor.post(
            path,
            People.keyFile.merging(["pickUpPassword": People.pickUpPassword]) { $1 }
        )
        let kept = try People.keep(file, office)
        let certificate = try People.certificate(in: kept)
        #expect(certificate.contains("CN=\(Self.user)"))
        #expect(certificate.contains("O=\(OfficeFixture.organisation)") && certificate.contains("C=JP"))
        #expect(certificate.contains("\nhanako@example.com\n"))
        #expect(try await visitor.get(path).status == 409)

        browser.use(certificate: kept, password: People.filePassword)
        #expect(try await browser.get(office.areaURL + "/").status == 200)
        // Somebody else's session does not open with it, and the certificate alone is no log-in.
        let password = try await People.create("jiro", "manager", by: browser)
        let other = try await office.browser(of: "PAR12345_jiro", password: password)
        other.use(certificate: kept, password: People.filePassword)
        #expect(try await other.get(office.areaURL + "/").status == 403)
        let nobody = try office.browser()
        nobody.use(certificate: kept, password: People.filePassword)
        #expect(try await nobody.get(office.areaURL + "/").status == 303)
        #expect(try await office.records { try $0.licences.get(licence.id) } == licence)
    }

    @Test("ACT-01, ADM-06 A certificate of another authority, even with our serial number, shows the gate")
    func forged() async throws {
        let office = try OfficeFixture()
        let browser = try await office.browser(of: Self.user)
        _ = try await People.obtainCertificate(office, Self.user, browser)
        let serial = try #require(try await office.certificates(of: Self.user).last?.serial)
        let forged = try People.selfMade(office, subject: "/CN=\(Self.user)", serial: serial)
        browser.use(certificate: forged, password: People.filePassword)
        let gate = try await browser.get(office.areaURL + "/")
        #expect(gate.status == 403)
        #expect(gate.body.contains("次へ"))
        let renewal = try await browser.get(office.areaURL + "/administrator-certificate/renew")
        #expect(renewal.status == 403)
    }

    @Test("ADM-02 Ten wrong passwords lock the pick-up for thirty minutes; opening its page spends nothing")
    func lock() async throws {
        let office = try OfficeFixture(hasAppliance: false)
        let browser = try await office.browser(of: Self.user)
        try await People.apply(browser)
        let path = try await office.pickUpPath(of: Self.user)
        let visitor = try office.browser()
        let wrong = People.keyFile.merging(["pickUpPassword": "Chigau123"]) { $1 }
        for _ in 0..<9 {
            #expect(try await visitor.get(path).status == 200)
            let refused = try await visitor.post(path, wrong)
            #expect(refused.status == 422)
            #expect(refused.error("pickUpPassword") != nil)
        }
        #expect(try await visitor.post(path, wrong).body.contains("上限(10回)"))
        let right = People.keyFile.merging(["pickUpPassword": People.pickUpPassword]) { $1 }
        #expect(try await visitor.post(path, right).status == 409)
        try office.move(seconds: 1801)
        #expect(try await visitor.get(path).status == 200)
        // The password is right now; the appliance, which is not there, is the next to say no, and nothing is lost.
        #expect(try await visitor.post(path, right).status == 503)
        #expect(try await office.certificates(of: Self.user).last?.status == .applied)
        let log = try await browser.get("/log?action=passwordLock")
        #expect(log.body.contains("パスワードロック"))
    }

    @Test("ADM-05 Renewal needs the valid certificate, and gives the next one; the former is refused and revoked")
    func renewal() async throws {
        let office = try OfficeFixture()
        let browser = try await office.browser(of: Self.user)
        let renewal = office.areaURL + "/administrator-certificate/renew"
        #expect(try await browser.get(renewal).status == 403)
        #expect(try await browser.post(renewal, People.keyFile).status == 403)
        let former = try await People.obtainCertificate(office, Self.user, browser)

        let holder = try office.browser()
        holder.use(certificate: former, password: People.filePassword)
        let page = try await holder.get(renewal)
        #expect(page.status == 200)
        #expect(page.body.contains(Self.user))
        #expect(try await holder.post(renewal, ["acceptsTerms": "yes"]).status == 422)
        let next = try People.keep(try await holder.post(renewal, People.keyFile), office)
        #expect(try People.certificate(in: next).contains("CN=\(Self.user)"))

        #expect(try await holder.get(renewal).status == 403)
        browser.use(certificate: former, password: People.filePassword)
        #expect(try await browser.get(office.areaURL + "/").status == 403)
        browser.use(certificate: next, password: People.filePassword)
        #expect(try await browser.get(office.areaURL + "/").status == 200)
        try await expectRevoked(office, "superseded")
    }

    @Test("ADM-06 Re-issue by way of the gate ends the former certificate, here and at the appliance")
    func reissue() async throws {
        let office = try OfficeFixture()
        let browser = try await office.browser(of: Self.user)
        let former = try await People.obtainCertificate(office, Self.user, browser)
        browser.use(certificate: former, password: People.filePassword)
        try await People.apply(browser)
        // Until the new one is picked up, the former works.
        #expect(try await browser.get(office.areaURL + "/").status == 200)
        let link = try await office.pickUpPath(of: Self.user)
        try await People.apply(browser)
        #expect(try await office.browser().get(link).status == 409)
        let kept = try await People.pickUp(office, Self.user)
        let gate = try await browser.get(office.areaURL + "/")
        #expect(gate.status == 403)
        #expect(gate.body.contains("再発行または停止"))
        browser.use(certificate: kept, password: People.filePassword)
        #expect(try await browser.get(office.areaURL + "/").status == 200)
        try await expectRevoked(office, "superseded")
    }

    @Test("ADM-06 An ended certificate shows the gate, which leads to a new one")
    func ended() async throws {
        let office = try OfficeFixture()
        let browser = try await office.browser(of: Self.user)
        let file = try await People.obtainCertificate(office, Self.user, browser)
        browser.use(certificate: file, password: People.filePassword)
        try office.move(days: 366)
        let again = try await office.browser(of: Self.user)
        again.use(certificate: file, password: People.filePassword)
        let gate = try await again.get(office.areaURL + "/")
        #expect(gate.status == 403)
        #expect(gate.body.contains("有効期限が切れています"))
    }

    @Test("ADM-06 A certificate that an officer revokes at the appliance opens nothing any more, a minute later")
    func revokedElsewhere() async throws {
        let office = try OfficeFixture()
        let browser = try await office.browser(of: Self.user)
        let file = try await People.obtainCertificate(office, Self.user, browser)
        browser.use(certificate: file, password: People.filePassword)
        #expect(try await browser.get(office.areaURL + "/").status == 200)
        let serial = try #require(try await office.certificates(of: Self.user).compactMap(\.serial).first)
        let client = try #require(office.appliance).client()
        _ = try client.status(.revokeCertificate) { writer in
            writer.member("serial", serial)
            writer.member("reason", "keyCompromise")
        }
        try office.move(seconds: 61)
        let gate = try await browser.get(office.areaURL + "/")
        #expect(gate.status == 403)
        #expect(gate.body.contains("再発行または停止"))
        #expect(try await office.certificates(of: Self.user).map(\.status) == [.revoked])
    }

    @Test("ADM-06 A certificate on hold at the appliance opens nothing, not even once the appliance is silent")
    func heldElsewhere() async throws {
        let office = try OfficeFixture()
        let browser = try await office.browser(of: Self.user)
        let file = try await People.obtainCertificate(office, Self.user, browser)
        browser.use(certificate: file, password: People.filePassword)
        let serial = try #require(try await office.certificates(of: Self.user).compactMap(\.serial).first)
        let appliance = try #require(office.appliance)
        _ = try appliance.client().status(.holdCertificate) { $0.member("serial", serial) }
        try office.move(seconds: 61)
        #expect(try await browser.get(office.areaURL + "/").status == 403)
        _ = appliance.stop()
        try office.move(seconds: 122)
        #expect(try await browser.get(office.areaURL + "/").status == 403)
        #expect(try await office.certificates(of: Self.user).map(\.status) == [.valid])
    }

    @Test("ADM-07 A certificate of a former generation is refused, with the hint to obtain a new one")
    func formerGeneration() async throws {
        let office = try OfficeFixture()
        let browser = try await office.browser(of: Self.user)
        let file = try await People.obtainCertificate(office, Self.user, browser)
        try await office.change { records in
            for var certificate in try records.administratorCertificates.find() {
                certificate.generation = 1
                try records.administratorCertificates.save(certificate)
            }
        }
        browser.use(certificate: file, password: People.filePassword)
        let gate = try await browser.get(office.areaURL + "/")
        #expect(gate.status == 403)
        #expect(gate.body.contains("以前の形式のため使用できません。新しい管理者証明書を取得してください。"))
    }

    @Test("ADM-08 After a change of address mails go to the new one; the certificate's own address stays")
    func changedMail() async throws {
        let office = try OfficeFixture()
        let browser = try await office.browser(of: Self.user)
        _ = try await People.obtainCertificate(office, Self.user, browser)
        let page = try await browser.get("/users/\(Self.user)")
        let data = People.data("administrator", mail: "new@example.com")
        #expect(try await browser.send(page, to: "/users/\(Self.user)", data).status == 303)
        let file = try await People.obtainCertificate(office, Self.user, browser)
        #expect(
            try await office.mails("system.administrator-certificate", about: Self.user).last?.to == ["new@example.com"]
        )
        #expect(try People.certificate(in: file).contains("\nhanako@example.com\n"))
    }

    @Test("ADM-09 The user ID cannot be edited; a new user's certificate has the new common name")
    func changedName() async throws {
        let office = try OfficeFixture()
        let browser = try await office.browser(of: Self.user)
        let page = try await browser.get("/users/\(Self.user)")
        #expect(page.value("id") == nil)
        #expect(page.value("name") == nil)
        let data = People.data("administrator", mail: "hanako@example.com")
            .merging(["id": "PAR12345_other", "name": "other", "user": "PAR12345_other"]) { $1 }
        #expect(try await browser.send(page, to: "/users/\(Self.user)", data).status == 303)
        #expect(try await office.records { try $0.users.get("PAR12345_other") } == nil)
        #expect(try await office.records { try $0.users.get(Self.user) }?.surname == "佐藤")

        let password = try await People.create("saburo", "staff", by: browser)
        let newcomer = try await office.browser(of: "PAR12345_saburo", password: password)
        let file = try await People.obtainCertificate(office, "PAR12345_saburo", newcomer)
        let certificate = try People.certificate(in: file)
        #expect(certificate.contains("CN=PAR12345_saburo"))
        #expect(certificate.contains("\nsaburo@example.com\n"))
    }

    @Test("a pick-up whose answer was lost is made good: another key, and the lost certificate is revoked")
    func lostAnswer() async throws {
        let office = try OfficeFixture()
        let browser = try await office.browser(of: Self.user)
        let lost = try await People.obtainCertificate(office, Self.user, browser)
        // As a crash between the appliance's answer and the office's record would leave it.
        let serial = try await office.change { records in
            guard var certificate = try records.administratorCertificates.find().first else { return String?.none }
            let serial = certificate.serial
            (certificate.status, certificate.serial, certificate.fingerprint) = (.applied, nil, nil)
            try records.administratorCertificates.save(certificate)
            return serial
        }
        let kept = try await People.pickUp(office, Self.user)
        #expect(try await office.certificates(of: Self.user).last?.attempt == 2)
        let client = try #require(office.appliance).client()
        let state = try client.status(.getCertificateStatus) { $0.member("serial", serial ?? "") }
        #expect(state.state == "revoked")
        browser.use(certificate: lost, password: People.filePassword)
        #expect(try await browser.get(office.areaURL + "/").status == 403)
        browser.use(certificate: kept, password: People.filePassword)
        #expect(try await browser.get(office.areaURL + "/").status == 200)
    }

    /// The first certificate is revoked at the appliance, and the record says so.
    private func expectRevoked(_ office: OfficeFixture, _ reason: String) async throws {
        let issued = try await office.certificates(of: Self.user).filter { $0.serial != nil }
        #expect(issued.map(\.status.rawValue).sorted() == ["revoked", "valid"])
        let former = try #require(issued.first { $0.status == .revoked })
        let client = try #require(office.appliance).client()
        let status = try client.status(.getCertificateStatus) { $0.member("serial", former.serial ?? "") }
        #expect(status.state == "revoked")
        #expect(status.reason == reason)
    }
}
