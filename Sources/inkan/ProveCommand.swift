import ArgumentParser
import Glibc
import TokenProof
import Varlink

/// `inkan token prove`
struct TokenProve: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Show that a personalised token works in its user's software.",
        discussion: """
            Through OpenSSL and libp11: logs in with the token's certificate to a TLS server inside this command, which \
            demands one, and signs a message that is verified. A certificate that is not for log-ins makes none; one that \
            is for mail has its message verified as a mail. Needs no service. The PIN is tried once. Ends with 0 when all \
            was proven, with 1 otherwise.
            """
    )

    @Option(help: "Path of the vendor's PKCS#11 module.")
    var module: String = "/usr/lib/softhsm/libsofthsm2.so"

    @Option(help: "The token's serial number.")
    var token: String?

    @Option(help: "The token's label.")
    var tokenLabel: String?

    @Option(help: "A PEM file with the roots that the user's servers trust.")
    var root: String

    @Option(help: "File with the user's PIN; without it you are asked.")
    var pinFile: String?

    @OptionGroup var format: FormatOptions

    func validate() throws {
        guard token != nil || tokenLabel != nil else { throw ValidationError("give --token or --token-label") }
    }

    func run() throws {
        let pin = try SecretPrompt.take(file: pinFile, question: "PIN of token \(token ?? tokenLabel ?? ""): ")
        do {
            let proof = try TokenProof.prove(
                module: module,
                serial: token,
                label: tokenLabel,
                pin: pin,
                roots: root
            )
            var answer: JSONObject = ["subject": .string(proof.subject), "mail": .bool(proof.isForMail)]
            answer["session"] = proof.session.map(JSONValue.string)
            format.print(answer) {
                print("certificate  \(proof.subject)")
                print("log-in       \(proof.session ?? "not tried: the certificate is not for log-ins")")
                print("message      signed and verified\(proof.isForMail ? " as a mail" : "")")
            }
        } catch {
            complain("\(error)")
            throw Exit.refused
        }
    }
}
