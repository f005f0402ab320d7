import Glibc

/// Why a process cannot confine itself. It must not go on then.
package struct ConfinementError: Error, CustomStringConvertible, Sendable {
    package let description: String

    init(_ what: String, _ code: Int32) {
        description =
            "\(what): \(String(cString: strerror(code))); run it on a kernel of 5.13 or later with seccomp, outside of "
            + "containers that forbid it"
    }
}
