import Crypto
import Ledger
import Tokens
import X509Building

// The steps of a CRL, each a type that only the step before can make: build, lint, intend, sign, verify, record. They
// block, each with a deadline, and are for a thread that does nothing else. Of a long CRL never more than a piece is in
// memory.

/// Built: the bytes that would be signed lie in a scratch file.
struct BuiltCRL {
    let order: CRLOrder
    let file: ShelfFile
    let size: Int
    let entries: Int
}

extension CRLOrder {
    func build(on shelf: CRLShelf) throws(IssuanceError) -> BuiltCRL {
        let file = try shelf.makeScratch(scope.name)
        var measure = CertificateListMeasure()
        do {
            try forEachEntry { entry throws(X509Error) in
                try entry.withSerial { serial throws(X509Error) in
                    try measure.add(
                        serial: serial,
                        revocationDate: entry.since,
                        reason: entry.code,
                        invalidityDate: entry.invalidityDate
                    )
                }
            }
            var writer = try CertificateListWriter(head, measure)
            try forEachEntry { entry throws(any Error) in
                try entry.withSerial { serial throws(X509Error) in
                    try writer.add(
                        serial: serial,
                        revocationDate: entry.since,
                        reason: entry.code,
                        invalidityDate: entry.invalidityDate
                    )
                }
                if let piece = writer.takePiece() { try file.write(piece) }
            }
            try file.write(try writer.finish())
            return BuiltCRL(order: self, file: file, size: writer.size, entries: measure.entries)
        } catch {
            file.remove()
            throw IssuanceError(crl: error, rule: "crl.encoding")
        }
    }
}

/// Linted: the very bytes that will be signed were read again and say what is meant, entry by entry.
struct LintedCRL {
    let built: BuiltCRL
    /// What was read, for the token.
    let message: SignedMessage
    let tbsHash: [UInt8]

    fileprivate init(_ built: BuiltCRL, message: SignedMessage, tbsHash: [UInt8]) {
        self.built = built
        self.message = message
        self.tbsHash = tbsHash
    }
}

extension BuiltCRL {
    func lint() throws(IssuanceError) -> LintedCRL {
        do {
            guard try file.size() == size else { throw Self.finding("the file has another length than was written") }
            return try readAgain()
        } catch {
            file.remove()
            throw IssuanceError(crl: error, rule: "crl.lint")
        }
    }

    private func readAgain() throws -> LintedCRL {
        var message = SignedMessage(order.head.signatureAlgorithm)
        var hash = SHA256()
        var place = 0
        let file = file
        var reader = try CertificateListReader { count in
            let piece = try file.read(at: place, count)
            place += piece.count
            message.update(piece)
            hash.update(data: piece)
            return piece
        }
        let head = order.head
        guard reader.signatureAlgorithm == head.signatureAlgorithm, reader.issuerDER == head.issuerDER,
            reader.thisUpdate == head.thisUpdate, reader.nextUpdate == head.nextUpdate
        else { throw Self.finding("issuer, algorithm or dates are not those that were meant") }
        try order.forEachEntry { meant throws(any Error) in
            guard let entry = try reader.nextEntry(), meant.withSerial({ $0.elementsEqual(entry.serialNumber) }),
                entry.revocationDate == meant.since, entry.reason == meant.code,
                entry.invalidityDate == meant.invalidityDate
            else { throw Self.finding("an entry is missing, or is not the one that was meant") }
        }
        guard try reader.nextEntry() == nil else { throw Self.finding("there are more entries than were meant") }
        guard try reader.readExtensions() == head.extensions() else {
            throw Self.finding("the extensions are not those that were meant")
        }
        return LintedCRL(self, message: message, tbsHash: Array(hash.finalize()))
    }

    private static func finding(_ what: String) -> X509Error {
        X509Error(.valueInvalid, what, clause: "RFC 5280 5.1")
    }
}

/// Intended: number and hash are durable.
struct IntendedCRL {
    let linted: LintedCRL
    let receipt: EventReceipt

    fileprivate init(_ linted: LintedCRL, _ receipt: EventReceipt) {
        self.linted = linted
        self.receipt = receipt
    }
}

extension LintedCRL {
    func intend(in ledger: LedgerStore) throws(IssuanceError) -> IntendedCRL {
        let (order, head) = (built.order, built.order.head)
        guard message.tokenInput.count <= WireLimits.inputBytes else {
            throw IssuanceError(
                .policyViolation,
                rule: "crl.too-long",
                message: "an Ed25519 key signs no CRL of more than \(WireLimits.inputBytes) octets",
                mend: order.scope.partition == nil
                    ? "give the issuer another kind of key" : "spread its certificates over more parts"
            )
        }
        let intent = CRLIntent(
            issuer: order.scope.issuer.name,
            issuerKeyHash: order.issuerKeyHash,
            number: head.number,
            partition: order.scope.partition.map { Int64($0.index) },
            tbsHash: tbsHash,
            revokedCertificates: Int64(built.entries),
            thisUpdate: head.thisUpdate,
            nextUpdate: head.nextUpdate
        )
        do throws(LedgerError) {
            return IntendedCRL(self, try answer { ledger.intendCRL(intent, completion: $0) })
        } catch {
            throw IssuanceError(error)
        }
    }
}

/// Verified: the token's signature is right (TOK-11).
struct VerifiedCRL {
    let intended: IntendedCRL
    let signature: [UInt8]

    fileprivate init(_ intended: IntendedCRL, signature: [UInt8]) {
        self.intended = intended
        self.signature = signature
    }
}

extension IntendedCRL {
    /// Has the token sign, and checks what it gave.
    func sign() throws(IssuanceError) -> VerifiedCRL {
        let signer = linted.built.order.scope.issuer.key
        let (message, algorithm) = (linted.message, linted.message.algorithm)
        let signed: SigningKey.Signed = try answer { heard in
            signer.sign(message.tokenInput, algorithm, urgency: .urgent, completion: heard)
        }
        guard message.isSigned(by: signer.publicKey, signed.value) else {
            throw .badSignature(token: signer.tokenName, detail: "it does not verify under the issuer's public key")
        }
        return VerifiedCRL(self, signature: signed.value)
    }
}

/// A CRL in force.
package struct IssuedCRL: Sendable, Hashable {
    package let issuer: String
    package let partition: Int?
    package let number: Int64
    /// Seconds since 1970.
    package let thisUpdate: Int64
    package let nextUpdate: Int64
    package let revokedCertificates: Int
    package let size: Int
    package let sha256: [UInt8]
}

extension VerifiedCRL {
    /// Puts the whole together, makes it durable in the ledger, and only then puts it where it is read from.
    func release(on shelf: CRLShelf, ledger: LedgerStore) throws(IssuanceError) -> IssuedCRL {
        let linted = intended.linted
        let (order, head) = (linted.built.order, linted.built.order.head)
        let final = try shelf.makeFinal(order.scope.name)
        let (size, hash) = try assemble(into: final)
        linted.built.file.remove()
        let issued = IssuedCRL(
            issuer: order.scope.issuer.name,
            partition: order.scope.partition?.index,
            number: head.number,
            thisUpdate: head.thisUpdate,
            nextUpdate: head.nextUpdate,
            revokedCertificates: linted.built.entries,
            size: size,
            sha256: hash
        )
        do throws(LedgerError) {
            _ = try answer { ledger.append(.issued(issued, intent: intended.receipt.sequence), completion: $0) }
        } catch {
            throw IssuanceError(error)
        }
        try shelf.publish(final, as: order.scope.name)
        return issued
    }

    private func assemble(into final: ShelfFile) throws(IssuanceError) -> (size: Int, hash: [UInt8]) {
        let built = intended.linted.built
        let frame = CertificateListWriter.frame(
            size: built.size,
            algorithm: intended.linted.message.algorithm,
            signature: signature
        )
        var hash = SHA256()
        func append(_ piece: [UInt8]) throws(IssuanceError) {
            hash.update(data: piece)
            try final.write(piece)
        }
        try append(frame.before)
        var place = 0
        while place < built.size {
            let piece = try built.file.read(at: place, CertificateListWriter.pieceSize)
            guard !piece.isEmpty else { throw CRLShelf.failure("read what was written of a CRL") }
            try append(piece)
            place += piece.count
        }
        try append(frame.after)
        try final.sync()
        return (frame.before.count + built.size + frame.after.count, Array(hash.finalize()))
    }
}

extension LedgerEvent {
    fileprivate static func issued(_ crl: IssuedCRL, intent: Int64) -> LedgerEvent {
        LedgerEvent(
            kind: "crl-issued",
            fields: [
                ("intent", .number(intent)), ("issuer", .text(crl.issuer)), ("number", .number(crl.number)),
                ("size", .number(Int64(crl.size))), ("sha256", .bytes(crl.sha256)),
            ]
        )
    }
}

extension IssuanceError {
    /// What went wrong with a CRL: a file, or bytes that are not what was meant.
    init(crl error: any Error, rule: String) {
        switch error {
        case let error as IssuanceError: self = error
        case let error as X509Error: self.init(ownFault: error, rule: rule)
        default: self = .impossible(error)
        }
    }
}
