import Clocks
import Ledger
import TextForms
import Varlink
import X509Building

/// What a ceremony did: the plan by its hash, and each authority with its certificate and the attributes that its token
/// told of the key.
package struct CeremonyTranscript: Sendable {
    package struct Step: Sendable {
        package var authority: String
        package var certificate: Certificate
        /// Whether this run made it; otherwise it was there before.
        package var isNew: Bool
        /// The private key's attributes, read back after its generation (TOK-04).
        package var attributes: [String: Bool] = [:]
    }

    /// The key that signs the ledger's checkpoints.
    package struct LogKey: Sendable {
        package var key: NoteKey
        package var isNew: Bool
        package var attributes: [String: Bool] = [:]
    }

    package let plan: String
    package let planHash: [UInt8]
    package let profileSetHash: [UInt8]
    package let startedAt: Timestamp
    package var steps: [Step] = []
    package var log: LogKey?

    /// Whether anything was made, and not only found.
    package var hasNews: Bool { log?.isNew == true || steps.contains(where: \.isNew) }

    /// One JSON object, for the file beside the certificates.
    package var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("plan", plan)
        writer.member("planHash", HexText.encode(planHash))
        writer.member("profileSetHash", HexText.encode(profileSetHash))
        writer.member("startedAt", startedAt.rfc3339)
        writer.name("steps")
        writer.beginArray()
        for step in steps { Self.write(step, to: &writer) }
        writer.endArray()
        if let log { Self.write(log, to: &writer) }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func write(_ step: Step, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("authority", step.authority)
        writer.member("new", step.isNew)
        writer.member("subject", step.certificate.tbs.subject.description)
        writer.member("serial", HexText.encode(step.certificate.tbs.serialNumber))
        writer.member("keyIdentity", HexText.encode(step.certificate.tbs.publicKey.sha256))
        write(step.attributes, to: &writer)
        writer.member("certificate", step.certificate.pem)
        writer.endObject()
    }

    private static func write(_ log: LogKey, to writer: inout JSONWriter) {
        writer.object("log") { writer in
            writer.member("origin", log.key.name)
            writer.member("vkey", log.key.vkey)
            writer.member("new", log.isNew)
            write(log.attributes, to: &writer)
        }
    }

    private static func write(_ attributes: [String: Bool], to writer: inout JSONWriter) {
        writer.object("attributes") { writer in
            for (name, value) in attributes.sorted(by: { $0.key < $1.key }) { writer.member(name, value) }
        }
    }
}
