/// What a token says of itself and of the private keys in it. Nothing of this is proven yet.
package struct TokenInspection: Hashable, Sendable {
    package var token: TokenDescription
    package var mechanisms: [MechanismDescription]
    /// Whether it says that it has a random source (`CKF_RNG`).
    package var hasRandom: Bool
    package var isWriteProtected: Bool
    /// How many sessions one application may open; `nil` where the token sets no limit or does not say.
    package var maximumSessions: Int?
    /// At most `mostKeys`.
    package var keys: [InspectedKey]
    /// Private keys beyond those.
    package var furtherKeys: Int

    /// A token with more keys than this is somebody's archive; the first ones tell what it can do.
    package static let mostKeys = 64

    package init(
        token: TokenDescription,
        mechanisms: [MechanismDescription],
        hasRandom: Bool,
        isWriteProtected: Bool,
        maximumSessions: Int?,
        keys: [InspectedKey],
        furtherKeys: Int
    ) {
        self.token = token
        self.mechanisms = mechanisms
        self.hasRandom = hasRandom
        self.isWriteProtected = isWriteProtected
        self.maximumSessions = maximumSessions
        self.keys = keys
        self.furtherKeys = furtherKeys
    }
}

/// A private key that a token shows after the log-in.
package struct InspectedKey: Hashable, Sendable {
    package var label: String
    /// `CKA_ID`.
    package var identifier: [UInt8]
    /// SubjectPublicKeyInfo in DER; empty where the token does not show the public half.
    package var spki: [UInt8]
    /// Why there is no public half to show.
    package var problem: String
    /// By their `CKA_…` names; what the token does not tell is not there.
    package var attributes: [String: Bool]

    package init(
        label: String,
        identifier: [UInt8],
        spki: [UInt8],
        problem: String = "",
        attributes: [String: Bool]
    ) {
        self.label = label
        self.identifier = identifier
        self.spki = spki
        self.problem = problem
        self.attributes = attributes
    }
}

extension TokenInspection {
    package func write(to writer: inout MessageWriter) {
        token.write(to: &writer)
        for flag in [hasRandom, isWriteProtected] { writer.flag(flag) }
        writer.number(UInt32(maximumSessions ?? 0))
        writer.number(UInt32(furtherKeys))
        writer.list(mechanisms) { $0.write(to: &$1) }
        writer.list(keys) { $0.write(to: &$1) }
    }

    package init(from reader: inout MessageReader) throws(TokenError) {
        token = try TokenDescription(from: &reader)
        hasRandom = try reader.flag()
        isWriteProtected = try reader.flag()
        let sessions = Int(try reader.number(UInt32.self))
        maximumSessions = sessions == 0 ? nil : sessions
        furtherKeys = Int(try reader.number(UInt32.self))
        mechanisms = try reader.list { (reader) throws(TokenError) in try MechanismDescription(from: &reader) }
        keys = try reader.list { (reader) throws(TokenError) in try InspectedKey(from: &reader) }
    }
}

extension InspectedKey {
    package func write(to writer: inout MessageWriter) {
        writer.text(label)
        writer.data(identifier)
        writer.data(spki)
        writer.text(problem)
        writer.attributes(attributes)
    }

    package init(from reader: inout MessageReader) throws(TokenError) {
        label = try reader.text()
        identifier = try reader.data()
        spki = try reader.data()
        problem = try reader.text()
        attributes = try reader.attributes()
    }
}

extension TokenWorkerSupervisor {
    /// Asks the token what it can do and which private keys it has, and waits for the answer.
    package func inspection() throws(TokenError) -> TokenInspection {
        let bytes: [UInt8] = try waitForAnswer { hear in
            submit(allowance: settings.callDeadline, listener: .body(hear)) { _ in .control(.inspect, body: []) }
        }
        return try bytes.withUnsafeBytes { memory in
            var reader = MessageReader(memory)
            return Result { () throws(TokenError) in try TokenInspection(from: &reader) }
        }.get()
    }
}
