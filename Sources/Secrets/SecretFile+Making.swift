import CLinux
import Glibc

extension SecretFile {
    /// 32 characters that nobody mistakes for one another, so that 5 bits of randomness choose one without bias.
    private static let alphabet: StaticString = "abcdefghijkmnpqrstuvwxyz23456789"

    /// Makes a random secret of so many characters, 5 bits each, in a new file of mode 0600, durable before this returns.
    /// A file that is there already is never overwritten.
    package static func makeRandom(_ path: String, characters: Int) throws(SecretFileError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .unwritable(path: path, errno: errno) }
        defer { close(descriptor) }
        let secret = try Secret(count: characters) { (buffer) throws(SecretFileError) in
            guard inkan_random(buffer.baseAddress, buffer.count) == 0 else {
                throw SecretFileError.unwritable(path: path, errno: errno)
            }
            for index in buffer.indices { buffer[index] = alphabet.utf8Start[Int(buffer[index] & 31)] }
        }
        let written = secret.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == characters, fsync(descriptor) == 0 else {
            let code = errno
            unlink(path)
            throw .unwritable(path: path, errno: code)
        }
    }
}
