import Clocks
import Glibc

/// One line of JSON an event on standard error. What goes in is chosen by us: no PIN, no input, no signature.
enum WorkerLog {
    /// Events that people should look into; the others are what happens every day.
    private static let warnings: Set<String> = [
        "failed", "locked", "landlock-missing", "message-unreadable", "module-restart", "start-refused",
        "uri-unreadable",
        "turns-refused", "finalize-failed",
    ]

    static func write(_ event: String, _ fields: KeyValuePairs<String, String> = [:]) {
        let level = warnings.contains(event) ? "warning" : "info"
        var line = "{\"time\":\"\(SystemClock().now.rfc3339)\",\"level\":\"\(level)\",\"event\":\(quoted(event))"
        line += ",\"program\":\"inkan-tokend\",\"pid\":\(getpid())"
        for (name, value) in fields { line += ",\(quoted(name)):\(quoted(value))" }
        line += "}\n"
        // Whoever should read this may be gone; the work goes on.
        line.withUTF8 { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20:
                quoted += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
