import Issuance
import Secrets
import SignerAPI
import Tokens
import Varlink

extension StationWork {
    /// `PersonaliseToken`: every step looks first at what earlier runs have left, so that the same call goes on where
    /// one was cut off.
    func personalise(in reader: ReaderSettings) throws(StationError) {
        try checkMore()
        guard let object = call.parameters["order"]?.objectValue, let order = TokenOrder(object) else {
            throw StationError(
                .internalError,
                rule: "service.internal",
                message: "the order passed the interface's check and cannot be read",
                mend: "report it"
            )
        }
        let wish = try wish(
            order: order.certificate.order,
            profile: order.certificate.profile,
            algorithm: order.keyAlgorithm,
            replaces: call.parameters["replace"]?.boolValue ?? false
        )
        let pin = try secret("pin")
        let desk = try open(reader)
        var token = try find(text("token"), at: desk)
        try report("token") { $0.member("token", token.description.serial) }
        if let label = text("label") {
            token = try initialise(token, label: label, reader, at: desk)
        } else if pin == nil || !token.description.isInitialized {
            throw Self.needs(token)
        }
        let serial = token.description.serial
        try refuseForeign(serial, at: desk)
        _ = try asking { () throws(TokenError) in try desk.logIn(serial: serial, pin: pin) }
        let made = try key(for: wish, in: serial, at: desk)
        try report("key")
        let request = try request(for: made, at: desk)
        var submission = Submission(order.certificate, call: call)
        submission.orderID = made.key.ledgerOrder
        submission.request = request.pem
        let issued = try issue(submission)
        try report("issued")
        try install(issued, for: made, at: desk)
        call.reply { writer in
            writer.member("step", "done")
            write(issued, made, to: &writer)
        }
    }

    private static func needs(_ token: DeskToken) -> StationError {
        token.description.isInitialized
            ? StationError(
                .requestRejected,
                rule: "request.parameters",
                message: "the token's PIN is missing",
                mend: "give the PIN of the user; blank tokens need a label instead"
            )
            : StationError(
                .tokenRefused,
                rule: "token.tokenBlank",
                message: "the token is blank",
                mend: "give a label, and it is initialised first"
            )
    }
}
