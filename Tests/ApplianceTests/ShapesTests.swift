import Foundation
import SignerAPI
import Testing
import Workbench

/// Every shape that the profiles allow, signed by every algorithm, before six other implementations (SGN-01, SGN-08).
@Suite struct ShapesTests {
    @Test(
        "every shape of every profile, by every algorithm, is judged good by OpenSSL, GnuTLS, NSS, Java, Go and pkilint"
    )
    func allShapes() throws {
        let establishment = try Algorithms.establishment()
        let appliance = try RunningAppliance(establishment)
        let folder = try TemporaryFolder("inkan-shapes")
        let plan = try ShapePlan()
        let chains = try Self.issue(plan, by: appliance, into: folder)
        #expect(appliance.stop() == 0)
        try expectLogByECDSA(establishment, into: folder.file("copy"))

        try Judges.openSSL(chains)
        try Judges.java(chains)
        try Judges.go(chains)
        try Judges.gnuTLS(chains)
        // NSS 3.87, of Debian 12, knows no Ed25519 keys in certificates.
        try Judges.nss(chains.filter { !$0.leaf.contains("ed25519") })
        let authorities = Set(chains.flatMap { [$0.issuer, $0.root] }).sorted()
        try Judges.pkilint(chains.map(\.leaf) + authorities)
    }

    /// The log of all that, signed by a P-256 key, is good for Go as well.
    private func expectLogByECDSA(_ establishment: Establishment, into copy: String) throws {
        let key = try #require(try establishment.logKey)
        try ChildProgram.check(
            "\(Stage.binaries)/inkan",
            ["ledger", "copy", "--ledger", establishment.ledgerPath, "--to", copy]
        )
        let verdict = try LogEvidence(key: key, copy: copy).judge()
        #expect(verdict.hasPrefix("copy: "), "\(verdict)")
        try ChildProgram.check("\(Stage.binaries)/inkan", ["ledger", "verify", "--copy", copy, "--key", key])
    }

    private static func issue(
        _ plan: ShapePlan,
        by appliance: RunningAppliance,
        into folder: TemporaryFolder
    ) throws -> [Judges.Chain] {
        let authorities = appliance.establishment.folder
        var chains: [Judges.Chain] = []
        for start in stride(from: 0, to: plan.orders.count, by: 500) {
            let orders = Array(plan.orders[start..<min(start + 500, plan.orders.count)])
            var failure: (any Error)?
            try appliance.client(timeout: .seconds(120)).issue(orders) { index, result in
                do {
                    let issued = try result.get()
                    let leaf = folder.file("\(issued.order).pem")
                    try issued.certificate.write(toFile: leaf, atomically: false, encoding: .utf8)
                    let issuer = orders[index].issuer ?? ""
                    let root = issuer.split(separator: "-", maxSplits: 1).last ?? ""
                    chains.append(
                        Judges.Chain(
                            leaf: leaf,
                            issuer: authorities.file("authorities/\(issuer).pem"),
                            root: authorities.file("authorities/root-\(root).pem")
                        )
                    )
                } catch {
                    Issue.record("\(orders[index].order): \(error)")
                    failure = error
                }
            }
            if let failure { throw failure }
        }
        #expect(chains.count == plan.orders.count)
        return chains
    }
}

/// Which orders are placed: each shape with each algorithm, and each profile's first shape with each kind of subject key.
/// Key kinds and validities go round, so that each profile meets each of them with several algorithms.
struct ShapePlan {
    private(set) var orders: [CertificateOrder] = []
    private var requests: [String: String] = [:]

    /// Kinds that go round. The longer RSA keys take a second each to make, and only the first shapes have them.
    private static let usualKeys = ["p-256", "rsa-2048", "p-384", "ed25519"]

    init() throws {
        var profiles: Set<String> = []
        var turn = 0
        for (number, shape) in Shape.all.enumerated() {
            let isFirst = profiles.insert(shape.profile).inserted
            var kinds = isFirst ? Shape.keys : []
            for (issuer, algorithm) in Self.signers(of: shape.profile) {
                turn += 1
                if kinds.isEmpty { kinds = [Self.usualKeys[turn % Self.usualKeys.count]] }
                for kind in kinds {
                    let validity = Shape.Validity.allCases[orders.count % 3]
                    try add("shape-\(number)-\(issuer)-\(algorithm)-\(kind)", shape, issuer, algorithm, kind, validity)
                }
                kinds = []
            }
        }
    }

    private mutating func add(
        _ id: String,
        _ shape: Shape,
        _ issuer: String,
        _ algorithm: String,
        _ kind: String,
        _ validity: Shape.Validity
    ) throws {
        // An Ed25519 key only signs: it is of no use for a purpose that encrypts.
        let kind = kind == "ed25519" && shape.extendedKeyUsages.contains("encryptingFileSystem") ? "p-384" : kind
        var order = CertificateOrder(
            order: id,
            profile: shape.profile,
            request: try request(kind, for: shape),
            subject: shape.subject
        )
        order.issuer = issuer
        order.signatureAlgorithm = algorithm
        order.alternativeNames = shape.alternativeNames
        order.securityIdentifier = shape.securityIdentifier
        order.extendedKeyUsages = shape.extendedKeyUsages
        switch validity {
        case .byDefault: break
        case .shortest: order.validityDays = 1
        case .longest: order.validityDays = Shape.longestDays[shape.profile]
        }
        orders.append(order)
    }

    /// A key serves one subject alone: one is made for each kind and subject.
    private mutating func request(_ kind: String, for shape: Shape) throws -> String {
        let owner = "\(kind) \(shape.subject) \(shape.alternativeNames) \(shape.securityIdentifier ?? "")"
        if let request = requests[owner] { return request }
        let arguments: [String] =
            switch kind {
            case "p-256": ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
            case "p-384": ["ec", "-pkeyopt", "ec_paramgen_curve:secp384r1"]
            case "ed25519": ["ed25519"]
            default: ["rsa:\(kind.dropFirst(4))"]
            }
        let request = try Stage.request(["-newkey"] + arguments)
        requests[owner] = request
        return request
    }

    private static func signers(of profile: String) -> [(issuer: String, algorithm: String)] {
        let use = profile.hasPrefix("smime") ? "smime" : "access"
        return Algorithms.authorities.flatMap { authority -> [(issuer: String, algorithm: String)] in
            let algorithms =
                profile.hasSuffix("-pss")
                ? (authority.name.hasPrefix("rsa") ? Algorithms.pss : []) : authority.signatureAlgorithms
            return algorithms.map { ("\(use)-\(authority.name)", $0) }
        }
    }
}
