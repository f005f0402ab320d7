import Foundation
import Testing
import Threads
import Workbench

/// A running office over a running appliance, with a demonstration company: everything of this test's own.
final class OfficeFixture: Sendable {
    /// Where the programs are: beside the test bundle.
    static let binaries = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().path
    static let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    static let password = "Kanri2026"
    static let tenant = "PAR12345"
    static let administrator = "PAR12345_hanako"
    static let organisation = "株式会社印鑑商事"

    private static let original = Result { try Establishment(binaries: binaries, checkout: checkout) }

    /// A database with both companies and the operator, who have all changed their first passwords.
    private static let opened = Result {
        let folder = try TemporaryFolder("inkan-opened")
        try write(folder, signer: folder.file("nobody.sock"), authorities: original.get(), issuing: "", more: "")
        for tenant in [tenant, "PAR99999"] { try open(tenant, folder) }
        try openOperator("operator", folder)
        try DatabaseFile.settlePasswords(folder.file("office.sqlite"), as: password)
        return folder
    }

    let folder: TemporaryFolder
    let appliance: RunningAppliance?
    /// The mail server, where the office has one.
    let mails: MailCatcher?
    private let running: Guarded<OfficeProcess>
    private let moment: Guarded<Int64>
    private let environment: [String: String]
    let start: Int64

    /// - Parameters:
    ///   - start: the moment at which the office's clock stands, in Unix seconds; the machine's own where none is given.
    ///   - hasAppliance: `false` for what needs no certificate.
    ///   - more: further lines of the office's settings.
    ///   - issuing: further members of its settings of issuers.
    ///   - hasReader: whether the appliance has a reader for users' tokens, called `desk`.
    ///   - mails: where mails go; without one they wait in the outbox.
    ///   - environment: further variables of the office's process.
    init(
        start: Int64 = Int64(Date().timeIntervalSince1970),
        hasAppliance: Bool = true,
        more: String = "",
        issuing: String = "",
        hasReader: Bool = false,
        mails: MailCatcher? = nil,
        environment: [String: String] = [:]
    ) throws {
        self.mails = mails
        folder = try TemporaryFolder("inkan-office")
        self.start = start
        let establishment = try Self.original.get()
        appliance = hasAppliance ? try Self.appliance(establishment.copy(), hasReader: hasReader) : nil
        let signer = appliance?.socket ?? folder.file("nobody.sock")
        let smtp = mails.map { "smtp: { host: 127.0.0.1, port: \($0.port), security: none }" }
        let settings = [more, smtp].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "\n")
        try Self.write(folder, signer: signer, authorities: establishment, issuing: issuing, more: settings)
        try FileManager.default.copyItem(
            atPath: Self.opened.get().file("office.sqlite"),
            toPath: folder.file("office.sqlite")
        )
        self.environment = environment
        moment = Guarded(start)
        running = Guarded(try OfficeProcess(folder, at: start, environment))
    }

    var consolePort: Int { running.withLock { $0.console } }
    var areaPort: Int { running.withLock { $0.area } }
    var publisherPort: Int { running.withLock { $0.publisher } }

    /// Sets the office's clock to a moment after its start.
    func move(days: Int64 = 0, seconds: Int64 = 0) throws {
        let next = start + days * 86_400 + seconds
        moment.withLock { $0 = next }
        try running.withLock { try $0.move(to: next) }
    }

    /// Where its clock stands now, after its start.
    var seconds: Int64 { moment.withLock { $0 - start } }

    /// Ends the office as a power cut would.
    func killAtOnce() {
        running.withLock { $0.killAtOnce() }
    }

    /// Starts an office that was ended again, with its clock where it stood, and on other ports.
    ///
    /// - Parameter more: further lines of its settings from now on.
    func restart(more: String = "") throws {
        if !more.isEmpty {
            let settings = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.file("office.yaml")))
            try settings.seekToEnd()
            try settings.write(contentsOf: Data((more + "\n").utf8))
        }
        try running.withLock { running in
            running.killAtOnce()
            running = try OfficeProcess(folder, at: moment.withLock { $0 }, environment)
        }
    }

    var consoleURL: String { "https://localhost:\(consolePort)" }
    var areaURL: String { "https://localhost:\(areaPort)" }

    /// A browser of its own, without anybody logged in.
    func browser() throws -> OfficeBrowser {
        try OfficeBrowser(self)
    }

    /// A browser with somebody logged in to the console.
    func browser(of user: String, password: String = OfficeFixture.password) async throws -> OfficeBrowser {
        let browser = try browser()
        let answer = try await browser.post("/log-in", ["user": user, "password": password])
        try #require(answer.status == 303, "\(user) cannot log in: \(answer.body)")
        return browser
    }

    /// A browser with the operator logged in.
    func operatorBrowser() async throws -> OfficeBrowser {
        let browser = try browser()
        let answer = try await browser.post("/operator/log-in", ["user": "operator", "password": Self.password])
        try #require(answer.status == 303, "the operator cannot log in: \(answer.body)")
        return browser
    }

    /// A reader's tokens are SoftHSM2 tokens in a folder of their own.
    private static func appliance(_ establishment: Establishment, hasReader: Bool) throws -> RunningAppliance {
        guard hasReader else { return try RunningAppliance(establishment) }
        let folder = establishment.folder
        let tokens = folder.file("users/tokens")
        try FileManager.default.createDirectory(atPath: tokens, withIntermediateDirectories: true)
        try "directories.tokendir = \(tokens)\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n"
            .write(toFile: folder.file("users/softhsm2.conf"), atomically: true, encoding: .utf8)
        let reader = """
            readers:
              - name: desk
                allows: { write: ["\(folder.file("users"))"] }
                module: "\(Establishment.softHSM)"
                environment: { SOFTHSM2_CONF: "\(folder.file("users/softhsm2.conf"))" }
            """
        return try RunningAppliance(establishment, settings: establishment.settings(extra: reader))
    }

    /// Takes an operator in, who has to change the password first.
    static func openOperator(_ id: String, _ folder: TemporaryFolder) throws {
        try ChildProgram.check(
            "\(binaries)/inkan-frontd",
            [
                "open-operator", "--config", folder.file("office.yaml"), "--id", id, "--name", "審査", "--password-file",
                folder.file("password"),
            ]
        )
    }

    /// Takes a company in, whose administrator has to change the password first.
    static func open(_ tenant: String, _ folder: TemporaryFolder) throws {
        let isOurs = tenant == Self.tenant
        try ChildProgram.check(
            "\(binaries)/inkan-frontd",
            [
                "open-tenant", "--config", folder.file("office.yaml"), "--id", tenant,
                "--organisation", isOurs ? organisation : "合同会社他社", "--english",
                isOurs ? "Inkan Trading KK" : "Other LLC",
                "--address", "東京都千代田区丸の内1-1-1", "--telephone", "03-1234-5678", "--user", "hanako",
                "--surname", "山田", "--given-name", "花子", "--mail", isOurs ? "hanako@example.com" : "hanako@example.net",
                "--password-file", folder.file("password"),
            ] + (isOurs ? ["--may-prepay"] : [])
        )
    }

    private static func write(
        _ folder: TemporaryFolder,
        signer: String,
        authorities: Establishment,
        issuing: String,
        more: String
    ) throws {
        func put(_ text: String, _ name: String) throws {
            try text.write(toFile: folder.file(name), atomically: true, encoding: .utf8)
            chmod(folder.file(name), 0o600)
        }
        try put(password, "password")
        try put("0123456789abcdef0123456789abcdef0123456789abcdef", "vault.key")
        try ChildProgram.check(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-keyout", folder.file("tls.key"), "-out", folder.file("tls.pem"), "-subj", "/CN=localhost",
                "-addext", "subjectAltName=DNS:localhost",
            ]
        )
        let catalogue = try String(contentsOfFile: checkout + "/provisioning/office/catalogue.yaml", encoding: .utf8)
            .split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
        let access = authorities.folder.file("authorities/access-rsa.pem")
        let root = authorities.folder.file("authorities/root-rsa.pem")
        try put(
            """
            database: "\(folder.file("office.sqlite"))"
            signer: "\(signer)"
            vaultKey: "\(folder.file("vault.key"))"
            console: { host: 127.0.0.1, port: 0, url: "https://localhost:1" }
            area: { host: 127.0.0.1, port: 0, url: "https://localhost:2" }
            publisher: { host: 127.0.0.1, port: 0 }
            tls:
              certificates: "\(folder.file("tls.pem"))"
              key: "\(folder.file("tls.key"))"
              clientAuthorities: ["\(access)", "\(root)"]
            issuing: { accessIssuer: access-rsa, smimeIssuer: smime-rsa, administratorProfile: administrator-1y\
            \(issuing.isEmpty ? "" : ", " + issuing) }
            mail:
              noReply: no_reply@inkan.example.com
              approval: approval@inkan.example.com
              vetting: vetting@inkan.example.com
            links: { manual: "https://docs.inkan.example.com/", enquiry: "https://inkan.example.com/contact" }
            catalogue:
            \(catalogue)
            \(more)

            """,
            "office.yaml"
        )
    }
}
