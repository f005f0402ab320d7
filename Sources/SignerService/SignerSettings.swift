import Crypto
import Glibc
import StrictYAML
import Tokens

/// The settings of `inkan-signerd` on one machine: where things are, who may call, how much is taken at once. What may be
/// signed stands in the profile set, not here, and no setting switches a check off.
package struct SignerSettings: Sendable {
    /// An authority of this machine: its certificate, its chain up to the root, and the token that holds its key.
    package struct IssuerSettings: Sendable {
        package var name: String
        package var token: String
        package var certificate: String
        package var chain: [String]
        /// The OCSP responder; without one there is no OCSP for the issuer.
        package var responder: ResponderSettings?
    }

    /// An issuer's OCSP responder: its certificate, and the token that holds its key.
    package struct ResponderSettings: Sendable {
        package var token: String
        package var certificate: String
    }

    /// Bounds on what callers can make the service hold.
    package struct Limits: Sendable {
        package var connections = 256
        package var messageBytes = 4 << 20
        package var callsInFlightPerConnection = 128
        package var ordersInFlight = 2048
        package var messageDeadlineSeconds = 5
        package var writeDeadlineSeconds = 10
        package var stopDeadlineSeconds = 20
    }

    /// The ledger's log: what signs its checkpoints, and who else has a word on them.
    package struct LogSettings: Sendable {
        package var token: String
        /// A file with the log's public key, as the ceremony wrote it.
        package var key: String
        /// Public keys of witnesses whose cosignatures are taken.
        package var witnesses: [String]
        /// Where each new checkpoint is written; read and compared at start.
        package var checkpointFile: String?
        /// Least time between two checkpoints.
        package var checkpointSeconds: Int
    }

    /// SHA-256 of the document.
    package private(set) var hash: [UInt8] = []
    package var ledger: String
    package var log: LogSettings?
    package var profiles: String
    /// A `blocklist.dat` of the badkeys project, if the officers have installed one.
    package var compromisedKeys: String?
    package var tokens: [TokenSettings]
    package var issuers: [IssuerSettings]
    /// Where users' tokens are put in.
    package var readers: [ReaderSettings]
    /// Users of the front end's socket; the service's own user where none are named.
    package var frontEndUsers: Set<UInt32>
    package var officerUsers: Set<UInt32>
    package var limits: Limits
    package var status: StatusSettings

    /// Reads a settings document.
    package init(yaml text: String) throws(YAMLError) {
        self = try YAMLValue.document(text).mapping { (document) throws(YAMLError) in
            try SignerSettings(&document)
        }
        hash = Array(SHA256.hash(data: Array(text.utf8)))
        try checkReferences(in: YAMLValue.document(text))
    }

    private init(_ document: inout YAMLMapping) throws(YAMLError) {
        ledger = try document.required("ledger").string()
        profiles = try document.required("profiles").string()
        compromisedKeys = try document.optional("compromisedKeys") { value throws(YAMLError) in try value.string() }
        tokens = try document.required("tokens").list(of: TokenSettings.init(yaml:))
        issuers = try document.required("issuers").list(of: IssuerSettings.init(yaml:))
        readers =
            try document.optional("readers") { value throws(YAMLError) in
                try value.list(of: ReaderSettings.init(yaml:))
            } ?? []
        log = try document.optional("log") { value throws(YAMLError) in try LogSettings(yaml: value) }
        frontEndUsers = [getuid()]
        officerUsers = [getuid(), 0]
        limits = Limits()
        status = StatusSettings()
        if let callers = document.optional("callers") {
            try callers.mapping { (callers) throws(YAMLError) in
                if let users = callers.optional("frontEnd") { frontEndUsers = try Self.users(users) }
                if let users = callers.optional("officers") { officerUsers = try Self.users(users) }
            }
        }
        if let value = document.optional("limits") { limits = try Limits(yaml: value) }
        if let value = document.optional("status") { status = try StatusSettings(yaml: value) }
    }

    private func checkReferences(in document: YAMLValue) throws(YAMLError) {
        let names = tokens.map(\.name)
        if let twice = firstRepeated(names) {
            throw document.error(.invalidValue, "two tokens have the name “\(twice)”; give each its own")
        }
        if let twice = firstRepeated(issuers.map(\.name)) {
            throw document.error(.invalidValue, "two issuers have the name “\(twice)”; give each its own")
        }
        if let twice = firstRepeated(readers.map(\.name)) {
            throw document.error(.invalidValue, "two readers have the name “\(twice)”; give each its own")
        }
        if let twice = firstRepeated(tokens.map(\.uri)) {
            throw document.error(.invalidValue, "the token \(twice) stands there twice; its PIN would be tried twice")
        }
        for issuer in issuers {
            guard let token = issuer.responder?.token, !names.contains(token) else { continue }
            throw document.error(
                .invalidValue,
                "the responder of “\(issuer.name)” names the token “\(token)”, which is not under tokens"
            )
        }
        for issuer in issuers where !names.contains(issuer.token) {
            throw document.error(
                .invalidValue,
                "issuer “\(issuer.name)” names the token “\(issuer.token)”, which is not under tokens"
            )
        }
        try checkLog(in: document)
    }

    /// The log key has a token of its own: an Ed25519 key would hide the others from some software, and who may use the
    /// one token need not be who may use the other.
    private func checkLog(in document: YAMLValue) throws(YAMLError) {
        guard let log else { return }
        guard tokens.contains(where: { $0.name == log.token }) else {
            throw document.error(.invalidValue, "log names the token “\(log.token)”, which is not under tokens")
        }
        if let issuer = issuers.first(where: { $0.token == log.token }) {
            throw document.error(
                .invalidValue,
                "the token “\(log.token)” holds the key of the issuer “\(issuer.name)”; the log key has a token of its own"
            )
        }
    }

    private static func users(_ value: YAMLValue) throws(YAMLError) -> Set<UInt32> {
        Set(
            try value.list { (user) throws(YAMLError) in
                let name = try user.scalarText()
                if let number = UInt32(name) { return number }
                guard let entry = getpwnam(name) else {
                    throw user.error(.invalidValue, "this machine has no user “\(name)”")
                }
                return entry.pointee.pw_uid
            }
        )
    }
}

private func firstRepeated(_ names: [String]) -> String? {
    var seen: Set<String> = []
    return names.first { !seen.insert($0).inserted }
}

extension SignerSettings.IssuerSettings {
    fileprivate init(yaml value: YAMLValue) throws(YAMLError) {
        self = try value.mapping { (issuer) throws(YAMLError) in
            Self(
                name: try issuer.required("name").string(),
                token: try issuer.required("token").string(),
                certificate: try issuer.required("certificate").string(),
                chain: try issuer.optional("chain") { value throws(YAMLError) in
                    try value.list { (path) throws(YAMLError) in try path.string() }
                } ?? [],
                responder: try issuer.optional("responder") { value throws(YAMLError) in
                    try SignerSettings.ResponderSettings(yaml: value)
                }
            )
        }
    }
}

extension SignerSettings.ResponderSettings {
    fileprivate init(yaml value: YAMLValue) throws(YAMLError) {
        self = try value.mapping { (responder) throws(YAMLError) in
            Self(
                token: try responder.required("token").string(),
                certificate: try responder.required("certificate").string()
            )
        }
    }
}

extension SignerSettings.LogSettings {
    fileprivate init(yaml value: YAMLValue) throws(YAMLError) {
        self = try value.mapping { (log) throws(YAMLError) in
            Self(
                token: try log.required("token").string(),
                key: try log.required("key").string(),
                witnesses: try log.optional("witnesses") { value throws(YAMLError) in
                    try value.list { (key) throws(YAMLError) in try key.string() }
                } ?? [],
                checkpointFile: try log.optional("checkpointFile") { value throws(YAMLError) in try value.string() },
                checkpointSeconds: try log.optional("checkpointSeconds") { value throws(YAMLError) in
                    try value.integer(in: 1...3600)
                } ?? 1
            )
        }
    }
}

extension SignerSettings.Limits {
    fileprivate init(yaml value: YAMLValue) throws(YAMLError) {
        self.init()
        try value.mapping { (limits) throws(YAMLError) in
            try Self.read("connections", &connections, in: 1...4096, from: &limits)
            try Self.read("messageBytes", &messageBytes, in: 65_536...(16 << 20), from: &limits)
            try Self.read("callsInFlightPerConnection", &callsInFlightPerConnection, in: 1...4096, from: &limits)
            try Self.read("ordersInFlight", &ordersInFlight, in: 1...8192, from: &limits)
            try Self.read("messageDeadlineSeconds", &messageDeadlineSeconds, in: 1...600, from: &limits)
            try Self.read("writeDeadlineSeconds", &writeDeadlineSeconds, in: 1...600, from: &limits)
            try Self.read("stopDeadlineSeconds", &stopDeadlineSeconds, in: 1...600, from: &limits)
        }
    }

    private static func read(
        _ key: String,
        _ limit: inout Int,
        in range: ClosedRange<Int>,
        from limits: inout YAMLMapping
    ) throws(YAMLError) {
        if let value = limits.optional(key) { limit = try value.integer(in: range) }
    }
}
