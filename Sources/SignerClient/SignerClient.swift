public import SignerAPI
internal import TextForms
public import Varlink

/// Why a call brought no answer: the appliance refused, or the connection failed.
public enum SignerClientError: Error, Sendable, CustomStringConvertible {
    /// The appliance answered an error.
    case refused(ServiceError)
    /// Nobody answers, or not in time, or not in Varlink.
    case connection(ConnectionError)
    /// The answer is not what the interface promises.
    case unexpectedAnswer(method: String)

    public var description: String {
        switch self {
        case .refused(let error):
            [error.message, error.mend].filter { !$0.isEmpty }.joined(separator: "; ")
                + " [\(error.name), \(error.rule)]" + (error.detail.map { " (\($0))" } ?? "")
        case .connection(let error): error.description
        case .unexpectedAnswer(let method): "the answer to \(method) is not what its interface promises"
        }
    }
}

/// A typed client of the appliance's socket, for one thread. Calls block, each with a deadline.
public final class SignerClient {
    private let connection: Connection
    private let timeout: Duration

    /// Connects.
    ///
    /// - Parameters:
    ///   - socket: the path of the front end's or the officers' socket.
    ///   - timeout: for connecting, and for each call.
    public init(socket: String, timeout: Duration = .seconds(30)) throws(SignerClientError) {
        self.timeout = timeout
        do {
            connection = try Connection(path: socket, timeout: timeout)
        } catch {
            throw .connection(error)
        }
    }

    /// A call without a type of its own: the answer's members, as they came.
    public func call(
        _ method: SignerInterface.Method,
        parameters: (inout JSONWriter) -> Void = { _ in }
    ) throws(SignerClientError) -> JSONObject {
        try call(method.fullName, parameters: parameters)
    }

    /// Issues one certificate.
    public func issue(_ order: CertificateOrder) throws(SignerClientError) -> IssuedCertificate {
        send(order)
        return try receiveIssued()
    }

    /// Puts an order behind those that wait to be sent; `receiveIssued` sends them together and takes the answers in
    /// order.
    public func send(_ order: CertificateOrder) {
        connection.send(SignerInterface.Method.issueCertificate.fullName) { writer in
            writer.name("order")
            order.write(to: &writer)
        }
    }

    /// The next answer to an order that was sent.
    public func receiveIssued() throws(SignerClientError) -> IssuedCertificate {
        do {
            let answer = try connection.receive(timeout: timeout).parameters
            guard let object = answer["issued"]?.objectValue, let issued = IssuedCertificate(object) else {
                throw SignerClientError.unexpectedAnswer(method: SignerInterface.Method.issueCertificate.rawValue)
            }
            return issued
        } catch let error as SignerClientError {
            throw error
        } catch {
            throw Self.typed(error)
        }
    }

    /// Issues many certificates in one call; `body` is handed each order's place and result as it is settled.
    public func issue(
        _ orders: [CertificateOrder],
        _ body: (Int, Result<IssuedCertificate, ServiceError>) -> Void
    ) throws(SignerClientError) {
        try callForOrders(.issueCertificates, orders.map { order in { order.write(to: &$0) } }, body) { answer in
            answer["issued"]?.objectValue.flatMap(IssuedCertificate.init)
        }
    }

    /// Changes or asks a certificate's status.
    ///
    /// - Parameter method: one of those that answer a `CertificateStatus`.
    public func status(
        _ method: SignerInterface.Method,
        parameters: (inout JSONWriter) -> Void
    ) throws(SignerClientError) -> CertificateStatus {
        let answer = try call(method, parameters: parameters)
        guard let object = answer["status"]?.objectValue, let status = CertificateStatus(object) else {
            throw .unexpectedAnswer(method: method.rawValue)
        }
        return status
    }

    /// The whole CRL that is in force, DER, and what the appliance says of it. When another comes into force while it is
    /// being read, that one is read.
    public func crl(issuer: String, partition: Int? = nil) throws(SignerClientError) -> (crl: CRLPiece, der: [UInt8]) {
        var der: [UInt8] = []
        var first: CRLPiece?
        while true {
            do throws(SignerClientError) {
                let piece = try crlPiece(issuer: issuer, partition: partition, of: first, at: der.count)
                der += piece.piece
                let crl = first ?? piece
                first = crl
                if der.count >= crl.size { return (crl, der) }
                guard !piece.piece.isEmpty else {
                    throw SignerClientError.unexpectedAnswer(method: SignerInterface.Method.getCRL.rawValue)
                }
            } catch {
                guard case .refused(let refusal) = error, refusal.rule == "crl.replaced", first != nil else {
                    throw error
                }
                (der, first) = ([], nil)
            }
        }
    }

    /// The response to an OCSP request, both DER.
    public func respondOCSP(_ request: [UInt8]) throws(SignerClientError) -> [UInt8] {
        sendOCSP(request)
        return try receiveOCSP()
    }

    /// Puts an OCSP request behind those that wait to be sent.
    public func sendOCSP(_ request: [UInt8]) {
        connection.send(SignerInterface.Method.respondOCSP.fullName) { writer in
            writer.name("request")
            writer.base64(request)
        }
    }

    /// The next answer to an OCSP request that was sent.
    public func receiveOCSP() throws(SignerClientError) -> [UInt8] {
        let answer: JSONObject
        do {
            answer = try connection.receive(timeout: timeout).parameters
        } catch {
            throw Self.typed(error)
        }
        guard let response = answer["response"]?.stringValue.flatMap(Base64.decode) else {
            throw .unexpectedAnswer(method: SignerInterface.Method.respondOCSP.rawValue)
        }
        return response
    }

    private func crlPiece(
        issuer: String,
        partition: Int?,
        of crl: CRLPiece?,
        at offset: Int
    ) throws(SignerClientError) -> CRLPiece {
        let answer = try call(.getCRL) { writer in
            writer.member("issuer", issuer)
            if let partition { writer.member("partition", partition) }
            if let crl { writer.member("number", crl.number) }
            writer.member("offset", offset)
        }
        guard let piece = CRLPiece(answer) else {
            throw .unexpectedAnswer(method: SignerInterface.Method.getCRL.rawValue)
        }
        return piece
    }

    /// Has the service examine one of its tokens. On the officers' socket alone.
    public func examineToken(_ name: String) throws(SignerClientError) -> JSONObject {
        let answer = try call(OfficerInterface.examineToken) { $0.member("token", name) }
        guard let examination = answer["examination"]?.objectValue else {
            throw .unexpectedAnswer(method: OfficerInterface.examineToken)
        }
        return examination
    }

    /// Has a key pair and its certificate made.
    public func issueKey(_ order: KeyOrder) throws(SignerClientError) -> IssuedKey {
        send(order)
        switch try receiveKey() {
        case .success(let issued): return issued
        case .failure(let error): throw .refused(error)
        }
    }

    /// Puts an order behind those that wait to be sent, and sends them.
    public func send(_ order: KeyOrder) {
        connection.send(SignerInterface.Method.issueKeyAndCertificate.fullName) { writer in
            writer.name("order")
            order.write(to: &writer)
        }
    }

    /// Sends what waits and closes the connection without taking any answer.
    package func abandon() throws(SignerClientError) {
        do {
            try connection.flush(timeout: timeout)
        } catch {
            throw .connection(error)
        }
        connection.close()
    }

    /// The next answer to an order for a key that was sent.
    public func receiveKey() throws(SignerClientError) -> Result<IssuedKey, ServiceError> {
        do {
            let answer = try connection.receive(timeout: timeout).parameters
            guard let issued = IssuedKey(answer) else {
                throw SignerClientError.unexpectedAnswer(method: "IssueKeyAndCertificate")
            }
            return .success(issued)
        } catch let error as SignerClientError {
            throw error
        } catch {
            let typed = Self.typed(error)
            guard case .refused(let refusal) = typed else { throw typed }
            return .failure(refusal)
        }
    }

    /// Has many made in one call; `body` is handed each order's place and result as it is settled.
    public func issueKeys(
        _ orders: [KeyOrder],
        _ body: (Int, Result<IssuedKey, ServiceError>) -> Void
    ) throws(SignerClientError) {
        try callForOrders(.issueKeysAndCertificates, orders.map { order in { order.write(to: &$0) } }, body) { answer in
            IssuedKey(answer)
        }
    }

    /// A call for many orders, each answered by what was issued or by a refusal, with its place in the list.
    private func callForOrders<Issued>(
        _ method: SignerInterface.Method,
        _ orders: [(inout JSONWriter) -> Void],
        _ body: (Int, Result<Issued, ServiceError>) -> Void,
        issued: (JSONObject) -> Issued?
    ) throws(SignerClientError) {
        var unexpected = false
        do {
            try connection.callMore(
                method.fullName,
                timeout: timeout,
                parameters: { writer in
                    writer.name("orders")
                    writer.beginArray()
                    for write in orders { write(&writer) }
                    writer.endArray()
                },
                { answer in
                    guard let index = answer["index"]?.integerValue.map(Int.init) else { return unexpected = true }
                    if let issued = issued(answer) {
                        body(index, .success(issued))
                    } else if let refusal = answer["refusal"]?.objectValue, let name = refusal["error"]?.stringValue {
                        body(index, .failure(ServiceError(name: name, parameters: refusal)))
                    } else {
                        unexpected = true
                    }
                }
            )
        } catch {
            throw Self.typed(error)
        }
        guard !unexpected else { throw .unexpectedAnswer(method: method.rawValue) }
    }

    /// Lets the service try a token's PIN again. On the officers' socket alone.
    public func unlockToken(_ name: String) throws(SignerClientError) {
        _ = try call(OfficerInterface.unlockToken) { $0.member("token", name) }
    }

    func callMore(
        _ method: String,
        parameters: (inout JSONWriter) -> Void,
        _ body: (JSONObject) -> Void
    ) throws(SignerClientError) {
        do {
            try connection.callMore(method, timeout: timeout, parameters: parameters, body)
        } catch {
            throw Self.typed(error)
        }
    }

    /// The same by the method's whole name, for interfaces other than `io.inkan.Signer`.
    public func call(
        _ method: String,
        parameters: (inout JSONWriter) -> Void = { _ in }
    ) throws(SignerClientError) -> JSONObject {
        do {
            return try connection.call(method, timeout: timeout, parameters: parameters)
        } catch {
            throw Self.typed(error)
        }
    }

    private static func typed(_ error: any Error) -> SignerClientError {
        switch error as? ConnectionError {
        case .remote(let error): .refused(ServiceError(name: error.name, parameters: error.parameters))
        case .some(let error): .connection(error)
        case nil: .connection(.malformed("\(error)"))
        }
    }
}
