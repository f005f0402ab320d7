internal import COpenSSL
package import Secrets

/// Which algorithms protect a PKCS#12 file.
package enum PKCS12Variant: String, CaseIterable, Sendable {
    /// PBES2 with AES-256-CBC and PBKDF2 (HMAC-SHA-256); MAC with SHA-256. What current software reads.
    case modern
    /// Triple DES in both bags and a MAC with SHA-1, as old importers want it. Never RC2: OpenSSL 3 would not read that
    /// without its legacy provider.
    case compatible
}

/// A PKCS#12 file (RFC 7292): private key, certificate and chain under a password.
package enum PKCS12File {
    /// How often the password is hashed. For passwords that a person chose: 100,000 rounds of PBKDF2 take 19 ms here
    /// and cost a guesser the same each time; the old scheme's rounds are slower, and its importers too.
    static func iterations(_ variant: PKCS12Variant) -> Int32 {
        switch variant {
        case .modern: 100_000
        case .compatible: 20_000
        }
    }

    /// The longest name that is written for a key, in characters.
    package static let longestName = 64

    /// Packs a file. What it returns is as secret as its password.
    ///
    /// - Parameters:
    ///   - certificate: DER; its public key must be the private key's other half.
    ///   - chain: DER, the issuer's certificate first, the root's last.
    ///   - name: shown by importers (friendlyName).
    ///   - password: ASCII; Java takes nothing else.
    package static func pack(
        privateKey: Secret,
        certificate: [UInt8],
        chain: [[UInt8]],
        name: String,
        password: Secret,
        variant: PKCS12Variant
    ) throws(PKCS12Error) -> [UInt8] {
        try LibCrypto.handling { () throws(PKCS12Error) in
            let key = try PrivateKey(pkcs8: privateKey)
            let leaf = try X509Object(certificate)
            guard X509_check_private_key(leaf.pointer, key.pointer) == 1 else { throw .otherKey }
            let seal = Seal(password: password.terminated(), variant: variant)
            let marks = try Marks(leaf, name: name)
            var safes = Safes()
            try safes.add(certificates: [certificate] + chain, marks, seal)
            try safes.add(key, marks, seal)
            return try der(of: safes, seal)
        }
    }

    /// Puts the safes together and seals the whole.
    private static func der(of safes: borrowing Safes, _ seal: Seal) throws(PKCS12Error) -> [UInt8] {
        let file = try LibCrypto.made("packing a PKCS#12 file", PKCS12_add_safes(safes.pointer, 0))
        defer { PKCS12_free(file) }
        let sealed = seal.withPassword { PKCS12_set_mac(file, $0, -1, nil, 16, seal.rounds, seal.digest) }
        try LibCrypto.check("sealing a PKCS#12 file", sealed)
        return try der(file)
    }

    private static func der(_ file: OpaquePointer) throws(PKCS12Error) -> [UInt8] {
        let length = i2d_PKCS12(file, nil)
        guard length > 0 else { throw LibCrypto.failure("writing a PKCS#12 file") }
        var bytes = [UInt8](repeating: 0, count: Int(length))
        let written = bytes.withUnsafeMutableBufferPointer { buffer in
            var place = buffer.baseAddress
            return i2d_PKCS12(file, &place)
        }
        guard written == length else { throw LibCrypto.failure("writing a PKCS#12 file") }
        return bytes
    }
}

/// A certificate as libcrypto holds it.
struct X509Object: ~Copyable {
    let pointer: OpaquePointer

    init(_ der: [UInt8]) throws(PKCS12Error) {
        let parsed = der.withUnsafeBufferPointer { buffer in
            var place = buffer.baseAddress
            return d2i_X509(nil, &place, buffer.count)
        }
        pointer = try LibCrypto.made("reading a certificate", parsed)
    }

    deinit {
        X509_free(pointer)
    }
}

/// What protects a file.
private struct Seal {
    /// With a zero behind it.
    let password: Secret
    let variant: PKCS12Variant

    var rounds: Int32 { PKCS12File.iterations(variant) }

    var cipher: Int32 {
        switch variant {
        case .modern: NID_aes_256_cbc
        case .compatible: NID_pbe_WithSHA1And3_Key_TripleDES_CBC
        }
    }

    var digest: OpaquePointer? {
        switch variant {
        case .modern: EVP_sha256()
        case .compatible: EVP_sha1()
        }
    }

    func withPassword<Answer>(_ body: (UnsafePointer<CChar>?) -> Answer) -> Answer {
        password.withUnsafeBytes { body($0.bindMemory(to: CChar.self).baseAddress) }
    }
}

/// What joins the key and its certificate, and what people see: localKeyID and friendlyName (PKCS#9).
private struct Marks {
    /// SHA-1 of the certificate, as everybody makes it; it is a name and protects nothing.
    private let identifier: [UInt8]
    /// UTF-16, big-endian: what importers take a BMPString for, so that names such as 𠮷田 keep their letters.
    private let name: [UInt8]

    init(_ leaf: borrowing X509Object, name: String) throws(PKCS12Error) {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        try LibCrypto.check("naming a key", X509_digest(leaf.pointer, EVP_sha1(), &digest, &length))
        identifier = Array(digest.prefix(Int(length)))
        let shown = String(String.UnicodeScalarView(name.unicodeScalars.prefix(PKCS12File.longestName)))
        self.name = shown.utf16.flatMap { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    }

    func mark(_ bag: OpaquePointer) throws(PKCS12Error) {
        var bytes = identifier
        let marked = PKCS12_add_localkeyid(bag, &bytes, Int32(bytes.count))
        try LibCrypto.check("marking a key", marked)
        guard !name.isEmpty else { return }
        try LibCrypto.check("naming a key", PKCS12_add_friendlyname_uni(bag, name, Int32(name.count)))
    }
}

/// The contents of a file, sealed one by one.
private struct Safes: ~Copyable {
    private(set) var pointer: OpaquePointer?

    deinit {
        if let pointer { inkan_safes_free(pointer) }
    }

    /// - Parameter certificates: DER; the first is the key's.
    mutating func add(certificates: [[UInt8]], _ marks: Marks, _ seal: Seal) throws(PKCS12Error) {
        var bags: OpaquePointer?
        defer { if let bags { inkan_bags_free(bags) } }
        for (index, der) in certificates.enumerated() {
            let certificate = try X509Object(der)
            let bag = try LibCrypto.made("packing a certificate", PKCS12_add_cert(&bags, certificate.pointer))
            if index == 0 { try marks.mark(bag) }
        }
        let added = seal.withPassword { PKCS12_add_safe(&pointer, bags, seal.cipher, seal.rounds, $0) }
        try LibCrypto.check("packing certificates", added)
    }

    /// The bag of the key is encrypted by itself, and its safe not again.
    mutating func add(_ key: borrowing PrivateKey, _ marks: Marks, _ seal: Seal) throws(PKCS12Error) {
        var bags: OpaquePointer?
        defer { if let bags { inkan_bags_free(bags) } }
        let pointer = key.pointer
        let made = seal.withPassword { PKCS12_add_key(&bags, pointer, 0, seal.rounds, seal.cipher, $0) }
        try marks.mark(try LibCrypto.made("packing a private key", made))
        try LibCrypto.check("packing a private key", PKCS12_add_safe(&self.pointer, bags, -1, 0, nil))
    }
}
