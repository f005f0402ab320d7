import Foundation

/// A folder that is gone, with everything in it, when its owner is.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init(_ name: String = "inkan") throws {
        path = NSTemporaryDirectory() + "\(name)-\(UUID().uuidString.prefix(13))"
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            FileHandle.standardError.write(Data("left behind: \(path): \(error)\n".utf8))
        }
    }

    /// A path inside.
    package func file(_ name: String) -> String {
        "\(path)/\(name)"
    }
}
