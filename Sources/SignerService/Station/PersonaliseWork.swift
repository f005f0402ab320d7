import Issuance
import Secrets
import SignerAPI
import Tokens
import Varlink

extension StationWork {
    /// `PersonaliseToken`: every step looks first at what earlier runs have left, so that the same call goes on where
    /// one was cut off.
    func personalise(in place: UserTokenStation.Place) throws(StationError) {
        try checkMore()
        let (reader, answer) = (place.settings, try pinAnswer(in: place))
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
        let (pin, label, serial) = (try secret("pin"), text("label"), text("token"))
        guard (pin == nil) == (label != nil), pin == nil || serial != nil else { throw Self.needsOneOf }
        let desk = try open(reader)
        if label != nil { try refuseInitialised(at: desk) }
        var token = try find(label == nil ? tokenName : blankName, at: desk)
        try report("token")
        if let label { token = try initialise(label: label, reader, answer, at: desk) }
        let name = label == nil ? tokenName : token.name
        token = try asking { () throws(TokenError) in try desk.logIn(to: name, pin: pin) }
        try refuseForeign(token.name, at: desk)
        let made = try key(for: wish, in: token, at: desk)
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

    private static let needsOneOf = StationError(
        .requestRejected,
        rule: "request.parameters",
        message: "a token that is initialised is named and opened with its PIN, a blank one is given a label",
        mend: "give token and pin, or label"
    )
}
