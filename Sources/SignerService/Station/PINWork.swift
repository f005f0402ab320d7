import Ledger
import Secrets
import SignerAPI
import Tokens
import Varlink

extension StationWork {
    /// `InitialiseToken`
    func initialise(in reader: ReaderSettings) throws(StationError) {
        try checkMore()
        let desk = try open(reader)
        let token = try initialise(try find(text("token"), at: desk), label: text("label") ?? "", reader, at: desk)
        call.reply { writer in
            writer.member("step", "done")
            writer.object("token") { writer in
                token.writeMembers(reader: reader.name, isPersonalised: false, to: &writer)
                writer.member("certificates", [])
            }
        }
    }

    /// Initialises a blank token. The officer has its PINs before it has.
    func initialise(
        _ token: DeskToken,
        label: String,
        _ reader: ReaderSettings,
        at desk: TokenDesk
    ) throws(StationError) -> DeskToken {
        guard (1...32).contains(label.utf8.count) else {
            throw StationError(
                .requestRejected,
                rule: "request.label",
                message: "a token's label has 1 to 32 bytes",
                mend: "shorten the label"
            )
        }
        guard !token.description.isInitialized else {
            throw StationError(
                .tokenRefused,
                rule: "token.initialised",
                message: "the token is initialised already; its PINs stay as they are",
                mend: "personalise it with its PIN, or retire it first"
            )
        }
        let blank = token.description.serial
        let pins = try asking { () throws(TokenError) in
            try desk.makePINs(serial: blank, user: reader.userPIN, officer: reader.officerPIN)
        }
        try report(pins, withOfficer: true)
        let made = try asking { () throws(TokenError) in try desk.initialise(serial: blank, label: label) }
        try record(
            "token-initialised",
            [
                ("token", .text(made.description.serial)), ("label", .text(label)),
                ("model", .text(made.description.model)), ("reader", .text(reader.name)),
            ]
        )
        try report("initialised") { $0.member("token", made.description.serial) }
        return made
    }

    /// `ResetTokenPIN`
    func resetPIN(in reader: ReaderSettings) throws(StationError) {
        try checkMore()
        let officerPIN = try requiredSecret("officerPIN")
        let desk = try open(reader)
        let serial = try find(text("token"), at: desk).description.serial
        let pins = try asking { () throws(TokenError) in
            try desk.makePINs(serial: serial, user: reader.userPIN, officer: reader.officerPIN)
        }
        try report(pins, withOfficer: false)
        try asking { () throws(TokenError) in try desk.resetPIN(serial: serial, officerPIN: officerPIN) }
        try record("token-pin-reset", [("token", .text(serial)), ("reader", .text(reader.name))])
        call.reply { $0.member("step", "done") }
    }
}
