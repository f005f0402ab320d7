import Glibc
import Secrets
import SignerClient
import SignerService
import Varlink

/// Files that only their owner can read: private keys and passwords.
enum KeyFiles {
    /// Writes a new file of mode 0600, whole and durable before it has its name. One that is there is never overwritten:
    /// it may be the only copy of a key.
    static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(StartError) {
        let temporary = "\(path).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("write", temporary) }
        var offset = 0
        while offset < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let error = failure("write", temporary)
                close(descriptor)
                throw error
            }
            offset += count
        }
        guard fchmod(descriptor, 0o600) == 0, fsync(descriptor) == 0, close(descriptor) == 0 else {
            throw failure("keep", temporary)
        }
        // link, unlike rename, does not replace.
        guard link(temporary, path) == 0, unlink(temporary) == 0 else { throw failure("make", path) }
    }

    static func write(_ bytes: [UInt8], to path: String) throws(StartError) {
        var failed: StartError?
        bytes.withUnsafeBytes { memory in
            do throws(StartError) { try write(memory, to: path) } catch { failed = error }
        }
        if let failed { throw failed }
    }

    static func write(_ password: ConfidentialText, to path: String) throws(StartError) {
        try password.secret.withUnsafeBytes { (bytes) throws(StartError) in try write(bytes, to: path) }
    }

    /// A password from a file that only its owner can read.
    static func password(_ path: String) throws(StartError) -> ConfidentialText {
        do throws(SecretFileError) {
            return ConfidentialText(try SecretFile.read(path))
        } catch {
            throw StartError(error.description)
        }
    }

    /// Whether nobody but the owner can read a file.
    static func isPrivate(_ path: String) throws(StartError) -> Bool {
        var information = stat()
        guard stat(path, &information) == 0 else { throw failure("look at", path) }
        return information.st_mode & 0o077 == 0
    }

    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// Shows a password on the standard output, which must be a terminal or a pipe of the caller's choosing.
    static func show(_ password: ConfidentialText) {
        password.secret.withUnsafeBytes { _ = Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        _ = Glibc.write(STDOUT_FILENO, "\n", 1)
    }

    private static func failure(_ what: String, _ path: String) -> StartError {
        StartError("cannot \(what) \(path): \(String(cString: strerror(errno)))")
    }
}
