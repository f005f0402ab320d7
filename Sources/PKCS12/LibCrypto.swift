internal import CLinux
internal import COpenSSL
internal import LibCryptoStart

/// Why libcrypto did not do what was asked. Nothing of a key or password is ever in it.
package enum PKCS12Error: Error, Sendable, Hashable, CustomStringConvertible {
    /// libcrypto cannot be made to wipe what it frees: it was used before this room could say so, or has no memory.
    case libraryUnusable
    /// A step failed; the library's own words.
    case failed(step: String, reason: String)
    /// What came from the token is not a private key wrapped for this transport key.
    case notOpened
    /// The private key is not the other half of the public key that it came with.
    case otherKey
    /// Nothing can be sealed to a certificate: why not.
    case unfitRecipient(String)

    package var description: String {
        switch self {
        case .libraryUnusable: "libcrypto cannot be made ready for private keys"
        case .failed(let step, let reason): "libcrypto: \(step): \(reason)"
        case .notOpened: "the token's wrapped key cannot be opened"
        case .otherKey: "the private key does not belong to its public key"
        case .unfitRecipient(let reason): "nothing can be sealed to the recipient's certificate: \(reason)"
        }
    }
}

/// libcrypto in this process, made fit for private keys: every block that it frees is overwritten first, the numbers of
/// private keys lie in locked memory, and no configuration file of the machine is read.
enum LibCrypto {
    private static let isReady: Bool = {
        guard LibCryptoStart.isDone else { return false }
        // 2 means: made, but not locked, as under a small RLIMIT_MEMLOCK; `inkan doctor` reports that.
        return CRYPTO_secure_malloc_init(512 * 1024, 32) != 0
    }()

    /// Runs what handles a private key, and overwrites what it has left on the stack.
    ///
    /// Throws `libraryUnusable` before anything is done, or what `body` throws.
    static func handling<Answer>(_ body: () throws(PKCS12Error) -> Answer) throws(PKCS12Error) -> Answer {
        guard isReady else { throw .libraryUnusable }
        defer {
            ERR_clear_error()
            inkan_wipe_stack()
        }
        ERR_clear_error()
        return try body()
    }

    /// The error that the library has just noted.
    static func failure(_ step: String) -> PKCS12Error {
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(ERR_peek_last_error(), &text, text.count)
        let reason = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return .failed(step: step, reason: String(decoding: reason, as: UTF8.self))
    }

    /// Throws when a function of the library has not answered 1.
    static func check(_ step: String, _ answer: Int32) throws(PKCS12Error) {
        guard answer == 1 else { throw failure(step) }
    }

    /// Throws when a function of the library has answered no object.
    static func made<Object>(_ step: String, _ object: Object?) throws(PKCS12Error) -> Object {
        guard let object else { throw failure(step) }
        return object
    }
}
