/// How much a server takes from its peers. Whoever goes beyond is cut off; the others do not notice.
public struct ServerLimits: Sendable, Hashable {
    /// For each listener's name: further connections get the overload error and are closed. Who fills one socket does
    /// not lock out the peers of another. Each connection takes a thread and three descriptors.
    public var maximumConnections = 256
    /// The longest message without its NUL.
    public var maximumMessageBytes = 1 << 20
    /// How deep the JSON of a message may be nested.
    public var maximumDepth = 16
    /// How many members and elements a message may have in all.
    public var maximumMembers = 4096
    /// With so many calls unanswered, a connection is not read any further.
    public var maximumCallsInFlightPerConnection = 128
    /// With so many bytes of messages in unanswered calls, of all connections together, no further call is taken from
    /// any until some have been answered. One call alone is always taken.
    public var maximumHeldBytes = 256 << 20
    /// With so many bytes of answers unread, a connection is cut.
    public var maximumOutboxBytes = 8 << 20
    /// How long a message may take from its first byte to its last.
    public var messageDeadline: Duration = .seconds(5)
    /// How long a peer may take to read what lay ready for it.
    public var writeDeadline: Duration = .seconds(10)
    /// After this time without call and answer a connection is closed, at the latest after twice this time; `nil` keeps
    /// it for ever.
    public var idleDeadline: Duration?
    /// Names of members, anywhere in a message, whose texts are confidential: they come as `JSONValue.confidential`.
    public var confidentialMembers: [String] = []

    public init() {}

    var json: JSONLimits {
        JSONLimits(
            maximumBytes: maximumMessageBytes,
            maximumDepth: maximumDepth,
            maximumMembers: maximumMembers,
            confidentialMembers: confidentialMembers
        )
    }
}

/// What `org.varlink.service.GetInfo` answers.
public struct ServiceDescription: Sendable, Hashable {
    public var vendor: String
    public var product: String
    public var version: String
    public var url: String

    public init(vendor: String, product: String, version: String, url: String) {
        self.vendor = vendor
        self.product = product
        self.version = version
        self.url = url
    }
}

/// An error as it goes over the wire.
public struct ErrorAnswer: Sendable, Hashable {
    /// The full name: interface and error.
    public var name: String
    public var parameters: JSONObject

    public init(name: String, parameters: JSONObject = [:]) {
        self.name = name
        self.parameters = parameters
    }
}

/// The errors that the server itself has to give where the Varlink standard has no name for them.
public struct ServerErrors: Sendable {
    /// More connections than the limit allows.
    public var overload: ErrorAnswer
    /// A call was dropped without an answer: a fault of the service.
    public var internalFailure: ErrorAnswer
    /// What came is no Varlink message (garbage, oversized, half-sent); the connection is closed after this answer.
    public var malformedMessage: @Sendable (_ reason: String) -> ErrorAnswer

    public init(
        overload: ErrorAnswer,
        internalFailure: ErrorAnswer,
        malformedMessage: @escaping @Sendable (_ reason: String) -> ErrorAnswer = { reason in
            StandardErrors.invalidParameter("message", reason: reason)
        }
    ) {
        self.overload = overload
        self.internalFailure = internalFailure
        self.malformedMessage = malformedMessage
    }
}

/// The errors of `org.varlink.service`.
public enum StandardErrors {
    /// A parameter is unknown, missing or of a wrong type. `reason` is an addition of ours that a standard client
    /// ignores.
    public static func invalidParameter(_ parameter: String, reason: String) -> ErrorAnswer {
        ErrorAnswer(
            name: "org.varlink.service.InvalidParameter",
            parameters: ["parameter": .string(parameter), "reason": .string(reason)]
        )
    }

    static func interfaceNotFound(_ interface: String) -> ErrorAnswer {
        ErrorAnswer(
            name: "org.varlink.service.InterfaceNotFound",
            parameters: ["interface": .string(String(interface.prefix(200)))]
        )
    }

    static func methodNotFound(_ method: String) -> ErrorAnswer {
        ErrorAnswer(
            name: "org.varlink.service.MethodNotFound",
            parameters: ["method": .string(String(method.prefix(200)))]
        )
    }
}
