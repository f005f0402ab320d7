import StrictYAML

/// What PINs of a kind look like that the station makes.
package struct PINPolicy: Hashable, Sendable {
    package enum Characters: String, Sendable, CaseIterable {
        /// What every keypad has.
        case digits
        /// Small letters and digits that nobody mistakes for one another.
        case alphanumeric
    }

    package var length: Int
    package var characters: Characters

    package init(length: Int, characters: Characters) {
        self.length = length
        self.characters = characters
    }

    /// Digits that are worth less than these can be guessed before the token locks itself.
    package static let shortest = 6
    package static let longest = 64
}

/// A place where users' tokens are put in: a PKCS#11 module, apart from those of the CA tokens.
package struct ReaderSettings: Sendable {
    /// The name that officers know the reader by.
    package var name: String
    package var modulePath: String
    /// The worker's whole environment.
    package var environment: [String: String]
    /// What the worker may touch beyond what is known of its module.
    package var allows = WorkerAllowance.nothing
    /// How long the token may take for one piece of work, in nanoseconds. Cards need a minute to make a key.
    package var callDeadline: UInt64
    package var userPIN: PINPolicy
    package var officerPIN: PINPolicy
    /// The file of the SO PIN that blank tokens of this kind have from their maker; `nil` where they have none.
    package var makersPINFile: String?
    /// The certificate file of the only one who may read the PINs that are made here; `nil` where the officer may.
    package var pinRecipient: String?
    /// The file descriptor that becomes the worker's standard error.
    package var standardError: Int32

    package init(name: String, modulePath: String, environment: [String: String] = [:]) {
        self.name = name
        self.modulePath = modulePath
        self.environment = environment
        callDeadline = 120_000_000_000
        userPIN = PINPolicy(length: 8, characters: .digits)
        officerPIN = PINPolicy(length: 16, characters: .alphanumeric)
        standardError = 2
    }
}

extension ReaderSettings {
    /// Reads one reader of a settings file: name, module, environment, allows, callDeadlineSeconds, userPIN, officerPIN,
    /// makersPIN, sealPINsTo.
    package init(yaml value: YAMLValue) throws(YAMLError) {
        self = try value.mapping { (reader) throws(YAMLError) in
            let module = try reader.required("module")
            var settings = ReaderSettings(
                name: try reader.required("name").string(),
                modulePath: try module.string(),
                environment: try reader.optional("environment") { environment throws(YAMLError) in
                    try environment.dictionary { (value) throws(YAMLError) in try value.string() }
                } ?? [:]
            )
            guard settings.modulePath.hasPrefix("/") else {
                throw module.error(.invalidValue, "a module's path begins with /")
            }
            settings.allows =
                try reader.optional("allows") { allows throws(YAMLError) in
                    try WorkerAllowance(yaml: allows)
                } ?? .nothing
            if let seconds = reader.optional("callDeadlineSeconds") {
                settings.callDeadline = UInt64(try seconds.integer(in: 1...600)) * 1_000_000_000
            }
            if let policy = reader.optional("userPIN") { settings.userPIN = try PINPolicy(yaml: policy) }
            if let policy = reader.optional("officerPIN") { settings.officerPIN = try PINPolicy(yaml: policy) }
            settings.makersPINFile = try reader.optional("makersPIN") { value throws(YAMLError) in
                try value.string()
            }
            settings.pinRecipient = try reader.optional("sealPINsTo") { value throws(YAMLError) in
                try value.string()
            }
            return settings
        }
    }
}

extension PINPolicy {
    fileprivate init(yaml value: YAMLValue) throws(YAMLError) {
        self = try value.mapping { (policy) throws(YAMLError) in
            PINPolicy(
                length: try policy.required("length").integer(in: Self.shortest...Self.longest),
                characters: try policy.required("characters").oneOf(Characters.self)
            )
        }
    }
}
