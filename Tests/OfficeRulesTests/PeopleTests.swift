import Clocks
import Office
import Testing

@Suite("Users, administrator information and administrator certificates")
struct PeopleTests {
    static func user(_ id: String = "PAR12345_taro", _ role: Role = .staff) -> User {
        User(
            id: id,
            tenant: "PAR12345",
            role: role,
            surname: "山田",
            givenName: "太郎",
            mail: "taro@example.com",
            passwordHash: .none,
            created: Timestamp(seconds: 0)
        )
    }

    private var input: UserInput {
        var input = UserInput()
        (input.surname, input.givenName, input.mail) = ("佐藤", "花子", "hanako@example.com")
        (input.role, input.language) = ("manager", "en")
        return input
    }

    private func problems(_ body: () throws(Refusal) -> Void) -> [String] {
        do throws(Refusal) {
            try body()
            return []
        } catch {
            return error.problems.map(\.field)
        }
    }

    @Test("a user's data is changed as entered, and the user ID stays")
    func edit() throws {
        var user = Self.user()
        try user.edit(input)
        #expect(user.id == "PAR12345_taro")
        #expect((user.surname, user.mail, user.language) == ("佐藤", "hanako@example.com", .english))
        #expect(user.role == .manager)
    }

    @Test("each bad field of a user is named, and nothing is changed")
    func badUser() {
        var user = Self.user()
        var bad = input
        (bad.surname, bad.givenName, bad.mail, bad.role) = ("", "太\n郎", "nobody", "owner")
        (bad.telephone, bad.department) = ("call me", String(repeating: "課", count: 65))
        let before = user
        #expect(
            problems { () throws(Refusal) in try user.edit(bad) }
                == ["surname", "givenName", "department", "telephone", "mail", "role"]
        )
        #expect(user == before)
    }

    @Test("grants go with the role that may have them: ※1 to ※3 staff, ※4 managers and staff")
    func grantsFollowRole() throws {
        var user = Self.user()
        user.grants = ["MP202601010001": [.application]]
        var staff = input
        (staff.role, staff.mayPurchase) = ("staff", true)
        try user.edit(staff)
        #expect(user.mayPurchase)
        #expect(user.holds(.application, on: "MP202601010001"))
        try user.edit(input)
        #expect(user.grants.isEmpty)
        var administrator = staff
        administrator.role = "administrator"
        try user.edit(administrator)
        #expect(!user.mayPurchase)
    }

    @Test("the last active administrator is known as such")
    func lastAdministrator() {
        let one = Self.user("PAR12345_one", .administrator)
        var other = Self.user("PAR12345_two", .administrator)
        #expect(one.isLastAdministrator(among: [one, Self.user()]))
        #expect(!one.isLastAdministrator(among: [one, other]))
        other.isActive = false
        #expect(one.isLastAdministrator(among: [one, other]))
        var stranger = Self.user("PAR99999_one", .administrator)
        stranger.tenant = "PAR99999"
        #expect(one.isLastAdministrator(among: [one, stranger]))
    }

    @Test(
        "a user name has 1 to 32 letters, digits, dots, underscores and hyphens",
        arguments: ["", "太郎", "-taro", "ta ro", "taro/", String(repeating: "a", count: 33)]
    )
    func badName(_ name: String) {
        #expect(problems { () throws(Refusal) in _ = try UserName.identifier(name, in: "PAR12345") } == ["name"])
    }

    @Test("the user ID is the corporate ID, an underscore and the user name")
    func identifier() throws {
        #expect(try UserName.identifier(" taro.y-1 ", in: "PAR12345") == "PAR12345_taro.y-1")
    }

    @Test(
        "a log-in password has 12 to 256 characters, letters and digits among them",
        arguments: [("Kanri-20262", false), ("Kanri-202627", true), ("abcdefghijkl", false), ("123456789012", false)]
            + [("Kanri 202627", false), ("パスワード12345678ab", false), (String(repeating: "a1", count: 128), true)]
            + [(String(repeating: "a1", count: 129), false)]
    )
    func logInPassword(_ password: String, _ isRight: Bool) {
        let found = problems { () throws(Refusal) in try LogInPassword.check(password, again: password, former: "") }
        #expect(found == (isRight ? [] : ["password"]))
        let differs = problems { () throws(Refusal) in
            try LogInPassword.check("Kanri-202627", again: password, former: "")
        }
        #expect(differs == (password == "Kanri-202627" ? [] : ["passwordAgain"]))
    }

    @Test(
        "ADM-01 A pick-up password has 8 to 256 letters and digits, at least one of each",
        arguments: [("abcdef1", false), ("abcdefg1", true), ("abcdefgh", false), ("12345678", false)]
            + [("abcdefg-1", false), (String(repeating: "a1", count: 128), true)]
            + [(String(repeating: "a", count: 256) + "1", false)]
    )
    func pickUpPassword(_ password: String, _ isRight: Bool) {
        let found = problems { () throws(Refusal) in
            try PickUpPassword.checkMixed(password, again: password, shortest: 8)
        }
        #expect(found == (isRight ? [] : ["password"]))
    }

    @Test("PRO-19 Administrator information is complete or refused; the organisation's name stays")
    func tenant() throws {
        var tenant = Tenant(
            id: "PAR12345",
            organisation: "株式会社印鑑商事",
            organisationEnglish: "",
            organisationKana: "",
            address: "",
            telephone: "",
            mayPrepay: false,
            created: Timestamp(seconds: 0)
        )
        #expect(!tenant.isComplete)
        var input = TenantInput()
        #expect(
            problems { () throws(Refusal) in try tenant.edit(input) }
                == ["organisationEnglish", "address", "telephone"]
        )
        (input.organisationEnglish, input.address, input.telephone) = ("Inkan KK", "東京都", "+81-3-1234-5678")
        try tenant.edit(input)
        #expect(tenant.isComplete)
        #expect(tenant.organisation == "株式会社印鑑商事")
    }

    // MARK: Administrator certificates

    private static let now = Timestamp(seconds: 1_800_000_000)

    private func certificate() -> AdministratorCertificate {
        AdministratorCertificate(
            id: "adm-1",
            tenant: "PAR12345",
            user: "PAR12345_taro",
            mail: "taro@example.com",
            applied: Self.now,
            linkHash: [1],
            pickUpPassword: .none
        )
    }

    private func issued() -> AdministratorCertificate {
        var issued = certificate()
        let end = Timestamp(seconds: Self.now.seconds + 365 * 86_400)
        issued.issue(serial: "0a", issuer: "access-rsa", fingerprint: "ff", notAfter: end)
        return issued
    }

    @Test("ACT-01 The area opens to the very certificate of the very user, until its last second")
    func access() {
        let issued = issued()
        func access(_ user: String = "PAR12345_taro", _ fingerprint: String = "ff", after: Int64 = 0) -> AreaAccess {
            issued.access(of: user, fingerprint: fingerprint, at: Timestamp(seconds: Self.now.seconds + after))
        }
        #expect(access() == .open)
        #expect(access("PAR12345_jiro") == .unknown)
        #expect(access("PAR12345_taro", "fe") == .unknown)
        #expect(access(after: 365 * 86_400) == .open)
        #expect(access(after: 365 * 86_400 + 1) == .ended)
        #expect(certificate().access(of: "PAR12345_taro", fingerprint: "ff", at: Self.now) == .unknown)
    }

    @Test("ADM-06, ADM-07 Superseded ones and those of a former generation open nothing")
    func refused() {
        var superseded = issued()
        superseded.withdraw(because: "superseded")
        #expect(superseded.access(of: "PAR12345_taro", fingerprint: "ff", at: Self.now) == .superseded)
        superseded.status = .revoked
        #expect(superseded.access(of: "PAR12345_taro", fingerprint: "ff", at: Self.now) == .superseded)
        var former = issued()
        former.generation = 1
        #expect(former.access(of: "PAR12345_taro", fingerprint: "ff", at: Self.now) == .formerGeneration)
    }

    @Test("ten wrong passwords lock the pick-up for thirty minutes; a right one takes the count away")
    func lock() throws {
        var certificate = certificate()
        for _ in 0..<9 { try certificate.countTry(at: Self.now) }
        #expect(!certificate.isLocked(at: Self.now))
        certificate.clearTries()
        for _ in 0..<10 { try certificate.countTry(at: Self.now) }
        #expect(certificate.isLocked(at: Self.now))
        let last = Timestamp(seconds: Self.now.seconds + 1799)
        #expect(throws: Refusal.administratorPickUpLocked) { try certificate.countTry(at: last) }
        let over = Timestamp(seconds: Self.now.seconds + 1800)
        #expect(!certificate.isLocked(at: over))
        try certificate.countTry(at: over)
        #expect(certificate.failures == 1)
    }
}
