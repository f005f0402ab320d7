import Foundation

/// Tokens and authorities as a ceremony leaves them: SoftHSM2 tokens with random PINs, certificates, the ledger. It is
/// made once and copied, because RSA keys take seconds.
package struct Establishment: Sendable {
    /// Where `inkan`, `inkan-signerd` and `inkan-tokend` are.
    package let binaries: String
    package let folder: TemporaryFolder

    package static let softHSM = "/usr/lib/softhsm/libsofthsm2.so"
    package static let issuers = [
        ("access-rsa", "root-rsa"), ("access-p256", "root-p256"), ("smime-rsa", "root-rsa"),
        ("smime-p256", "root-p256"),
    ]

    /// Makes tokens and holds the ceremony.
    ///
    /// - Parameters:
    ///   - checkout: the repository, for the plan and the profiles.
    package init(binaries: String, checkout: String) throws {
        self.binaries = binaries
        folder = try TemporaryFolder("inkan-establishment")
        let path = folder.path
        for name in ["softhsm", "secrets", "authorities"] {
            try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: false)
        }
        try Self.writeSoftHSMConfiguration(path)
        var uris: [String: String] = [:]
        for token in ["root", "issuing"] {
            uris[token] = try ChildProgram.check(
                "\(binaries)/inkan",
                [
                    "token", "init", "--module", Self.softHSM, "--label", "inkan-\(token)",
                    "--so-pin-file", "\(path)/secrets/\(token).so-pin", "--pin-file", "\(path)/secrets/\(token).pin",
                ],
                environment: ["SOFTHSM2_CONF": "\(path)/softhsm2.conf"]
            ).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let site = uris.sorted { $0.key < $1.key }.map { Self.tokenLine($0.key, $0.value, folder: path) }
        try write("tokens:\n\(site.joined())", to: "site.yaml")
        try FileManager.default.copyItem(
            atPath: "\(checkout)/provisioning/profiles/development.yaml",
            toPath: "\(path)/profiles.yaml"
        )
        try ChildProgram.check(
            "\(binaries)/inkan",
            [
                "ceremony", "run", "--plan", "\(checkout)/provisioning/ceremony/development.yaml",
                "--site", "\(path)/site.yaml", "--profiles", "\(path)/profiles.yaml",
                "--ledger", "\(path)/ledger.sqlite", "--output", "\(path)/authorities",
            ]
        )
        try write(uris["issuing"] ?? "", to: "secrets/issuing.uri")
    }

    private init(copyOf original: Establishment) throws {
        binaries = original.binaries
        folder = try TemporaryFolder("inkan-appliance")
        for name in try FileManager.default.contentsOfDirectory(atPath: original.folder.path) {
            try FileManager.default.copyItem(atPath: original.folder.file(name), toPath: folder.file(name))
        }
        try Self.writeSoftHSMConfiguration(folder.path)
        let uri = try issuingURI.replacingOccurrences(of: original.folder.path, with: folder.path)
        try write(uri, to: "secrets/issuing.uri")
    }

    /// A copy in a folder of its own: same keys, same PINs, same ledger.
    package func copy() throws -> Establishment {
        try Establishment(copyOf: self)
    }

    /// The URI of the issuing token, with module and PIN file.
    package var issuingURI: String {
        get throws { try String(contentsOfFile: folder.file("secrets/issuing.uri"), encoding: .utf8) }
    }

    /// The settings of `inkan-signerd` for this folder.
    ///
    /// - Parameters:
    ///   - module: another module in place of SoftHSM2, such as one that fails on order.
    ///   - environment: further variables for the token's worker.
    ///   - extra: further lines, such as limits.
    package func settings(
        module: String? = nil,
        environment: [String: String] = [:],
        tokenOptions: String = "",
        extra: String = ""
    ) throws -> String {
        var uri = try issuingURI
        if let module { uri = uri.replacingOccurrences(of: Self.softHSM, with: module) }
        let issuers = Self.issuers.map { issuer, root in
            """
              - { name: \(issuer), token: issuing, certificate: "\(folder.file("authorities/\(issuer).pem"))", \
            chain: ["\(folder.file("authorities/\(root).pem"))"] }

            """
        }
        return """
            ledger: "\(folder.file("ledger.sqlite"))"
            profiles: "\(folder.file("profiles.yaml"))"
            tokens:
            \(Self.tokenLine("issuing", uri, folder: folder.path, environment: environment, options: tokenOptions))\
            issuers:
            \(issuers.joined())\(extra)
            """
    }

    private static func tokenLine(
        _ name: String,
        _ uri: String,
        folder: String,
        environment: [String: String] = [:],
        options: String = ""
    ) -> String {
        let variables = environment.merging(["SOFTHSM2_CONF": "\(folder)/softhsm2.conf"]) { $1 }
            .map { "\($0): \"\($1)\"" }.sorted().joined(separator: ", ")
        return "  - { name: \(name), uri: \"\(uri)\", environment: { \(variables) }\(options) }\n"
    }

    private static func writeSoftHSMConfiguration(_ folder: String) throws {
        try """
        directories.tokendir = \(folder)/softhsm
        objectstore.backend = file
        log.level = ERROR
        slots.removable = false

        """.write(toFile: "\(folder)/softhsm2.conf", atomically: true, encoding: .utf8)
    }

    private func write(_ text: String, to name: String) throws {
        try text.write(toFile: folder.file(name), atomically: true, encoding: .utf8)
    }
}
