import ArgumentParser
import SignerAPI
import SignerClient
import SignerService
import Varlink

/// Users' tokens in the readers of the running service.
enum UserTokens {
    /// Seconds that a token may take for one step.
    static let patience = 300

    static func list(_ socket: SocketOptions, _ format: FormatOptions) throws {
        let client = try socket.connect(patience: patience)
        let answer = try answering { () throws(SignerClientError) in try client.call(.listTokens) }
        let tokens = objects(answer["tokens"])
        let problems = objects(answer["problems"])
        format.print(answer) {
            var table = Table("READER", "TOKEN", "LABEL", "STATE", "MODEL", "FREE", "CERTIFICATES")
            for token in tokens {
                table.add(
                    token.text("reader"),
                    token.text("token"),
                    token.text("label"),
                    token.text("state"),
                    token.text("model"),
                    token["freeMemory"]?.integerValue.map(String.init) ?? "not told",
                    objects(token["certificates"]).map(summary).joined(separator: "; ")
                )
            }
            table.print()
        }
        for token in tokens {
            if let problem = token["problem"]?.stringValue { complain("token \(token.text("token")): \(problem)") }
        }
        for problem in problems {
            complain("reader \(problem.text("reader")): \(problem.text("message")); \(problem.text("mend"))")
        }
        if !problems.isEmpty { throw Exit.refused }
    }

    private static func summary(_ certificate: JSONObject) -> String {
        let order = certificate["order"]?.stringValue.map { "order \($0), " } ?? ""
        return "\(order)\(certificate.text("status")) until \(certificate.text("notAfter").prefix(10))"
    }

    static func objects(_ value: JSONValue?) -> [JSONObject] {
        (value?.arrayValue ?? []).compactMap(\.objectValue)
    }
}

struct TokenResetPIN: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset-pin",
        abstract: "Give a user's token a new random PIN, by its SO PIN.",
        discussion: "The new PIN goes into the letter, and nowhere else. Goes to the officers' socket."
    )

    @OptionGroup var socket: SocketOptions
    @OptionGroup var format: FormatOptions

    @Option(help: "The reader, by its name in the settings.")
    var reader: String

    @Option(help: "The token's serial number.")
    var token: String

    @Option(help: "The token's label, where several have the serial number.")
    var tokenLabel: String?

    @Option(help: "The holder's PIN letter, a new file; ending in .pdf it is a PDF, else plain text.")
    var letter: String

    @Option(help: "Seal the PINs to the certificate in this PEM file; the letters are then CMS that its owner opens.")
    var sealTo: String?

    @Option(help: "Name of the holder, for the letter.")
    var holder: String = ""

    @Option(help: "File with the token's SO PIN; without it you are asked.")
    var officerPinFile: String?

    func run() throws {
        let officerPIN = try SecretPrompt.take(file: officerPinFile, question: "SO PIN of token \(token): ")
        let recipient = try sealTo.map(readText)
        var letters = try PINLetters(holder: letter, officer: nil, name: holder, order: nil)
        let client = try socket.connect(patience: UserTokens.patience)
        do {
            _ = try client.steps(of: .resetTokenPIN) { writer in
                writer.member("reader", reader)
                writer.member("token", token)
                writer.member("tokenLabel", tokenLabel)
                SecretPrompt.write(officerPIN, as: "officerPIN", to: &writer)
                writer.member("recipient", recipient)
            } _: {
                letters.take($0, token: token)
            }
        } catch {
            letters.explain(token)
            return try answering { () throws(SignerClientError) in throw error }
        }
        try letters.check()
        format.print(["token": .string(token), "letter": .string(letter)]) {
            print("token \(token) has a new PIN; it is in \(letter)")
        }
    }
}

struct TokenRetire: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire",
        abstract: "Revoke what is on a user's token, and empty it.",
        discussion: """
            With the SO PIN the token is initialised anew, with the user's PIN its objects are destroyed. For a token \
            that is lost, give --lost instead of --reader: its certificates are revoked.
            """
    )

    @OptionGroup var socket: SocketOptions
    @OptionGroup var format: FormatOptions

    @Option(help: "The reader, by its name in the settings.")
    var reader: String?

    @Option(help: "The token's serial number.")
    var token: String

    @Option(help: "The token's label, where several have the serial number.")
    var tokenLabel: String?

    @Flag(help: "Nobody has the token; only its certificates are revoked.")
    var lost = false

    @Option(help: "File with the token's SO PIN.")
    var officerPinFile: String?

    @Option(help: "File with the user's PIN, where nobody has the SO PIN.")
    var pinFile: String?

    @Option(help: "Reason of the revocation, as in RFC 5280.")
    var reason: String?

    func validate() throws {
        guard (reader == nil) == lost else { throw ValidationError("give --reader, or --lost") }
        guard !lost || (officerPinFile == nil && pinFile == nil) else {
            throw ValidationError("a lost token takes no PIN")
        }
    }

    func run() throws {
        var officerPIN: SecretText?
        var pin: SecretText?
        if let pinFile {
            pin = try SecretPrompt.take(file: pinFile, question: "")
        } else if !lost {
            officerPIN = try SecretPrompt.take(file: officerPinFile, question: "SO PIN of token \(token): ")
        }
        let client = try socket.connect(patience: UserTokens.patience)
        let answer = try answering { () throws(SignerClientError) in
            try client.call(.retireToken) { writer in
                writer.member("reader", reader)
                writer.member("token", token)
                writer.member("tokenLabel", tokenLabel)
                if let officerPIN { SecretPrompt.write(officerPIN, as: "officerPIN", to: &writer) }
                if let pin { SecretPrompt.write(pin, as: "pin", to: &writer) }
                writer.member("reason", reason)
            }
        }
        format.print(answer) {
            let revoked = (answer["revoked"]?.arrayValue ?? []).compactMap(\.stringValue)
            for serial in revoked { print("revoked: certificate \(serial)") }
            print(answer["emptied"]?.boolValue == true ? "the token is empty" : "the token was not touched")
        }
    }
}
