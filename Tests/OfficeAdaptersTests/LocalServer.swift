import CLinux
import Foundation
import Glibc
import Testing
import Workbench

/// A server of the outside world's kind on this machine, running until its owner lets go.
final class LocalServer {
    let port: Int
    private let program: RunningProgram

    static let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// A script of `Tests/Servers`, which prints its port and ends with its standard input.
    init(script: String, _ arguments: [String]) throws {
        program = try RunningProgram(Self.python(), ["\(Self.checkout)/Tests/Servers/\(script)"] + arguments)
        let line = try program.firstLine()
        port = try #require(Int(line), "\(line)")
    }

    /// The interpreter that `Tests/run` makes.
    static func python() throws -> String {
        let made = "\(checkout)/.build/test-python/bin/python3"
        let python = ProcessInfo.processInfo.environment["INKAN_TEST_PYTHON"] ?? made
        try #require(FileManager.default.isExecutableFile(atPath: python), "\(python) is missing; Tests/run makes it")
        return python
    }
}

/// A program that runs beside the test until its owner lets go.
///
/// Not Foundation's `Process`: a child of that holds open whatever was opened at the same moment, and who reads there waits
/// until this child ends.
final class RunningProgram {
    private let identifier: pid_t
    /// The program's standard input and output; it ends with this process, however that ends.
    private let ours: Int32

    init(_ path: String, _ arguments: [String]) throws {
        // One socket for both directions; nobody else's child gets it.
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
        ours = ends[0]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        inkan_spawn_close_from(&actions, 3)
        // The pool's threads have signals blocked, which a child would inherit.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
        words.append(nil)
        var identifier = pid_t()
        let code = posix_spawn(&identifier, path, &actions, &attributes, &words, environ)
        for word in words { free(word) }
        posix_spawn_file_actions_destroy(&actions)
        posix_spawnattr_destroy(&attributes)
        close(ends[1])
        self.identifier = identifier
        try #require(code == 0, "\(path) cannot be started; is its package installed?")
    }

    deinit {
        kill(identifier, SIGKILL)
        waitpid(identifier, nil, 0)
        close(ours)
    }

    /// Its first line of output, within half a minute.
    func firstLine() throws -> String {
        var text: [UInt8] = []
        while text.last != UInt8(ascii: "\n") {
            var waited = pollfd(fd: ours, events: Int16(POLLIN), revents: 0)
            try #require(poll(&waited, 1, 30_000) == 1, "the server does not start")
            var octet: UInt8 = 0
            try #require(read(ours, &octet, 1) == 1, "the server has ended")
            text.append(octet)
        }
        return String(decoding: text.dropLast(), as: UTF8.self)
    }
}

/// A socket on 127.0.0.1 that belongs to the test.
final class SilentSocket {
    let port: Int
    private let descriptor: Int32

    /// Takes connections (TCP) or packets (UDP) and never says anything.
    init(udp: Bool = false) throws {
        descriptor = socket(AF_INET, Int32((udp ? SOCK_DGRAM : SOCK_STREAM).rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isReady = withUnsafeMutablePointer(to: &address) { place in
            place.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(descriptor, name, length) == 0 && getsockname(descriptor, name, &length) == 0
                    && (udp || listen(descriptor, 8) == 0)
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        try #require(isReady)
    }

    deinit { close(descriptor) }

    /// A port where nobody is: one that was free a moment ago.
    static func freePort() throws -> Int { try SilentSocket().port }
}
