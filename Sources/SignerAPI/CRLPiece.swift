internal import TextForms
public import Varlink

/// A piece of a CRL, with what the whole is.
public struct CRLPiece: Sendable, Hashable {
    public var issuer: String
    public var partition: Int64?
    public var number: Int64
    public var thisUpdate: String
    public var nextUpdate: String
    public var revokedCertificates: Int64
    public var size: Int64
    public var sha256: String
    public var offset: Int64
    public var piece: [UInt8]

    public init(
        issuer: String,
        partition: Int64?,
        number: Int64,
        thisUpdate: String,
        nextUpdate: String,
        revokedCertificates: Int64,
        size: Int64,
        sha256: String,
        offset: Int64,
        piece: [UInt8]
    ) {
        self.issuer = issuer
        self.partition = partition
        self.number = number
        self.thisUpdate = thisUpdate
        self.nextUpdate = nextUpdate
        self.revokedCertificates = revokedCertificates
        self.size = size
        self.sha256 = sha256
        self.offset = offset
        self.piece = piece
    }

    /// Reads an answer; `nil` if it is not what the interface promises.
    public init?(_ object: JSONObject) {
        guard let issuer = object["issuer"]?.stringValue, let number = object["number"]?.integerValue,
            let thisUpdate = object["thisUpdate"]?.stringValue, let nextUpdate = object["nextUpdate"]?.stringValue,
            let revoked = object["revokedCertificates"]?.integerValue, let size = object["size"]?.integerValue,
            let sha256 = object["sha256"]?.stringValue, let offset = object["offset"]?.integerValue,
            let piece = object["piece"]?.stringValue.flatMap(Base64.decode)
        else { return nil }
        self.init(
            issuer: issuer,
            partition: object["partition"]?.integerValue,
            number: number,
            thisUpdate: thisUpdate,
            nextUpdate: nextUpdate,
            revokedCertificates: revoked,
            size: size,
            sha256: sha256,
            offset: offset,
            piece: piece
        )
    }

    /// Writes the answer's members into the object that is open.
    public func writeMembers(to writer: inout JSONWriter) {
        writer.member("issuer", issuer)
        if let partition { writer.member("partition", partition) }
        writer.member("number", number)
        writer.member("thisUpdate", thisUpdate)
        writer.member("nextUpdate", nextUpdate)
        writer.member("revokedCertificates", revokedCertificates)
        writer.member("size", size)
        writer.member("sha256", sha256)
        writer.member("offset", offset)
        writer.name("piece")
        writer.base64(piece)
    }
}
