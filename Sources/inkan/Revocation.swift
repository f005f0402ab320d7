import ArgumentParser
import SignerAPI
import SignerClient
import SignerService
import TextForms
import Varlink
import X509Building

/// Which certificate.
struct CertificateOptions: ParsableArguments {
    @Option(help: "The order.")
    var order: String?

    @Option(help: "The serial, hexadecimal.")
    var serial: String?

    func validate() throws {
        guard (order == nil) != (serial == nil) else { throw ValidationError("give --order or --serial, one of them") }
    }

    func write(to writer: inout JSONWriter) {
        writer.member("order", order)
        writer.member("serial", serial)
    }
}

/// Changes or asks a status, and prints it.
private func run(
    _ method: SignerInterface.Method,
    _ socket: SocketOptions,
    _ format: FormatOptions,
    parameters: (inout JSONWriter) -> Void
) throws {
    let client = try socket.connect()
    let status = try answering { () throws(SignerClientError) in try client.status(method, parameters: parameters) }
    if format.json {
        var writer = JSONWriter()
        status.write(to: &writer)
        return print(String(decoding: writer.bytes, as: UTF8.self))
    }
    let facts = [
        status.since.map { "since \($0)" }, status.reason, status.invalidityDate.map { "invalid since \($0)" },
    ]
    print("serial \(status.serial): \(([status.state] + facts.compactMap { $0 }).joined(separator: ", "))")
}

/// `inkan revoke`
struct Revoke: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Revoke a certificate, for good.")

    @OptionGroup var certificate: CertificateOptions
    @OptionGroup var socket: SocketOptions
    @OptionGroup var format: FormatOptions

    @Option(help: "Why, such as keyCompromise, superseded or affiliationChanged, as the profile allows.")
    var reason: String

    @Option(help: "Since when the key may have been in other hands, RFC 3339 in UTC.")
    var invalidityDate: String?

    func run() throws {
        try inkan.run(.revokeCertificate, socket, format) { writer in
            certificate.write(to: &writer)
            writer.member("reason", reason)
            writer.member("invalidityDate", invalidityDate)
        }
    }
}

/// `inkan hold`
struct Hold: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Revoke a certificate for the time being, where its profile allows it."
    )

    @OptionGroup var certificate: CertificateOptions
    @OptionGroup var socket: SocketOptions
    @OptionGroup var format: FormatOptions

    func run() throws {
        try inkan.run(.holdCertificate, socket, format) { certificate.write(to: &$0) }
    }
}

/// `inkan release`
struct Release: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "End the hold of a certificate.")

    @OptionGroup var certificate: CertificateOptions
    @OptionGroup var socket: SocketOptions
    @OptionGroup var format: FormatOptions

    func run() throws {
        try inkan.run(.releaseCertificate, socket, format) { certificate.write(to: &$0) }
    }
}

/// `inkan cancel`
struct Cancel: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Revoke a certificate whose order was given back before it was used."
    )

    @OptionGroup var certificate: CertificateOptions
    @OptionGroup var socket: SocketOptions
    @OptionGroup var format: FormatOptions

    func run() throws {
        try inkan.run(.cancelCertificate, socket, format) { certificate.write(to: &$0) }
    }
}

/// `inkan certificate-status`
struct CertificateState: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificate-status",
        abstract: "How a certificate stands: good, held, revoked."
    )

    @OptionGroup var certificate: CertificateOptions
    @OptionGroup var socket: SocketOptions
    @OptionGroup var format: FormatOptions

    func run() throws {
        try inkan.run(.getCertificateStatus, socket, format) { certificate.write(to: &$0) }
    }
}

/// `inkan crl`
struct CRLCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crl",
        abstract: "An issuer's CRL, as it is in force.",
        discussion: "Writes PEM, or DER with --der, to the file of --out; without one tells what the CRL is."
    )

    @OptionGroup var socket: SocketOptions

    @Argument(help: "The issuer (inkan issuers lists them).")
    var issuer: String

    @Option(help: "Which part, from 0, where the issuer's CRL is in parts.")
    var partition: Int?

    @Option(help: "Write the CRL here.")
    var out: String?

    @Flag(help: "Write DER.")
    var der = false

    func run() throws {
        let client = try socket.connect()
        let (crl, bytes) = try answering { () throws(SignerClientError) in
            try client.crl(issuer: issuer, partition: partition)
        }
        if let out {
            try writeBytes(der ? bytes : Array(PEM.encode(bytes, label: "X509 CRL").utf8), to: out)
        }
        print("number \(crl.number), \(crl.revokedCertificates) certificates, \(crl.size) bytes")
        print("from \(crl.thisUpdate), next at \(crl.nextUpdate) at the latest")
        print("SHA-256 \(crl.sha256)")
    }
}
