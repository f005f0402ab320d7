/// What a supervisor can ask of a worker. The first packet says what the worker is for.
package enum WorkerOperation: UInt8, Sendable {
    case open = 1
    case sign = 2
    case random = 3
    case generateKeyPair = 4
    case prepareKey = 5
    case listTokens = 6
    case listMechanisms = 7
    case initializeToken = 8
    /// What the token that is being served says of itself and of its keys.
    case inspect = 48
    /// Users' tokens in a reader: the work that `DeskOperation` names.
    case desk = 32
    /// Not a worker for a token, but the process that starts those: see `SpawnerRequest`.
    case beSpawner = 96
    case readMarks = 20
    case writeMark = 21
    /// Makes a key pair that leaves the token wrapped.
    case exportKeyPair = 40
}

/// What a worker says.
package enum WorkerReply: UInt8, Sendable {
    case done = 0
    case failed = 1
    /// Said before a PIN that was never right goes to the token, so that a crash in between is known for what it is.
    case loggingIn = 2
    case loggedIn = 3
}

/// The first message to a worker that shall serve a token.
package struct OpenRequest: Sendable {
    package var uri: String
    package var allows: WorkerAllowance
    package var sessions: Int
    /// Do not log in when the token says that a wrong PIN was entered since the last right one.
    package var isCautious: Bool
    /// The `pinFile` of an earlier worker's answer: a PIN from the same file, unchanged, was right before.
    package var provenPINFile: String
    /// Log in with a PIN from that file, unchanged, or not at all.
    package var takesProvenPINOnly = false
    /// SubjectPublicKeyInfo of each key; its place in the list is the number that signatures name it by.
    package var keys: [[UInt8]]

    package init(
        uri: String,
        allows: WorkerAllowance = .nothing,
        sessions: Int,
        isCautious: Bool,
        provenPINFile: String = "",
        keys: [[UInt8]]
    ) {
        self.uri = uri
        self.allows = allows
        self.sessions = sessions
        self.isCautious = isCautious
        self.provenPINFile = provenPINFile
        self.keys = keys
    }

    package func write(to writer: inout MessageWriter) {
        writer.text(uri)
        allows.write(to: &writer)
        writer.number(UInt32(sessions))
        writer.flag(isCautious)
        writer.text(provenPINFile)
        writer.flag(takesProvenPINOnly)
        writer.list(keys) { $1.data($0) }
    }

    package init(from reader: inout MessageReader) throws(TokenError) {
        uri = try reader.text()
        allows = try WorkerAllowance(from: &reader)
        sessions = Int(try reader.number(UInt32.self))
        isCautious = try reader.flag()
        provenPINFile = try reader.text()
        takesProvenPINOnly = try reader.flag()
        keys = try reader.list { (reader) throws(TokenError) in try reader.data() }
    }
}

/// The answer to an `OpenRequest`.
package struct OpenAnswer: Sendable {
    package var token: TokenDescription
    package var sessions: Int
    /// Which file the PIN came from, in which version (nothing of what is in it); empty where it came from none.
    package var pinFile: String
    /// The version of Landlock that the worker has put itself under.
    package var landlockVersion: Int
    /// What is wrong with each key; `nil` where it was found.
    package var keys: [TokenError?]

    package init(
        token: TokenDescription,
        sessions: Int,
        pinFile: String = "",
        landlockVersion: Int = 0,
        keys: [TokenError?]
    ) {
        self.token = token
        self.sessions = sessions
        self.pinFile = pinFile
        self.landlockVersion = landlockVersion
        self.keys = keys
    }

    /// Throws when this cannot be the answer to a request for so many keys.
    func check(keys asked: Int) throws(TokenError) {
        guard keys.count == asked else { throw .protocolBroken("an answer about other keys than were asked for") }
        guard (1...256).contains(sessions) else { throw .protocolBroken("\(sessions) sessions") }
    }

    package func write(to writer: inout MessageWriter) {
        token.write(to: &writer)
        writer.number(UInt32(sessions))
        writer.text(pinFile)
        writer.number(UInt32(landlockVersion))
        writer.list(keys) { problem, writer in
            writer.flag(problem == nil)
            problem?.write(to: &writer)
        }
    }

    package init(from reader: inout MessageReader) throws(TokenError) {
        token = try TokenDescription(from: &reader)
        sessions = Int(try reader.number(UInt32.self))
        pinFile = try reader.text()
        landlockVersion = Int(try reader.number(UInt32.self))
        keys = try reader.list { (reader) throws(TokenError) in
            try reader.flag() ? nil : try TokenError(from: &reader)
        }
    }
}

extension TokenError {
    package func write(to writer: inout MessageWriter) {
        writer.number(code.rawValue)
        writer.flag(returnValue != nil)
        writer.number(UInt64(returnValue ?? 0))
        writer.text(message)
        writer.text(mend)
    }

    package init(from reader: inout MessageReader) throws(TokenError) {
        guard let code = Code(rawValue: try reader.number()) else { throw .protocolBroken("an unknown error code") }
        let hasValue = try reader.flag()
        let value = try reader.number(UInt64.self)
        let message = try reader.text()
        self.init(code, message, mend: try reader.text(), returnValue: hasValue ? UInt(value) : nil)
    }
}

extension TokenDescription {
    package func write(to writer: inout MessageWriter) {
        for field in [serial, label, model, manufacturer, firmwareVersion, interfaceVersion, uri] { writer.text(field) }
        writer.flag(isInitialized)
        writer.flag(hasUserPIN)
    }

    package init(from reader: inout MessageReader) throws(TokenError) {
        serial = try reader.text()
        label = try reader.text()
        model = try reader.text()
        manufacturer = try reader.text()
        firmwareVersion = try reader.text()
        interfaceVersion = try reader.text()
        uri = try reader.text()
        isInitialized = try reader.flag()
        hasUserPIN = try reader.flag()
    }
}

extension MechanismDescription {
    package func write(to writer: inout MessageWriter) {
        writer.text(name)
        for value in [number, minimumKeySize, maximumKeySize] { writer.number(UInt64(value)) }
        for value in [canSign, canGenerateKeyPair, isInHardware] { writer.flag(value) }
    }

    package init(from reader: inout MessageReader) throws(TokenError) {
        let name = try reader.text()
        let number = UInt(try reader.number(UInt64.self))
        let smallest = UInt(try reader.number(UInt64.self))
        let largest = UInt(try reader.number(UInt64.self))
        let canSign = try reader.flag()
        let canGenerate = try reader.flag()
        self.init(
            name: name,
            number: number,
            minimumKeySize: smallest,
            maximumKeySize: largest,
            canSign: canSign,
            canGenerateKeyPair: canGenerate,
            isInHardware: try reader.flag()
        )
    }
}

extension KeyPairRequest.Algorithm {
    package init(from reader: inout MessageReader) throws(TokenError) {
        guard let algorithm = Self(rawValue: try reader.text()) else {
            throw .protocolBroken("an unknown key algorithm")
        }
        self = algorithm
    }
}

extension KeyPairRequest {
    package func write(to writer: inout MessageWriter) {
        writer.text(algorithm.rawValue)
        writer.text(label)
        writer.data(identifier ?? [])
        writer.flag(alwaysAuthenticate)
    }

    package init(from reader: inout MessageReader) throws(TokenError) {
        let algorithm = try Algorithm(from: &reader)
        let label = try reader.text()
        let identifier = try reader.data()
        self.init(
            algorithm: algorithm,
            label: label,
            identifier: identifier.isEmpty ? nil : identifier,
            alwaysAuthenticate: try reader.flag()
        )
    }
}

extension GeneratedKeyPair {
    package func write(to writer: inout MessageWriter) {
        writer.data(spki)
        writer.data(ckaID)
        writer.attributes(attributes)
    }

    package init(from reader: inout MessageReader) throws(TokenError) {
        let spki = try reader.data()
        let identifier = try reader.data()
        self.init(spki: spki, attributes: try reader.attributes(), ckaID: identifier)
    }
}
