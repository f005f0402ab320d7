import CLinux
import Glibc
import PKCS11
import Secrets
import Tokens

/// Random characters for PINs: the token's own generator and the system's, combined, so that neither alone decides. A
/// blank token often has no session to ask its generator in; then the system's is the only one.
struct PINSource {
    private static let digits: StaticString = "0123456789"
    /// Nobody mistakes one of these for another.
    private static let letters: StaticString = "abcdefghijkmnpqrstuvwxyz23456789"

    private let session: Session?

    init(_ slot: Slot) {
        do throws(PKCS11Error) {
            let session = try slot.openSession()
            _ = try session.randomBytes(16)
            self.session = session
        } catch {
            WorkerLog.write("token-generator-unused", ["reason": error.description])
            session = nil
        }
    }

    var isFromToken: Bool { session != nil }

    /// Makes a PIN. Bytes that would favour some characters are thrown away.
    func make(_ policy: PINPolicy) throws(TokenError) -> Secret {
        let alphabet = policy.characters == .digits ? PINSource.digits : PINSource.letters
        let size = alphabet.utf8CodeUnitCount
        let bound = 256 / size * size
        return try Secret(count: policy.length) { (buffer) throws(TokenError) in
            var place = 0
            while place < buffer.count {
                let bytes = try random(64)
                bytes.withUnsafeBytes { bytes in
                    for byte in bytes where Int(byte) < bound && place < buffer.count {
                        buffer[place] = alphabet.utf8Start[Int(byte) % size]
                        place += 1
                    }
                }
            }
        }
    }

    private func random(_ count: Int) throws(TokenError) -> Secret {
        try Secret(count: count) { (buffer) throws(TokenError) in
            guard inkan_random(buffer.baseAddress, buffer.count) == 0 else {
                throw TokenError(.moduleError, "the system has no random bytes", mend: "look at the machine")
            }
            guard let session else { return }
            var fromToken: [UInt8]
            do throws(PKCS11Error) { fromToken = try session.randomBytes(count) } catch { throw TokenError(error) }
            for index in buffer.indices { buffer[index] ^= fromToken[index] }
            fromToken.withUnsafeMutableBytes { inkan_wipe($0.baseAddress, $0.count) }
        }
    }
}
