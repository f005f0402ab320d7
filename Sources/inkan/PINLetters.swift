import CLinux
import Glibc
import SignerService
import Varlink

/// The letters that take PINs from the service to people: one for the holder of the token, one for the officers, who
/// keep the SO PIN. The files are made before the service is asked, so that a full disk costs no token; each PIN is
/// written once, into a file of mode 0600, and shown nowhere else.
struct PINLetters {
    private struct Sheet {
        let path: String
        let descriptor: Int32
        var isWritten = false
    }

    private var holder: Sheet
    private var officer: Sheet?
    private let name: String
    private let order: String?
    private var problem: String?
    /// Whether the service has sealed the PINs: the files are then CMS in PEM, whatever they are called.
    private(set) var isSealed = false

    /// Makes the files, which must not be there yet.
    init(holder: String, officer: String?, name: String, order: String?) throws {
        self.holder = try Self.sheet(holder)
        do {
            self.officer = try officer.map(Self.sheet)
        } catch {
            unlink(holder)
            throw error
        }
        self.name = name
        self.order = order
    }

    private static func sheet(_ path: String) throws -> Sheet {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        // The room is taken now: a letter that cannot be written would be a token that nobody can use.
        guard descriptor >= 0, posix_fallocate(descriptor, 0, 16384) == 0 else {
            complain("cannot make the PIN letter \(path): \(String(cString: strerror(errno))); no file is overwritten")
            throw Exit.refused
        }
        return Sheet(path: path, descriptor: descriptor)
    }

    /// Takes the PINs of a step, if it has any.
    mutating func take(_ step: JSONObject, token: String?, label: String? = nil) {
        if let sealed = step["sealedPINs"]?.objectValue { return take(sealed: sealed) }
        guard let pins = step["pins"]?.objectValue, let user = pins["user"]?.stringValue else { return }
        var lines = ["Token: \(token ?? label ?? "")"]
        if !name.isEmpty { lines.insert("Holder: \(name)", at: 0) }
        if let order { lines.append("Order: \(order)") }
        let advice = "Keep this letter apart from the token. Three wrong PINs can lock it."
        holder = write(Letter(title: "PIN of your token", lines: lines, secret: user, advice: advice), on: holder)
        if let officerPIN = pins["officer"]?.stringValue, let sheet = officer {
            let advice = "For the officers alone: this SO PIN unblocks and empties the token."
            let letter = Letter(title: "SO PIN of a user's token", lines: lines, secret: officerPIN, advice: advice)
            officer = write(letter, on: sheet)
        }
    }

    /// Letters that the service has sealed go into the files as they are; only their recipient can open them.
    private mutating func take(sealed: JSONObject) {
        isSealed = true
        if let user = sealed["user"]?.stringValue { holder = write(Array(user.utf8), on: holder) }
        if let officerPIN = sealed["officer"]?.stringValue, let sheet = officer {
            officer = write(Array(officerPIN.utf8), on: sheet)
        }
    }

    private mutating func write(_ letter: Letter, on sheet: Sheet) -> Sheet {
        var bytes = sheet.path.hasSuffix(".pdf") ? letter.pdf : letter.text
        defer { bytes.withUnsafeMutableBytes { inkan_wipe($0.baseAddress, $0.count) } }
        return write(bytes, on: sheet)
    }

    private mutating func write(_ bytes: [UInt8], on sheet: Sheet) -> Sheet {
        let isWritten =
            bytes.withUnsafeBytes { Glibc.write(sheet.descriptor, $0.baseAddress, $0.count) } == bytes.count
            && ftruncate(sheet.descriptor, off_t(bytes.count)) == 0 && fsync(sheet.descriptor) == 0
        if !isWritten { problem = "\(sheet.path): \(String(cString: strerror(errno)))" }
        var sheet = sheet
        sheet.isWritten = isWritten
        return sheet
    }

    /// After a success: the letters are there. Files that no PIN came for are removed.
    mutating func check() throws {
        close()
        guard let problem else { return }
        complain("the PIN letter could not be written: \(problem); reset the PIN")
        throw Exit.refused
    }

    /// After a failure: what the letters are good for.
    mutating func explain(_ token: String?) {
        close()
        guard holder.isWritten else { return }
        complain(
            "keep \(holder.path)\(officer.map { " and \($0.path)" } ?? ""): "
                + "if the token\(token.map { " \($0)" } ?? "") was changed before the failure, it has these PINs now"
        )
    }

    private mutating func close() {
        for sheet in [holder, officer].compactMap({ $0 }) {
            Glibc.close(sheet.descriptor)
            if !sheet.isWritten { unlink(sheet.path) }
        }
    }
}

/// What stands in a letter.
struct Letter {
    let title: String
    let lines: [String]
    let secret: String
    let advice: String

    /// Plain text.
    var text: [UInt8] {
        var text = Array("\(title)\n\n".utf8)
        text.reserveCapacity(4096)
        for line in lines { text += Array("\(line)\n".utf8) }
        text += Array("\n    \(secret)\n\n\(advice)\n".utf8)
        return text
    }

    /// One page, A4.
    var pdf: [UInt8] {
        var page = PDFPage()
        page.add(title, size: 18, at: (72, 760))
        for (number, line) in lines.enumerated() { page.add(line, size: 12, at: (72, 710 - 20 * number)) }
        page.addSecret(secret, size: 28, at: (72, 590))
        page.add(advice, size: 10, at: (72, 540))
        return page.bytes
    }
}
