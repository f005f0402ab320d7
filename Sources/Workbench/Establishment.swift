import Foundation

/// Tokens and authorities as a ceremony leaves them: SoftHSM2 tokens with random PINs, certificates, the ledger. It is
/// made once and copied, because RSA keys take seconds.
package struct Establishment: Sendable {
    /// Where `inkan`, `inkan-signerd` and `inkan-tokend` are.
    package let binaries: String
    package let folder: TemporaryFolder

    package static let softHSM = "/usr/lib/softhsm/libsofthsm2.so"
    /// The issuing authorities, each with the root that signed it.
    package let issuers: [(name: String, root: String)]

    package static let developmentIssuers = [
        (name: "access-rsa", root: "root-rsa"), (name: "access-p256", root: "root-p256"),
        (name: "smime-rsa", root: "root-rsa"), (name: "smime-p256", root: "root-p256"),
    ]

    /// Makes tokens and holds the ceremony.
    ///
    /// - Parameters:
    ///   - checkout: the repository, for the plan and the profiles.
    ///   - plan: another ceremony plan's text; its tokens are called `root` and `issuing`.
    ///   - profiles: another profile set's text.
    ///   - issuers: the issuing authorities of that plan.
    package init(
        binaries: String,
        checkout: String,
        plan: String? = nil,
        profiles: String? = nil,
        issuers: [(name: String, root: String)] = Self.developmentIssuers
    ) throws {
        self.binaries = binaries
        self.issuers = issuers
        folder = try TemporaryFolder("inkan-establishment")
        let path = folder.path
        for name in ["softhsm", "secrets", "authorities"] {
            try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: false)
        }
        try Self.writeSoftHSMConfiguration(path)
        var uris: [String: String] = [:]
        for token in ["root", "issuing", "log"] {
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
        try write(profiles ?? Self.read("\(checkout)/provisioning/profiles/development.yaml"), to: "profiles.yaml")
        try write(plan ?? Self.read("\(checkout)/provisioning/ceremony/development.yaml"), to: "plan.yaml")
        try ChildProgram.check(
            "\(binaries)/inkan",
            [
                "ceremony", "run", "--plan", "\(path)/plan.yaml", "--site", "\(path)/site.yaml",
                "--profiles", "\(path)/profiles.yaml",
                "--ledger", "\(path)/ledger.sqlite", "--output", "\(path)/authorities",
            ]
        )
        for (token, uri) in uris { try write(uri, to: "secrets/\(token).uri") }
    }

    /// One whose tokens and authorities were made in another way, in this folder.
    package init(binaries: String, folder: TemporaryFolder, issuers: [(name: String, root: String)]) {
        self.binaries = binaries
        self.folder = folder
        self.issuers = issuers
    }

    private init(copyOf original: Establishment) throws {
        binaries = original.binaries
        issuers = original.issuers
        folder = try TemporaryFolder("inkan-appliance")
        for name in try FileManager.default.contentsOfDirectory(atPath: original.folder.path) {
            try FileManager.default.copyItem(atPath: original.folder.file(name), toPath: folder.file(name))
        }
        try Self.writeSoftHSMConfiguration(folder.path)
        for token in ["issuing", "log"] {
            let uri = try uri(of: token).replacingOccurrences(of: original.folder.path, with: folder.path)
            try write(uri, to: "secrets/\(token).uri")
        }
    }

    /// A copy in a folder of its own: same keys, same PINs, same ledger.
    package func copy() throws -> Establishment {
        try Establishment(copyOf: self)
    }

    /// The URI of the issuing token, with module and PIN file.
    package var issuingURI: String {
        get throws { try uri(of: "issuing") }
    }

    /// The URI of a token, with module and PIN file.
    package func uri(of token: String) throws -> String {
        try String(contentsOfFile: folder.file("secrets/\(token).uri"), encoding: .utf8)
    }

    /// The public key of the ledger's log; `nil` where the plan has none.
    package var logKey: String? {
        get throws {
            let path = folder.file("authorities/log.vkey")
            guard FileManager.default.fileExists(atPath: path) else { return nil }
            return try Self.read(path).trimmingCharacters(in: .newlines)
        }
    }

    /// The settings of `inkan-signerd` for this folder.
    ///
    /// - Parameters:
    ///   - module: another module in place of SoftHSM2, such as one that fails on order.
    ///   - environment: further variables for the token's worker.
    ///   - logOptions: further members of the log's settings, with a comma before each.
    ///   - extra: further lines, such as limits.
    package func settings(
        module: String? = nil,
        environment: [String: String] = [:],
        tokenOptions: String = "",
        logOptions: String = "",
        extra: String = ""
    ) throws -> String {
        var uri = try issuingURI
        if let module { uri = uri.replacingOccurrences(of: Self.softHSM, with: module) }
        let issuers = issuers.map { issuer, root in
            """
              - { name: \(issuer), token: issuing, certificate: "\(folder.file("authorities/\(issuer).pem"))", \
            chain: ["\(folder.file("authorities/\(root).pem"))"]\(responder(of: issuer)) }

            """
        }
        var log = ("", "")
        if try logKey != nil {
            log.0 = "log: { token: log, key: \"\(folder.file("authorities/log.vkey"))\"\(logOptions) }\n"
            log.1 = Self.tokenLine("log", try self.uri(of: "log"), folder: folder.path)
        }
        return """
            ledger: "\(folder.file("ledger.sqlite"))"
            profiles: "\(folder.file("profiles.yaml"))"
            \(log.0)tokens:
            \(Self.tokenLine("issuing", uri, folder: folder.path, environment: environment, options: tokenOptions))\
            \(log.1)issuers:
            \(issuers.joined())\(extra)
            """
    }

    /// The issuer's responder, if the ceremony has made one.
    private func responder(of issuer: String) -> String {
        let path = folder.file("authorities/ocsp-\(issuer).pem")
        guard FileManager.default.fileExists(atPath: path) else { return "" }
        return ", responder: { token: issuing, certificate: \"\(path)\" }"
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

    private static func read(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    private func write(_ text: String, to name: String) throws {
        try text.write(toFile: folder.file(name), atomically: true, encoding: .utf8)
    }
}
