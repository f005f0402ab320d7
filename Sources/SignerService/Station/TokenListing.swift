import Clocks
import Issuance
import Ledger
import TextForms
import Tokens
import Varlink
import X509Building

/// The tokens in the readers, gathered reader by reader.
struct TokenListing: Sendable {
    /// A certificate in a token, and what the ledger knows of it.
    struct Held: Sendable {
        let serial: String
        let subject: String
        let notAfter: String
        let status: String
        let order: String?
    }

    private struct Row: Sendable {
        let reader: String
        let token: DeskToken
        let certificates: [Held]
        let problem: String?
    }

    private var rows: [Row] = []
    private var problems: [(reader: String, error: StationError)] = []

    mutating func add(_ reader: ReaderSettings, station: UserTokenStation) {
        do throws(TokenError) {
            let desk = try TokenDesk(reader, launcher: station.launcher)
            for token in try desk.tokens() where !station.isOwn(token) {
                rows.append(Self.row(reader.name, token, desk, station))
            }
        } catch {
            problems.append((reader.name, StationError(error)))
        }
    }

    private static func row(
        _ reader: String,
        _ token: DeskToken,
        _ desk: TokenDesk,
        _ station: UserTokenStation
    ) -> Row {
        guard token.description.isInitialized else {
            return Row(reader: reader, token: token, certificates: [], problem: nil)
        }
        do {
            let held = try held(desk.certificates(in: token.name), station)
            return Row(reader: reader, token: token, certificates: held, problem: nil)
        } catch let error as TokenError {
            return Row(reader: reader, token: token, certificates: [], problem: "\(error.message); \(error.mend)")
        } catch {
            return Row(reader: reader, token: token, certificates: [], problem: "the ledger cannot be read")
        }
    }

    /// What people's certificates are in a token; those of authorities are left out.
    static func held(_ values: [[UInt8]], _ station: UserTokenStation) throws(StationError) -> [Held] {
        var held: [Held] = []
        for value in values {
            let certificate: Certificate
            do throws(X509Error) {
                certificate = try Certificate(derEncoded: value)
                if try certificate.isAuthority { continue }
            } catch {
                held.append(Held(serial: "", subject: "", notAfter: "", status: "foreign", order: nil))
                continue
            }
            held.append(try self.held(certificate, station))
        }
        return held
    }

    private static func held(
        _ certificate: Certificate,
        _ station: UserTokenStation
    ) throws(StationError) -> Held {
        let serial = certificate.tbs.serialNumber
        let issued: Ledger.IssuedCertificate?
        do throws(LedgerError) {
            issued = try station.line.ledger.reader.certificate(serial: serial)
        } catch {
            throw StationError(error)
        }
        let isOurs = issued?.certificateDER == certificate.derEncoded
        var status = "foreign"
        if isOurs { status = try station.status.isRevoked(serial: serial) ? "revoked" : "issued" }
        return Held(
            serial: HexText.encode(serial),
            subject: certificate.tbs.subject.description,
            notAfter: CivilTime(secondsSinceEpoch: certificate.tbs.notAfter).rfc3339,
            status: status,
            order: isOurs ? issued?.orderID : nil
        )
    }

    func write(to writer: inout JSONWriter) {
        writer.name("tokens")
        writer.beginArray()
        for row in rows { Self.write(row, to: &writer) }
        writer.endArray()
        writer.name("problems")
        writer.beginArray()
        for (reader, error) in problems {
            writer.beginObject()
            writer.member("reader", reader)
            writer.member("message", error.message)
            writer.member("mend", error.mend)
            writer.endObject()
        }
        writer.endArray()
    }

    private static func write(_ row: Row, to writer: inout JSONWriter) {
        writer.beginObject()
        row.token.writeMembers(
            reader: row.reader,
            isPersonalised: row.certificates.contains { $0.status == "issued" },
            to: &writer
        )
        writer.name("certificates")
        writer.beginArray()
        for certificate in row.certificates {
            writer.beginObject()
            writer.member("serial", certificate.serial)
            writer.member("subject", certificate.subject)
            writer.member("notAfter", certificate.notAfter)
            writer.member("status", certificate.status)
            writer.member("order", certificate.order)
            writer.endObject()
        }
        writer.endArray()
        writer.member("problem", row.problem)
        writer.endObject()
    }
}

extension DeskToken {
    /// What the token is found by when it is initialised.
    var name: TokenName { TokenName(serial: description.serial, label: description.label) }

    /// The members of the interface's `Token` but its certificates.
    func writeMembers(reader: String, isPersonalised: Bool, to writer: inout JSONWriter) {
        writer.member("reader", reader)
        writer.member("token", description.serial)
        writer.member("label", description.label)
        writer.member("model", description.model)
        writer.member("manufacturer", description.manufacturer)
        writer.member("place", place)
        writer.member("state", state(isPersonalised: isPersonalised))
        if let freeMemory { writer.member("freeMemory", freeMemory) }
    }

    private func state(isPersonalised: Bool) -> String {
        if !description.isInitialized { return "blank" }
        if isUserPINLocked { return "locked" }
        return isPersonalised ? "personalised" : "initialised"
    }
}

extension Certificate {
    /// Whether it is an authority's.
    var isAuthority: Bool {
        get throws(X509Error) {
            try tbs.extension(.basicConstraints)?.readBasicConstraints().isCA ?? false
        }
    }
}
