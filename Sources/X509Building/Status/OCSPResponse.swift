/// How a certificate stands, as OCSP says it.
package enum OCSPStatus: Hashable, Sendable {
    case good
    /// When, in seconds since 1970, and why; nil where nothing is said.
    case revoked(at: Int64, reason: RevocationCode?)
    case unknown
}

/// The answer about one certificate (RFC 6960 4.2.1).
package struct OCSPSingleResponse: Hashable, Sendable {
    /// As it was asked, octet for octet.
    package var certificate: OCSPCertificateID
    package var status: OCSPStatus
    /// Seconds since 1970.
    package var thisUpdate: Int64
    package var nextUpdate: Int64

    package init(certificate: OCSPCertificateID, status: OCSPStatus, thisUpdate: Int64, nextUpdate: Int64) {
        self.certificate = certificate
        self.status = status
        self.thisUpdate = thisUpdate
        self.nextUpdate = nextUpdate
    }
}

/// What is signed in an OCSP response: ResponseData (RFC 6960 4.2.1), the responder named by its key.
package struct OCSPResponseData: Hashable, Sendable {
    /// SHA-1 over the responder's key bits.
    package var responderKeyHash: [UInt8]
    package var producedAt: Int64
    package var responses: [OCSPSingleResponse]
    package var nonce: Extension?

    package init(responderKeyHash: [UInt8], producedAt: Int64, responses: [OCSPSingleResponse], nonce: Extension?) {
        self.responderKeyHash = responderKeyHash
        self.producedAt = producedAt
        self.responses = responses
        self.nonce = nonce
    }

    package func derEncoded() throws(X509Error) -> [UInt8] {
        var writer = DERWriter(reserving: 256)
        let data = writer.begin(.sequence)
        let responder = writer.begin(.constructed(2))
        writer.primitive(.octetString, responderKeyHash)
        writer.end(responder)
        try X509Time.writeGeneralized(producedAt, field: "producedAt", to: &writer)
        let list = writer.begin(.sequence)
        for response in responses { try response.write(to: &writer) }
        writer.end(list)
        if let nonce {
            let tagged = writer.begin(.constructed(1))
            let extensions = writer.begin(.sequence)
            nonce.write(to: &writer)
            writer.end(extensions)
            writer.end(tagged)
        }
        writer.end(data)
        return writer.bytes
    }

    /// Parses strictly what `derEncoded()` writes.
    package init(derEncoded: [UInt8]) throws(X509Error) {
        var outer = DERReader(derEncoded)
        var data = try outer.enter(.sequence)
        try outer.finish()
        var responder = try data.enter(.constructed(2))
        responderKeyHash = try responder.octetString()
        try responder.finish()
        producedAt = try X509Time.readGeneralized(from: &data)
        var list = try data.enter(.sequence)
        responses = []
        while !list.isAtEnd { responses.append(try OCSPSingleResponse(from: &list)) }
        nonce = nil
        if var tagged = try data.enterIfPresent(.constructed(1)) {
            var extensions = try tagged.enter(.sequence)
            try tagged.finish()
            nonce = try Extension(from: &extensions)
            try extensions.finish()
        }
        try data.finish()
    }
}

extension OCSPSingleResponse {
    private enum Choice {
        static let good = DERTag.primitive(0)
        static let revoked = DERTag.constructed(1)
        static let unknown = DERTag.primitive(2)
    }

    fileprivate func write(to writer: inout DERWriter) throws(X509Error) {
        let single = writer.begin(.sequence)
        writer.raw(certificate.derEncoded)
        switch status {
        case .good: writer.primitive(Choice.good, [])
        case .unknown: writer.primitive(Choice.unknown, [])
        case .revoked(let time, let reason):
            let info = writer.begin(Choice.revoked)
            try X509Time.writeGeneralized(time, field: "revocationTime", to: &writer)
            if let reason, reason != .unspecified {
                let tagged = writer.begin(.constructed(0))
                writer.primitive(.enumerated, [reason.rawValue])
                writer.end(tagged)
            }
            writer.end(info)
        }
        try X509Time.writeGeneralized(thisUpdate, field: "thisUpdate", to: &writer)
        let tagged = writer.begin(.constructed(0))
        try X509Time.writeGeneralized(nextUpdate, field: "nextUpdate", to: &writer)
        writer.end(tagged)
        writer.end(single)
    }

    fileprivate init(from list: inout DERReader) throws(X509Error) {
        var single = try list.enter(.sequence)
        certificate = try OCSPCertificateID(from: &single)
        let element = try single.element()
        switch element.tag {
        case Choice.good where element.contentStart == element.end: status = .good
        case Choice.unknown where element.contentStart == element.end: status = .unknown
        case Choice.revoked:
            var info = single.reader(over: element)
            let time = try X509Time.readGeneralized(from: &info)
            status = .revoked(at: time, reason: try Self.reason(&info))
        default: throw single.malformed("a status of no known form", at: element.start)
        }
        thisUpdate = try X509Time.readGeneralized(from: &single)
        var tagged = try single.enter(.constructed(0))
        nextUpdate = try X509Time.readGeneralized(from: &tagged)
        try tagged.finish()
        try single.finish()
    }

    private static func reason(_ info: inout DERReader) throws(X509Error) -> RevocationCode? {
        guard var tagged = try info.enterIfPresent(.constructed(0)) else {
            try info.finish()
            return nil
        }
        let octets = tagged.content(of: try tagged.element(.enumerated))
        try tagged.finish()
        try info.finish()
        guard octets.count == 1, let octet = octets.first, let reason = RevocationCode(rawValue: octet),
            reason != .unspecified
        else { throw info.malformed("a reason that is not used here") }
        return reason
    }
}

/// A whole OCSPResponse.
package enum OCSPResponse {
    /// Answers without a signature (RFC 6960 4.2.1). Trouble of the service is no answer: its caller hears of it.
    package enum Refusal: UInt8, Sendable {
        case malformedRequest = 1
        case internalError = 2
        case tryLater = 3
        case unauthorized = 6

        package var derEncoded: [UInt8] { [0x30, 0x03, 0x0A, 0x01, rawValue] }
    }

    /// Puts signed data, signature and the responder's certificate together.
    package static func assemble(
        data: [UInt8],
        algorithm: SignatureAlgorithm,
        signature: [UInt8],
        certificates: [[UInt8]]
    ) -> [UInt8] {
        var writer = DERWriter(reserving: data.count + signature.count + 2048)
        let response = writer.begin(.sequence)
        writer.primitive(.enumerated, [0])
        let tagged = writer.begin(.constructed(0))
        let bytes = writer.begin(.sequence)
        writer.objectIdentifier(.ocspBasic)
        let octets = writer.begin(.octetString)
        let basic = writer.begin(.sequence)
        writer.raw(data)
        writer.raw(algorithm.derEncoded)
        writer.bitString(signature)
        if !certificates.isEmpty {
            let chain = writer.begin(.constructed(0))
            let list = writer.begin(.sequence)
            for certificate in certificates { writer.raw(certificate) }
            writer.end(list)
            writer.end(chain)
        }
        writer.end(basic)
        writer.end(octets)
        writer.end(bytes)
        writer.end(tagged)
        writer.end(response)
        return writer.bytes
    }
}
