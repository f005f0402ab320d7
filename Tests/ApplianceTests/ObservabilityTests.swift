import Foundation
import Glibc
import SignerAPI
import SignerClient
import Testing
import Workbench

@Suite("What the service says of itself (SRV-05)")
struct ObservabilityTests {
    /// The samples of an OpenMetrics text, read by the strict parser of the Python client.
    private func samples(_ text: String) throws -> [String: Double] {
        let script = """
            import json, sys
            from prometheus_client.openmetrics.parser import text_string_to_metric_families
            samples = {}
            for family in text_string_to_metric_families(sys.stdin.read()):
                for sample in family.samples:
                    labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
                    samples[sample.name + ("{" + labels + "}" if labels else "")] = sample.value
            json.dump(samples, sys.stdout)
            """
        let python = try #require(ProcessInfo.processInfo.environment["INKAN_TEST_PYTHON"], "run Tests/run")
        let read = try ChildProgram.check(python, ["-c", script], input: Data(text.utf8))
        return try JSONDecoder().decode([String: Double].self, from: Data(read.utf8))
    }

    @Test("the numbers are strict OpenMetrics text, and say what has happened")
    func metrics() throws {
        let appliance = try Stage.appliance()
        let client = try appliance.client()
        for number in 0..<5 { _ = try client.issue(Stage.order("order-\(number)")) }
        #expect(try client.issue(Stage.order("order-0")).repeated)
        #expect(refusal { try client.issue(Stage.order("bad identifier")) }?.rule == "request.order")
        let told = try appliance.inkan("metrics")
        #expect(told.status == 0 && told.output.hasSuffix("# EOF\n"), "\(told)")
        let samples = try samples(told.output)
        let exact: [String: Double] = [
            "inkan_certificates_issued_total": 5, "inkan_orders_repeated_total": 1,
            "inkan_orders_refused_total{rule=request.order}": 1, "inkan_order_total_seconds_count": 5,
            "inkan_order_wait_seconds_bucket{le=+Inf}": 5, "inkan_order_token_seconds_count": 5,
            "inkan_orders_in_flight": 0, "inkan_ready": 1, "inkan_token_ready{token=issuing}": 1,
            "inkan_token_restarts_total{token=issuing}": 0, "inkan_ledger_open_intents": 0,
            "inkan_test_signatures_total{outcome=verified}": 4, "inkan_test_signatures_total{outcome=failed}": 0,
        ]
        for (name, value) in exact { #expect(samples[name] == value, "\(name): \(samples[name] ?? -1)") }
        #expect((samples["inkan_token_calls_total{token=issuing}"] ?? 0) >= 9)
        #expect((samples["inkan_ledger_entries_total"] ?? 0) >= 11)
        #expect((samples["inkan_order_total_seconds_sum"] ?? 0) > (samples["inkan_order_token_seconds_sum"] ?? 1))
        #expect(appliance.stop() == 0)
    }

    @Test(
        "ready is said when every key has made a real signature: a token that signs wrongly is not ready, and says why"
    )
    func readiness() throws {
        let token = try FaultyToken()
        // The first six signatures are the worker's own, by which it proves that its EC keys (two issuers, four responders) are
        // pairs.
        try token.order("C_Sign 7 0 flip")
        let appliance = try token.start(waitReady: false)
        try appliance.waitForToken("ready")
        let problem = try appliance.waitForProblem { $0.contains("test signature:") }
        #expect(problem.hasPrefix("token issuing: a key of it does not make a test signature"))
        #expect(try appliance.client().call(.getStatus)["ready"]?.boolValue == false)
        let officers = try SignerClient(socket: appliance.officerSocket).call(.getStatus)
        #expect(officers["problem"]?.stringValue?.contains("take the token out of service") == true)
        try token.order()
        try appliance.waitReady()
        #expect(appliance.stop() == 0)
    }

    @Test("after its worker has died a token is ready again only when the new one has signed")
    func readinessAfterDeath() throws {
        let token = try FaultyToken()
        let appliance = try token.start()
        try token.order("once C_Sign 1 1 abort", "C_Sign 7 0 flip")
        _ = refusal { try appliance.client().issue(Stage.order("victim")) }
        _ = try appliance.waitForProblem { $0.contains("test signature") }
        try token.order()
        try appliance.waitReady()
        #expect(try !appliance.client().issue(Stage.order("after")).repeated)
        #expect(appliance.stop() == 0)
    }

    @Test("every line of the log is one JSON object with time, level and event")
    func log() throws {
        let token = try FaultyToken()
        let appliance = try token.start()
        try token.order("once C_Sign 1 1 abort")
        _ = refusal { try appliance.client().issue(Stage.order("victim")) }
        try appliance.waitReady()
        #expect(appliance.stop() == 0)
        let lines = try appliance.log.split(separator: "\n")
        #expect(lines.count >= 8)
        for line in lines {
            let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
            let time = try #require(object["time"] as? String, "\(line)")
            #expect(time.hasSuffix("Z") && time.contains("T"))
            #expect(["info", "warning", "error"].contains(object["level"] as? String), "\(line)")
            #expect((object["event"] as? String)?.isEmpty == false, "\(line)")
        }
    }

    @Test("doctor says what protects each running process, as the kernel has it")
    func doctor() throws {
        let appliance = try Stage.appliance()
        let configuration = appliance.establishment.folder.file("signer.yaml")
        let told = try appliance.inkan("doctor", "--config", configuration)
        #expect(told.status == 0, "\(told)")
        for name in ["inkan-signerd", "spawner", "worker of issuing"] {
            let line = told.output.split(separator: "\n").first { $0.contains("protections") && $0.contains(name) }
            #expect(
                line?.contains("no new privileges, system call filter, Landlock") == true,
                "\(name): \(told.output)"
            )
        }
        #expect(appliance.stop() == 0)
    }
}

extension RunningAppliance {
    /// Waits until the service has a problem of some kind, at most half a minute.
    func waitForProblem(_ isMeant: (String) -> Bool) throws -> String {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            let problem = try client().call(.getStatus)["problem"]?.stringValue ?? ""
            if isMeant(problem) { return problem }
            try #require(ContinuousClock.now < deadline, "the problem is “\(problem)”")
            poll(nil, 0, 10)
        }
    }
}
