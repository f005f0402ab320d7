import Issuance
import Secrets
import SignerAPI
import Varlink

extension Submission {
    /// An order without a request, with what the kernel says of its caller.
    init(_ order: KeyOrder, call: Call) {
        self.init(order.order, call: call)
        key = DeliveryWish(
            algorithm: order.keyAlgorithm,
            variant: order.variant,
            password: order.password?.secret
        )
    }
}

extension Call {
    /// Answers with a certificate and its key.
    ///
    /// - Parameters:
    ///   - continues: whether more answers follow.
    ///   - index: the order's place in a batch.
    func deliver(_ released: ReleasedCertificate, index: Int? = nil, continues: Bool = false) {
        let answer = released.answer
        guard let key = released.key else {
            return refuse(.internalError("an order for a key was fulfilled without one"))
        }
        let password = key.password.map { ConfidentialText($0) }
        let delivered = IssuedKey(
            issued: answer,
            pkcs12: key.pkcs12,
            keyRoute: key.route.rawValue,
            password: password
        )
        let write: (inout JSONWriter) -> Void = { writer in
            if let index { writer.member("index", index) }
            delivered.writeMembers(to: &writer)
        }
        switch (password, continues) {
        case (let password?, true): replyMore(confidential: KeyOrder.passwordMember, password, write)
        case (let password?, false): reply(confidential: KeyOrder.passwordMember, password, write)
        case (nil, true): replyMore(write)
        case (nil, false): reply(write)
        }
    }
}
