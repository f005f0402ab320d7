internal import CLinux
import Glibc

/// Landlock: what is not granted cannot be opened, made, removed or run, by this thread and all that comes out of it.
struct FileFence {
    let grants: [FileGrant]
    /// Whether sockets of the abstract name space may be connected to; no file guards them.
    let allowsAbstractSockets: Bool
    /// Whether processes outside the fence may be sent signals.
    let allowsSignals: Bool
    let allowsNetwork: Bool

    /// Puts up the fence.
    ///
    /// - Returns: the version of the kernel's Landlock, 0 where it has none and nothing was put up.
    func putUp() throws(ConfinementError) -> Int {
        let version = Int(inkan_landlock_version())
        guard version > 0 else { return 0 }
        let governed = FileRights.all(version: version)
        let network: UInt64 = version >= 4 && !allowsNetwork ? 0b11 : 0
        var scopes: UInt64 = 0
        if version >= 6 { scopes = (allowsAbstractSockets ? 0 : 0b01) | (allowsSignals ? 0 : 0b10) }
        let rules = inkan_landlock_begin(governed.rawValue, network, scopes)
        guard rules >= 0 else { throw ConfinementError("Landlock refuses the rights that it says it knows", errno) }
        defer { close(rules) }
        for grant in grants { try add(grant, to: rules, governed) }
        guard inkan_landlock_enforce(rules) == 0 else { throw ConfinementError("Landlock is not put up", errno) }
        return version
    }

    private func add(_ grant: FileGrant, to rules: Int32, _ governed: FileRights) throws(ConfinementError) {
        let place = inkan_open_place(grant.path)
        guard place >= 0 else {
            // What is not there, or cannot be reached, cannot be opened either.
            if errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ELOOP { return }
            throw ConfinementError("\(grant.path) cannot be looked at", errno)
        }
        defer { close(place) }
        var information = stat()
        guard fstat(place, &information) == 0 else {
            throw ConfinementError("\(grant.path) cannot be looked at", errno)
        }
        var rights = grant.rights.intersection(governed)
        if information.st_mode & S_IFMT != S_IFDIR { rights.formIntersection(.ofFiles) }
        guard !rights.isEmpty else { return }
        guard inkan_landlock_grant(rules, place, rights.rawValue) == 0 else {
            throw ConfinementError("Landlock refuses the rule for \(grant.path)", errno)
        }
    }
}
