import ArgumentParser
import Glibc
import SignerClient
import SignerService
import Varlink

/// `inkan ocsp`
struct OCSPCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ocsp",
        abstract: "Have the appliance answer an OCSP request.",
        discussion: "Request and response are DER files, as openssl ocsp -reqout and -respin take them."
    )

    @OptionGroup var socket: SocketOptions

    @Argument(help: "The request's file.")
    var request: String

    @Option(help: "Write the response here.")
    var out: String

    func run() throws {
        let bytes = try readBytes(request)
        let client = try socket.connect()
        let response = try answering { () throws(SignerClientError) in try client.respondOCSP(bytes) }
        try writeBytes(response, to: out)
        print("\(response.count) bytes")
    }
}
