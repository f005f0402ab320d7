internal import Crypto
internal import TextForms

/// A public key under a name, as logs and witnesses give theirs out: a "vkey" (C2SP signed-note).
package struct NoteKey: Sendable, Hashable {
    /// The octet that tells what a key's signatures are.
    package enum Kind: UInt8, Sendable {
        /// Ed25519 over the note's text.
        case ed25519 = 1
        /// ECDSA over SHA-256 of the note's text, as ASN.1; the key is a SubjectPublicKeyInfo.
        case ecdsa = 2
        /// A witness's: Ed25519 over a time and the note's text (C2SP tlog-cosignature, version 1).
        case cosignature = 4
    }

    package let name: String
    package let kind: Kind
    /// 32 octets of Ed25519, or the SubjectPublicKeyInfo of a P-256 key.
    package let publicKey: [UInt8]

    static let longestName = 128

    /// Throws `checkpointInvalid`.
    package init(name: String, kind: Kind, publicKey: [UInt8]) throws(LedgerError) {
        guard NoteKey.isName(name) else {
            throw .checkpointInvalid(
                "a key's name has 1 to \(NoteKey.longestName) octets of UTF-8, without spaces, plus or control characters"
            )
        }
        self.name = name
        self.kind = kind
        self.publicKey = publicKey
        guard isUsable else { throw .checkpointInvalid("the public key of \(name) is none that can be used") }
    }

    /// The key of a log, from its SubjectPublicKeyInfo: Ed25519 or P-256.
    package init(name: String, spki: [UInt8]) throws(LedgerError) {
        if spki.starts(with: NoteKey.ed25519Prefix) {
            try self.init(
                name: name,
                kind: .ed25519,
                publicKey: Array(spki.dropFirst(NoteKey.ed25519Prefix.count))
            )
        } else {
            try self.init(name: name, kind: .ecdsa, publicKey: spki)
        }
    }

    /// Reads `name+id+key`: the id in eight hexadecimal digits, kind and key in base64.
    package init(vkey text: String) throws(LedgerError) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let encoded = Base64.decode(String(parts[2])), let first = encoded.first,
            let kind = Kind(rawValue: first)
        else { throw .checkpointInvalid("a public key is written as name+id+base64, of a known kind") }
        try self.init(name: String(parts[0]), kind: kind, publicKey: Array(encoded.dropFirst()))
        guard parts[1] == HexText.encode(identifier) else {
            throw .checkpointInvalid("the id of the public key of \(name) is not the key's; it was copied wrongly")
        }
    }

    /// The text that the key is given out as.
    package var vkey: String {
        "\(name)+\(HexText.encode(identifier))+\(Base64.encode([kind.rawValue] + publicKey))"
    }

    /// Four octets that, with the name, say which key a signature is of.
    package var identifier: [UInt8] {
        switch kind {
        case .ed25519, .cosignature:
            Array(SHA256.hash(data: Array(name.utf8) + [0x0a, kind.rawValue] + publicKey).prefix(4))
        case .ecdsa: Array(SHA256.hash(data: publicKey).prefix(4))
        }
    }

    /// The SubjectPublicKeyInfo by which a token knows the key.
    package var spki: [UInt8] {
        kind == .ecdsa ? publicKey : NoteKey.ed25519Prefix + publicKey
    }

    /// AlgorithmIdentifier and the head of the BIT STRING (RFC 8410, 4).
    private static let ed25519Prefix: [UInt8] = [
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
    ]

    static func isName(_ name: String) -> Bool {
        (1...longestName).contains(name.utf8.count)
            && name.unicodeScalars.allSatisfy { $0 != "+" && $0.value >= 0x20 && !$0.properties.isWhitespace }
    }

    // MARK: Checking

    private var isUsable: Bool {
        do {
            switch kind {
            case .ed25519, .cosignature: _ = try Curve25519.Signing.PublicKey(rawRepresentation: publicKey)
            case .ecdsa: _ = try P256.Signing.PublicKey(derRepresentation: publicKey)
            }
            return true
        } catch {
            // A key that the library cannot read is none.
            return false
        }
    }

    /// Whether a signature of this key, without its id, is over this note text.
    package func isValid(_ signature: [UInt8], over text: String) -> Bool {
        do {
            switch kind {
            case .ed25519:
                return try Curve25519.Signing.PublicKey(rawRepresentation: publicKey)
                    .isValidSignature(signature, for: Array(text.utf8))
            case .ecdsa:
                return try P256.Signing.PublicKey(derRepresentation: publicKey)
                    .isValidSignature(.init(derRepresentation: signature), for: Array(text.utf8))
            case .cosignature:
                guard let time = Cosignature.time(of: signature) else { return false }
                return try Curve25519.Signing.PublicKey(rawRepresentation: publicKey)
                    .isValidSignature(signature.dropFirst(8), for: Cosignature.message(text, at: time))
            }
        } catch {
            // A signature that the library cannot read is not this key's.
            return false
        }
    }
}

/// What a witness signs (C2SP tlog-cosignature, version 1): that at a time this was the largest consistent tree it knew.
package enum Cosignature {
    /// The octets that an Ed25519 key signs.
    package static func message(_ text: String, at seconds: UInt64) -> [UInt8] {
        Array("cosignature/v1\ntime \(seconds)\n\(text)".utf8)
    }

    /// The signature as the note carries it: the time before it.
    package static func signature(_ ed25519: [UInt8], at seconds: UInt64) -> [UInt8] {
        withUnsafeBytes(of: seconds.bigEndian) { Array($0) } + ed25519
    }

    /// Seconds since 1970; `nil` for what is no cosignature.
    package static func time(of signature: [UInt8]) -> UInt64? {
        guard signature.count == 8 + 64 else { return nil }
        let seconds = signature.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return seconds <= UInt64(Int64.max) ? seconds : nil
    }
}
