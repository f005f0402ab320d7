import Ledger
import Secrets
import SignerAPI
import Tokens
import Varlink

extension StationWork {
    /// `InitialiseToken`
    func initialise(in place: UserTokenStation.Place) throws(StationError) {
        try checkMore()
        let (reader, answer) = (place.settings, try pinAnswer(in: place))
        let desk = try open(reader)
        let token = try initialise(label: text("label") ?? "", reader, answer, at: desk)
        call.reply { writer in
            writer.member("step", "done")
            writer.object("token") { writer in
                token.writeMembers(reader: reader.name, isPersonalised: false, to: &writer)
                writer.member("certificates", [])
            }
        }
    }

    /// Initialises a blank token: the one that is named, or the only one. The officer has its PINs before it has.
    func initialise(
        label: String,
        _ reader: ReaderSettings,
        _ answer: PINAnswer,
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
        try refuseInitialised(at: desk)
        let blank = blankName
        _ = try find(blank, at: desk)
        let pins = try asking { () throws(TokenError) in
            try desk.makePINs(for: blank, user: reader.userPIN, officer: reader.officerPIN)
        }
        try report(pins, withOfficer: true, token: label, answer)
        let made = try asking { () throws(TokenError) in
            try desk.initialise(blank, label: label)
        }
        try record(
            "token-initialised",
            [
                ("token", .text(made.description.serial)), ("label", .text(label)),
                ("model", .text(made.description.model)), ("reader", .text(reader.name)),
            ]
        )
        try report("initialised")
        return made
    }

    /// How the caller names a blank token.
    var blankName: TokenName { TokenName(serial: text("token") ?? "", isBlank: true) }

    /// A token that is initialised keeps its PINs.
    func refuseInitialised(at desk: TokenDesk) throws(StationError) {
        guard let serial = text("token"), !serial.isEmpty else { return }
        let tokens = try asking { () throws(TokenError) in try desk.tokens() }.map(\.description)
        guard tokens.contains(where: TokenName(serial: serial).fits),
            !tokens.contains(where: TokenName(serial: serial, isBlank: true).fits)
        else { return }
        throw StationError(
            .tokenRefused,
            rule: "token.initialised",
            message: "the token is initialised already; its PINs stay as they are",
            mend: "personalise it with its PIN, or retire it first"
        )
    }

    /// `ResetTokenPIN`
    func resetPIN(in place: UserTokenStation.Place) throws(StationError) {
        try checkMore()
        let (reader, answer) = (place.settings, try pinAnswer(in: place))
        let officerPIN = try requiredSecret("officerPIN")
        let desk = try open(reader)
        let serial = try find(tokenName, at: desk).description.serial
        let pins = try asking { () throws(TokenError) in
            try desk.makePINs(for: tokenName, user: reader.userPIN, officer: reader.officerPIN)
        }
        try report(pins, withOfficer: false, token: serial, answer)
        try asking { () throws(TokenError) in try desk.resetPIN(of: tokenName, officerPIN: officerPIN) }
        try record("token-pin-reset", [("token", .text(serial)), ("reader", .text(reader.name))])
        call.reply { $0.member("step", "done") }
    }
}
