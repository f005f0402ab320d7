import ArgumentParser
import Clocks
import Foundation
import SignerAPI
import SignerClient
import Synchronization
import Workbench
import X509Building

/// `inkan-bench ocsp`
struct OCSPBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ocsp",
        abstract:
            "OCSP answers per second through the socket, signed on demand and before; and how fast a revocation is.",
        discussion: """
            Makes its own SoftHSM2 tokens and service. On demand: requests with a nonce, each signed, beside the bare \
            C_Sign of the responder's key on two threads. Before: requests without, answered from what was signed for the \
            same certificate. Four connections with 64 requests under way on each. Medians over the rounds. Of each connection \
            and measurement up to five answers, and one after each revocation, are judged by OpenSSL.
            """
    )

    @Flag(help: "Write one JSON object.")
    var json = false

    @Option(help: "Rounds.")
    var rounds = 3

    @Option(help: "Seconds of each measurement.")
    var seconds = 2.0

    @Option(help: "Certificates that are asked for.")
    var certificates = 200

    @Option(help: "The repository, for plan and profiles.")
    var checkout = "."

    func run() throws {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let establishment = try Establishment(binaries: own.deletingLastPathComponent().path, checkout: checkout)
        let appliance = try RunningAppliance(establishment)
        defer { appliance.stop() }
        let desk = try OCSPDesk(appliance, certificates: certificates)
        try desk.ask(seconds: 0.5, nonce: false)
        var raw: [Double] = []
        var demand: [Double] = []
        var before: [Double] = []
        for _ in 0..<rounds {
            raw.append(try desk.raw(program: own.path, seconds: seconds))
            demand.append(try desk.ask(seconds: seconds, nonce: true))
            before.append(try desk.ask(seconds: seconds, nonce: false))
        }
        let ratio = median(zip(demand, raw).map { $0 / $1 })
        let delays = try (0..<20).map { try desk.revoke($0) }
        let ocsp = percentile(1, of: delays.map(\.ocsp).sorted(), none: 0)
        let crl = percentile(1, of: delays.map(\.crl).sorted(), none: 0)
        if json {
            print(
                String(
                    format: "{\"raw_per_s\":%.1f,\"on_demand_per_s\":%.1f,\"ratio\":%.4f,\"signed_before_per_s\":%.1f,",
                    median(raw),
                    median(demand),
                    ratio,
                    median(before)
                )
                    + String(
                        format: "\"revocation_to_ocsp_worst_ms\":%.2f,\"revocation_to_crl_worst_ms\":%.2f}",
                        ocsp,
                        crl
                    )
            )
        } else {
            print(String(format: "bare C_Sign, P-256, two threads   %8.0f /s", median(raw)))
            print(String(format: "OCSP signed on demand             %8.0f /s   ratio %.2f", median(demand), ratio))
            print(String(format: "OCSP signed before                %8.0f /s", median(before)))
            print(String(format: "revocation to OCSP, worst of 20   %8.2f ms", ocsp))
            print(String(format: "revocation to CRL, worst of 20    %8.2f ms", crl))
        }
    }
}

/// What asks: certificates of one issuer, and requests about them.
private final class OCSPDesk: Sendable {
    private let judge: OCSPJudge
    private let appliance: RunningAppliance
    private let serials: [[UInt8]]
    private let names: [String]
    private let issuerDER: [UInt8]
    private let issuerKey: SubjectPublicKey
    private static let issuer = "access-p256"

    init(_ appliance: RunningAppliance, certificates: Int) throws {
        self.appliance = appliance
        let path = appliance.establishment.folder.file("authorities/\(Self.issuer).pem")
        judge = OCSPJudge(folder: URL(fileURLWithPath: appliance.establishment.folder.file("")), issuer: path)
        let issuer = try X509Building.Certificate(pem: String(contentsOfFile: path, encoding: .utf8))
        issuerDER = try issuer.subjectDER()
        issuerKey = issuer.tbs.publicKey
        let request = try ChildProgram.check(
            "openssl",
            [
                "req", "-new", "-nodes", "-keyout", appliance.establishment.folder.file("bench.key"), "-subj", "/CN=x",
                "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            ]
        )
        let client = try appliance.client()
        names = try (0..<certificates).map { number in
            var order = CertificateOrder(
                order: "ocsp-\(number)",
                profile: "access-1y",
                request: request,
                subject: [
                    .init("countryName", "JP"), .init("organizationName", "Inkan Benchmark"),
                    .init("commonName", "Bench"),
                ]
            )
            order.issuer = Self.issuer
            return try client.issue(order).serial
        }
        serials = names.map { name in
            stride(from: 0, to: name.utf8.count, by: 2).compactMap { place in
                UInt8(name.dropFirst(place).prefix(2), radix: 16)
            }
        }
    }

    /// A request in DER; every part is shorter than 128 octets but the whole.
    private func request(_ number: Int, nonce: UInt64?) -> [UInt8] {
        func der(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
            (content.count < 0x80 ? [tag, UInt8(content.count)] : [tag, 0x81, UInt8(content.count)]) + content
        }
        let certificate = OCSPCertificateID(
            hash: .sha1,
            issuerDER: issuerDER,
            issuerKey: issuerKey,
            serialNumber: serials[number % serials.count]
        )
        var body = der(0x30, der(0x30, certificate.derEncoded))
        if let nonce {
            let value = der(4, der(4, withUnsafeBytes(of: nonce) { Array($0) + Array($0) }))
            body += der(0xA2, der(0x30, der(0x30, [6, 9, 0x2B, 6, 1, 5, 5, 7, 0x30, 1, 2] + value)))
        }
        return der(0x30, der(0x30, body))
    }

    /// Answers per second.
    @discardableResult
    func ask(seconds: Double, nonce: Bool) throws -> Double {
        let total = Mutex((answers: 0, samples: [] as [OCSPJudge.Sample], failure: nil as (any Error)?))
        let start = monotonicNanoseconds()
        let end = start + UInt64(seconds * 1e9)
        let group = DispatchGroup()
        for connection in 0..<4 {
            group.enter()
            Thread.detachNewThread { [self] in
                let result = Result { try drive(connection, until: end, nonce: nonce) }
                total.withLock { total in
                    switch result {
                    case .success(let (count, samples)):
                        total.answers += count
                        total.samples += samples
                    case .failure(let error): total.failure = error
                    }
                }
                group.leave()
            }
        }
        group.wait()
        let elapsed = Double(monotonicNanoseconds() - start) / 1e9
        let (answers, samples, failure) = total.withLock { $0 }
        if let failure { throw failure }
        guard !samples.isEmpty else { throw ValidationError("no answer came that could be judged") }
        for sample in samples { try judge.judge(sample, expecting: "good", nonce: nonce) }
        return Double(answers) / elapsed
    }

    private func drive(_ connection: Int, until end: UInt64, nonce: Bool) throws -> (Int, [OCSPJudge.Sample]) {
        let client = try appliance.client()
        var (sent, received) = (0, 0)
        var chosen: [Int: [UInt8]] = [:]
        var samples: [OCSPJudge.Sample] = []
        while true {
            let isOver = monotonicNanoseconds() >= end
            while !isOver, sent - received < 64 {
                let request = request(connection * 50 + sent, nonce: nonce ? UInt64.random(in: 0 ... .max) : nil)
                if sent % OCSPJudge.distance == 0, sent < OCSPJudge.distance * OCSPJudge.most { chosen[sent] = request }
                client.sendOCSP(request)
                sent += 1
            }
            guard received < sent else { return (received, samples) }
            let answer = try client.receiveOCSP()
            // An unsigned answer has five octets.
            guard answer.count > 5 else { throw ValidationError("a request was not answered") }
            if let request = chosen[received] {
                let name = names[(connection * 50 + received) % names.count]
                samples.append(OCSPJudge.Sample(request: request, serial: name, answer: answer))
            }
            received += 1
        }
    }

    func raw(program: String, seconds: Double) throws -> Double {
        let establishment = appliance.establishment
        let text = try ChildProgram.check(
            program,
            [
                "raw", "--uri", try establishment.issuingURI, "--certificate",
                establishment.folder.file("authorities/ocsp-\(Self.issuer).pem"), "--threads", "2", "--seconds",
                "\(seconds)",
            ],
            environment: ["SOFTHSM2_CONF": establishment.folder.file("softhsm2.conf")]
        )
        struct Answer: Decodable { var per_s: Double }
        return try JSONDecoder().decode(Answer.self, from: Data(text.utf8)).per_s
    }

    /// Revokes one; from the sending of the order to the first answer that says so, and to a CRL with one entry more, in
    /// milliseconds.
    func revoke(_ number: Int) throws -> (ocsp: Double, crl: Double) {
        let client = try appliance.client()
        let request = request(number, nonce: nil)
        let good = try client.respondOCSP(request)
        let count = try client.crl(issuer: Self.issuer).crl.revokedCertificates
        let start = monotonicNanoseconds()
        func elapsed() -> Double { Double(monotonicNanoseconds() - start) / 1e6 }
        _ = try client.status(.revokeCertificate) { writer in
            writer.member("serial", names[number])
            writer.member("reason", "keyCompromise")
        }
        var answer = good
        while answer == good {
            answer = try client.respondOCSP(request)
            guard elapsed() < 30_000 else { throw ValidationError("the revocation is not in the OCSP answers") }
        }
        let ocsp = elapsed()
        while try client.crl(issuer: Self.issuer).crl.revokedCertificates == count {
            guard elapsed() < 30_000 else { throw ValidationError("the revocation is not in the CRL") }
            usleep(500)
        }
        let crl = elapsed()
        let sample = OCSPJudge.Sample(request: request, serial: names[number], answer: answer)
        try judge.judge(sample, expecting: "revoked", nonce: false)
        return (ocsp, crl)
    }
}
