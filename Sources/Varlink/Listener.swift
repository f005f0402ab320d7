internal import CLinux
internal import Glibc

/// Why a socket cannot be listened on.
public enum ListenerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Paths of sockets have at most 107 bytes.
    case pathTooLong(String)
    /// Another process answers on this path.
    case alreadyServed(String)
    /// Something that is no socket lies at the path; it is left alone.
    case notASocket(String)
    /// Another process is setting up a socket in the same folder and does not finish.
    case folderLocked(String)
    /// What systemd handed over is no listening Unix socket.
    case notListening(descriptor: Int32)
    /// An environment variable of socket activation does not hold what it should.
    case activationMalformed(variable: String)
    /// The system refuses; `code` is its errno.
    case system(operation: String, path: String, code: Int32)

    public var description: String {
        switch self {
        case .pathTooLong(let path): "\(path): a socket's path has at most 107 bytes; choose a shorter one"
        case .alreadyServed(let path): "\(path): another process answers there; stop it first or choose another path"
        case .notASocket(let path): "\(path): something that is no socket lies there; move it away"
        case .folderLocked(let path): "\(path): another process is setting up a socket in this folder"
        case .notListening(let descriptor): "descriptor \(descriptor) is no listening Unix socket; mend the socket unit"
        case .activationMalformed(let variable): "\(variable) does not hold what socket activation puts there"
        case .system(let operation, let path, let code): "\(path): \(operation): \(String(cString: strerror(code)))"
        }
    }
}

/// A socket that is bound and listens. The server that it is added to owns and closes it.
public struct Listener: Sendable {
    /// What calls say they came through: the unit's FileDescriptorName, or as given.
    public let name: String
    let descriptor: Int32
    let file: SocketFile?

    /// Makes a socket at a path. A file that a dead process left there is replaced; one that somebody answers on never.
    ///
    /// - Parameters:
    ///   - mode: the file's permissions, from the first moment on.
    ///   - name: what calls say they came through.
    public static func bind(
        path: String,
        mode: UInt32 = 0o600,
        name: String,
        backlog: Int32 = 128
    ) throws(ListenerError) -> Listener {
        let lock = try FolderLock(ofFile: path)
        defer { lock.release() }
        let descriptor = UnixSocket.make()
        guard descriptor >= 0 else { throw .system(operation: "socket", path: path, code: errno) }
        do throws(ListenerError) {
            // The file takes its permissions from the socket, so that it is never wider than asked for.
            guard fchmod(descriptor, mode) == 0 else { throw failure("fchmod", path) }
            if try bind(descriptor, path) == EADDRINUSE {
                try removeStale(path)
                let code = try bind(descriptor, path)
                guard code == 0 else { throw .system(operation: "bind", path: path, code: code) }
            }
            guard let file = SocketFile(path: path) else { throw failure("stat", path) }
            guard chmod(path, mode) == 0 else { throw failure("chmod", path) }
            guard listen(descriptor, backlog) == 0 else { throw failure("listen", path) }
            return Listener(name: name, descriptor: descriptor, file: file)
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func failure(_ operation: String, _ path: String) -> ListenerError {
        .system(operation: operation, path: path, code: errno)
    }

    /// Binds; 0 or EADDRINUSE.
    private static func bind(_ descriptor: Int32, _ path: String) throws(ListenerError) -> Int32 {
        guard let result = UnixSocket.withAddress(path, { Glibc.bind(descriptor, $0, $1) }) else {
            throw .pathTooLong(path)
        }
        if result == 0 { return 0 }
        guard errno == EADDRINUSE else { throw failure("bind", path) }
        return EADDRINUSE
    }

    /// Removes a socket that nobody answers on.
    private static func removeStale(_ path: String) throws(ListenerError) {
        var information = stat()
        guard lstat(path, &information) == 0 else { throw failure("lstat", path) }
        guard information.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path) }
        let probe = UnixSocket.make()
        guard probe >= 0 else { throw failure("socket", path) }
        defer { close(probe) }
        let result = UnixSocket.withAddress(path) { connect(probe, $0, $1) }
        // Anything but a plain refusal (a full queue, missing permission) may hide a living service.
        guard result == -1, errno == ECONNREFUSED else { throw .alreadyServed(path) }
        guard unlink(path) == 0 else { throw failure("unlink", path) }
    }

    /// Stops listening, and removes the file if it is still the one that was made.
    public func close() {
        // In this order: while the socket listens nobody takes the file for stale, and its inode is not given away.
        file?.remove()
        Glibc.close(descriptor)
    }

    private static func close(_ descriptor: Int32) {
        Glibc.close(descriptor)
    }
}

/// A socket's file, known again by device and inode.
struct SocketFile: Sendable {
    let path: String
    private let device: UInt64
    private let inode: UInt64

    init?(path: String) {
        var information = stat()
        guard lstat(path, &information) == 0 else { return nil }
        self.path = path
        device = UInt64(information.st_dev)
        inode = UInt64(information.st_ino)
    }

    func remove() {
        guard let present = SocketFile(path: path), present.device == device, present.inode == inode else { return }
        unlink(path)
    }
}

/// Keeps two processes from deciding at the same time that a socket is stale: a lock on the folder that it lies in.
private struct FolderLock {
    private let descriptor: Int32

    init(ofFile path: String) throws(ListenerError) {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let name = folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder
        descriptor = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(operation: "open", path: name, code: errno) }
        let deadline = Deadline.after(.seconds(2))
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, !deadline.hasPassed else {
                close(descriptor)
                throw .folderLocked(name)
            }
            poll(nil, 0, 10)
        }
    }

    /// Unlocked first: a child that is being started has a copy of the descriptor until it runs its program.
    func release() {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
