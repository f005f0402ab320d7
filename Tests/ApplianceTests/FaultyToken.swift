import Foundation
import SignerAPI
import SignerClient
import Testing
import Workbench

/// An establishment whose issuing token is reached through the module that fails, hangs and lies on order
/// (Tests/FaultModule/fault_module.c has the language of its orders).
struct FaultyToken {
    let establishment: Establishment

    private static let module = "\(Stage.binaries)/libInkanFaultModule.so"

    init() throws {
        establishment = try Stage.establishment()
    }

    private var plan: String { establishment.folder.file("plan") }
    private var logins: String { establishment.folder.file("logins") }

    /// Where the issuing token's PIN is.
    var pinFile: String { establishment.folder.file("secrets/issuing.pin") }

    /// Settings with the faulty module.
    ///
    /// - Parameters:
    ///   - options: of the token, such as `callDeadlineSeconds`.
    ///   - healthyIssuer: is served through a worker of its own, by SoftHSM2 itself.
    func settings(options: [String: Int] = [:], healthyIssuer: String? = nil) throws -> String {
        // The module keeps its plan and its notes in the establishment's folder.
        let allows = ", allows: { write: [\"\(establishment.folder.path)\"] }"
        let options = options.sorted { $0.key < $1.key }.map { ", \($0.key): \($0.value)" }.joined() + allows
        let settings = try establishment.settings(
            module: Self.module,
            environment: ["INKAN_FAULT_PLAN": plan, "INKAN_FAULT_LOGINS": logins],
            tokenOptions: options
        )
        guard let healthyIssuer else { return settings }
        let other = """
            tokens:
              - { name: healthy, uri: "\(try establishment.issuingURI)", \
            environment: { SOFTHSM2_CONF: "\(establishment.folder.file("softhsm2.conf"))" } }

            """
        return settings.replacingOccurrences(of: "tokens:\n", with: other)
            .replacingOccurrences(
                of: "name: \(healthyIssuer), token: issuing",
                with: "name: \(healthyIssuer), token: healthy"
            )
    }

    /// The service over this token.
    func start(
        options: [String: Int] = [:],
        healthyIssuer: String? = nil,
        waitReady: Bool = true
    ) throws -> RunningAppliance {
        try RunningAppliance(
            establishment,
            settings: settings(options: options, healthyIssuer: healthyIssuer),
            waitReady: waitReady
        )
    }

    /// Orders faults, in place of those ordered before; with none the token is well again.
    func order(_ faults: String...) throws {
        let folder = establishment.folder.path
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasPrefix("plan.used.") {
            try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
        // The remark makes every plan new, which is when the module begins to count.
        try (faults + ["# \(UUID().uuidString)", ""]).joined(separator: "\n")
            .write(toFile: plan, atomically: true, encoding: .utf8)
    }

    /// Waits until a call has begun to hang that a plan orders to hang; the plan must order nothing else of that kind.
    /// The ledger tells: an intent without outcome is with the token.
    func waitUntilHung() throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while try establishment.history().last(where: { $0.kind != "service-token" })?.kind != "intent" {
            try #require(ContinuousClock.now < deadline, "no order has reached the token")
            poll(nil, 0, 10)
        }
    }

    /// How often somebody has tried to log in.
    var loginCount: Int {
        let text = FileManager.default.contents(atPath: logins) ?? Data()
        return text.count { $0 == UInt8(ascii: "\n") }
    }

    /// Puts another PIN into the PIN file, which keeps its mode.
    func writePIN(_ pin: String) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: pinFile))
        try file.truncate(atOffset: 0)
        try file.write(contentsOf: Data(pin.utf8))
        try file.close()
    }
}

extension RunningAppliance {
    /// What a token's state is, and what is said of it.
    func tokenState(_ name: String = "issuing") throws -> (state: String, problem: String) {
        let status = try client().call(.getStatus)
        let tokens = status["tokens"]?.arrayValue ?? []
        let token = try #require(tokens.compactMap(\.objectValue).first { $0["name"]?.stringValue == name })
        return (token["state"]?.stringValue ?? "", token["problem"]?.stringValue ?? "")
    }

    /// Waits until a token is in a state, at most half a minute.
    func waitForToken(_ state: String, name: String = "issuing") throws {
        try waitForSocket()
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            let seen = try tokenState(name)
            if seen.state == state { return }
            try #require(ContinuousClock.now < deadline, "the token is \(seen), not \(state)")
            poll(nil, 0, 10)
        }
    }

    /// Runs `inkan` against this service.
    func inkan(_ arguments: String..., officer: Bool = false) throws -> ChildProgram.Outcome {
        try ChildProgram.run(
            "\(establishment.binaries)/inkan",
            arguments + ["--socket", officer ? officerSocket : socket]
        )
    }
}

/// Checks an order that a token's trouble keeps from being fulfilled: a typed error with rule, mend and detail; the
/// intent, if there was one, is closed; no certificate.
@discardableResult
func expectTokenUnavailable(
    _ order: CertificateOrder,
    by appliance: RunningAppliance,
    rules: Set<String>,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> ServiceError {
    let client = try appliance.client()
    let error = try #require(refusal(of: { try client.issue(order) }, sourceLocation: sourceLocation))
    #expect(error.name == "io.inkan.Signer.TokenUnavailable", "\(error)", sourceLocation: sourceLocation)
    #expect(rules.contains(error.rule), "\(error)", sourceLocation: sourceLocation)
    #expect(!error.message.isEmpty && !error.mend.isEmpty && error.detail != nil, sourceLocation: sourceLocation)
    let history = try appliance.establishment.history(of: order.order)
    #expect(history.last?.kind == "refusal" && history.last?.rule == error.rule, sourceLocation: sourceLocation)
    #expect(!history.contains { $0.kind == "certificate" }, sourceLocation: sourceLocation)
    for intent in history where intent.kind == "intent" {
        let closing = history.first { $0.intent == intent.sequence }
        #expect(closing?.kind == "intent-closed", sourceLocation: sourceLocation)
        #expect(try client.fate(ofSerial: intent.serial ?? "") == "neverReleased", sourceLocation: sourceLocation)
    }
    return error
}
