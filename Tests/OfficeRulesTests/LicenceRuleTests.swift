import Clocks
import Office
import Testing

@Suite("Licences: the rules")
struct LicenceRuleTests {
    private let calendar = BusinessCalendar.japan
    /// 13:45:10 in Japan.
    private let start = Timestamp(
        seconds: BusinessCalendar.japan.start(of: Day(year: 2026, month: 11, day: 27)).seconds + 49_510
    )

    private func licence(
        _ kind: LicenceKind = .personal,
        _ payment: Licence.Payment = .transferAfter,
        units: Int? = 10
    ) -> Licence {
        Licence(
            id: "ML202611270001",
            tenant: "PAR12345",
            product: Product(id: "pack", kind: kind, name: "10 pack", units: units, prices: [.twoYears: 100]),
            term: .twoYears,
            applied: start,
            appliedBy: "PAR12345_taro",
            amount: 100,
            payment: payment
        )
    }

    @Test(
        "INI-07, LIC-01, LIC-09 Approval starts a year that ends at the same time of day, whatever the certificates' years"
    )
    func validity() throws {
        var licence = licence()
        #expect(!licence.isUsable(at: start))
        try licence.issue(at: start, calendar: calendar)
        #expect(licence.status == .issued && licence.start == start)
        let end = try #require(licence.end)
        #expect(calendar.display(end, seconds: true) == "2027年11月27日 13:45:10(GMT+09:00)")
        #expect(licence.isUsable(at: end))
        #expect(!licence.isUsable(at: Timestamp(seconds: end.seconds + 1)), "ten units are left, and lost")
        #expect(throws: Refusal.self, "not twice") { try licence.issue(at: end, calendar: calendar) }
    }

    @Test("PAY-04 What is paid in advance waits for the payment, and can be used from then on")
    func prepaid() throws {
        var licence = licence(.personal, .transferBefore)
        #expect(licence.status == .awaitingPayment && !licence.isUsable(at: start))
        #expect(throws: Refusal.self) { try licence.take(at: start) }
        try licence.issue(at: start, calendar: calendar)
        #expect(licence.isUsable(at: start))
    }

    @Test("LIC-08 Each order takes a unit of a pack; without limit there is always one")
    func units() throws {
        var one = licence(units: 1)
        try one.issue(at: start, calendar: calendar)
        try one.take(at: start)
        #expect(one.unused == 0 && one.total == 1)
        #expect(throws: Refusal.self) { try one.take(at: start) }
        var endless = licence(units: nil)
        try endless.issue(at: start, calendar: calendar)
        for _ in 0..<3 { try endless.take(at: start) }
        #expect(endless.isUsable(at: start) && endless.unused == nil)
    }

    /// What is wrong with an order, by field; nothing where it is right.
    private func problems(
        _ use: CertificateUse,
        _ kind: LicenceKind,
        _ change: (inout OrderSubject.Input) -> Void
    ) throws -> (fields: [String], name: String?) {
        var profile = Samples.profile()
        profile.settings.use = use
        var input = OrderSubject.Input()
        input.mail = "eigyo@example.com"
        change(&input)
        let domains = [try Samples.approvedDomain(at: start)]
        do throws(Refusal) {
            let subject = try OrderSubject.checked(input, profile: profile, licence: kind, domains: domains)
            return ([], subject.commonName)
        } catch {
            return (error.problems.map(\.field), nil)
        }
    }

    @Test(
        "LIC-02, LIC-03 With an access profile any common name goes with a personal licence, none with a corporate one"
    )
    func access() throws {
        #expect(try problems(.access, .personal) { $0.commonName = "VPN-Device-01" }.name == "VPN-Device-01")
        #expect(try problems(.access, .corporate) { $0.commonName = "印鑑商事" }.fields == ["licence"])
    }

    @Test(
        "LIC-04 With S/MIME a corporate licence takes the organisation's name or the department's address, and no person's"
    )
    func corporate() throws {
        for name in ["印鑑商事", "eigyo@example.com"] {
            #expect(try problems(.smime, .corporate) { $0.commonName = name }.name == name)
        }
        for name in ["VPN-Device-01", "他社株式会社", "taro@example.com", ""] {
            #expect(try problems(.smime, .corporate) { $0.commonName = name }.fields == ["commonName"], "\(name)")
        }
        let person = try problems(.smime, .corporate) { ($0.commonName, $0.surname) = ("印鑑商事", "山田") }
        #expect(person.fields == ["surname"])
        let noAddress = try problems(.smime, .corporate) {
            ($0.commonName, $0.mail) = ("a@elsewhere.example", "eigyo@")
        }
        #expect(noAddress.fields == ["mail"], "said once")
    }

    @Test(
        "LIC-05 With S/MIME a personal licence takes address, surname, both names or pseudonym; what is typed as a name counts for nothing"
    )
    func personal() throws {
        func name(_ choice: String, _ surname: String, _ given: String, _ pseudonym: String) throws -> String? {
            try problems(.smime, .personal) {
                ($0.commonName, $0.commonNameChoice) = ("VPN-Device-01", choice)
                ($0.surname, $0.givenName, $0.pseudonym) = (surname, given, pseudonym)
            }.name
        }
        #expect(try name("mail", "山田", "", "") == "eigyo@example.com")
        #expect(try name("personalName", "山田", "", "") == "山田")
        #expect(try name("personalName", "Yamada", "Taro", "") == "Taro Yamada")
        #expect(try name("personalName", "", "", "abc123") == "abc123")
        let free = try problems(.smime, .personal) { ($0.commonName, $0.surname) = ("VPN-Device-01", "山田") }
        #expect(free.fields == ["commonNameChoice"])
    }
}
