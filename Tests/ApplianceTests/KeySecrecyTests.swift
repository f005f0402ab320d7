import Foundation
import SignerAPI
import SignerClient
import Testing
import Varlink
import Workbench

@Suite("Nothing of a delivered key stays (P12-04)")
struct KeySecrecyTests {
    /// What is looked for, by what it is called.
    private struct Needles {
        var lines: [String] = []

        /// A number: a piece out of its middle, as libcrypto, the token and DER have it, and turned round, as arithmetic
        /// keeps it.
        mutating func add(number: [UInt8], _ label: String) {
            let middle = number.count / 2 - 8
            let piece = Array(number[middle..<middle + 16])
            add(piece, label)
            add(piece.reversed(), "\(label)-reversed")
        }

        mutating func add(text: String, _ label: String) {
            add(Array(text.utf8), label)
            add(Array(Data(text.utf8).base64EncodedString().utf8.prefix(text.utf8.count)), "\(label)-base64")
            add(text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }, "\(label)-utf16")
        }

        mutating func add(_ bytes: [UInt8], _ label: String) {
            lines.append("\(label) \(bytes.map { String(format: "%02x", $0) }.joined())")
        }
    }

    @Test(
        "neither memory nor disk nor ledger holds a prime, an exponent, a scalar or a password after the answer",
        arguments: ["token-wrapped", "token-random"]
    )
    func search(route: String) throws {
        let appliance = try Self.appliance(route)
        let client = try appliance.client()
        let processes = try ProcessTree.descendants(of: appliance.processIdentifier).count
        #expect(processes > 0)
        var needles = Needles()
        let given = "Given0Password0q7Zr4t"
        for (number, shape) in [
            ("rsa-2048", "modern", given), ("rsa-3072", "compatible", given), ("p-256", "modern", given),
            ("p-384", "compatible", nil), ("p-256", "modern", nil), ("rsa-2048", "modern", nil),
        ].enumerated() {
            let order = try Stage.keyOrder(
                "secret-\(number)",
                key: shape.0,
                variant: shape.1,
                password: shape.2
            )
            let issued = try client.issueKey(order)
            #expect(issued.keyRoute == route)
            let password = try #require(issued.madePassword ?? shape.2)
            if shape.2 == nil { needles.add(text: password, "made-password-\(number)") }
            for (name, value) in try Self.numbers(of: issued, password: password) {
                needles.add(number: value, "\(shape.0)-\(number)-\(name)")
            }
        }
        needles.add(text: given, "given-password")
        // Refused ones leave nothing either.
        let refusedPassword = "Refused0Password0b3Kx9!"
        _ = refusal { try client.issueKey(Stage.keyOrder("refused", password: refusedPassword)) }
        needles.add(text: refusedPassword, "refused-password")
        #expect(needles.lines.count > 50)
        // What is surely there shows that the search finds things.
        needles.add(text: "development 2026", "control")

        try expectNothing(needles, appliance, processes: processes)
        // Nor does a burst in which worker and transport key are kept for a while.
        let orders = try (0..<6).map { try Stage.keyOrder("burst-\($0)", password: given) }
        var burst = Needles()
        burst.add(text: given, "given-password")
        burst.add(text: "development 2026", "control")
        try client.issueKeys(orders) { index, result in
            do {
                for (name, value) in try Self.numbers(of: result.get(), password: given) {
                    burst.add(number: value, "burst-\(index)-\(name)")
                }
            } catch {
                Issue.record(error)
            }
        }
        #expect(burst.lines.count == 3 + 3 + 6 * 2)
        try expectNothing(burst, appliance, processes: processes)
    }

    /// A service whose token lets keys out wrapped, or has nothing but its random source for them.
    private static func appliance(_ route: String) throws -> RunningAppliance {
        guard route == "token-random" else { return try Stage.appliance() }
        let token = try FaultyToken()
        try token.order("C_WrapKey 1 0 return 0x70")
        return try token.start()
    }

    /// - Parameter processes: how many the service has started for good.
    private func expectNothing(_ needles: Needles, _ appliance: RunningAppliance, processes: Int) throws {
        let folder = try TemporaryFolder("inkan-needles")
        let list = folder.file("needles")
        try needles.lines.joined(separator: "\n").write(toFile: list, atomically: true, encoding: .utf8)
        // The worker that made the keys is gone; the one that signs goes on.
        let deadline = ContinuousClock.now + .seconds(10)
        while try ProcessTree.descendants(of: appliance.processIdentifier).count != processes {
            try #require(ContinuousClock.now < deadline, "the worker that made the keys is still there")
            poll(nil, 0, 20)
        }
        let workers = try ProcessTree.descendants(of: appliance.processIdentifier)
        let found = try ChildProgram.check(
            Judges.python(),
            ["\(Stage.checkout)/Tests/Judges/search_memory.py", list]
                + ([appliance.processIdentifier] + workers).map(String.init)
                + ["--", appliance.establishment.folder.path]
        )
        let lines = found.split(separator: "\n").map(String.init)
        let secrets = lines.dropLast().filter { !$0.contains(": control") }
        #expect(secrets.isEmpty, "\(secrets.joined(separator: "\n"))")
        #expect(lines.contains { $0.hasPrefix("memory of \(appliance.processIdentifier)") && $0.contains(": control") })
        #expect(lines.contains { $0.hasPrefix("/") && $0.contains("profiles.yaml: control") })
        let read = try #require(lines.last?.split(separator: " ").compactMap { Int($0) })
        #expect(read.count == 2 && read[0] > 10_000_000 && read[1] > 10_000, "\(read)")
    }

    /// The secret numbers in a PKCS#12 file, as OpenSSL shows them.
    static func numbers(of issued: IssuedKey, password: String) throws -> [(name: String, value: [UInt8])] {
        let folder = try TemporaryFolder("inkan-p12")
        try Data(issued.pkcs12).write(to: URL(fileURLWithPath: folder.file("a.p12")))
        let pem = try ChildProgram.check(
            "openssl",
            ["pkcs12", "-in", folder.file("a.p12"), "-nodes", "-nocerts", "-passin", "pass:\(password)"]
        )
        let text = try ChildProgram.run("openssl", ["pkey", "-text", "-noout"], input: Data(pem.utf8)).output
        var numbers: [(name: String, value: [UInt8])] = []
        var current: (name: String, hex: String)?
        for line in text.split(separator: "\n") {
            if line.hasPrefix("    ") {
                current?.hex += line.filter(\.isHexDigit)
                continue
            }
            if let current { numbers.append((current.name, Self.bytes(current.hex))) }
            let name = String(line.prefix { $0 != ":" })
            let wanted = ["privateExponent", "prime1", "prime2", "exponent1", "exponent2", "coefficient", "priv"]
            current = wanted.contains(name) ? (name, "") : nil
        }
        if let current { numbers.append((current.name, Self.bytes(current.hex))) }
        try #require(numbers.count == 6 || numbers.count == 1, "\(text.prefix(200))")
        return numbers
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
