import Foundation
import Glibc
import OfficeDNS
import Testing
import Workbench

/// A real name server (dnsmasq) that knows what it is told and asks nobody.
final class NameServer {
    let settings: DNSSettings
    private let program: RunningProgram
    private let folder: TemporaryFolder

    /// - Parameter facts: dnsmasq's options, as `--txt-record=example.test,text`.
    init(_ facts: [String]) throws {
        folder = try TemporaryFolder("inkan-dns")
        let path = try #require(
            ["/usr/sbin/dnsmasq", "/usr/bin/dnsmasq"].first { FileManager.default.isExecutableFile(atPath: $0) },
            "dnsmasq is missing; its package is in provisioning/packages"
        )
        let port = try SilentSocket.freePort()
        program = try RunningProgram(
            path,
            [
                "--keep-in-foreground", "--no-resolv", "--no-hosts", "--no-poll", "--conf-file=/dev/null",
                "--port=\(port)", "--listen-address=127.0.0.1", "--bind-interfaces", "--pid-file=\(folder.file("pid"))",
                "--user=", "--group=", "--local=/test/", "--log-facility=\(folder.file("log"))",
                "--txt-record=ready.test,yes",
            ] + facts
        )
        settings = DNSSettings(
            servers: [try #require(DNSServer(address: "127.0.0.1", port: port))],
            milliseconds: 5_000
        )
        let lookup = TXTLookup(settings)
        var isReady = false
        for _ in 0..<200 where !isReady {
            isReady = lookup.records(of: "ready.test") == .records(["yes"])
            if !isReady { usleep(20_000) }
        }
        try #require(isReady, "dnsmasq does not answer")
    }
}
