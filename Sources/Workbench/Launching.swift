import Foundation
import Threads

/// Starts programs one at a time, with pipes that no other program inherits.
///
/// Foundation opens descriptors between making a pipe and starting its program that another program, started at that
/// moment, would keep open: the reader of the pipe, or the one who waits for the end, would then wait for that other
/// program too, for as long as it lives.
package enum Launching {
    private static let turn = Guarded(())

    package static func pipe() -> Pipe {
        turn.withLock { _ in
            let pipe = Pipe()
            for end in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
                _ = fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC)
            }
            return pipe
        }
    }

    package static func start(_ process: Process) throws {
        try turn.withLock { _ in try process.run() }
    }
}
