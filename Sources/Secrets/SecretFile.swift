import Glibc

/// Why a secret could not be taken from its file. Carries the path, never the content.
package enum SecretFileError: Error, CustomStringConvertible {
    case unreadable(path: String, errno: Int32)
    case unwritable(path: String, errno: Int32)
    case tooOpen(path: String)
    case empty(path: String)
    case tooLong(path: String)

    package var description: String {
        switch self {
        case .unreadable(let path, let code):
            "cannot read the secret in \(path): \(String(cString: strerror(code))); check the path and the owner"
        case .unwritable(let path, let code):
            "cannot make the secret \(path): \(String(cString: strerror(code))); a file that is there is never overwritten"
        case .tooOpen(let path):
            "the secret in \(path) can be read by group or others; chmod it to 0600 or 0400"
        case .empty(let path):
            "the secret in \(path) is empty; write the PIN into it, without spaces"
        case .tooLong(let path):
            "the secret in \(path) has more than \(SecretFile.longest) bytes"
        }
    }
}

/// Secrets come in through files that only their owner can read (systemd credentials are such files).
package enum SecretFile {
    /// No PIN or password that the service uses is longer, in bytes.
    package static let longest = 256

    /// Reads a secret, without the line end that editors leave behind it.
    package static func read(_ path: String) throws(SecretFileError) -> Secret {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .unreadable(path: path, errno: errno) }
        defer { close(descriptor) }
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { throw .unreadable(path: path, errno: errno) }
        guard information.st_mode & 0o077 == 0 else { throw .tooOpen(path: path) }
        return try readSecret(from: descriptor, path: path)
    }

    private static func readSecret(from descriptor: Int32, path: String) throws(SecretFileError) -> Secret {
        var length = 0
        let whole = try Secret(count: longest + 2) { (buffer) throws(SecretFileError) in
            while length < buffer.count {
                let got = Glibc.read(descriptor, buffer.baseAddress! + length, buffer.count - length)
                guard got >= 0 else { throw SecretFileError.unreadable(path: path, errno: errno) }
                if got == 0 { break }
                length += got
            }
            while length > 0, buffer[length - 1] == UInt8(ascii: "\n") || buffer[length - 1] == UInt8(ascii: "\r") {
                length -= 1
            }
        }
        guard length > 0 else { throw .empty(path: path) }
        guard length <= longest else { throw .tooLong(path: path) }
        return whole.withUnsafeBytes { bytes in
            Secret(count: length) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[0..<length])) }
        }
    }
}
