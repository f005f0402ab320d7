import Clocks
import Issuance
import Ledger
import Secrets
import SignerAPI
import Threads
import Tokens
import Varlink

/// One call of an officer, on the thread of its reader: it may wait there.
struct StationWork: Sendable {
    let station: UserTokenStation
    let call: Call
    let method: TokenStationInterface.Method

    var line: IssuanceLine { station.line }

    func perform(in place: UserTokenStation.Place) throws(StationError) {
        let reader = place.settings
        switch method {
        case .listTokens: break
        case .initialiseToken: try initialise(in: place)
        case .generateTokenKey: try generateKey(in: reader)
        case .installCertificate: try installCertificate(in: reader)
        case .personaliseToken: try personalise(in: place)
        case .resetTokenPIN: try resetPIN(in: place)
        case .retireToken: try retire(in: reader)
        }
    }

    // MARK: Parameters

    func text(_ name: String) -> String? { call.parameters[name]?.stringValue }

    /// The longest PIN that is looked at, in bytes.
    private static let longestPIN = 256

    /// A PIN of the caller's, in memory that is wiped.
    func secret(_ name: String) throws(StationError) -> Secret? {
        guard var text = text(name) else { return nil }
        guard !text.isEmpty, text.utf8.count <= Self.longestPIN else {
            throw StationError(
                .pinRefused,
                rule: "token.pinLength",
                message: "a PIN has 1 to \(Self.longestPIN) bytes",
                mend: "give the right PIN; this one was not tried"
            )
        }
        return text.withUTF8 { bytes in
            Secret(count: bytes.count) { $0.copyMemory(from: UnsafeRawBufferPointer(bytes)) }
        }
    }

    func requiredSecret(_ name: String) throws(StationError) -> Secret {
        guard let secret = try secret(name) else {
            throw StationError(
                .requestRejected,
                rule: "request.parameters",
                message: "\(name) is missing",
                mend: "give the PIN"
            )
        }
        return secret
    }

    /// Methods that make PINs answer them before they are set, which takes two answers.
    func checkMore() throws(StationError) {
        guard call.wantsMore else {
            throw StationError(
                .requestRejected,
                rule: "request.more",
                message: "\(method.rawValue) answers in several parts",
                mend: "call it with “more”"
            )
        }
    }

    // MARK: Work

    /// Runs calls of a desk.
    func asking<Answer>(_ body: () throws(TokenError) -> Answer) throws(StationError) -> Answer {
        do throws(TokenError) { return try body() } catch { throw StationError(error) }
    }

    /// A worker for the reader.
    func open(_ reader: ReaderSettings) throws(StationError) -> TokenDesk {
        try asking { () throws(TokenError) in try TokenDesk(reader, launcher: station.launcher) }
    }

    /// How the caller names a token that is initialised.
    var tokenName: TokenName { TokenName(serial: text("token") ?? "", label: text("tokenLabel")) }

    /// The token that is meant, if an officer may reach it from here.
    func find(_ name: TokenName, at desk: TokenDesk) throws(StationError) -> DeskToken {
        let tokens = try asking { () throws(TokenError) in try desk.tokens() }
        let found = tokens.filter { name.fits($0.description) }
        guard !found.contains(where: station.isOwn) else {
            throw StationError(
                .tokenRefused,
                rule: "token.of-the-service",
                message: "this is a token that the service itself signs with",
                mend: "take a user's token"
            )
        }
        if let token = found.first { return token }
        guard !tokens.contains(where: { !$0.description.isInitialized && $0.description.serial == name.serial }) else {
            throw StationError(
                .tokenRefused,
                rule: "token.tokenBlank",
                message: "the token is blank",
                mend: "initialise it first: InitialiseToken, or PersonaliseToken with a label"
            )
        }
        throw StationError(
            .tokenUnavailable,
            rule: "token.tokenMissing",
            message: name.isBlank ? "no such blank token is in the reader" : "this token is not in the reader",
            mend: "put it in, and ask again with the same order"
        )
    }

    /// Writes an entry and waits until it is durable.
    func record(_ kind: String, _ fields: [(String, EventValue)]) throws(StationError) {
        let answer = Guarded<Result<EventReceipt, LedgerError>?>(nil)
        let event = LedgerEvent(kind: kind, fields: fields + [("callerUID", .number(Int64(call.peer.uid)))])
        line.ledger.append(event) { result in
            answer.withLock { $0 = result }
            answer.broadcast()
        }
        do throws(LedgerError) {
            _ = try Self.waited(for: answer).get()
        } catch {
            throw StationError(error)
        }
    }

    /// The ledger answers every request by itself; a disk that hangs must not hold a reader for ever.
    private static func waited(
        for answer: Guarded<Result<EventReceipt, LedgerError>?>
    ) -> Result<EventReceipt, LedgerError> {
        answer.wait(until: monotonicNanoseconds() + 60_000_000_000) { $0 }
            ?? .failure(.storageFailed("it does not answer"))
    }

    /// Looks something up in the ledger.
    func reading<Answer>(_ body: (LedgerReader) throws(LedgerError) -> Answer) throws(StationError) -> Answer {
        do throws(LedgerError) { return try body(line.ledger.reader) } catch { throw StationError(error) }
    }

    // MARK: Answers

    /// Tells the caller how far the work has come, and stops where nobody listens any more.
    func report(_ step: String, _ body: (inout JSONWriter) -> Void = { _ in }) throws(StationError) {
        call.replyMore { writer in
            writer.member("step", step)
            body(&writer)
        }
        if call.isAbandoned { throw .callerGone }
    }

    /// Answers with an error, and puts the refusal into the ledger.
    func refuse(_ error: StationError) {
        guard error.shallBeRecorded else {
            call.refuse(error.onTheWire)
            return
        }
        var fields: [(String, EventValue)] = []
        if let order = orderID { fields.append(("order", .text(order.cut(octets: Submission.longestOrderID)))) }
        if let token = text("token") { fields.append(("token", .text(token.cut(octets: 64)))) }
        fields += [
            ("method", .text(method.rawValue)), ("error", .text(error.kind.rawValue)), ("rule", .text(error.rule)),
            ("callerUID", .number(Int64(call.peer.uid))),
        ]
        line.recordRefusal(LedgerEvent(kind: "refusal", fields: fields), callerUID: call.peer.uid) { [call] in
            call.refuse(error.onTheWire)
        }
    }

    var orderID: String? {
        text("order") ?? call.parameters["order"]?.objectValue?["order"]?.stringValue
    }
}
