package import Secrets

/// What the station asks of the worker of a reader, one thing after the other.
package enum DeskOperation: UInt8, Sendable {
    case list = 1
    case certificates = 2
    case makePINs = 3
    case initialise = 4
    case logIn = 5
    case key = 6
    case sign = 7
    case install = 8
    case resetPIN = 9
    case wipe = 10
}

/// Which token in a reader is meant. Some modules give all their tokens one serial number; then the label decides.
package struct TokenName: Hashable, Sendable {
    /// Of a blank token it may be empty: then the reader's only one is meant.
    package var serial: String
    package var label: String?
    /// Whether a blank token is meant, or one that is initialised.
    package var isBlank: Bool

    package init(serial: String, label: String? = nil, isBlank: Bool = false) {
        self.serial = serial
        self.label = label
        self.isBlank = isBlank
    }

    package func fits(_ token: TokenDescription) -> Bool {
        guard token.isInitialized != isBlank else { return false }
        if isBlank { return serial.isEmpty || token.serial == serial }
        return token.serial == serial && (label == nil || token.label == label)
    }

    package func write(to writer: inout MessageWriter) {
        writer.text(serial)
        writer.flag(label != nil)
        writer.text(label ?? "")
        writer.flag(isBlank)
    }

    package init(from reader: inout MessageReader) throws(TokenError) {
        serial = try reader.text()
        let hasLabel = try reader.flag()
        let text = try reader.text()
        label = hasLabel ? text : nil
        isBlank = try reader.flag()
    }
}

/// A user's token as it stands in a reader.
package struct DeskToken: Hashable, Sendable {
    package var description: TokenDescription
    /// What the module calls the place that it is in.
    package var place: String
    package var isUserPINLocked: Bool
    /// Bytes left for objects; `nil` where the module does not say.
    package var freeMemory: Int?

    package init(description: TokenDescription, place: String, isUserPINLocked: Bool, freeMemory: Int?) {
        self.description = description
        self.place = place
        self.isUserPINLocked = isUserPINLocked
        self.freeMemory = freeMemory
    }

    package func write(to writer: inout MessageWriter) {
        description.write(to: &writer)
        writer.text(place)
        writer.flag(isUserPINLocked)
        writer.number(Int64(freeMemory ?? -1))
    }

    package init(from reader: inout MessageReader) throws(TokenError) {
        description = try TokenDescription(from: &reader)
        place = try reader.text()
        isUserPINLocked = try reader.flag()
        let memory = try reader.number(Int64.self)
        freeMemory = memory < 0 ? nil : Int(memory)
    }
}

/// A certificate that is in a token, or shall be, with the attributes that PKCS#11 wants beside it.
package struct DeskCertificate: Hashable, Sendable {
    /// `CKA_ID`.
    package var identifier: [UInt8]
    package var label: String
    /// DER, as the following three.
    package var value: [UInt8]
    package var subject: [UInt8]
    package var issuer: [UInt8]
    package var serialNumber: [UInt8]

    package init(
        identifier: [UInt8],
        label: String,
        value: [UInt8],
        subject: [UInt8],
        issuer: [UInt8],
        serialNumber: [UInt8]
    ) {
        self.identifier = identifier
        self.label = label
        self.value = value
        self.subject = subject
        self.issuer = issuer
        self.serialNumber = serialNumber
    }

    package func write(to writer: inout MessageWriter) {
        writer.text(label)
        for field in [identifier, value, subject, issuer, serialNumber] { writer.data(field) }
    }

    package init(from reader: inout MessageReader) throws(TokenError) {
        label = try reader.text()
        identifier = try reader.data()
        value = try reader.data()
        subject = try reader.data()
        issuer = try reader.data()
        serialNumber = try reader.data()
    }
}

/// A key pair that an order needs in the token that is logged in to.
package struct DeskKeyRequest: Hashable, Sendable {
    /// What to make. The `CKA_ID` is the order's own, so that what an interrupted run has left is known.
    package var pair: KeyPairRequest
    /// Whether the private key shall open what was encrypted for it: RSA decryption, or EC agreement.
    package var opens: Bool
    /// The key must be there already; none is made.
    package var mustBeThere: Bool

    /// - Parameter identifier: `CKA_ID`.
    package init(
        algorithm: KeyPairRequest.Algorithm,
        label: String,
        identifier: [UInt8],
        opens: Bool,
        mustBeThere: Bool = false
    ) {
        pair = KeyPairRequest(algorithm: algorithm, label: label, identifier: identifier)
        self.opens = opens
        self.mustBeThere = mustBeThere
    }

    package func write(to writer: inout MessageWriter) {
        pair.write(to: &writer)
        writer.flag(opens)
        writer.flag(mustBeThere)
    }

    package init(from reader: inout MessageReader) throws(TokenError) {
        pair = try KeyPairRequest(from: &reader)
        opens = try reader.flag()
        mustBeThere = try reader.flag()
    }
}

/// The PINs that a worker has made and keeps for what comes next.
package struct FreshPINs: Sendable {
    package let officer: Secret
    package let user: Secret
    /// Whether the token's own generator had a part in them, beside the system's.
    package let isFromToken: Bool
}

extension PINPolicy {
    package func write(to writer: inout MessageWriter) {
        writer.number(UInt32(length))
        writer.text(characters.rawValue)
    }

    package init(from reader: inout MessageReader) throws(TokenError) {
        let length = Int(try reader.number(UInt32.self))
        guard let characters = Characters(rawValue: try reader.text()), length <= Self.longest else {
            throw .protocolBroken("an unknown PIN policy")
        }
        self.init(length: length, characters: characters)
    }
}
