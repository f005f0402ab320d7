import Clocks
import Crypto
import Foundation
import Office
import TextForms

/// A company of the size of the benchmark: its people, profiles and licences.
struct MadeUpCompany: Sendable {
    static let tenantID = "PAR12345"
    static let organisation = "株式会社印鑑商事"
    static let password = "Kanri2026"
    static let people = 200
    static let calendar = BusinessCalendar.japan

    let now: Timestamp
    let profiles: [Profile]
    /// The last is the one to order with: all others have ended.
    let licences: [Licence]

    init(now: Timestamp) throws {
        self.now = now
        profiles = try (1...12).map { try Self.profile("MP20240101\(String(9000 + $0))", now: now) }
        licences = try (0..<7).map { try Self.licence($0, now: now) }
    }

    static func person(_ number: Int) -> String { "\(tenantID)_user\(number)" }

    var tenant: Tenant {
        Tenant(
            id: Self.tenantID,
            organisation: Self.organisation,
            organisationEnglish: "Inkan Trading KK",
            organisationKana: "カブシキガイシャインカンショウジ",
            address: "東京都千代田区丸の内1-1-1",
            telephone: "03-1234-5678",
            mayPrepay: false,
            created: now
        )
    }

    /// Administrators and managers; all have the same password.
    func users(_ password: PasswordHash) -> [User] {
        (0..<Self.people).map { number in
            User(
                id: Self.person(number),
                tenant: Self.tenantID,
                role: number % 10 == 0 ? .administrator : .manager,
                surname: "山田",
                givenName: "花子",
                mail: "user\(number)@inkan-trading.example.com",
                passwordHash: password,
                created: now
            )
        }
    }

    /// The certificate that opens the certificate area to a person.
    func certificate(of number: Int, pem: String, serial: String) throws -> AdministratorCertificate {
        let lines = pem.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("-----") }
        guard let der = Data(base64Encoded: lines.joined()) else { throw BenchFailure("a certificate is no PEM") }
        var certificate = AdministratorCertificate(
            id: "bench-\(number)",
            tenant: Self.tenantID,
            user: Self.person(number),
            mail: "user\(number)@inkan-trading.example.com",
            applied: now,
            linkHash: Array(SHA256.hash(data: Data("link \(number)".utf8))),
            pickUpPassword: .none
        )
        certificate.issue(
            serial: serial,
            issuer: "bench",
            fingerprint: HexText.encode(Array(SHA256.hash(data: der))),
            notAfter: Timestamp(seconds: now.seconds + 300 * 86_400)
        )
        return certificate
    }

    private static func profile(_ id: String, now: Timestamp) throws -> Profile {
        let subject = ProfileSubject(
            use: .access,
            country: "JP",
            state: "Tokyo",
            locality: "Chiyoda-ku",
            organisation: organisation,
            units: [],
            isExclusive: false,
            identifier: nil,
            signature: .sha256RSA
        )
        var profile = Profile(id: id, tenant: tenantID, subject: subject, created: now, appliedBy: person(0))
        let vetting = ProfileVetting(
            operatorID: "operator",
            subject: subject,
            numberSource: .telephoneBill,
            numberEvidence: "bench",
            telephone: "03-1234-5678",
            employmentConfirmedBy: "総務部",
            applicantConfirmed: true,
            completed: now,
            until: calendar.end(of: calendar.day(of: now) + Profile.vettingDays)
        )
        try profile.approve(vetting, calendar: calendar)
        return profile
    }

    private static func licence(_ number: Int, now: Timestamp) throws -> Licence {
        let product = Product(
            id: "personal-unlimited",
            kind: .personal,
            name: number % 2 == 0 ? "マネージドPKI 個人名用 無制限" : "マネージドPKI 個人名用 100 pack",
            units: nil,
            prices: [.oneYear: 1]
        )
        let bought = Timestamp(seconds: now.seconds - Int64(6 - number) * 400 * 86_400)
        var licence = Licence(
            id: "ML20240101\(9000 + number)",
            tenant: tenantID,
            product: product,
            term: .oneYear,
            applied: bought,
            appliedBy: person(0),
            amount: 1,
            payment: .transferAfter
        )
        try licence.issue(at: bought, calendar: calendar)
        return licence
    }
}

/// What keeps the benchmark from measuring.
struct BenchFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
