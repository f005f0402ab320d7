/// How one token is served.
package struct TokenSettings: Sendable {
    /// The name that operators know the token by; used in errors and events.
    package var name: String
    /// RFC 7512: `module-path`, `serial` or `token`, and `pin-source` with the path of the PIN's file.
    package var uri: String
    /// The worker's whole environment, such as `SOFTHSM2_CONF`.
    package var environment: [String: String]
    /// What the worker may touch beyond what is known of its module.
    package var allows = WorkerAllowance.nothing
    /// Signing sessions; `nil` means one a core. The token's own limit caps it.
    package var sessions: Int?
    /// How long a signature may take, in nanoseconds: from the call to the answer, and separately in the worker.
    package var callDeadline: UInt64
    /// How long a key generation may take, in nanoseconds. Cards need a minute.
    package var generationDeadline: UInt64
    /// How long a worker may take until it is ready, in nanoseconds.
    package var startDeadline: UInt64
    /// How many calls may wait here for the worker.
    package var queueLimit: Int
    /// The file descriptor that becomes the worker's standard error.
    package var standardError: Int32

    package init(name: String, uri: String, environment: [String: String] = [:], sessions: Int? = nil) {
        self.name = name
        self.uri = uri
        self.environment = environment
        self.sessions = sessions
        callDeadline = 10_000_000_000
        generationDeadline = 180_000_000_000
        startDeadline = 30_000_000_000
        queueLimit = 8192
        standardError = 2
    }
}

/// The raw mechanisms that every module takes; digests are made outside the token.
package enum TokenMechanism: UInt8, Sendable, CaseIterable {
    /// Input: a DigestInfo.
    case rsaPKCS = 1
    /// Input: the digest. MGF1 with the same hash, salt as long as the digest.
    case rsaPSSSHA256 = 2
    case rsaPSSSHA384 = 3
    case rsaPSSSHA512 = 4
    /// Input: the digest. Answer: r ‖ s.
    case ecdsa = 5
    /// Input: the message.
    case eddsa = 6
}

/// A signature as the token made it. Nobody has verified it yet.
package struct TokenSignature: Sendable {
    package let raw: [UInt8]
    /// From the call to the answer, without the token's own time.
    package let waitNanoseconds: UInt64
    /// What the module took, recovery included.
    package let tokenNanoseconds: UInt64
}

/// What kind of key pair a token shall make.
package struct KeyPairRequest: Hashable, Sendable {
    package enum Algorithm: String, Sendable, CaseIterable {
        case rsa2048 = "rsa-2048"
        case rsa3072 = "rsa-3072"
        case rsa4096 = "rsa-4096"
        case p256 = "p-256"
        case p384 = "p-384"
        case ed25519 = "ed25519"
    }

    package var algorithm: Algorithm
    package var label: String
    /// `CKA_ID`; random when it is `nil`.
    package var identifier: [UInt8]?
    /// Whether the key shall want its PIN right before each signature (`CKA_ALWAYS_AUTHENTICATE`).
    package var alwaysAuthenticate: Bool

    package init(
        algorithm: Algorithm,
        label: String,
        identifier: [UInt8]? = nil,
        alwaysAuthenticate: Bool = false
    ) {
        self.algorithm = algorithm
        self.label = label
        self.identifier = identifier
        self.alwaysAuthenticate = alwaysAuthenticate
    }
}

/// A key pair that was made in a token.
package struct GeneratedKeyPair: Hashable, Sendable {
    /// SubjectPublicKeyInfo in DER.
    package let spki: [UInt8]
    /// The private key's attributes as the token told them afterwards, by their `CKA_…` names.
    package let attributes: [String: Bool]
    package let ckaID: [UInt8]

    package init(spki: [UInt8], attributes: [String: Bool], ckaID: [UInt8]) {
        self.spki = spki
        self.attributes = attributes
        self.ckaID = ckaID
    }
}

/// What a token says of itself.
package struct TokenDescription: Hashable, Sendable {
    package var serial: String
    package var label: String
    package var model: String
    package var manufacturer: String
    package var firmwareVersion: String
    /// The version of the PKCS#11 interface in use.
    package var interfaceVersion: String
    package var isInitialized: Bool
    package var hasUserPIN: Bool
    /// The URI that names this token, without a PIN source.
    package var uri: String

    package init(
        serial: String,
        label: String,
        model: String,
        manufacturer: String,
        firmwareVersion: String,
        interfaceVersion: String,
        isInitialized: Bool,
        hasUserPIN: Bool,
        uri: String
    ) {
        self.serial = serial
        self.label = label
        self.model = model
        self.manufacturer = manufacturer
        self.firmwareVersion = firmwareVersion
        self.interfaceVersion = interfaceVersion
        self.isInitialized = isInitialized
        self.hasUserPIN = hasUserPIN
        self.uri = uri
    }
}

/// What a token says of one of its mechanisms.
package struct MechanismDescription: Hashable, Sendable {
    /// `CKM_…`, or a number in hexadecimal.
    package let name: String
    package let number: UInt
    package let minimumKeySize: UInt
    package let maximumKeySize: UInt
    package let canSign: Bool
    package let canGenerateKeyPair: Bool
    package let isInHardware: Bool

    package init(
        name: String,
        number: UInt,
        minimumKeySize: UInt,
        maximumKeySize: UInt,
        canSign: Bool,
        canGenerateKeyPair: Bool,
        isInHardware: Bool
    ) {
        self.name = name
        self.number = number
        self.minimumKeySize = minimumKeySize
        self.maximumKeySize = maximumKeySize
        self.canSign = canSign
        self.canGenerateKeyPair = canGenerateKeyPair
        self.isInHardware = isInHardware
    }
}

/// How a token stands.
package struct TokenStatus: Sendable {
    package enum State: Hashable, Sendable {
        case stopped
        case starting
        case ready
        /// An officer must act (`unlock`).
        case locked(TokenError)
        /// Not in any slot; looked for again and again.
        case missing(TokenError)
        /// Cannot be served for another reason; tried again and again.
        case failed(TokenError)
    }

    package var state: State
    package var token: TokenDescription?
    package var sessions: Int
    /// Of the keys that were asked for, those that are in the token.
    package var keysFound: Int
    package var keysAsked: Int
    /// Why a key that was asked for cannot be used.
    package var keyProblem: TokenError?
    /// How many workers were started after the first one.
    package var restarts: Int
    package var lastError: TokenError?
    /// The worker's process id while there is one.
    package var workerID: Int32?
    /// The version of Landlock that the worker is under, as it says itself; 0 where its kernel has none.
    package var landlockVersion: Int?
    package var callsWaiting: Int
    /// Those of them that go first.
    package var urgentCallsWaiting: Int
    package var callsInWorker: Int
    /// Calls that workers have answered since the start, and those among them that they answered with an error.
    package var callsAnswered: Int
    package var callsFailed: Int
}

/// Something that operators want to read in the log.
package struct TokenEvent: Sendable {
    package enum Kind: String, Sendable {
        case started, ready, workerEnded, startFailed, startPutOff, locked, keyMakingLocked, missing, unlocked, stopped
    }

    package let kind: Kind
    package let token: String
    package let detail: String
    /// What is wrong, where a start went wrong or the token is locked or missing.
    package let code: TokenError.Code?

    package init(kind: Kind, token: String, detail: String, code: TokenError.Code? = nil) {
        self.kind = kind
        self.token = token
        self.detail = detail
        self.code = code
    }
}
