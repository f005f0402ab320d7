import Foundation
import SignerAPI
import SignerClient
import Testing
import Workbench

/// The one line that every module for CA keys goes through: a token, a ceremony, test signatures, certificates through
/// the service's socket, OpenSSL's verdict. What was proven becomes a row of the matrix.
struct Proof {
    let token: CertificationToken
    /// The kinds of keys that this module can make here; the others must be refused.
    let makes: [String]
    /// Signatures that its RSA keys cannot make.
    var lacks: Set<String> = []

    /// What each kind that it cannot make is refused with, in the words that people are shown.
    func refusals() throws -> [String: String] {
        var refusals: [String: String] = [:]
        for algorithm in Plan.algorithms where !makes.contains(algorithm) {
            let outcome = try token.ceremony(Plan.root(algorithm))
            #expect(outcome.status == 1, "\(algorithm): \(outcome.output)\(outcome.complaints)")
            #expect(outcome.complaints.contains("C_GenerateKeyPair answered CKR_"), "\(outcome.complaints)")
            refusals[algorithm] = outcome.complaints.split(separator: "\n").last.map(String.init) ?? ""
        }
        return refusals
    }

    /// A root and an issuing authority of each kind, their attributes as TOK-04 wants them.
    func authorities(pinPerSignature: Bool = false) throws {
        let outcome = try token.ceremony(Plan.authorities(makes, pinPerSignature: pinPerSignature))
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.complaints)")
        let names = try FileManager.default.contentsOfDirectory(atPath: token.folder.file("authorities"))
        let transcript = try #require(names.first { $0.hasPrefix("transcript-") })
        let path = token.folder.file("authorities/\(transcript)")
        let steps = try JSONDecoder().decode(Transcript.self, from: Data(contentsOf: URL(fileURLWithPath: path))).steps
        #expect(steps.count == makes.count + 1)
        for step in steps {
            for (name, value) in Self.required { #expect(step.attributes[name] == value, "\(step.authority) \(name)") }
            #expect((step.attributes["CKA_ALWAYS_AUTHENTICATE"] ?? false) == pinPerSignature)
        }
    }

    private static let required = [
        "CKA_SENSITIVE": true, "CKA_EXTRACTABLE": false, "CKA_ALWAYS_SENSITIVE": true, "CKA_NEVER_EXTRACTABLE": true,
        "CKA_LOCAL": true, "CKA_TOKEN": true, "CKA_PRIVATE": true, "CKA_SIGN": true,
    ]

    private struct Transcript: Decodable {
        struct Step: Decodable {
            var authority: String
            var attributes: [String: Bool]
        }
        var steps: [Step]
    }

    private var settings: String { token.settings(issuers: makes.map(Plan.issuer), root: "root") }

    /// Every signature that the keys can make, by `inkan doctor`.
    func examined() throws -> Examined {
        let examined = try token.doctor(settings)
        #expect(examined.keys.count == makes.count + 1)
        #expect(examined.provenAlgorithms == Set(makes.flatMap(Plan.signatures)).subtracting(lacks))
        return examined
    }

    /// A certificate from each authority by each algorithm, through the socket, verified by OpenSSL.
    ///
    /// - Returns: how many.
    func certificates() throws -> Int {
        let appliance = try token.appliance(settings)
        var leaves: [String] = []
        let request = try ChildProgram.check(
            "openssl",
            ["req", "-new", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
                + ["-keyout", token.folder.file("subscriber.pem"), "-subj", "/CN=ignored"]
        )
        for algorithm in makes {
            for signature in Plan.signatures(of: algorithm) where !lacks.contains(signature) {
                var order = CertificateOrder(
                    order: "\(algorithm).\(signature)",
                    profile: signature.hasPrefix("rsassaPSS") ? "access-1y-pss" : "access-1y",
                    request: request,
                    subject: [
                        .init("countryName", "JP"), .init("organizationName", "Inkan Example"),
                        .init("commonName", "山田 太郎"),
                    ]
                )
                order.issuer = Plan.issuer(algorithm)
                order.signatureAlgorithm = signature
                let issued = try appliance.client().issue(order)
                let leaf = token.folder.file("\(order.order).pem")
                try issued.certificate.write(toFile: leaf, atomically: true, encoding: .utf8)
                try verify(leaf, issuer: Plan.issuer(algorithm))
                leaves.append(leaf)
            }
        }
        #expect(appliance.stop() == 0)
        return leaves.count
    }

    private func verify(_ leaf: String, issuer: String) throws {
        let folder = token.folder
        let verdict = try ChildProgram.run(
            "openssl",
            [
                "verify", "-x509_strict", "-CAfile", folder.file("authorities/root.pem"), "-untrusted",
                folder.file("authorities/\(issuer).pem"), leaf,
            ]
        )
        #expect(verdict.output == "\(leaf): OK\n", "\(verdict.complaints)")
    }

    /// The whole proof; its outcome goes into the matrix.
    func hold(module: String, package: String, remarks: String) throws {
        let refusals = try refusals()
        try authorities()
        let examined = try examined()
        let count = try certificates()
        try MatrixRow(
            module: module,
            package: package,
            model: examined.model,
            interface: examined.interface,
            makes: makes,
            refuses: refusals,
            signs: examined.provenAlgorithms.sorted(),
            certificates: count,
            microseconds: examined.slowest,
            remarks: remarks
        ).write()
    }
}

extension Examined {
    /// The longest test signature of each kind of key, in microseconds.
    var slowest: [String: Int] {
        Dictionary(
            keys.map { ($0.algorithm, $0.signatures.map(\.microseconds).max() ?? 0) },
            uniquingKeysWith: max
        )
    }
}
