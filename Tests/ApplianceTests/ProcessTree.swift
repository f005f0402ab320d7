import Foundation

/// The processes that come out of one.
enum ProcessTree {
    /// Children, their children and so on, the nearest first.
    static func descendants(of ancestor: Int32) throws -> [Int32] {
        let children = try children(of: ancestor)
        return try children + children.flatMap { try descendants(of: $0) }
    }

    static func children(of parent: Int32) throws -> [Int32] {
        let tasks = "/proc/\(parent)/task"
        return try FileManager.default.contentsOfDirectory(atPath: tasks).flatMap { task in
            // A connection's thread may be gone by now.
            let list = FileManager.default.contents(atPath: "\(tasks)/\(task)/children") ?? Data()
            return String(decoding: list, as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
        }
    }
}
