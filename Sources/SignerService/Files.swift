import Glibc
import StrictYAML

/// Reads a text file of at most a megabyte: settings, profiles and certificates have no more.
package func readText(_ path: String) throws(StartError) -> String {
    guard let text = String(validating: try readBytes(path), as: UTF8.self) else {
        throw StartError("\(path) is not UTF-8")
    }
    return text
}

/// The same for any bytes.
package func readBytes(_ path: String) throws(StartError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StartError("cannot read \(path): \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: YAMLValue.longestDocument + 1)
    var length = 0
    while length < bytes.count {
        let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + length, $0.count - length) }
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw StartError("cannot read \(path): \(String(cString: strerror(errno)))") }
        if count == 0 { break }
        length += count
    }
    guard length < bytes.count else { throw StartError("\(path) has more than \(YAMLValue.longestDocument) bytes") }
    return Array(bytes[..<length])
}

/// The path of another program of ours, beside the one that runs.
package func siblingExecutable(_ name: String) throws(StartError) -> String {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let length = buffer.withUnsafeMutableBytes { bytes in
        readlink("/proc/self/exe", bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    guard length > 0 else {
        throw StartError("the program's own path is not known: \(String(cString: strerror(errno)))")
    }
    let own = String(decoding: buffer[..<length], as: UTF8.self)
    guard let slash = own.lastIndex(of: "/") else { throw StartError("the program's own path is no path: \(own)") }
    let path = "\(own[..<slash])/\(name)"
    guard access(path, X_OK) == 0 else {
        throw StartError("\(name) is not beside this program, at \(path); install both from the same package")
    }
    return path
}

extension SignerSettings {
    /// Reads a settings file.
    package init(file path: String) throws(StartError) {
        let text = try readText(path)
        do {
            try self.init(yaml: text)
        } catch {
            throw StartError("\(path): \(error)")
        }
    }
}

/// Writes a text file, replacing one that is there in one step, so that no reader ever sees half of it.
package func writeText(_ text: String, to path: String) throws(StartError) {
    try writeBytes(Array(text.utf8), to: path)
}

/// The same for any bytes.
package func writeBytes(_ content: [UInt8], to path: String) throws(StartError) {
    let temporary = "\(path).new"
    func failure(_ what: String) -> StartError {
        StartError("cannot \(what) \(path): \(String(cString: strerror(errno)))")
    }
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure("write") }
    var bytes = content[...]
    while !bytes.isEmpty {
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
            let error = failure("write")
            close(descriptor)
            throw error
        }
        bytes = bytes.dropFirst(count)
    }
    guard fsync(descriptor) == 0, close(descriptor) == 0, rename(temporary, path) == 0 else {
        throw failure("keep")
    }
}

/// The path of a file that exists, from the root.
package func absolutePath(_ path: String) throws(StartError) -> String {
    guard let resolved = realpath(path, nil) else {
        throw StartError("no such file: \(path): \(String(cString: strerror(errno)))")
    }
    defer { free(resolved) }
    return String(cString: resolved)
}
