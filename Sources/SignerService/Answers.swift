import Clocks
import Issuance
import SignerAPI
import TextForms
import Varlink
import X509Building

extension Submission {
    /// An order with what the kernel says of its caller.
    init(_ order: CertificateOrder, call: Call) {
        self.init(
            orderID: order.order,
            profile: order.profile,
            request: order.request,
            callerUID: call.peer.uid,
            receivedAt: call.receivedAt
        )
        issuer = order.issuer
        subject = order.subject.map { Item(kind: $0.kind, value: $0.value) }
        alternativeNames = order.alternativeNames.map { Item(kind: $0.kind, value: $0.value) }
        securityIdentifier = order.securityIdentifier
        extendedKeyUsages = order.extendedKeyUsages
        signatureAlgorithm = order.signatureAlgorithm
        notBefore = order.notBefore
        notAfter = order.notAfter
        validityDays = order.validityDays
    }
}

extension ReleasedCertificate {
    /// Writes the answer as the interface's `IssuedCertificate`.
    func write(to writer: inout JSONWriter) {
        answer.write(to: &writer)
    }

    /// The certificate as the interface has it.
    var answer: SignerAPI.IssuedCertificate {
        SignerAPI.IssuedCertificate(
            order: orderID,
            serial: HexText.encode(serial),
            certificate: PEM.encode(certificate, label: "CERTIFICATE"),
            chain: chainPEM,
            profileSetVersion: profileSetVersion,
            ledgerEntry: ledgerEntry,
            inclusion: .init(
                leafHash: inclusion.leafHash.base64,
                treeSize: inclusion.treeSize,
                rootHash: inclusion.root.base64,
                hashes: inclusion.path.map(\.base64)
            ),
            repeated: repeated,
            timers: .init(
                wait: Int64(waitNanoseconds / 1000),
                token: Int64(tokenNanoseconds / 1000),
                total: Int64(totalNanoseconds / 1000)
            )
        )
    }
}

extension ServiceError {
    init(_ error: IssuanceError) {
        self.init(
            name: "\(SignerInterface.name).\(error.kind.rawValue)",
            rule: error.rule,
            message: error.message,
            mend: error.mend,
            detail: error.detail,
            retryAfterMilliseconds: error.retryAfterMilliseconds,
            serial: error.serial.map(HexText.encode)
        )
    }

    /// An error of the interface that the method belongs to.
    static func notAuthorised(_ message: String, method: String) -> ServiceError {
        let interface = method.split(separator: ".").dropLast().joined(separator: ".")
        return ServiceError(
            name: "\(interface).NotAuthorised",
            rule: "caller.role",
            message: message,
            mend: "call as a user, and through the socket, that the settings allow"
        )
    }

    static func notFound(_ message: String, mend: String) -> ServiceError {
        ServiceError(name: "\(SignerInterface.name).NotFound", rule: "request.name", message: message, mend: mend)
    }

    static func rejected(_ rule: String, _ message: String, mend: String) -> ServiceError {
        ServiceError(name: "\(SignerInterface.name).RequestRejected", rule: rule, message: message, mend: mend)
    }

    static func internalError(_ detail: String) -> ServiceError {
        ServiceError(
            name: "\(SignerInterface.name).InternalError",
            rule: "service.internal",
            message: "something that cannot happen did; nothing was released",
            mend: "report it with the service's log",
            detail: detail
        )
    }
}

extension Call {
    /// Answers with an error.
    func refuse(_ error: ServiceError) {
        fail(error.name) { error.writeParameters(to: &$0) }
    }
}
