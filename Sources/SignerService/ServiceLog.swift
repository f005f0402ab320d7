import Clocks
import Glibc
import Varlink

/// The service's log: one JSON object a line on the standard error stream, for journald and for people with `jq`. Only
/// what is passed in is written; nothing here ever sees a secret.
package struct ServiceLog: Sendable {
    /// How much it matters.
    package enum Level: String, Sendable {
        case info
        case warning
        case error
    }

    private let clock: any WallClock

    package init(clock: any WallClock) {
        self.clock = clock
    }

    /// Writes a line.
    ///
    /// - Parameters:
    ///   - event: what happened, a stable name for programs.
    ///   - fields: the facts, in the order in which they are to be read.
    package func write(_ level: Level, _ event: String, _ fields: KeyValuePairs<String, String> = [:]) {
        var line = JSONWriter()
        line.beginObject()
        line.member("time", clock.now.rfc3339)
        line.member("level", level.rawValue)
        line.member("event", event)
        for (name, value) in fields { line.member(name, value) }
        line.endObject()
        // One write a line, so that lines of several threads do not mix. A log that cannot be written stops nothing.
        let bytes = line.bytes + [UInt8(ascii: "\n")]
        _ = bytes.withUnsafeBytes { writeAll(STDERR_FILENO, $0) }
    }
}

private func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Bool {
    var written = 0
    while written < bytes.count {
        let count = Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        written += count
    }
    return true
}
