internal import CLinux
import Glibc

/// What the kernel says that a process has given up.
package struct Protections: Sendable, Hashable {
    package var hasNoNewPrivileges: Bool
    /// Whether a filter of system calls is in force.
    package var hasSystemCallFilter: Bool
    package var hasCapabilities: Bool
    /// Whether others of the same user may look into its memory, and whether it may leave a core dump.
    package var isDumpable: Bool
    package var mayLeaveCoreDump: Bool
    /// The version of Landlock that was put up; 0 for none.
    package var landlockVersion: Int

    package init(
        hasNoNewPrivileges: Bool,
        hasSystemCallFilter: Bool,
        hasCapabilities: Bool,
        isDumpable: Bool,
        mayLeaveCoreDump: Bool,
        landlockVersion: Int
    ) {
        self.hasNoNewPrivileges = hasNoNewPrivileges
        self.hasSystemCallFilter = hasSystemCallFilter
        self.hasCapabilities = hasCapabilities
        self.isDumpable = isDumpable
        self.mayLeaveCoreDump = mayLeaveCoreDump
        self.landlockVersion = landlockVersion
    }

    /// Asks the kernel about this process.
    ///
    /// - Parameter landlockVersion: what `Confinement.enforce` answered; the kernel does not tell.
    package static func ofThisProcess(landlockVersion: Int) -> Protections {
        return Protections(
            hasNoNewPrivileges: inkan_has_no_new_privileges() == 1,
            hasSystemCallFilter: inkan_seccomp_mode() == 2,
            hasCapabilities: inkan_has_capabilities() != 0,
            isDumpable: inkan_is_dumpable() != 0,
            mayLeaveCoreDump: inkan_may_dump_core() != 0,
            landlockVersion: landlockVersion
        )
    }
}
