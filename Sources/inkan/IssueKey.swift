import ArgumentParser
import SignerAPI
import SignerClient
import SignerService
import Varlink

/// What kind of key, and how it is packed.
struct KeyOptions: ParsableArguments {
    @Option(help: "The kind of key: rsa-2048, rsa-3072, rsa-4096, p-256, p-384.")
    var key: String = "p-256"

    @Option(help: "The PKCS#12 file's algorithms: modern, or compatible for old importers.")
    var variant: String = "modern"
}

/// `inkan issue-key`
struct IssueKey: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue-key",
        abstract: "Have a key pair and its certificate made, as a PKCS#12 file.",
        discussion: """
            The key is made by the issuer's token and handed out this once: nothing of it stays in the appliance, so the \
            same --order cannot be asked again. Without --password-file the appliance makes a password; it is written to \
            --password-out, or once to the standard output.
            """
    )

    @OptionGroup var socket: SocketOptions
    @OptionGroup var wanted: OrderOptions
    @OptionGroup var key: KeyOptions

    @Option(help: "Write the PKCS#12 file here (mode 0600); a file that is there is never overwritten.")
    var out: String

    @Option(
        help: "Your own password of 12 to 117 letters and digits, a file of mode 0600, where the profile allows one."
    )
    var passwordFile: String?

    @Option(help: "Write the password that the appliance makes here (mode 0600) instead of to the standard output.")
    var passwordOut: String?

    func run() throws {
        for path in [out, passwordOut].compactMap(\.self) where KeyFiles.exists(path) {
            throw ValidationError("\(path) is there already; it is never overwritten")
        }
        let order = KeyOrder(
            try wanted.certificateOrder(request: ""),
            keyAlgorithm: key.key,
            variant: key.variant,
            password: try passwordFile.map { try KeyFiles.password($0) }
        )
        let client = try socket.connect()
        let issued = try answering { () throws(SignerClientError) in try client.issueKey(order) }
        try KeyFiles.write(issued.pkcs12, to: out)
        complain("serial \(issued.issued.serial), \(issued.keyRoute), \(out)")
        guard let password = issued.password else { return }
        if let passwordOut { try KeyFiles.write(password, to: passwordOut) } else { KeyFiles.show(password) }
    }
}
