import Foundation
import Synchronization

/// A folder that is gone, with everything in it, when its owner is; at the latest when the process ends.
package final class TemporaryFolder: Sendable {
    package let path: String

    /// Folders whose owners live as long as the process.
    private static let living = Mutex<Set<String>>([])
    private static let removesAtExit: Void = {
        atexit {
            for path in TemporaryFolder.living.withLock({ $0 }) { TemporaryFolder.remove(path) }
        }
    }()

    package init(_ name: String = "inkan") throws {
        path = NSTemporaryDirectory() + "\(name)-\(UUID().uuidString.prefix(13))"
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        Self.removesAtExit
        _ = Self.living.withLock { [path] in $0.insert(path) }
    }

    deinit {
        _ = Self.living.withLock { [path] in $0.remove(path) }
        Self.remove(path)
    }

    /// A path inside.
    package func file(_ name: String) -> String {
        "\(path)/\(name)"
    }

    private static func remove(_ path: String) {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            FileHandle.standardError.write(Data("left behind: \(path): \(error)\n".utf8))
        }
    }
}
