import Glibc

/// The folder in which CRLs are made and kept. A finished one takes its predecessor's place in one step.
package struct CRLShelf: Sendable {
    package let folder: String

    /// - Throws: when the folder is not there and cannot be made.
    package init(folder: String) throws(IssuanceError) {
        self.folder = folder
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw Self.failure("make the folder of CRLs") }
    }

    /// The file of the CRL in force.
    func path(of name: String) -> String { "\(folder)/\(name).crl" }

    func makeScratch(_ name: String) throws(IssuanceError) -> ShelfFile {
        try ShelfFile("\(folder)/\(name).making", O_RDWR | O_CREAT | O_TRUNC)
    }

    func makeFinal(_ name: String) throws(IssuanceError) -> ShelfFile {
        try ShelfFile("\(folder)/\(name).new", O_RDWR | O_CREAT | O_TRUNC)
    }

    /// The CRL in force; nil when there is none.
    func open(_ name: String) throws(IssuanceError) -> ShelfFile? {
        if access(path(of: name), F_OK) != 0, errno == ENOENT { return nil }
        return try ShelfFile(path(of: name), O_RDONLY)
    }

    /// Puts a finished CRL, whose content is on the disk, in its predecessor's place.
    func publish(_ file: ShelfFile, as name: String) throws(IssuanceError) {
        guard rename(file.path, path(of: name)) == 0 else { throw Self.failure("put a CRL in its place") }
        let descriptor = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("open the folder of CRLs") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Self.failure("keep a CRL's name") }
    }

    /// - Parameter what: without a path: it may be told outside.
    static func failure(_ what: String) -> IssuanceError {
        IssuanceError(
            .internalError,
            rule: "crl.file",
            message: "cannot \(what): \(String(cString: strerror(errno)))",
            mend: "check the folder of CRLs and the space on its disk; it is tried again"
        )
    }
}

/// An open file of the shelf, closed when nobody has it any more.
final class ShelfFile: Sendable {
    let path: String
    private let descriptor: Int32

    init(_ path: String, _ flags: Int32) throws(IssuanceError) {
        self.path = path
        descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw CRLShelf.failure("open a CRL's file") }
    }

    deinit {
        close(descriptor)
    }

    func size() throws(IssuanceError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw CRLShelf.failure("look at a CRL's file") }
        return Int(status.st_size)
    }

    /// Appends at the file's own place.
    func write(_ bytes: [UInt8]) throws(IssuanceError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + done, $0.count - done) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw CRLShelf.failure("write a CRL") }
            done += count
        }
    }

    /// At most so many octets from a place on; fewer only at the end.
    func read(at place: Int, _ count: Int) throws(IssuanceError) -> [UInt8] {
        var problem = false
        let bytes = [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, filled in
            while filled < count {
                let read = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(place + filled))
                if read < 0, errno == EINTR { continue }
                problem = read < 0
                if read <= 0 { return }
                filled += read
            }
        }
        guard !problem else { throw CRLShelf.failure("read a CRL") }
        return bytes
    }

    /// Everything written is on the disk afterwards.
    func sync() throws(IssuanceError) {
        guard fsync(descriptor) == 0 else { throw CRLShelf.failure("keep a CRL") }
    }

    /// Takes the file's name away; who has it open can still read.
    func remove() {
        unlink(path)
    }
}
