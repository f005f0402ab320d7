/// What is asked of a worker that makes a key pair for somebody and lets it out of the token wrapped.
package struct KeyExportRequest: Hashable, Sendable {
    package var algorithm: KeyPairRequest.Algorithm
    /// The RSA public key that the wrapping key leaves the token under; big-endian.
    package var transportModulus: [UInt8]
    package var transportExponent: [UInt8]

    package init(algorithm: KeyPairRequest.Algorithm, transportModulus: [UInt8], transportExponent: [UInt8]) {
        self.algorithm = algorithm
        self.transportModulus = transportModulus
        self.transportExponent = transportExponent
    }

    package func write(to writer: inout MessageWriter) {
        writer.text(algorithm.rawValue)
        writer.data(transportModulus)
        writer.data(transportExponent)
    }

    package init(from reader: inout MessageReader) throws(TokenError) {
        let algorithm = try KeyPairRequest.Algorithm(from: &reader)
        let modulus = try reader.data()
        self.init(algorithm: algorithm, transportModulus: modulus, transportExponent: try reader.data())
    }
}

/// A key pair that has left a token. Only who holds the transport key can open it.
package struct ExportedKeyPair: Hashable, Sendable {
    /// SubjectPublicKeyInfo in DER.
    package let spki: [UInt8]
    /// An AES-256 key under the transport key: RSAES-OAEP with SHA-1 and MGF1-SHA-1.
    package let wrappedKey: [UInt8]
    /// The PKCS#8 private key under that AES key: AES-KWP (RFC 5649).
    package let wrappedPrivateKey: [UInt8]

    package init(spki: [UInt8], wrappedKey: [UInt8], wrappedPrivateKey: [UInt8]) {
        self.spki = spki
        self.wrappedKey = wrappedKey
        self.wrappedPrivateKey = wrappedPrivateKey
    }

    package func write(to writer: inout MessageWriter) {
        for part in [spki, wrappedKey, wrappedPrivateKey] { writer.data(part) }
    }

    package init(from reader: inout MessageReader) throws(TokenError) {
        let spki = try reader.data()
        let wrappedKey = try reader.data()
        self.init(spki: spki, wrappedKey: wrappedKey, wrappedPrivateKey: try reader.data())
    }
}
