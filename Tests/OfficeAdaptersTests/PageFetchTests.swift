import Clocks
import Foundation
import OfficeDNS
import OfficePages
import Testing
import Workbench

@Suite("Validation pages, fetched from a real web server")
struct PageFetchTests {
    private static let folder = PageFetch.folder
    private static let names = [
        "--host-record=www.example.test,127.0.0.1", "--host-record=inside.test,10.0.0.1,fd00::1",
        "--host-record=both.test,127.0.0.1", "--host-record=both.test,10.0.0.1", "--txt-record=bare.test,x",
    ]

    private func fetch(_ dns: DNSSettings, port: Int, allowed: Bool = true, milliseconds: Int = 10_000) throws
        -> PageFetch
    {
        PageFetch(
            PageFetch.Settings(
                dns: dns,
                httpPort: port,
                allowed: allowed ? [try #require(IPAddress("127.0.0.1"))] : [],
                milliseconds: milliseconds
            )
        )
    }

    @Test("the file is fetched from the host's own address, under the host's name")
    func fetched() async throws {
        let web = try LocalServer(script: "web_server.py", [#"{"\#(Self.folder)code.txt":{"body":"abc123\n"}}"#])
        let names = try NameServer(Self.names)
        let outcome = await (try fetch(names.settings, port: web.port)).fetch(
            host: "www.example.test",
            file: "code.txt"
        )
        #expect(outcome == .page(octets: Array("abc123\n".utf8), from: "127.0.0.1"))
        let missing = try fetch(names.settings, port: web.port).page(host: "www.example.test", file: "other.txt")
        #expect(missing == .status(404))
        // Where one of two addresses is private, the other alone is asked.
        let both = try fetch(names.settings, port: web.port).page(host: "both.test", file: "code.txt")
        #expect(both == .page(octets: Array("abc123\n".utf8), from: "127.0.0.1"))
    }

    @Test("addresses that are not public are never connected to, unless the settings name them")
    func notPublic() throws {
        let web = try LocalServer(script: "web_server.py", [#"{"\#(Self.folder)code.txt":{"body":"abc"}}"#])
        let names = try NameServer(Self.names)
        let strict = try fetch(names.settings, port: web.port, allowed: false)
        #expect(
            strict.page(host: "www.example.test", file: "code.txt") == .refused(.notPublic(addresses: ["127.0.0.1"]))
        )
        let tests = try fetch(names.settings, port: web.port)
        #expect(
            tests.page(host: "inside.test", file: "code.txt")
                == .refused(.notPublic(addresses: ["10.0.0.1", "fd00::1"]))
        )
        let asked = try ChildProgram.check(
            LocalServer.python(),
            [
                "-c",
                "import urllib.request as r; print(r.urlopen('http://127.0.0.1:\(web.port)/asked').read().decode())",
            ]
        )
        #expect(asked == "[]\n")
    }

    @Test("redirections are followed on the same host, in the same folder, three times")
    func redirections() throws {
        let f = Self.folder
        let base = "http://www.example.test:PORT\(f)"
        let web = try LocalServer(
            script: "web_server.py",
            [
                """
                {"\(f)one":{"status":302,"location":"\(base)two"}, "\(f)two":{"status":301,"location":"three"},
                 "\(f)three":{"status":307,"location":"\(f)code"}, "\(f)code":{"body":"abc"},
                 "\(f)loop":{"status":302,"location":"\(base)loop"},
                 "\(f)host":{"status":302,"location":"http://evil.test:PORT\(f)code"},
                 "\(f)port":{"status":302,"location":"http://www.example.test:1\(f)code"},
                 "\(f)place":{"status":302,"location":"http://www.example.test:PORT/code"},
                 "\(f)up":{"status":302,"location":"\(base)../../code"},
                 "\(f)user":{"status":302,"location":"http://www.example.test:PORT@evil.test\(f)code"},
                 "\(f)file":{"status":302,"location":"file:///etc/passwd"}}
                """
            ]
        )
        let names = try NameServer(Self.names)
        let fetch = try fetch(names.settings, port: web.port)
        #expect(
            fetch.page(host: "www.example.test", file: "one") == .page(octets: Array("abc".utf8), from: "127.0.0.1")
        )
        #expect(fetch.page(host: "www.example.test", file: "loop") == .refused(.tooManyRedirections))
        for file in ["host", "port", "place", "up", "user", "file"] {
            guard case .refused(.redirected) = fetch.page(host: "www.example.test", file: file) else {
                Issue.record("\(file): \(fetch.page(host: "www.example.test", file: file))")
                continue
            }
        }
    }

    @Test("64 KiB are taken, an octet more is not", arguments: [65_536, 65_537, 5_000_000])
    func size(_ count: Int) throws {
        let web = try LocalServer(
            script: "web_server.py",
            [#"{"\#(Self.folder)code":{"body":"x","repeat":\#(count)}}"#]
        )
        let names = try NameServer(Self.names)
        let outcome = try fetch(names.settings, port: web.port).page(host: "www.example.test", file: "code")
        withExtendedLifetime((names, web)) {}
        if count == 65_536 {
            #expect(outcome == .page(octets: [UInt8](repeating: 0x78, count: count), from: "127.0.0.1"))
        } else {
            #expect(outcome == .refused(.tooLong(most: 65_536)))
        }
    }

    @Test("a server that is slow, silent or away gives no answer, within the deadline")
    func deadline() throws {
        let names = try NameServer(Self.names)
        let silent = try SilentSocket()
        let start = monotonicNanoseconds()
        let slow = try fetch(names.settings, port: silent.port, milliseconds: 800)
        #expect(slow.page(host: "www.example.test", file: "code") == .noAnswer(words: "no answer within 800 ms"))
        #expect((700_000_000...8_000_000_000).contains(monotonicNanoseconds() - start))
        let away = try fetch(names.settings, port: SilentSocket.freePort())
        guard case .noAnswer = away.page(host: "www.example.test", file: "code") else { throw Unexpected() }
        #expect(away.page(host: "nothing.test", file: "code") == .noSuchName)
        #expect(away.page(host: "bare.test", file: "code") == .noAnswer(words: "the host has no address"))
    }

    @Test("only names and plain files are asked for")
    func places() {
        let fetch = PageFetch()
        for host in [
            "", "localhost", "127.0.0.1", "::1", "2130706433", "a.1", "a/b.test", "a@b.test", "a.test:80", "a b.test",
        ] {
            #expect(fetch.page(host: host, file: "code") == .refused(.badPlace), "\(host)")
        }
        for file in [
            "", "..", ".x", "a/b", "../a", "a?b", "a#b", "a%2e", "a\r\nX: y", String(repeating: "a", count: 129),
        ] {
            #expect(fetch.page(host: "www.example.test", file: file) == .refused(.badPlace), "\(file)")
        }
    }

    private struct Unexpected: Error {}
}
