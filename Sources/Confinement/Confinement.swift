internal import CLinux
import Glibc

/// What a process keeps of its rights when it has begun; everything else it gives up for good, and so does all that comes
/// out of it.
package struct Confinement: Sendable {
    /// What kind of program is to be confined.
    package enum Program: Sendable {
        /// Computes, keeps files and answers on sockets that are open already. Starts nothing, loads no code.
        case service(mayConnect: Bool)
        /// Loads a vendor's module.
        case worker(allowsSockets: Bool, allowsNetwork: Bool)
        /// Starts workers.
        case spawner(allowsSockets: Bool, allowsNetwork: Bool)
    }

    private let program: Program
    private let grants: [FileGrant]

    /// - Parameter grants: the files and folders of this program; those that every program needs are added.
    package init(_ program: Program, grants: [FileGrant]) {
        self.program = program
        self.grants = grants
    }

    /// Confines the process. It must have one thread alone: Landlock binds a thread and what comes out of it.
    ///
    /// In this order: without “no new privileges” the kernel takes neither of the fences from an ordinary user;
    /// capabilities go before the fences that do not know of them; Landlock's own system calls are not on the list that
    /// the filter then allows.
    ///
    /// - Returns: the version of the kernel's Landlock, 0 where it has none: files are then guarded by their owners and
    ///   by the service manager alone.
    package func enforce() throws(ConfinementError) -> Int {
        guard inkan_forbid_new_privileges() == 0 else {
            throw ConfinementError("the kernel does not take “no new privileges”", errno)
        }
        guard inkan_drop_capabilities() == 0 else { throw ConfinementError("capabilities are not given up", errno) }
        let version = try fileFence.putUp()
        try SystemCallFence(rules: systemCalls).putUp()
        return version
    }

    private var fileFence: FileFence {
        switch program {
        case .service(let mayConnect):
            // Its worker processes are ended by the one that started them, so it sends no signals; but when it dies
            // itself, the kernel sends one in its name.
            FileFence(
                grants: grants + Self.machineFacts,
                allowsAbstractSockets: mayConnect,
                allowsSignals: true,
                allowsNetwork: false
            )
        case .worker(let sockets, let network), .spawner(let sockets, let network):
            FileFence(
                grants: grants + Self.machineFacts + Self.libraries,
                allowsAbstractSockets: sockets || network,
                allowsSignals: false,
                allowsNetwork: network
            )
        }
    }

    private var systemCalls: [SystemCallRule] {
        let common = SystemCalls.life + SystemCalls.files + SystemCalls.openSockets
        switch program {
        case .service(let mayConnect):
            return common + SystemCalls.memoryWithoutCode + (mayConnect ? SystemCalls.localSockets : [])
        case .worker(let sockets, let network):
            return common + Self.moduleCalls(sockets, network)
        case .spawner(let sockets, let network):
            return SystemCalls.spawning + common + Self.moduleCalls(sockets, network)
        }
    }

    private static func moduleCalls(_ sockets: Bool, _ network: Bool) -> [SystemCallRule] {
        SystemCalls.memoryWithLibraries + SystemCalls.modules + (sockets || network ? SystemCalls.localSockets : [])
            + (network ? SystemCalls.networkSockets : [])
    }

    /// What the C library asks of any machine.
    private static let machineFacts: [FileGrant] =
        [
            "/dev/urandom", "/dev/random", "/dev/zero", "/sys/devices/system/cpu", "/etc/localtime",
            "/usr/share/zoneinfo", "/proc/sys/crypto", "/proc/sys/kernel/random", "/proc/sys/vm/overcommit_memory",
        ].map { FileGrant($0, .read) } + [FileGrant("/dev/null", .device)]

    /// The system's libraries, and the places of those that this program came with.
    private static var libraries: [FileGrant] {
        let system = [
            "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib", "/usr/share", "/etc/ld.so.cache",
            "/etc/ld.so.preload", "/etc/ssl", "/etc/pki", "/etc/crypto-policies", "/etc/nsswitch.conf", "/proc/cpuinfo",
            "/proc/filesystems", "/proc/meminfo",
        ]
        return (system + loadedLibraries.map(folder(of:))).map { FileGrant($0, .read) }
    }

    /// The program that runs and the loader of its kind: what has to be granted to run it once more.
    package static func program(at path: String) -> [FileGrant] {
        let loaders = loadedLibraries.filter { $0.split(separator: "/").last?.hasPrefix("ld-") == true }
        return ([path] + loaders).map { FileGrant($0, .run) }
    }

    private static var loadedLibraries: [String] {
        var paths: [String] = []
        withUnsafeMutablePointer(to: &paths) { paths in
            inkan_each_library(
                { path, context in
                    guard let path, let context else { return }
                    context.assumingMemoryBound(to: [String].self).pointee.append(String(cString: path))
                },
                paths
            )
        }
        return paths
    }
}

/// The folder that a file lies in; `.` for a name without one.
package func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}
