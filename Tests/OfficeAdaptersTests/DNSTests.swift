import Clocks
import Foundation
import OfficeDNS
import Testing

@Suite("Names, asked of a real name server")
struct DNSTests {
    @Test("TXT records are found, their strings joined; a name without any, and a name that is not, are told apart")
    func texts() async throws {
        let server = try NameServer([
            "--txt-record=example.test,inkan-domain=abc", "--txt-record=example.test,two , parts",
            "--txt-record=other.example.test,\(String(repeating: "x", count: 200)),\(String(repeating: "y", count: 200))",
            "--host-record=host.test,192.0.2.7", "--cname=alias.test,example.test",
        ])
        let lookup = TXTLookup(server.settings)
        let expected: Set = ["inkan-domain=abc", "two parts"]
        guard case .records(let found) = await lookup.lookUp("example.test") else { throw Unexpected() }
        #expect(Set(found.map { $0.replacing(" ", with: "") }) == Set(expected.map { $0.replacing(" ", with: "") }))
        let joined = String(repeating: "x", count: 200) + String(repeating: "y", count: 200)
        #expect(await lookup.lookUp("other.example.test") == .records([joined]))
        #expect(await lookup.lookUp("host.test") == .records([]))
        #expect(await lookup.lookUp("nothing.test") == .noSuchName)
        guard case .records(let aliased) = await lookup.lookUp("alias.test") else { throw Unexpected() }
        #expect(aliased.count == 2)
    }

    @Test("an answer too long for UDP comes by TCP")
    func long() throws {
        let records = (0..<20).map { number in
            "--txt-record=long.test,\(number)-\(String(repeating: "z", count: 240))"
        }
        let server = try NameServer(records)
        guard case .records(let found) = TXTLookup(server.settings).records(of: "long.test") else { throw Unexpected() }
        withExtendedLifetime(server) {}
        #expect(found.count == 20)
    }

    @Test("a server that refuses, that is silent or that is not there has not answered; the deadline holds")
    func noAnswer() throws {
        let server = try NameServer([])
        // dnsmasq knows nothing of this domain and has nobody to ask.
        guard case .noAnswer = TXTLookup(server.settings).records(of: "example.jp") else { throw Unexpected() }
        let silent = try SilentSocket(udp: true)
        let settings = DNSSettings(
            servers: [try #require(DNSServer(address: "127.0.0.1", port: silent.port))],
            milliseconds: 700
        )
        let start = monotonicNanoseconds()
        guard case .noAnswer(let words) = TXTLookup(settings).records(of: "example.test") else { throw Unexpected() }
        #expect(!words.isEmpty)
        #expect((500_000_000...5_000_000_000).contains(monotonicNanoseconds() - start))
    }

    @Test("where the first server is silent, the next is asked")
    func second() throws {
        let server = try NameServer(["--txt-record=example.test,found"])
        let silent = try SilentSocket(udp: true)
        let first = try #require(DNSServer(address: "127.0.0.1", port: silent.port))
        let settings = DNSSettings(servers: [first] + server.settings.servers, milliseconds: 4_000)
        #expect(TXTLookup(settings).records(of: "example.test") == .records(["found"]))
    }

    @Test(
        "what is no name is not asked",
        arguments: [
            "", ".", "a..b", "a b.test", "a\n.test", "*.test", "日本.jp", String(repeating: "a", count: 64) + ".test",
        ]
    )
    func notAName(_ name: String) {
        #expect(TXTLookup().records(of: name) == .notAName)
        #expect(AddressLookup().addresses(of: name) == .notAName)
    }

    @Test("addresses of both families")
    func addresses() throws {
        let server = try NameServer(["--host-record=host.test,192.0.2.7,2001:db8::7", "--txt-record=text.test,x"])
        let lookup = AddressLookup(server.settings)
        let expected = try ["192.0.2.7", "2001:db8::7"].map { try #require(IPAddress($0)) }
        #expect(lookup.addresses(of: "host.test") == .addresses(expected))
        #expect(lookup.addresses(of: "text.test") == .addresses([]))
        #expect(lookup.addresses(of: "nothing.test") == .noSuchName)
        // The hosts file of this machine has no word in it.
        guard case .noAnswer = lookup.addresses(of: "localhost") else { throw Unexpected() }
    }

    @Test(
        "which addresses are public",
        arguments: [
            ("8.8.8.8", true), ("172.32.0.1", true), ("100.63.255.255", true), ("2400:4000::1", true),
            ("2001:200::1", true),
            ("127.0.0.1", false), ("127.9.9.9", false), ("10.1.2.3", false), ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("192.168.1.1", false), ("169.254.169.254", false), ("100.64.0.1", false), ("0.0.0.0", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false), ("192.0.2.1", false), ("198.19.0.1", false), ("::1", false), ("::", false),
            ("fe80::1", false), ("fc00::1", false), ("fd12::1", false), ("ff02::1", false), ("::ffff:8.8.8.8", false),
            ("64:ff9b::808:808", false), ("2002:7f00:1::", false), ("2001:db8::1", false), ("2001:0:1::", false),
        ]
    )
    func publicAddresses(_ text: String, _ isPublic: Bool) throws {
        #expect(try #require(IPAddress(text)).isPublic == isPublic)
        #expect(try #require(IPAddress(text)).description == text)
    }

    private struct Unexpected: Error {}
}
