import Foundation
import Office
import OfficeDNS
import OfficeMail
import OfficePages
import OfficeServices
import OfficeWeb
import Secrets
import StrictYAML

/// The settings of `inkan-frontd` on one machine.
package struct FrontSettings: Sendable {
    var database: String
    /// The appliance's front-end socket.
    var signer: String
    /// The file with the key that seals what the office must read again.
    var vaultKey: String
    var console: OfficeServer.Address
    var area: OfficeServer.Address
    /// Where CRLs, CA certificates and OCSP answers are served over plain HTTP.
    var publisher: OfficeServer.Address
    var identity: OfficeServer.Identity
    var office: OfficeSettings
    /// The server that takes the mails; without one they wait.
    var smtp: SMTPSettings?

    /// Where mails are handed over.
    struct SMTPSettings: Sendable {
        var host: String
        var port: Int
        var security: SMTPSender.Security
        var user: String?
        var passwordFile: String?
        /// A file with the only certificates to trust; without it, the system's.
        var trust: String?

        /// - Throws: `MailProblem` for what is no server, `SecretFileError` for a password that cannot be read.
        func sender() throws -> SMTPSender {
            var logIn: SMTPSender.LogIn?
            if let user, let passwordFile {
                logIn = SMTPSender.LogIn(user: user, password: try SecretFile.read(passwordFile))
            }
            return try SMTPSender(host: host, port: port, security: security, logIn: logIn, trust: trust)
        }
    }
    var probes: DomainProbes

    package init(file: String) throws {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        self = try YAMLValue.document(text).mapping { (settings) throws(YAMLError) in try FrontSettings(&settings) }
    }

    private init(_ settings: inout YAMLMapping) throws(YAMLError) {
        database = try settings.required("database").string()
        signer = try settings.required("signer").string()
        vaultKey = try settings.required("vaultKey").string()
        let console = try settings.required("console").server()
        let area = try settings.required("area").server()
        (self.console, self.area) = (console.address, area.address)
        publisher = try settings.required("publisher").mapping { (server) throws(YAMLError) in
            OfficeServer.Address(
                host: try server.required("host").string(),
                port: try server.required("port").integer(in: 0...65535)
            )
        }
        identity = try settings.required("tls").mapping { (tls) throws(YAMLError) in
            OfficeServer.Identity(
                certificates: try tls.required("certificates").string(),
                key: try tls.required("key").string(),
                clientAuthorities: try tls.required("clientAuthorities").list { (path) throws(YAMLError) in
                    try path.string()
                }
            )
        }
        smtp = try settings.optional("smtp") { (value) throws(YAMLError) in try value.smtp() }
        probes =
            try settings.optional("domainChecks") { (checks) throws(YAMLError) in try checks.probes() }
            ?? DomainProbes()
        office = OfficeSettings(
            consoleURL: console.url,
            areaURL: area.url,
            catalogue: try settings.required("catalogue").catalogue(),
            issuing: try settings.required("issuing").mapping { (issuing) throws(YAMLError) in
                try issuing.settings()
            },
            mail: try settings.required("mail").mapping { (mail) throws(YAMLError) in
                MailSettings(
                    noReply: try mail.required("noReply").string(),
                    approval: try mail.required("approval").string(),
                    vetting: try mail.required("vetting").string()
                )
            },
            links: try settings.required("links").mapping { (links) throws(YAMLError) in
                LinkSettings(
                    manual: try links.required("manual").string(),
                    enquiry: try links.required("enquiry").string()
                )
            }
        )
    }
}

extension YAMLMapping {
    /// The CAs of each use, with those that follow and the pairs that a renewal may cross (section 4.1).
    fileprivate mutating func settings() throws(YAMLError) -> IssuingSettings {
        let crossings = try optional("renewalAcross") { (pairs) throws(YAMLError) in
            try pairs.list { (pair) throws(YAMLError) in
                try pair.mapping { (pair) throws(YAMLError) in
                    IssuerSuccession.Crossing(
                        from: try pair.required("from").string(),
                        to: try pair.required("to").string()
                    )
                }
            }
        }
        return IssuingSettings(
            access: try succession("accessIssuer", "accessSuccessors", Set(crossings ?? [])),
            smime: try succession("smimeIssuer", "smimeSuccessors", Set(crossings ?? [])),
            administratorProfile: try required("administratorProfile").string()
        )
    }

    private mutating func succession(
        _ first: String,
        _ successors: String,
        _ crossings: Set<IssuerSuccession.Crossing>
    ) throws(YAMLError) -> IssuerSuccession {
        let later = try optional(successors) { (terms) throws(YAMLError) in
            try terms.list { (term) throws(YAMLError) in
                try term.mapping { (term) throws(YAMLError) in
                    IssuerSuccession.Term(try term.required("issuer").string(), from: try term.required("from").day())
                }
            }
        }
        return IssuerSuccession(try required(first).string(), then: later ?? [], crossings: crossings)
    }
}

extension YAMLValue {
    fileprivate func smtp() throws(YAMLError) -> FrontSettings.SMTPSettings {
        try mapping { (smtp) throws(YAMLError) in
            let settings = FrontSettings.SMTPSettings(
                host: try smtp.required("host").string(),
                port: try smtp.required("port").integer(in: 1...65535),
                security: try smtp.required("security").oneOf(SMTPSender.Security.self),
                user: try smtp.optional("user") { (user) throws(YAMLError) in try user.string() },
                passwordFile: try smtp.optional("passwordFile") { (path) throws(YAMLError) in try path.string() },
                trust: try smtp.optional("trust") { (path) throws(YAMLError) in try path.string() }
            )
            guard (settings.user == nil) == (settings.passwordFile == nil) else {
                throw error(.wrongType, "a log-in is user and passwordFile; give both or neither")
            }
            return settings
        }
    }

    fileprivate func server() throws(YAMLError) -> (address: OfficeServer.Address, url: String) {
        try mapping { (server) throws(YAMLError) in
            (
                OfficeServer.Address(
                    host: try server.required("host").string(),
                    port: try server.required("port").integer(in: 0...65535)
                ), try server.required("url").string()
            )
        }
    }

    /// Where domains are looked at, if not as the machine's own settings and the internet have it.
    fileprivate func probes() throws(YAMLError) -> DomainProbes {
        try mapping { (checks) throws(YAMLError) in
            let servers = try checks.required("nameServers").list { (value) throws(YAMLError) in
                try value.mapping { (server) throws(YAMLError) in
                    let address = try server.required("address").string()
                    let port = try server.required("port").integer(in: 1...65535)
                    guard let server = DNSServer(address: address, port: port) else {
                        throw value.error(.wrongType, "a name server is an IPv4 or IPv6 address and a port")
                    }
                    return server
                }
            }
            let dns = DNSSettings(servers: servers)
            var pages = PageFetch.Settings(dns: dns)
            if let port = checks.optional("httpPort") { pages.httpPort = try port.integer(in: 1...65535) }
            if let port = checks.optional("httpsPort") { pages.httpsPort = try port.integer(in: 1...65535) }
            if let allowed = checks.optional("allowed") {
                pages.allowed = Set(
                    try allowed.list { (value) throws(YAMLError) in
                        guard let address = IPAddress(try value.string()) else {
                            throw value.error(.wrongType, "an IPv4 or IPv6 address")
                        }
                        return address
                    }
                )
            }
            return DomainProbes(dns: dns, pages: pages)
        }
    }

    fileprivate func catalogue() throws(YAMLError) -> Catalogue {
        try mapping { (catalogue) throws(YAMLError) in
            Catalogue(
                products: try catalogue.required("products").list { (value) throws(YAMLError) in try value.product() },
                codes: try catalogue.optional("codes") { (codes) throws(YAMLError) in
                    try codes.list { (value) throws(YAMLError) in try value.code() }
                } ?? [],
                shortTermDays: try catalogue.required("shortTermDays").integer(in: 1...366)
            )
        }
    }

    private func product() throws(YAMLError) -> Product {
        try mapping { (product) throws(YAMLError) in
            Product(
                id: try product.required("id").string(),
                kind: try product.required("kind").oneOf(LicenceKind.self),
                name: try product.required("name").string(),
                units: try product.optional("units") { (units) throws(YAMLError) in try units.integer(in: 1...1_000_000)
                },
                prices: try product.required("prices").mapping { (prices) throws(YAMLError) in
                    var all: [CertificateTerm: Int] = [:]
                    for term in CertificateTerm.allCases {
                        if let price = prices.optional(term.rawValue) {
                            all[term] = try price.integer(in: 0...1_000_000_000)
                        }
                    }
                    return all
                }
            )
        }
    }

    private func code() throws(YAMLError) -> DiscountCode {
        try mapping { (code) throws(YAMLError) in
            DiscountCode(
                family: try code.required("family").oneOf(DiscountCode.Family.self),
                code: try code.required("code").string(),
                percent: try code.required("percent").integer(in: 1...100),
                firstDay: try code.required("firstDay").day(),
                lastDay: try code.required("lastDay").day()
            )
        }
    }

    fileprivate func day() throws(YAMLError) -> Day {
        guard let day = Day(try string()) else { throw error(.wrongType, "a day is written yyyy/mm/dd") }
        return day
    }
}
