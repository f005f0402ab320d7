import ArgumentParser
import Glibc
import Secrets
import Varlink

/// A PIN on its way from a file or a person to the service.
typealias SecretText = Secret

/// Where the command line gets PINs from: files of mode 0600, or the terminal without echo. Never arguments.
enum SecretPrompt {
    /// Reads a PIN from its file, or asks for it where there is a terminal.
    static func take(file: String?, question: String) throws -> SecretText {
        do {
            if let file { return try SecretFile.read(file) }
        } catch {
            complain("\(error)")
            throw Exit.refused
        }
        guard isatty(STDIN_FILENO) == 1, !question.isEmpty else {
            throw ValidationError("there is no terminal to ask for the PIN; name its file")
        }
        return try ask(question)
    }

    private static func ask(_ question: String) throws -> SecretText {
        question.withCString { _ = Glibc.write(STDERR_FILENO, $0, strlen($0)) }
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else {
            complain("the terminal cannot be asked: \(String(cString: strerror(errno)))")
            throw Exit.refused
        }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0 else {
            complain("the terminal would show the PIN: \(String(cString: strerror(errno)))")
            throw Exit.refused
        }
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            _ = Glibc.write(STDERR_FILENO, "\n", 1)
        }
        var length = 0
        let line = Secret(count: SecretFile.longest) { buffer in
            let got = read(STDIN_FILENO, buffer.baseAddress, buffer.count)
            length = max(0, got)
            while length > 0, buffer[length - 1] == UInt8(ascii: "\n") || buffer[length - 1] == UInt8(ascii: "\r") {
                length -= 1
            }
        }
        guard length > 0 else {
            complain("no PIN was entered")
            throw Exit.refused
        }
        return line.withUnsafeBytes { bytes in
            Secret(count: length) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[0..<length])) }
        }
    }

    /// Writes a PIN as a parameter.
    static func write(_ secret: SecretText, as name: String, to writer: inout JSONWriter) {
        writer.member(name, secret.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
    }
}
