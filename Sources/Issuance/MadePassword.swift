import CLinux
import PKCS12
import Secrets

/// Passwords that the service makes for PKCS#12 files: 20 characters of an alphabet of 64, chosen by 6 random bits each
/// without bias; 120 bits, of which the demand that all four classes occur takes a fifth of one (S/MIME BR 6.1.2 asks for
/// 112).
enum MadePassword {
    static let length = 20

    /// 24 small letters, 24 capitals, 8 digits, 8 signs: none that people mistake for another, none that JSON, XML or a
    /// shell's double quotes treat as special.
    static let alphabet: StaticString = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789+-*/=_.#"

    /// The class of each character, by its place in the alphabet.
    private static func isComplete(_ places: UnsafeMutableRawBufferPointer) -> Bool {
        var classes: UInt8 = 0
        for place in places {
            switch place {
            case 0..<24: classes |= 1
            case 24..<48: classes |= 2
            case 48..<56: classes |= 4
            default: classes |= 8
            }
        }
        return classes == 15
    }

    /// Makes a password; `nil` when a class does not occur, about once in eight times, and new octets must be drawn.
    ///
    /// - Parameter random: as many octets of a token's random source. The kernel's go over them, so that who has seen
    ///   either knows nothing.
    static func draw(_ random: Secret) throws(PKCS12Error) -> Secret? {
        var isWhole = false
        let password = try Secret(count: length) { (buffer) throws(PKCS12Error) in
            guard inkan_random(buffer.baseAddress, buffer.count) == 0 else {
                throw .failed(step: "making a password", reason: "the kernel gives no random octets")
            }
            random.withUnsafeBytes { other in
                for index in buffer.indices { buffer[index] = (buffer[index] ^ other[index]) & 63 }
            }
            isWhole = isComplete(buffer)
            for index in buffer.indices { buffer[index] = alphabet.utf8Start[Int(buffer[index])] }
        }
        return isWhole ? password : nil
    }
}
