import ArgumentParser
import Glibc
import SignerAPI
import SignerClient
import SignerService
import Varlink

/// `inkan token personalise`
struct TokenPersonalise: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "personalise",
        abstract: "Make a key inside a user's token, have it certified, write the certificate into the token.",
        discussion: """
            Whatever interrupts it - a token pulled out, a service that stops - the same command goes on where it was. \
            A blank token is initialised first when --label is given; its PINs go into the letters and nowhere else. \
            Goes to the officers' socket. Ends with 0 when the token has signed under its certificate, with 1 when \
            something was refused, with 2 when the service cannot be reached.
            """
    )

    @OptionGroup var socket: SocketOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var wanted: OrderOptions

    @Option(help: "A file with the whole order, as a front end has made it, in place of the options that say it.")
    var orderFile: String?

    @Option(help: "The reader, by its name in the settings.")
    var reader: String

    @Option(help: "The token's serial number. Left out with --label, the only blank token is meant.")
    var token: String?

    @Option(help: "The token's label, where several have the serial number.")
    var tokenLabel: String?

    @Option(help: "Initialise a blank token under this label, at most 32 bytes.")
    var label: String?

    @Option(help: "The holder's PIN letter, a new file; ending in .pdf it is a PDF, else plain text.")
    var letter: String?

    @Option(help: "The officers' letter with the SO PIN, likewise.")
    var officerLetter: String?

    @Option(help: "Seal the PINs to the certificate in this PEM file; the letters are then CMS that its owner opens.")
    var sealTo: String?

    @Option(help: "Name of the holder, for the letter; the common name by default.")
    var holder: String?

    @Option(help: "File with the user's PIN; without it you are asked.")
    var pinFile: String?

    @Option(help: "Kind of key, such as rsa-2048 or p-256; the profile's first by default.")
    var keyAlgorithm: String?

    @Flag(help: "The order has a certificate for another token: revoke it, and go on with this one.")
    var replace = false

    @Option(help: "Write the certificate here, too.")
    var out: String?

    func validate() throws {
        guard orderFile == nil || wanted.isEmpty && keyAlgorithm == nil else {
            throw ValidationError("--order-file says all of the order; leave the other options of it out")
        }
        if label != nil {
            guard letter != nil, officerLetter != nil, letter != officerLetter else {
                throw ValidationError("a token that is initialised needs --letter and --officer-letter, two new files")
            }
            guard pinFile == nil else { throw ValidationError("a token that is initialised gets a new PIN") }
        } else if sealTo != nil {
            throw ValidationError("--seal-to is for the PINs of a token that is initialised; give --label, too")
        } else if token == nil {
            throw ValidationError("give --token (inkan token list --readers shows them), or --label for a blank one")
        }
    }

    func run() throws {
        let order = try tokenOrder()
        let recipient = try sealTo.map(readText)
        var pin: SecretText?
        if label == nil {
            pin = try SecretPrompt.take(file: pinFile, question: "PIN of token \(token ?? ""): ")
        }
        var letters: PINLetters?
        if label != nil, let letter {
            let name = holder ?? order.certificate.subject.first { $0.kind == "commonName" }?.value ?? ""
            letters = try PINLetters(holder: letter, officer: officerLetter, name: name, order: order.certificate.order)
        }
        let client = try socket.connect(patience: UserTokens.patience)
        let last: JSONObject
        do {
            last = try client.steps(of: .personaliseToken) { writer in
                writer.member("reader", reader)
                writer.member("token", token)
                writer.member("tokenLabel", tokenLabel)
                if let pin { SecretPrompt.write(pin, as: "pin", to: &writer) }
                writer.member("label", label)
                writer.name("order")
                order.write(to: &writer)
                if replace { writer.member("replace", true) }
                writer.member("recipient", recipient)
            } _: { step in
                letters?.take(step, token: token, label: label)
                if !format.json { Self.show(step) }
            }
        } catch {
            letters?.explain(token ?? label)
            return try answering { () throws(SignerClientError) in throw error }
        }
        try letters?.check()
        try finish(last, isSealed: letters?.isSealed ?? false)
    }

    private func tokenOrder() throws -> TokenOrder {
        guard let orderFile else {
            return TokenOrder(try wanted.certificateOrder(request: ""), keyAlgorithm: keyAlgorithm)
        }
        guard let object = try JSONParser.parse(readText(orderFile)).objectValue,
            let order = TokenOrder(object)
        else { throw ValidationError("\(orderFile) is no order for a token") }
        return order
    }

    private func finish(_ last: JSONObject, isSealed: Bool) throws {
        guard let done = last["personalised"]?.objectValue else {
            complain("the service ended without an answer; ask again with the same order")
            throw Exit.unreachable
        }
        if let out { try writeText(done.text("certificate"), to: out) }
        format.print(done) {
            print(
                "token \(done.text("token")), certificate \(done.text("serial")), ledger entry \(done.number("ledgerEntry"))"
            )
            if let letter, label != nil {
                print("PIN letters\(isSealed ? ", sealed" : ""): \(letter), \(officerLetter ?? "")")
            }
        }
    }

    private static func show(_ step: JSONObject) {
        let text =
            switch step.text("step") {
            case "token": "token found"
            case "pins": "PINs made; they are in the letters"
            case "initialised": "token initialised"
            case "key": "key made inside the token"
            case "issued": "certificate issued"
            case "installed": "certificate written into the token"
            case "done": "the token has signed under its certificate"
            default: step.text("step")
            }
        print("  \(text)")
    }
}
