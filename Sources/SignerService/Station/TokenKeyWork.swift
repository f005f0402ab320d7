import Crypto
import Issuance
import Ledger
import Policy
import SignerAPI
import TextForms
import Tokens
import Varlink
import X509Building

/// What is wanted of a key in a user's token, judged before any token is touched.
struct KeyWish {
    let order: String
    let algorithm: KeyPairRequest.Algorithm
    /// Whether the key shall open mail too, because the certificate will say that it may.
    let opens: Bool
    /// A certificate for another token's key may be revoked for it.
    let replaces: Bool
}

/// An order's key in the token that is logged in to.
struct KeyInToken {
    let key: TokenKey
    let publicKey: SubjectPublicKey
    let algorithm: KeyPairRequest.Algorithm
    /// As the token told them just now, `CKA_…=true`.
    let attributes: [String]
    /// The ledger knew the key before.
    let repeated: Bool

    func write(to writer: inout JSONWriter) {
        writer.object("key") { writer in
            writer.member("token", key.token)
            writer.member("identity", HexText.encode(publicKey.sha256))
            writer.member("algorithm", algorithm.rawValue)
            writer.member("attributes", attributes)
        }
    }
}

extension TokenKey {
    /// Whether it was made in this token.
    func isIn(_ other: DeskToken) -> Bool {
        token == other.description.serial && tokenLabel == other.description.label
    }
}

extension StationWork {
    /// `GenerateTokenKey`
    func generateKey(in reader: ReaderSettings) throws(StationError) {
        let wish = try wish(
            order: text("order") ?? "",
            profile: text("profile") ?? "",
            algorithm: text("keyAlgorithm"),
            replaces: call.parameters["replace"]?.boolValue ?? false
        )
        let pin = try requiredSecret("pin")
        let desk = try open(reader)
        _ = try find(tokenName, at: desk)
        let token = try asking { () throws(TokenError) in try desk.logIn(to: tokenName, pin: pin) }
        try refuseForeign(token.name, at: desk)
        let made = try key(for: wish, in: token, at: desk)
        let request = try request(for: made, at: desk)
        call.reply { writer in
            writer.member("request", request.pem)
            writer.member("ledgerOrder", made.key.ledgerOrder)
            made.write(to: &writer)
            writer.member("repeated", made.repeated)
        }
    }

    // MARK: Judging

    /// Whether the profile has certificates for keys that users' tokens make, and of which kind.
    func wish(
        order: String,
        profile name: String,
        algorithm wanted: String?,
        replaces: Bool
    ) throws(StationError) -> KeyWish {
        do throws(IssuanceError) {
            try Submission.checkOrderID(order)
        } catch {
            throw StationError(error)
        }
        guard let profile = line.authority.profiles.profile(name) else {
            throw StationError(
                .policyViolation,
                rule: PolicyRule.profileUnknown.rawValue,
                message: "there is no profile “\(name.cut(octets: 64))”",
                mend: PolicyRule.profileUnknown.mend
            )
        }
        guard profile.keyOrigins.contains(.token) else {
            throw StationError(
                .policyViolation,
                rule: PolicyRule.keyOrigin.rawValue,
                message: "the profile “\(name)” has no certificates for keys that are made in users' tokens",
                mend: PolicyRule.keyOrigin.mend
            )
        }
        let algorithm = try algorithm(wanted, profile)
        let opens =
            switch algorithm {
            case .rsa2048, .rsa3072, .rsa4096: profile.keyUsage.rsa?.contains(.keyEncipherment)
            case .p256, .p384: profile.keyUsage.ec?.contains(.keyAgreement)
            case .ed25519: Bool?.none
            }
        return KeyWish(order: order, algorithm: algorithm, opens: opens ?? false, replaces: replaces)
    }

    /// One Ed25519 key hides every key of its token from OpenSSL's users (libp11), so none is ever made.
    private func algorithm(
        _ wanted: String?,
        _ profile: IssuanceProfile
    ) throws(StationError) -> KeyPairRequest.Algorithm {
        let suitable = profile.keyAlgorithms.filter { $0 != .ed25519 }
            .compactMap { KeyPairRequest.Algorithm(rawValue: $0.rawValue) }
        if wanted == nil, let first = suitable.first { return first }
        guard let found = suitable.first(where: { $0.rawValue == wanted }) else {
            throw StationError(
                .policyViolation,
                rule: PolicyRule.keyAlgorithm.rawValue,
                message: "the profile has no keys of that kind for users' tokens",
                mend: "use one of: \(suitable.map(\.rawValue).joined(separator: ", "))"
            )
        }
        return found
    }

    /// A token that holds a person's certificate from elsewhere is somebody's; nothing is put beside it.
    func refuseForeign(_ token: TokenName, at desk: TokenDesk) throws(StationError) {
        let values = try asking { () throws(TokenError) in try desk.certificates(in: token) }
        let held = try TokenListing.held(values, station)
        guard !held.contains(where: { $0.status == "foreign" }) else {
            throw StationError(
                .tokenRefused,
                rule: "token.foreign",
                message: "the token holds a certificate that this service did not issue",
                mend: "take an empty token, or have its owner empty this one"
            )
        }
    }

    // MARK: Making

    /// The order's key: the one that an interrupted run has left in the token, or a new one. When this returns it is in
    /// the ledger.
    func key(for wish: KeyWish, in token: DeskToken, at desk: TokenDesk) throws(StationError) -> KeyInToken {
        let latest = line.tokenKeys.latest(order: wish.order)
        var attempt = latest?.attempt ?? 1
        if let certificate = try certificate(order: latest?.ledgerOrder ?? wish.order) {
            guard let latest else { throw Self.fulfilledOtherwise(wish.order) }
            if latest.isIn(token), let kept = try keptKey(latest, at: desk) { return kept }
            try giveUp(certificate, for: wish)
            attempt += 1
        }
        let identifier = Self.identifier(of: TokenKey.ledgerOrder(wish.order, attempt: attempt))
        let request = DeskKeyRequest(
            algorithm: wish.algorithm,
            label: wish.order,
            identifier: identifier,
            opens: wish.opens
        )
        let (pair, wasThere) = try asking { () throws(TokenError) in try desk.keyPair(request) }
        let key = TokenKey(
            order: wish.order,
            attempt: attempt,
            token: token.description.serial,
            tokenLabel: token.description.label,
            spki: pair.spki,
            ckaID: identifier
        )
        if let other = line.tokenKeys.key(spki: pair.spki), other.order != wish.order {
            throw StationError(
                .tokenRefused,
                rule: "token.key-repeated",
                message: "the token gave out a key that was made for another order",
                mend: "do not use this token any more"
            )
        }
        let made = try checked(key, pair, wish.algorithm, repeated: key == latest)
        if !made.repeated { try record(made, wasThere: wasThere) }
        return made
    }

    /// `CKA_ID` of an order's key: the same in each run, so that what an interrupted one has left is found.
    private static func identifier(of ledgerOrder: String) -> [UInt8] {
        Array(SHA256.hash(data: Array("inkan: key of a user's token: \(ledgerOrder)".utf8)).prefix(16))
    }

    /// The key that the order's certificate is for, if the token still has it.
    func keptKey(_ key: TokenKey, at desk: TokenDesk) throws(StationError) -> KeyInToken? {
        let publicKey = try publicKey(key.spki)
        guard let name = publicKey.keyAlgorithm, let algorithm = KeyPairRequest.Algorithm(rawValue: name.rawValue)
        else { return nil }
        let request = DeskKeyRequest(
            algorithm: algorithm,
            label: key.order,
            identifier: key.ckaID,
            opens: false,
            mustBeThere: true
        )
        let pair: GeneratedKeyPair
        do throws(TokenError) {
            pair = try desk.keyPair(request).pair
        } catch {
            if error.code == .keyMissing { return nil }
            throw StationError(error)
        }
        return pair.spki == key.spki ? try checked(key, pair, algorithm, repeated: true) : nil
    }

    private func checked(
        _ key: TokenKey,
        _ pair: GeneratedKeyPair,
        _ algorithm: KeyPairRequest.Algorithm,
        repeated: Bool
    ) throws(StationError) -> KeyInToken {
        KeyInToken(
            key: key,
            publicKey: try publicKey(pair.spki),
            algorithm: algorithm,
            attributes: pair.attributes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" },
            repeated: repeated
        )
    }

    private func publicKey(_ spki: [UInt8]) throws(StationError) -> SubjectPublicKey {
        do throws(X509Error) {
            return try SubjectPublicKey(derEncoded: spki)
        } catch {
            throw StationError(ownFault: error, rule: "token.key")
        }
    }

    private func record(_ made: KeyInToken, wasThere: Bool) throws(StationError) {
        try record(
            TokenKeyBook.entryKind,
            [
                ("order", .text(made.key.order)), ("attempt", .number(Int64(made.key.attempt))),
                ("token", .text(made.key.token)), ("label", .text(made.key.tokenLabel)),
                ("algorithm", .text(made.algorithm.rawValue)),
                ("key", .bytes(made.publicKey.sha256)), ("publicKey", .bytes(made.key.spki)),
                ("ckaID", .bytes(made.key.ckaID)), ("attributes", .list(made.attributes.map(EventValue.text))),
                ("foundAfterInterruption", .flag(wasThere)),
            ]
        )
        line.tokenKeys.add(made.key)
    }

    // MARK: The order's certificate

    func certificate(order: String) throws(StationError) -> Ledger.IssuedCertificate? {
        try reading { (ledger) throws(LedgerError) in try ledger.certificate(order: order) }
    }

    /// The order had a certificate before any token made a key for it.
    private static func fulfilledOtherwise(_ order: String) -> StationError {
        StationError(
            .orderConflict,
            rule: "order.fulfilled-otherwise",
            message: "the order “\(order)” has a certificate for a key that no user's token made",
            mend: "order under another identifier"
        )
    }

    /// The order goes on without the certificate that it has: that one must not be valid any more.
    private func giveUp(_ certificate: Ledger.IssuedCertificate, for wish: KeyWish) throws(StationError) {
        if try station.status.isRevoked(serial: certificate.serial) { return }
        guard wish.replaces else {
            var error = StationError(.certificateForOtherToken(order: wish.order))
            error.detail =
                "certificate \(HexText.encode(certificate.serial)), token "
                + (line.tokenKeys.latest(order: wish.order)?.token ?? "unknown")
            throw error
        }
        try station.status.revoke(serial: certificate.serial, reason: .superseded, callerUID: call.peer.uid)
    }

    // MARK: The request

    /// A PKCS#10 request for the key, signed inside the token. It is read back and verified.
    func request(for made: KeyInToken, at desk: TokenDesk) throws(StationError) -> CertificationRequest {
        do {
            let subject = DistinguishedName([.init(.commonName, made.key.order)])
            let info = try CertificationRequest.requestInfo(subject: subject, publicKey: made.publicKey)
            let request = try CertificationRequest(
                requestInfo: info,
                algorithm: made.publicKey.requestSignature,
                signature: try signature(over: info, by: made.publicKey, at: desk)
            )
            try request.verifyProofOfPossession()
            return request
        } catch let error as StationError {
            throw error
        } catch let error as X509Error where error.code == .badSignature {
            throw .badSignature
        } catch let error as X509Error {
            throw StationError(ownFault: error, rule: "token.request")
        } catch {
            throw StationError(
                .internalError,
                rule: "service.internal",
                message: "\(type(of: error))",
                mend: "report it"
            )
        }
    }

    /// A signature by the token, in the form that certificates carry. Nobody has verified it yet.
    func signature(
        over message: [UInt8],
        by key: SubjectPublicKey,
        at desk: TokenDesk
    ) throws(StationError) -> [UInt8] {
        let algorithm = key.requestSignature
        let raw = try asking { () throws(TokenError) in
            try desk.sign(
                spki: key.derEncoded,
                mechanism: algorithm.tokenMechanism,
                input: algorithm.tokenInput(for: message)
            )
        }
        do throws(X509Error) {
            return try algorithm.signatureValue(fromToken: raw)
        } catch {
            throw .badSignature
        }
    }
}
