import Foundation
import Glibc
import Testing

@testable import Varlink

@Suite("Sockets to listen on")
struct ListenerTests {
    @Test("the file has exactly the mode that was asked for", arguments: [0o600, 0o660, 0o666] as [UInt32])
    func mode(mode: UInt32) throws {
        let folder = try TemporaryFolder()
        let listener = try Listener.bind(path: folder.file("s"), mode: mode, name: "s")
        defer { listener.close() }
        var information = stat()
        #expect(lstat(folder.file("s"), &information) == 0)
        #expect(information.st_mode & 0o7777 == mode)
    }

    @Test("a socket that a dead process left is replaced, one that lives is not")
    func stale() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("s")
        let first = try Listener.bind(path: path, name: "first")
        #expect(throws: ListenerError.alreadyServed(path)) { try Listener.bind(path: path, name: "second") }
        #expect(FileManager.default.fileExists(atPath: path))
        Glibc.close(first.descriptor)
        let second = try Listener.bind(path: path, name: "second")
        second.close()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("a listener does not remove the file of the one that came after it")
    func successor() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("s")
        let first = try Listener.bind(path: path, name: "first")
        try FileManager.default.removeItem(atPath: path)
        let second = try Listener.bind(path: path, name: "second")
        first.close()
        #expect(FileManager.default.fileExists(atPath: path))
        second.close()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("what is no socket is left alone")
    func noSocket() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("file")
        try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: ListenerError.notASocket(path)) { try Listener.bind(path: path, name: "s") }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("precious".utf8))
    }

    @Test("a path that is too long, and a folder that is not there, are named")
    func paths() throws {
        let folder = try TemporaryFolder()
        let long = folder.file(String(repeating: "x", count: 108))
        #expect(throws: ListenerError.pathTooLong(long)) { try Listener.bind(path: long, name: "s") }
        let nowhere = folder.file("nowhere")
        #expect(throws: ListenerError.system(operation: "open", path: nowhere, code: ENOENT)) {
            try Listener.bind(path: nowhere + "/s", name: "s")
        }
    }

    @Test("sockets that systemd hands over are served under their names")
    func activation() throws {
        let folder = try TemporaryFolder()
        let paths = [folder.file("a"), folder.file("b")]
        let made = try paths.map { try Listener.bind(path: $0, name: "made") }
        let first = try inARow(made.map(\.descriptor))
        for listener in made { Glibc.close(listener.descriptor) }
        let environment = ["LISTEN_PID": "\(getpid())", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "front:officers"]
        let listeners = try Listener.inherited(process: getpid(), firstDescriptor: first) { environment[$0] }
        #expect(listeners.map(\.name) == ["front", "officers"])
        #expect(fcntl(first, F_GETFD) & FD_CLOEXEC != 0)
        let server = try Server(
            errors: testErrors,
            service: ServiceDescription(vendor: "", product: "", version: "", url: ""),
            interfaces: [try InterfaceDescription(source: testInterface)],
            handler: TestHandler()
        )
        for listener in listeners { server.add(listener) }
        server.start()
        for (path, name) in zip(paths, ["front", "officers"]) {
            let connection = try Connection(path: path)
            #expect(try connection.call("org.example.test.Who")["listener"] == .string(name))
        }
        #expect(server.stop())
        // systemd's files are not ours to remove.
        #expect(FileManager.default.fileExists(atPath: paths[0]))
    }

    /// Copies two descriptors to two numbers in a row. Numbers that are free, never ones that are chosen: `dup2` would
    /// close whatever another test has open there.
    private func inARow(_ descriptors: [Int32]) throws -> Int32 {
        var lowest: Int32 = 100
        while true {
            let first = fcntl(descriptors[0], F_DUPFD_CLOEXEC, lowest)
            let second = fcntl(descriptors[1], F_DUPFD_CLOEXEC, first + 1)
            try #require(first >= lowest && second > first)
            if second == first + 1 { return first }
            for copy in [first, second] { Glibc.close(copy) }
            lowest = second
        }
    }

    @Test("without socket activation, or with another process's, nothing is inherited")
    func noActivation() throws {
        #expect(try Listener.inherited(process: 5, firstDescriptor: 3) { _ in nil }.isEmpty)
        let others = ["LISTEN_PID": "4", "LISTEN_FDS": "1"]
        #expect(try Listener.inherited(process: 5, firstDescriptor: 3) { others[$0] }.isEmpty)
    }

    @Test(
        "variables of socket activation that make no sense are refused by name",
        arguments: [
            (["LISTEN_PID": "x", "LISTEN_FDS": "1"], "LISTEN_PID"), (["LISTEN_PID": "5"], "LISTEN_FDS"),
            (["LISTEN_PID": "5", "LISTEN_FDS": "-1"], "LISTEN_FDS"),
            (["LISTEN_PID": "5", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "a:b"], "LISTEN_FDNAMES"),
        ]
    )
    func malformed(environment: [String: String], variable: String) {
        #expect(throws: ListenerError.activationMalformed(variable: variable)) {
            try Listener.inherited(process: 5, firstDescriptor: 3) { environment[$0] }
        }
    }

    @Test("a descriptor that is no listening Unix socket is refused")
    func notListening() throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { for end in ends { Glibc.close(end) } }
        let environment = ["LISTEN_PID": "5", "LISTEN_FDS": "1"]
        #expect(throws: ListenerError.notListening(descriptor: ends[0])) {
            try Listener.inherited(process: 5, firstDescriptor: ends[0]) { environment[$0] }
        }
    }
}
