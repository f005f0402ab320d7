import Foundation
import SignerService

/// The folder of a copy in the layout of C2SP tlog-tiles: a web server can serve it as it is.
struct CopyFolder {
    let path: String

    /// Every file in it, by its path from there.
    func paths() throws -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            throw StartError("there is no folder \(path)")
        }
        return try FileManager.default.subpathsOfDirectory(atPath: path).filter { name in
            var isFolder: ObjCBool = false
            return !FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder)
                || !isFolder.boolValue
        }
    }

    /// Reads a file line by line, without their ends; what comes after the last end is a line too.
    static func forEachLine(of path: String, _ body: ([UInt8]) -> Void) throws {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        var rest: [UInt8] = []
        while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty {
            rest += piece
            var lines = rest.split(separator: 0x0a, omittingEmptySubsequences: false)
            let last = lines.removeLast()
            for line in lines { body(Array(line)) }
            rest = Array(last)
        }
        if !rest.isEmpty { body(rest) }
        try file.close()
    }

    func read(_ name: String) throws -> [UInt8] {
        try Array(Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
    }

    func has(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(path)/\(name)")
    }

    /// Writes a file in one step, so that no reader ever sees half of it.
    func write(_ name: String, _ bytes: [UInt8]) throws {
        let file = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file, options: .atomic)
    }
}
