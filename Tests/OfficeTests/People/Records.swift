import Foundation
import Office
import OfficeStore
import Testing
import Workbench

/// The office's own records, looked at beside its pages.
extension OfficeFixture {
    func records<Value: Sendable>(
        _ read: @escaping @Sendable (OfficeRecords) throws -> Value
    ) async throws -> Value {
        try await OfficeStore(path: folder.file("office.sqlite")).read(read)
    }

    func change<Value: Sendable>(
        _ write: @escaping @Sendable (OfficeRecords) throws -> Value
    ) async throws -> Value {
        try await OfficeStore(path: folder.file("office.sqlite")).write(write)
    }

    /// Has somebody's first password count as changed, so that it goes on opening everything.
    func settlePassword(of id: String) async throws {
        try await change { records in
            guard var user = try records.users.get(id) else { return }
            user.hasFirstPassword = false
            try records.users.save(user)
        }
    }

    /// The mails of a type about somebody, oldest first.
    func mails(_ type: String, about target: String) async throws -> [OutgoingMail] {
        try await records { records in
            try records.mails.find(.init().equal("target", target).sorted(by: "created")).filter { $0.type == type }
        }
    }

    /// The path of the newest link to an administrator certificate.
    func pickUpPath(of user: String) async throws -> String {
        let mail = try #require(try await mails("system.administrator-certificate", about: user).last)
        let start = try #require(mail.body.range(of: "/administrator-certificate/pick-up/")?.lowerBound)
        return String(mail.body[start...].prefix { !$0.isWhitespace })
    }

    func certificates(of user: String) async throws -> [AdministratorCertificate] {
        try await records { records in
            try records.administratorCertificates.find(.init().equal("person", user)).sorted { $0.applied < $1.applied }
        }
    }
}

/// Ways that many tests walk.
enum People {
    static let pickUpPassword = "Toritoku1"
    static let filePassword = "Inkan2026abc"

    static let keyFile = ["password": filePassword, "passwordAgain": filePassword, "acceptsTerms": "yes"]

    /// Applies for an administrator certificate.
    static func apply(_ browser: OfficeBrowser) async throws {
        let page = try await browser.get("/administrator-certificate")
        let done = try await browser.send(
            page,
            to: "/administrator-certificate",
            ["password": pickUpPassword, "passwordAgain": pickUpPassword]
        )
        try #require(done.status == 200, "\(done.body)")
    }

    /// Applies for an administrator certificate and picks it up.
    ///
    /// - Returns: the PKCS#12 file.
    static func obtainCertificate(_ office: OfficeFixture, _ user: String, _ browser: OfficeBrowser) async throws
        -> String
    {
        try await apply(browser)
        return try await pickUp(office, user)
    }

    /// Picks up what was applied for.
    static func pickUp(_ office: OfficeFixture, _ user: String) async throws -> String {
        let visitor = try office.browser()
        let file = try await visitor.post(
            office.pickUpPath(of: user),
            keyFile.merging(["pickUpPassword": pickUpPassword]) { $1 }
        )
        // The file lies in the browser's folder.
        defer { withExtendedLifetime(visitor) {} }
        return try keep(file, office)
    }

    /// A downloaded file beside the office's own, where it stays when the browser that got it is gone.
    static func keep(_ answer: OfficeBrowser.Answer, _ office: OfficeFixture) throws -> String {
        try #require(answer.status == 200, "\(answer.body)")
        let kept = office.folder.file(UUID().uuidString + ".p12")
        try FileManager.default.copyItem(atPath: answer.file, toPath: kept)
        return kept
    }

    /// Has the administrator create a user, whose first password counts as changed.
    ///
    /// - Returns: the password.
    static func create(
        _ name: String,
        _ role: String,
        _ more: [String: String] = [:],
        by browser: OfficeBrowser
    ) async throws -> String {
        let page = try await browser.get("/users/new")
        let values = data(role, mail: "\(name)@example.com").merging(["name": name]) { $1 }.merging(more) { $1 }
        let done = try await browser.send(page, to: "/users/new", values)
        try #require(done.status == 200, "\(done.body)")
        try await browser.office.settlePassword(of: "\(OfficeFixture.tenant)_\(name)")
        return try #require(done.firstGroup("初期パスワード</dt><dd>([^<]*)<"))
    }

    static func data(_ role: String, mail: String) -> [String: String] {
        ["surname": "佐藤", "givenName": "次郎", "mail": mail, "role": role, "language": "ja"]
    }

    /// What OpenSSL reads in a PKCS#12 file: the certificate as text.
    static func certificate(in file: String, password: String = filePassword) throws -> String {
        let pem = try ChildProgram.check(
            "openssl",
            ["pkcs12", "-in", file, "-clcerts", "-nokeys", "-passin", "pass:\(password)"]
        )
        return try ChildProgram.check(
            "openssl",
            ["x509", "-noout", "-subject", "-email", "-serial", "-nameopt", "utf8,sep_comma_plus"],
            input: Data(pem.utf8)
        )
    }
}
