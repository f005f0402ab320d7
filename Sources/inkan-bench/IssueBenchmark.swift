import ArgumentParser
import Clocks
import Foundation
import SignerClient
import Threads
import Workbench

/// `inkan-bench issue`
struct IssueBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue",
        abstract: "Certificates per second with every check on, interleaved with the bare token.",
        discussion: """
            Makes its own SoftHSM2 tokens and service in a temporary folder, unless --socket names a running one (then \
            --uri and --authorities say where its token and certificates are). In each round, for each key: the three \
            loads with the bare token on two threads before, between and after them, then the bare token in two \
            processes. A load's ratio is to the mean of its two neighbours; ratios are medians over the rounds.
            """
    )

    @Flag(help: "Write one JSON object.")
    var json = false

    @Option(help: "Rounds.")
    var rounds = 3

    @Option(help: "Seconds of each measurement.")
    var seconds = 2.0

    @Option(help: "Only this key: rsa-2048 or p-256.")
    var key: String?

    @Option(help: "Only this load: one, sixteen or pipelined.")
    var mode: String?

    @Flag(help: "Beside each load the same load on a second service of its own, whose ceremony made no log key.")
    var withoutLog = false

    @Option(
        help: "Beside each load the same load on a second service, of the programs of another build in this folder."
    )
    var beside: String?

    @Option(help: "The socket of a running service.")
    var socket: String?

    @Option(help: "The running service's issuing token, RFC 7512, with module-path and pin-source.")
    var uri: String?

    @Option(help: "Folder of the running service's authorities' certificates.")
    var authorities: String?

    @Option(help: "The issuance profile to order by.")
    var profile = "access-1y"

    @Option(help: "The repository, for plan and profiles.")
    var checkout = "."

    func run() throws {
        let bench = try Bench(self)
        let keys = BenchKey.all.filter { key == nil || $0.name == key }
        guard !keys.isEmpty else { throw ValidationError("--key is one of \(BenchKey.all.map(\.name))") }
        let modes = LoadMode.allCases.filter { mode == nil || $0.rawValue == mode }
        guard !modes.isEmpty else { throw ValidationError("--mode is one of \(LoadMode.allCases.map(\.rawValue))") }
        let rows = try keys.flatMap { try bench.measure($0, modes) }
        if json {
            print("{\"results\":[\(rows.map(\.json).joined(separator: ","))]}")
        } else {
            print(BenchRow.header + (withoutLog || beside != nil ? "  beside/s  ratio to that" : ""))
            for row in rows { print(row.line) }
        }
    }
}

/// A CA key with the requests that go to it.
struct BenchKey {
    let name: String
    let issuer: String
    /// Arguments of `openssl req` that make a key of this kind.
    let requestArguments: [String]

    static let all = [
        BenchKey(name: "rsa-2048", issuer: "access-rsa", requestArguments: ["-newkey", "rsa:2048"]),
        BenchKey(
            name: "p-256",
            issuer: "access-p256",
            requestArguments: ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        ),
    ]
}

/// A load in one round, and what it is compared with.
struct Measured {
    var load: LoadResult
    /// The same load on the second service, if there is one.
    var beside: LoadResult?
    /// Signatures per second of the bare token: the mean of the measurements just before and just after the load.
    var raw: Double
}

/// One line of the result.
struct BenchRow {
    static let header = """
        key       mode       raw/s  raw 2 proc/s  issued/s  ratio   p50 ms   p99 ms  wait µs  token µs  total µs
        """

    var key: String
    var mode: String
    var raw: Double
    var rawTwoProcesses: Double
    var issued: Double
    var ratio: Double
    var p50: Double
    var p99: Double
    var wait: Int64
    var token: Int64
    var total: Int64
    /// Of the second service, and the median over the rounds of the ratio to it.
    var beside: (issued: Double, ratio: Double)?

    /// Medians over the rounds; the service's own times over all certificates.
    init(key: String, mode: LoadMode, measured: [Measured], rawTwoProcesses: Double) {
        self.key = key
        self.mode = mode.rawValue
        self.rawTwoProcesses = rawTwoProcesses
        let loads = measured.map(\.load)
        raw = median(measured.map(\.raw))
        issued = median(loads.map(\.perSecond))
        ratio = median(measured.map { $0.load.perSecond / $0.raw })
        p50 = median(loads.map { percentile(0.5, of: $0.latencies, none: 0) })
        p99 = median(loads.map { percentile(0.99, of: $0.latencies, none: 0) })
        wait = percentile(0.5, of: loads.flatMap(\.wait).sorted(), none: 0)
        token = percentile(0.5, of: loads.flatMap(\.token).sorted(), none: 0)
        total = percentile(0.5, of: loads.flatMap(\.total).sorted(), none: 0)
        let pairs = measured.compactMap { one in one.beside.map { (one.load.perSecond, $0.perSecond) } }
        beside = pairs.isEmpty ? nil : (median(pairs.map(\.1)), median(pairs.map { $0.0 / $0.1 }))
    }

    var line: String {
        let names =
            "\(key.padding(toLength: 9, withPad: " ", startingAt: 0)) "
            + mode.padding(toLength: 9, withPad: " ", startingAt: 0)
        let rates = String(format: " %6.0f  %12.0f  %8.0f   %.2f", raw, rawTwoProcesses, issued, ratio)
        let times = String(format: "  %7.2f  %7.2f  %7d  %8d  %8d", p50, p99, wait, token, total)
        let second = beside.map { String(format: "  %8.0f  %13.3f", $0.issued, $0.ratio) } ?? ""
        return names + rates + times + second
    }

    var json: String {
        "{\"key\":\"\(key)\",\"mode\":\"\(mode)\","
            + String(
                format: "\"raw_per_s\":%.1f,\"raw_two_processes_per_s\":%.1f,\"issued_per_s\":%.1f,\"ratio\":%.4f,",
                raw,
                rawTwoProcesses,
                issued,
                ratio
            )
            + String(format: "\"p50_ms\":%.3f,\"p99_ms\":%.3f,", p50, p99)
            + "\"wait_p50_us\":\(wait),\"token_p50_us\":\(token),\"total_p50_us\":\(total)"
            + (beside.map {
                String(format: ",\"beside_per_s\":%.1f,\"ratio_to_beside\":%.4f", $0.issued, $0.ratio)
            } ?? "") + "}"
    }
}

/// The tokens, the service and the requests of one run.
private final class Bench {
    private let options: IssueBenchmark
    private let folder: TemporaryFolder
    private let appliance: RunningAppliance?
    /// What is compared with, if anything: a service that signs no checkpoints, because its ledger's ceremony made no
    /// key for that, or one of another build. All else is the same.
    private let beside: RunningAppliance?
    private let socket: String
    private let uri: String
    private let authorities: String
    private let environment: [String: String]
    private let runName = String(UUID().uuidString.prefix(8))

    init(_ options: IssueBenchmark) throws {
        self.options = options
        folder = try TemporaryFolder("inkan-bench")
        if let socket = options.socket {
            guard !options.withoutLog, options.beside == nil else {
                throw ValidationError("--without-log and --beside make their own services")
            }
            guard let uri = options.uri, let authorities = options.authorities else {
                throw ValidationError("--socket goes with --uri and --authorities")
            }
            (appliance, beside) = (nil, nil)
            (self.socket, self.uri, self.authorities) = (socket, uri, authorities)
            environment = [:]
        } else {
            let binaries = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            let establishment = try Establishment(binaries: binaries.path, checkout: options.checkout)
            let appliance = try RunningAppliance(establishment)
            self.appliance = appliance
            beside = try Self.second(options, binaries.path)
            socket = appliance.socket
            uri = try establishment.issuingURI
            authorities = establishment.folder.file("authorities")
            environment = ["SOFTHSM2_CONF": establishment.folder.file("softhsm2.conf")]
        }
    }

    deinit {
        appliance?.stop()
        beside?.stop()
    }

    private static func second(_ options: IssueBenchmark, _ binaries: String) throws -> RunningAppliance? {
        guard !options.withoutLog || options.beside == nil else {
            throw ValidationError("--without-log and --beside are two comparisons")
        }
        if options.withoutLog { return try applianceWithoutLog(binaries, options.checkout) }
        return try options.beside.map { other in
            try RunningAppliance(Establishment(binaries: other, checkout: options.checkout))
        }
    }

    /// A service over a ceremony by the same plan without its line for the log.
    private static func applianceWithoutLog(_ binaries: String, _ checkout: String) throws -> RunningAppliance {
        let plan = try String(contentsOfFile: "\(checkout)/provisioning/ceremony/development.yaml", encoding: .utf8)
        let lines = plan.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("log:") }
        let establishment = try Establishment(
            binaries: binaries,
            checkout: checkout,
            plan: lines.joined(separator: "\n")
        )
        guard try establishment.logKey == nil else {
            throw ValidationError("the plan's log is not on a line of its own")
        }
        return try RunningAppliance(establishment)
    }

    func measure(_ key: BenchKey, _ modes: [LoadMode]) throws -> [BenchRow] {
        let requests = try (0..<16).map { try request(key, number: $0) }
        var rawTwoProcesses: [Double] = []
        var measured: [LoadMode: [Measured]] = [:]
        for round in 0..<options.rounds {
            var before = try raw(key, processes: 1, threads: 2)
            for mode in modes {
                let run = { (socket: String) in
                    let load = Load(
                        socket: socket,
                        profile: self.options.profile,
                        issuer: key.issuer,
                        requests: requests,
                        name: "bench-\(self.runName)-\(key.name)-\(mode.rawValue)-\(round)"
                    )
                    return try load.run(mode, seconds: self.options.seconds)
                }
                // Now the one first, now the other: the machine's mood is to favour neither.
                let besideFirst = round.isMultiple(of: 2)
                var second = besideFirst ? try beside.map { try run($0.socket) } : nil
                let load = try run(socket)
                if !besideFirst { second = try beside.map { try run($0.socket) } }
                let after = try raw(key, processes: 1, threads: 2)
                measured[mode, default: []].append(Measured(load: load, beside: second, raw: (before + after) / 2))
                before = after
            }
            rawTwoProcesses.append(try raw(key, processes: 2, threads: 1))
        }
        let twoProcesses = median(rawTwoProcesses)
        return modes.map { mode in
            BenchRow(key: key.name, mode: mode, measured: measured[mode] ?? [], rawTwoProcesses: twoProcesses)
        }
    }

    private func request(_ key: BenchKey, number: Int) throws -> String {
        try ChildProgram.check(
            "openssl",
            ["req", "-new", "-nodes", "-keyout", folder.file("\(key.name)-\(number).key"), "-subj", "/CN=ignored"]
                + key.requestArguments
        )
    }

    private func raw(_ key: BenchKey, processes: Int, threads: Int) throws -> Double {
        let group = DispatchGroup()
        let collected = Guarded<[Result<Double, any Error>]>([])
        for _ in 0..<processes {
            group.enter()
            let arguments = [
                "raw", "--uri", uri, "--certificate", "\(authorities)/\(key.issuer).pem", "--threads", "\(threads)",
                "--seconds", "\(options.seconds)",
            ]
            Thread.detachNewThread { [environment] in
                let result = Result { try Self.rawProcess(arguments, environment: environment) }
                collected.withLock { $0.append(result) }
                group.leave()
            }
            // SoftHSM rewrites a file of the token at log-in; two at the same moment see no token.
            if processes > 1 { Thread.sleep(forTimeInterval: 0.05) }
        }
        group.wait()
        return try collected.withLock { $0 }.reduce(0) { $0 + (try $1.get()) }
    }

    private static func rawProcess(_ arguments: [String], environment: [String: String]) throws -> Double {
        let text = try ChildProgram.check("/proc/self/exe".resolved, arguments, environment: environment)
        struct Answer: Decodable { var per_s: Double }
        return try JSONDecoder().decode(Answer.self, from: Data(text.utf8)).per_s
    }
}

extension String {
    fileprivate var resolved: String {
        URL(fileURLWithPath: self).resolvingSymlinksInPath().path
    }
}
