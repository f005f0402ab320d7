import ArgumentParser
import SignerAPI
import SignerClient
import Varlink

/// `inkan issuers`
struct Issuers: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The authorities that the appliance can sign as.")

    @OptionGroup var socket: SocketOptions
    @OptionGroup var format: FormatOptions

    func run() throws {
        let client = try socket.connect()
        let answer = try answering { () throws(SignerClientError) in try client.call(.listIssuers) }
        format.print(answer) {
            var table = Table("ISSUER", "KEY", "TOKEN", "UNTIL", "SUBJECT")
            for issuer in (answer["issuers"]?.arrayValue ?? []).compactMap(\.objectValue) {
                table.add(
                    issuer.text("name"),
                    issuer.text("keyAlgorithm"),
                    issuer.text("token"),
                    issuer.text("notAfter"),
                    issuer.text("subject")
                )
            }
            table.print()
        }
    }
}

/// `inkan profiles`
struct Profiles: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "What certificates may contain: the issuance profiles.")

    @OptionGroup var socket: SocketOptions
    @OptionGroup var format: FormatOptions

    @Argument(help: "One profile, in full.")
    var name: String?

    func run() throws {
        let client = try socket.connect()
        let answer = try answering { () throws(SignerClientError) in try client.call(.listProfiles) }
        let all = (answer["profiles"]?.arrayValue ?? []).compactMap(\.objectValue)
        guard let name else { return format.print(answer) { Self.list(answer, all) } }
        guard let profile = all.first(where: { $0.text("name") == name }) else {
            complain("no profile of the name “\(name)”; inkan profiles lists them")
            throw Exit.refused
        }
        format.print(profile) { Self.describe(profile) }
    }

    private static func list(_ answer: JSONObject, _ profiles: [JSONObject]) {
        print("version \(answer.text("version")), SHA-256 \(answer.text("hash"))")
        var table = Table("PROFILE", "ISSUERS", "DAYS", "DESCRIPTION")
        for profile in profiles {
            table.add(
                profile.text("name"),
                profile.list("issuers"),
                profile.number("maximumValidityDays"),
                profile.text("description")
            )
        }
        table.print()
    }

    private static func describe(_ profile: JSONObject) {
        print("\(profile.text("name")): \(profile.text("description"))")
        print("issuers             \(profile.list("issuers"))")
        print("keys                \(profile.list("keyAlgorithms"))")
        print("key origins         \(profile.list("keyOrigins"))")
        print("signatures          \(profile.list("signatureAlgorithms"))")
        print("extended key usages \(profile.list("extendedKeyUsages"))")
        print("  on request        \(profile.list("optionalExtendedKeyUsages"))")
        print("longest validity    \(profile.number("maximumValidityDays")) days")
        var subject = Table("SUBJECT", "PRESENCE", "VALUE", "LONGEST")
        for rule in (profile["subject"]?.arrayValue ?? []).compactMap(\.objectValue) {
            subject.add(rule.text("attribute"), rule.text("presence"), rule.text("value"), rule.number("maximumLength"))
        }
        subject.print()
        var names = Table("ALTERNATIVE NAME", "FROM", "TO")
        for rule in (profile["alternativeNames"]?.arrayValue ?? []).compactMap(\.objectValue) {
            names.add(rule.text("kind"), rule.number("minimum"), rule.number("maximum"))
        }
        names.print()
    }
}
