import ArgumentParser
import SignerAPI
import SignerClient
import SignerService
import Varlink

/// `inkan issue`
struct Issue: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have a certificate issued for a PKCS#10 request.",
        discussion: """
            Of the request only the public key is used; what the certificate says comes from the profile and from the \
            options here. The same --order asked again gives the same certificate.
            """
    )

    @OptionGroup var socket: SocketOptions
    @OptionGroup var format: FormatOptions

    @OptionGroup var wanted: OrderOptions

    @Option(help: "The PKCS#10 request, a PEM file.")
    var csr: String

    @Option(help: "Write the certificate here instead of to the standard output.")
    var out: String?

    @Option(help: "Write the chain here.")
    var chainOut: String?

    func run() throws {
        let order = try wanted.certificateOrder(request: readText(csr))
        let client = try socket.connect()
        let issued = try answering { () throws(SignerClientError) in try client.issue(order) }
        if let chainOut { try writeText(issued.chain.joined(), to: chainOut) }
        if let out { try writeText(issued.certificate, to: out) }
        if format.json {
            var writer = JSONWriter()
            issued.write(to: &writer)
            print(String(decoding: writer.bytes, as: UTF8.self))
        } else if out == nil {
            print(issued.certificate, terminator: "")
        } else {
            let again = issued.repeated ? " (issued before, the same again)" : ""
            print("serial \(issued.serial), ledger entry \(issued.ledgerEntry)\(again)")
            print("token \(issued.timers.token) µs, wait \(issued.timers.wait) µs, total \(issued.timers.total) µs")
        }
    }
}

/// What a certificate shall say.
struct OrderOptions: ParsableArguments {
    @Option(help: "The issuance profile (inkan profiles lists them).")
    var profile: String?

    @Option(help: "The issuer, where the profile has several.")
    var issuer: String?

    @Option(help: "Your own identifier of the order: 1 to 64 of A-Z a-z 0-9 . _ : -")
    var order: String?

    @Option(help: "A subject attribute, such as commonName=山田 太郎. May be given many times.")
    var subject: [String] = []

    @Option(help: "An alternative name, such as rfc822Name=taro@example.jp. May be given many times.")
    var san: [String] = []

    @Option(help: "The Windows security identifier (S-1-5-21-…), where the profile takes one.")
    var sid: String?

    @Option(help: "An optional extended key usage of the profile. May be given many times.")
    var eku: [String] = []

    @Option(help: "The signature algorithm, where the profile has several.")
    var signatureAlgorithm: String?

    @Option(help: "First second of validity, RFC 3339 in UTC.")
    var notBefore: String?

    @Option(help: "Last second of validity, RFC 3339 in UTC.")
    var notAfter: String?

    @Option(help: "Days of validity, instead of --not-after.")
    var days: Int?

    /// Whether nothing of an order was said.
    var isEmpty: Bool {
        [profile, order, issuer, sid, signatureAlgorithm, notBefore, notAfter].allSatisfy { $0 == nil }
            && (subject + san + eku).isEmpty && days == nil
    }

    func certificateOrder(request: String) throws -> CertificateOrder {
        guard let order, let profile else { throw ValidationError("give --order and --profile") }
        var wanted = CertificateOrder(
            order: order,
            profile: profile,
            request: request,
            subject: try subject.map { try Self.item($0, "--subject") }
        )
        wanted.issuer = issuer
        wanted.alternativeNames = try san.map { try Self.item($0, "--san") }
        wanted.securityIdentifier = sid
        wanted.extendedKeyUsages = eku
        wanted.signatureAlgorithm = signatureAlgorithm
        wanted.notBefore = notBefore
        wanted.notAfter = notAfter
        wanted.validityDays = days
        return wanted
    }

    private static func item(_ text: String, _ option: String) throws -> CertificateOrder.Item {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw ValidationError("\(option) takes name=value, not “\(text)”") }
        return CertificateOrder.Item(String(parts[0]), String(parts[1]))
    }
}

/// `inkan certificate`
struct Certificate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A certificate that was issued, by its order or its serial.",
        discussion: "The certificate goes to the standard output; where its key was made, beside it (or with --json)."
    )

    @OptionGroup var socket: SocketOptions
    @OptionGroup var format: FormatOptions

    @Option(help: "The order.")
    var order: String?

    @Option(help: "The serial, hexadecimal.")
    var serial: String?

    func validate() throws {
        guard (order == nil) != (serial == nil) else { throw ValidationError("give --order or --serial, one of them") }
    }

    func run() throws {
        let client = try socket.connect()
        let answer = try answering { () throws(SignerClientError) in
            try client.call(.getCertificate) { writer in
                writer.member("order", order)
                writer.member("serial", serial)
            }
        }
        format.print(answer) {
            if let certificate = answer["certificate"]?.stringValue {
                print(certificate, terminator: "")
                let route = answer["keyRoute"]?.stringValue.map { " (\($0))" } ?? ""
                complain("key \(answer.text("keyOrigin"))\(route)")
            } else {
                print("serial \(answer.text("serial")) was never released; it counts as revoked")
            }
        }
    }
}
