import ArgumentParser
import Clocks
import Foundation
import PKCS12
import Secrets
import SignerAPI
import Varlink
import Workbench

/// `inkan-bench keys`
struct KeysBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "What keys cost that the service makes: an order by itself, many in one call, and packing alone.",
        discussion: """
            Makes its own SoftHSM2 tokens and service. By itself each order starts a worker and makes a transport key, as \
            the first of a burst does; in one call they share both. Medians in milliseconds; packing is that of one \
            PKCS#12 file in this process, on one thread.
            """
    )

    @Option(help: "Orders by themselves, and files packed.")
    var rounds = 7

    @Option(help: "Orders in one call, at most 200.")
    var many = 40

    @Option(help: "The repository, for plan and profiles.")
    var checkout = "."

    private static let keys = ["p-256", "rsa-2048"]

    func run() throws {
        let binaries = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let appliance = try RunningAppliance(Establishment(binaries: binaries.path, checkout: checkout))
        defer { appliance.stop() }
        print("key       variant      by itself ms   in one call ms each   packing ms")
        for key in Self.keys {
            for variant in PKCS12Variant.allCases {
                let name = "\(key)-\(variant.rawValue)"
                let alone = try (0..<rounds).map { try time(1, named: "\(name)-\($0)", key, variant, appliance) }
                let together = try time(many, named: name, key, variant, appliance) / Double(many)
                let packing = try Self.packing(key, variant, rounds: rounds)
                let columns =
                    key.padding(toLength: 10, withPad: " ", startingAt: 0)
                    + variant.rawValue.padding(toLength: 10, withPad: " ", startingAt: 0)
                print(columns + String(format: "  %12.1f   %19.1f   %10.1f", median(alone), together, packing))
            }
        }
    }

    /// Milliseconds until every order of one call is answered.
    private func time(
        _ count: Int,
        named name: String,
        _ key: String,
        _ variant: PKCS12Variant,
        _ appliance: RunningAppliance
    ) throws -> Double {
        let orders = (0..<count).map { number in
            var order = CertificateOrder(
                order: "keys-\(name)-\(number)",
                profile: "access-1y",
                request: "",
                subject: [
                    .init("countryName", "JP"), .init("organizationName", "Inkan Example"), .init("commonName", "Taro"),
                ]
            )
            order.issuer = "access-p256"
            let password = ConfidentialText("Aa1Bb2Cc3Dd4")
            return KeyOrder(order, keyAlgorithm: key, variant: variant.rawValue, password: password)
        }
        let client = try appliance.client(timeout: .seconds(60))
        var refusal: ServiceError?
        let start = monotonicNanoseconds()
        try client.issueKeys(orders) { _, result in
            if case .failure(let error) = result { refusal = error }
        }
        let end = monotonicNanoseconds()
        if let refusal { throw ValidationError("an order was refused: \(refusal.message)") }
        return Double(end - start) / 1e6
    }

    /// Milliseconds for one file, with a key and a certificate that OpenSSL has made.
    private static func packing(_ key: String, _ variant: PKCS12Variant, rounds: Int) throws -> Double {
        let folder = try TemporaryFolder("inkan-packing")
        let kind =
            key == "p-256" ? ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"] : [key.replacing("rsa-", with: "rsa:")]
        try ChildProgram.check(
            "openssl",
            ["req", "-x509", "-nodes", "-keyout", folder.file("key.pem"), "-outform", "DER"]
                + ["-out", folder.file("a.der"), "-subj", "/CN=x", "-newkey"] + kind
        )
        try ChildProgram.check(
            "openssl",
            ["pkey", "-in", folder.file("key.pem"), "-outform", "DER", "-out", folder.file("key.der")]
        )
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.file("key.der"))))
        let privateKey = Secret(count: bytes.count) { $0.copyBytes(from: bytes) }
        let password = Secret(count: 12) { $0.copyBytes(from: Array("Aa1Bb2Cc3Dd4".utf8)) }
        let certificate = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.file("a.der"))))
        let times = try (0..<rounds).map { _ in
            let start = monotonicNanoseconds()
            _ = try PKCS12File.pack(
                privateKey: privateKey,
                certificate: certificate,
                chain: [],
                name: "x",
                password: password,
                variant: variant
            )
            return Double(monotonicNanoseconds() - start) / 1e6
        }
        return median(times)
    }
}
