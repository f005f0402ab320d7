import Foundation
import Glibc

/// A caller without manners: sends any octets, at any pace, and reads what comes back.
final class RawPeer {
    let descriptor: Int32
    private var received: [UInt8] = []

    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ what: String, code: Int32 = errno) {
            description = "\(what): \(String(cString: strerror(code)))"
        }
    }

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure("socket") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        // What is thrown from here on ends the object, which closes the descriptor.
        guard result == 0 else { throw Failure("connect") }
    }

    deinit {
        close(descriptor)
    }

    /// Sends as much as the peer takes; a peer that has hung up is no failure here.
    func send(_ bytes: [UInt8]) throws {
        var offset = 0
        while offset < bytes.count {
            let sent = bytes[offset...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent < 0, errno == EPIPE || errno == ECONNRESET { return }
            guard sent > 0 else { throw Failure("send") }
            offset += sent
        }
    }

    /// Sends one frame: the text and its NUL.
    func send(_ text: String) throws {
        try send(Array(text.utf8) + [0])
    }

    /// The next answer, or nil when the service hangs up. Half a minute without either is a failure.
    func receive() throws -> String? {
        while true {
            if let end = received.firstIndex(of: 0) {
                let message = String(decoding: received[..<end], as: UTF8.self)
                received.removeSubrange(...end)
                return message
            }
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 30_000) == 1 else { throw Failure("no answer in half a minute", code: ETIMEDOUT) }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno != ECONNRESET { throw Failure("recv") }
            guard count > 0 else { return nil }
            received += buffer[..<count]
        }
    }

    /// The name of the error that the next answer is.
    func receiveError() throws -> AnswerText? {
        try receive().map { try JSONDecoder().decode(AnswerText.self, from: Data($0.utf8)) }
    }
}

/// What a test looks at in an answer.
struct AnswerText: Decodable {
    struct Parameters: Decodable {
        var parameter: String?
        var reason: String?
        var rule: String?
        var message: String?
        var mend: String?
    }

    var error: String?
    var parameters: Parameters?
}
