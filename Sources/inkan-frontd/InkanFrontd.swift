import ArgumentParser
import Clocks
import Foundation
import Logging
import Office
import OfficeFront
import OfficeServices
import Secrets
import ServiceLifecycle

/// The office. Everything it does is in `OfficeWeb` and below; here are the settings, the wiring and the signals.
@main
struct InkanFrontd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inkan-frontd",
        abstract: "The office: tenants, licences, orders and pick-up of client certificates, on the web.",
        subcommands: [Serve.self, OpenTenant.self, OpenOperator.self, ListPages.self],
        defaultSubcommand: Serve.self
    )
}

struct SettingsOption: ParsableArguments {
    @Option(help: "The settings file.")
    var config: String

    func office() throws -> Front {
        try Front(FrontSettings(file: config), clock: SystemClock())
    }
}

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serves the office until SIGTERM.")

    @OptionGroup
    var options: SettingsOption

    func run() async throws {
        umask(0o077)
        let log = Logger(label: "inkan-frontd")
        let services = try await options.office().services(log: log) { server, port in
            log.notice("listening", metadata: ["server": "\(server)", "port": "\(port)"])
        }
        try await ServiceGroup(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: log).run()
    }
}

struct OpenTenant: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Takes a company in, with its first administrator; nothing happens where it is there already."
    )

    @OptionGroup
    var options: SettingsOption

    @Option(help: "The corporate ID, such as PAR12345.")
    var id: String

    @Option(help: "The organisation's name, as its certificates will carry it.")
    var organisation: String

    @Option(help: "The name in English.")
    var english: String

    @Option(help: "The name's reading.")
    var kana: String = ""

    @Option(help: "The country it is registered in, two capital letters.")
    var country: String = Tenant.home

    @Option(help: "The postal address.")
    var address: String

    @Option(help: "The main telephone number.")
    var telephone: String

    @Option(help: "The first administrator's name behind the corporate ID: taro for PAR12345_taro.")
    var user: String

    @Option(help: "The administrator's surname.")
    var surname: String

    @Option(help: "The administrator's given name.")
    var givenName: String

    @Option(help: "The administrator's mail address.")
    var mail: String

    @Option(help: "A file of mode 0600 with the administrator's first password.")
    var passwordFile: String

    @Flag(help: "The contract may pay licences in advance.")
    var mayPrepay = false

    func validate() throws {
        guard country.utf8.count == 2, country.allSatisfy({ ("A"..."Z").contains($0) }) else {
            throw ValidationError("--country is an ISO 3166-1 code such as JP")
        }
    }

    func run() async throws {
        umask(0o077)
        let desk = try options.office().desk
        let password = try SecretFile.read(passwordFile).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        let tenant = Tenant(
            id: id,
            organisation: organisation,
            organisationEnglish: english,
            organisationKana: kana,
            country: country,
            address: address,
            telephone: telephone,
            mayPrepay: mayPrepay,
            created: desk.now
        )
        let administrator = User(
            id: "\(id)_\(user)",
            tenant: id,
            role: .administrator,
            surname: surname,
            givenName: givenName,
            mail: mail,
            passwordHash: .none,
            created: desk.now
        )
        try await desk.open(tenant, administrator: administrator, password: password)
    }
}

struct OpenOperator: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Takes an operator of the CA in; nothing happens where it is there already."
    )

    @OptionGroup
    var options: SettingsOption

    @Option(help: "The operator's user ID.")
    var id: String

    @Option(help: "The operator's name.")
    var name: String

    @Option(help: "A file of mode 0600 with the operator's first password.")
    var passwordFile: String

    func run() async throws {
        umask(0o077)
        let desk = try options.office().desk
        let password = try SecretFile.read(passwordFile).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        try await desk.open(operator: id, name: name, password: password)
    }
}
