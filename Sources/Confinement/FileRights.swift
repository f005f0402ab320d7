/// What Landlock can grant below a file or folder. The numbers are the kernel's (LANDLOCK_ACCESS_FS_…).
package struct FileRights: OptionSet, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    static let execute = FileRights(rawValue: 1 << 0)
    static let writeFile = FileRights(rawValue: 1 << 1)
    static let readFile = FileRights(rawValue: 1 << 2)
    static let readFolder = FileRights(rawValue: 1 << 3)
    static let removeFolder = FileRights(rawValue: 1 << 4)
    static let removeFile = FileRights(rawValue: 1 << 5)
    static let makeDevice = FileRights(rawValue: 1 << 6 | 1 << 11)
    static let makeFolder = FileRights(rawValue: 1 << 7)
    static let makeFile = FileRights(rawValue: 1 << 8)
    static let makeSocket = FileRights(rawValue: 1 << 9)
    static let makePipe = FileRights(rawValue: 1 << 10)
    static let makeLink = FileRights(rawValue: 1 << 12)
    /// Renaming from folder to folder.
    static let move = FileRights(rawValue: 1 << 13)
    static let truncate = FileRights(rawValue: 1 << 14)
    static let controlDevice = FileRights(rawValue: 1 << 15)

    /// Reads files and folders.
    package static let read: FileRights = [.readFile, .readFolder]
    /// Reads, writes, makes and removes files and folders.
    package static let keep: FileRights = [
        .read, .writeFile, .truncate, .makeFile, .makeFolder, .removeFile, .removeFolder, .move,
    ]
    /// Uses a device, its controls included.
    package static let device: FileRights = [.read, .writeFile, .controlDevice]
    /// Runs a program.
    package static let run: FileRights = [.readFile, .execute]
    /// Removes a file from a folder.
    package static let remove: FileRights = .removeFile

    /// What can be granted on something that is no folder.
    static let ofFiles: FileRights = [.execute, .writeFile, .readFile, .truncate, .controlDevice]

    /// Everything that a kernel of this Landlock version governs: all of it is forbidden where it is not granted.
    static func all(version: Int) -> FileRights {
        let bits = version >= 5 ? 16 : version >= 3 ? 15 : version == 2 ? 14 : 13
        return FileRights(rawValue: (1 << UInt64(bits)) - 1)
    }
}

/// A place in the file system and what may be done there. A place that does not exist grants nothing.
package struct FileGrant: Sendable, Hashable {
    package let path: String
    package let rights: FileRights

    package init(_ path: String, _ rights: FileRights) {
        self.path = path
        self.rights = rights
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(path)
        hasher.combine(rights.rawValue)
    }
}
