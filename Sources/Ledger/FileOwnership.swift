import Glibc
import Synchronization

/// The right to write to a ledger, held by one process at a time through a lock on a file beside it.
///
/// The lock is not taken on the database itself: closing any descriptor of that would drop SQLite's own locks.
final class FileOwnership: Sendable {
    private let descriptor: Mutex<Int32?>

    /// Throws `inUse` when another process, or another ledger of this one, has the right; `unreadable` when the file is
    /// missing and may not be made.
    init(of path: String, mayCreate: Bool) throws(LedgerError) {
        // Before the lock: a folder that waits for its disk gets no file of ours.
        if !mayCreate, access(path, F_OK) != 0, errno == ENOENT { throw FileOwnership.missing(path) }
        let lockPath = path + ".lock"
        let opened = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw .unreadable("\(lockPath): \(errorText())") }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            close(opened)
            throw reason == EWOULDBLOCK ? .inUse(path: path) : .unreadable("\(lockPath): \(errorText(reason))")
        }
        descriptor = Mutex(opened)
        try FileOwnership.makePrivate(path)
    }

    static func missing(_ path: String) -> LedgerError {
        .unreadable(
            "there is no ledger at \(path); hold the ceremony first, or mount the ledger's disk, or restore the backup"
        )
    }

    /// Makes a missing file, readable by its owner alone; SQLite gives the files beside it the same mode.
    private static func makePrivate(_ path: String) throws(LedgerError) {
        let made = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if made >= 0 {
            close(made)
        } else if errno != EEXIST {
            throw .unreadable("\(path): \(errorText())")
        }
    }

    deinit {
        release()
    }

    /// Gives the right up, once the last write is done.
    ///
    /// Unlocked before it is closed: a child that another thread is starting has a copy of the descriptor until it runs
    /// its program, and closing ours alone would leave the lock to it.
    func release() {
        descriptor.withLock { descriptor in
            if let descriptor {
                flock(descriptor, LOCK_UN)
                close(descriptor)
            }
            descriptor = nil
        }
    }
}

/// Makes a file's name durable: the entry in its folder.
func syncFolder(of path: String) throws(LedgerError) {
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let name = folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder
    let descriptor = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable("\(name): \(errorText())") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .storageFailed("\(name) can't be flushed: \(errorText())") }
}

private func errorText(_ code: Int32 = errno) -> String {
    String(cString: strerror(code))
}
