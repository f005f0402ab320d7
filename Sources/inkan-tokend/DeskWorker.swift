import CLinux
import Glibc
import PKCS11
import Secrets
import Tokens

/// Works on users' tokens for the station, one packet after the other, on one thread: a card does one thing at a time.
/// It ends with the socket.
final class DeskWorker {
    private let module: Module
    /// The session that is logged in, and the PIN for keys that want it before each signature.
    private var user: (session: Session, pin: Secret)?
    private var freshPINs: (officer: Secret, user: Secret)?
    /// Where the token that is worked on was found.
    private var current: Slot?

    private init(modulePath: String) throws(TokenError) {
        do throws(PKCS11Error) {
            module = try Module(path: modulePath)
            try module.initialize()
        } catch {
            throw TokenError(error)
        }
    }

    static func serve(
        modulePath: String,
        _ id: UInt64,
        _ connection: WorkerConnection
    ) throws(TokenError) -> Int32 {
        let worker = try DeskWorker(modulePath: modulePath)
        Worker.send(connection, id: id, reply: .done, body: [])
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: WireLimits.packetBytes, alignment: 16)
        defer { memory.deallocate() }
        while let packet = connection.receive(into: memory) {
            var answer = MessageWriter(reserving: 4096)
            do throws(TokenError) {
                var reader = MessageReader(packet)
                var frame = try reader.frame()
                answer.beginFrame(id: frame.id, kind: WorkerReply.done.rawValue)
                try worker.perform(DeskOperation(rawValue: frame.kind), &frame.body, &answer)
            } catch {
                answer.wipe()
                answer.beginFrame(id: id, kind: WorkerReply.failed.rawValue)
                error.write(to: &answer)
            }
            answer.endFrame()
            // PINs may have been in either.
            inkan_wipe(memory.baseAddress, packet.count)
            _ = connection.send(answer.bytes)
            answer.wipe()
        }
        worker.end()
        return 0
    }

    private func end() {
        user = nil
        do throws(PKCS11Error) { try module.finalize() } catch {
            WorkerLog.write("finalize-failed", ["error": error.description])
        }
    }

    private func perform(
        _ operation: DeskOperation?,
        _ body: inout MessageReader,
        _ answer: inout MessageWriter
    ) throws(TokenError) {
        switch operation {
        case .list: try list(&answer)
        case .certificates: try certificates(serial: try body.text(), &answer)
        case .makePINs: try makePINs(&body, &answer)
        case .initialise:
            let serial = try body.text()
            let label = try body.text()
            try initialise(serial: serial, label: label, makersPINFile: try body.text()).write(to: &answer)
        case .logIn: try logIn(&body).write(to: &answer)
        case .key: try key(DeskKeyRequest(from: &body), &answer)
        case .sign: try sign(&body, &answer)
        case .install:
            try install(body.list { (reader) throws(TokenError) in try DeskCertificate(from: &reader) })
        case .resetPIN: try resetPIN(&body)
        case .wipe: try wipe(&body)
        case nil: throw TokenError(.workerUnusable, "unknown work", mend: "install matching versions")
        }
    }

    // MARK: Looking

    /// Runs calls of the module on a token. Many modules have but a general error for a card that was pulled out, so
    /// after a fault the slot is looked at.
    private func asking<Answer>(_ body: () throws(PKCS11Error) -> Answer) throws(TokenError) -> Answer {
        do throws(PKCS11Error) {
            return try body()
        } catch {
            guard error.answer?.consequence == .transient, let current, isGone(current) else {
                throw TokenError(desk: error)
            }
            throw TokenError(
                .tokenMissing,
                "\(error.description): the token was pulled out",
                mend: "put it in again, and ask again with the same order",
                returnValue: error.answer?.rawValue
            )
        }
    }

    /// Readers are looked at by their driver a few times a second, so the slot's word may be that old.
    private func isGone(_ slot: Slot) -> Bool {
        for _ in 0..<30 {
            do throws(PKCS11Error) {
                if try !slot.hasToken() { return true }
            } catch {
                return true
            }
            usleep(50_000)
        }
        return false
    }

    private func list(_ answer: inout MessageWriter) throws(TokenError) {
        let tokens = try asking { () throws(PKCS11Error) in
            var tokens: [DeskToken] = []
            for slot in try module.slots() { tokens.append(try describe(slot)) }
            return tokens
        }
        answer.number(UInt32(tokens.count))
        for token in tokens { token.write(to: &answer) }
    }

    private func describe(_ slot: Slot) throws(PKCS11Error) -> DeskToken {
        let info = try slot.tokenInfo()
        return DeskToken(
            description: TokenDescription(
                info,
                modulePath: module.path,
                interfaceVersion: module.interfaceVersion
            ),
            place: try slot.description(),
            isUserPINLocked: info.flags.contains(.userPINLocked),
            freeMemory: info.freePrivateMemory ?? info.freePublicMemory
        )
    }

    /// The most certificates that are told of one token: as many as fit into a packet.
    private static let mostCertificates = 16

    private func certificates(serial: String, _ answer: inout MessageWriter) throws(TokenError) {
        let slot = try find(serial)
        var found = try asking { () throws(PKCS11Error) in
            try slot.openSession().certificates(limit: DeskWorker.mostCertificates).map(\.value)
        }
        var room = WireLimits.packetBytes / 2
        found = Array(
            found.prefix {
                room -= $0.count
                return room > 0
            }
        )
        answer.number(UInt32(found.count))
        for value in found { answer.data(value) }
    }

    /// The slot of a token; an empty serial number means the only blank one. A card may show itself in several slots,
    /// one for each of its PINs: then the first is taken.
    ///
    /// - Parameter isBlank: a blank token is meant, whether it has a serial number already or not.
    private func find(_ serial: String, isBlank: Bool = false) throws(TokenError) -> Slot {
        current = nil
        var found = try asking { () throws(PKCS11Error) in
            var found: [FoundToken] = []
            for slot in try module.slots() {
                let info = try slot.tokenInfo()
                let isFree = !info.flags.contains(.tokenInitialized)
                let isMeant = serial.isEmpty ? isFree : info.serial == serial && (isFree || !isBlank)
                if isMeant { found.append(FoundToken(slot: slot, info: info, place: try slot.description())) }
            }
            return found
        }
        // Some modules give a blank token the serial number of the others (tpm2-pkcs11).
        if found.contains(where: \.isInitialized), found.count > 1 { found.removeAll { !$0.isInitialized } }
        guard let first = found.first else {
            throw TokenError(
                .tokenMissing,
                serial.isEmpty || isBlank
                    ? "no blank token is in the reader" : "no token of this serial number is in the reader",
                mend: "put the token in, and ask again with the same order"
            )
        }
        guard found.allSatisfy({ $0.isSameCard(as: first) }) else {
            throw TokenError(
                .tokenAmbiguous,
                serial.isEmpty
                    ? "\(found.count) blank tokens are in the reader"
                    : "\(found.count) tokens of the reader have this serial number",
                mend: "leave one in, and ask again"
            )
        }
        current = first.slot
        return first.slot
    }

    private struct FoundToken {
        let slot: Slot
        let info: TokenInfo
        let place: String

        var isInitialized: Bool { info.flags.contains(.tokenInitialized) }

        /// OpenSC puts the name of the PIN behind the card's label, in brackets.
        private var cardLabel: Substring {
            guard info.label.hasSuffix(")"), let bracket = info.label.range(of: " (") else { return info.label[...] }
            return info.label[..<bracket.lowerBound]
        }

        func isSameCard(as other: FoundToken) -> Bool {
            place == other.place && cardLabel == other.cardLabel
        }
    }

    // MARK: PINs

    private func makePINs(_ body: inout MessageReader, _ answer: inout MessageWriter) throws(TokenError) {
        let slot = try find(try body.text())
        let (user, officer) = (try PINPolicy(from: &body), try PINPolicy(from: &body))
        let lengths = try asking { () throws(PKCS11Error) in try slot.tokenInfo().pinLengths }
        for policy in [user, officer] where !lengths.contains(policy.length) {
            throw TokenError(
                .pinLength,
                "this kind of token takes PINs of \(lengths.lowerBound) to \(lengths.upperBound) characters, "
                    + "and the reader's settings ask for \(policy.length)",
                mend: "set userPIN and officerPIN of the reader accordingly"
            )
        }
        let source = PINSource(slot)
        let fresh = try (officer: source.make(officer), user: source.make(user))
        freshPINs = fresh
        answer.flag(source.isFromToken)
        answer.secret(fresh.officer)
        answer.secret(fresh.user)
    }

    private func fresh() throws(TokenError) -> (officer: Secret, user: Secret) {
        guard let freshPINs else {
            throw TokenError(.workerUnusable, "no PINs have been made", mend: "install matching versions")
        }
        return freshPINs
    }

    private func initialise(
        serial: String,
        label: String,
        makersPINFile: String
    ) throws(TokenError) -> DeskToken {
        let slot = try find(serial, isBlank: true)
        let pins = try fresh()
        let info = try asking { () throws(PKCS11Error) in try slot.tokenInfo() }
        guard !info.flags.contains(.tokenInitialized) else {
            throw TokenError(
                .requestRefused,
                "this token is initialised already",
                mend: "personalise it with its PIN, or retire it first"
            )
        }
        let makersPIN = try makersPINFile.isEmpty ? nil : readPIN(makersPINFile)
        let token = try asking { () throws(PKCS11Error) in
            try slot.initializeToken(label: label, securityOfficerPIN: makersPIN ?? pins.officer)
            try setUserPIN(slot, officerPIN: pins.officer, userPIN: pins.user, makersPIN: makersPIN)
            return try describe(slot)
        }
        // Modules that keep their objects in files leave them in the system's cache.
        sync()
        return token
    }

    private func readPIN(_ path: String) throws(TokenError) -> Secret {
        do throws(SecretFileError) { return try SecretFile.read(path) } catch {
            throw TokenError(.pinUnavailable, error.description, mend: "put the makers' PIN in place (makersPIN)")
        }
    }

    /// - Parameter makersPIN: the SO PIN that the token has until now; it is replaced.
    private func setUserPIN(
        _ slot: Slot,
        officerPIN: Secret,
        userPIN: Secret,
        makersPIN: Secret? = nil
    ) throws(PKCS11Error) {
        let session = try slot.openSession(readWrite: true)
        try session.login(.securityOfficer, pin: makersPIN ?? officerPIN)
        if let makersPIN { try session.changePIN(from: makersPIN, to: officerPIN) }
        try session.initializeUserPIN(userPIN)
        try session.logout()
        try session.close()
    }

    private func resetPIN(_ body: inout MessageReader) throws(TokenError) {
        let slot = try find(try body.text())
        let officerPIN = try body.secret()
        let pins = try fresh()
        try checkOfficer(slot, officerPIN)
        try asking { () throws(PKCS11Error) in
            try setUserPIN(slot, officerPIN: officerPIN, userPIN: pins.user)
        }
        sync()
    }

    /// Looks whether the SO PIN may be tried at all.
    private func checkOfficer(_ slot: Slot, _ pin: Secret) throws(TokenError) {
        let info = try asking { () throws(PKCS11Error) in try slot.tokenInfo() }
        guard info.flags.contains(.tokenInitialized) else { throw .blank }
        if info.flags.contains(.officerPINLocked) {
            throw TokenError(.tokenLocked, "the token says that its SO PIN is locked", mend: "retire the token")
        }
        if info.flags.contains(.officerPINFinalTry) {
            throw TokenError(
                .pinFinalTry,
                "one more wrong SO PIN would lock the token for ever, so none is tried",
                mend: "enter the SO PIN once with the vendor's own tool"
            )
        }
        try check(pin, info)
    }

    private func check(_ pin: Secret, _ info: TokenInfo) throws(TokenError) {
        guard info.pinLengths.contains(pin.count) else {
            throw TokenError(
                .pinLength,
                "PINs of this token have \(info.pinLengths.lowerBound) to \(info.pinLengths.upperBound) characters",
                mend: "give the right PIN; this one was not tried"
            )
        }
    }

    private func logIn(_ body: inout MessageReader) throws(TokenError) -> DeskToken {
        let slot = try find(try body.text())
        let pin = try body.flag() ? try body.secret() : try fresh().user
        let info = try asking { () throws(PKCS11Error) in try slot.tokenInfo() }
        guard info.flags.contains(.tokenInitialized), info.flags.contains(.userPINInitialized) else { throw .blank }
        if info.flags.contains(.userPINLocked) {
            throw TokenError(
                .tokenLocked,
                "the token says that its PIN is locked",
                mend: "reset the PIN with the token's SO PIN"
            )
        }
        if info.flags.contains(.userPINFinalTry) {
            throw TokenError(
                .pinFinalTry,
                "one more wrong PIN would lock the token, so none is tried",
                mend: "reset the PIN with the token's SO PIN"
            )
        }
        try check(pin, info)
        return try asking { () throws(PKCS11Error) in
            let session = try slot.openSession(readWrite: true)
            try session.login(.user, pin: pin)
            user = (session, pin)
            return try describe(slot)
        }
    }

    // MARK: Keys and certificates

    private func session() throws(TokenError) -> (session: Session, pin: Secret) {
        guard let user else {
            throw TokenError(.workerUnusable, "nobody has logged in to the token", mend: "install matching versions")
        }
        return user
    }

    private func key(_ request: DeskKeyRequest, _ answer: inout MessageWriter) throws(TokenError) {
        let session = try session().session
        let algorithm = request.algorithm.pkcs11
        let found = try refusing(request.identifier) { () throws(PKCS11Error) -> (key: GeneratedKey, wasThere: Bool) in
            if let key = try session.keyPair(identifier: request.identifier, algorithm: algorithm) {
                return (key, true)
            }
            if request.mustBeThere { throw .keyMissing }
            // Half of a pair, or one of another kind, from an order that was interrupted: nobody knows its key.
            try session.destroyObjects(identifier: request.identifier)
            var uses = KeyUses.signing
            if request.opens { uses = request.algorithm.isRSA ? .decryption : .agreement }
            let key = try session.generateKeyPair(
                algorithm,
                label: request.label,
                identifier: request.identifier,
                uses: uses
            )
            return (key, false)
        }
        sync()
        answer.flag(found.wasThere)
        GeneratedKeyPair(
            spki: found.key.publicKey.derEncoded,
            attributes: Dictionary(
                uniqueKeysWithValues: found.key.attributes.map { ($0.key.description, $0.value) }
            ),
            ckaID: request.identifier
        ).write(to: &answer)
    }

    /// Some modules do not say of the keys that they make what must be said; the card's own tool may write it (OpenSC).
    private func refusing<Answer>(
        _ identifier: [UInt8],
        _ body: () throws(PKCS11Error) -> Answer
    ) throws(TokenError) -> Answer {
        do throws(TokenError) {
            return try asking(body)
        } catch {
            guard error.code == .attributesRefused else { throw error }
            let digits = identifier.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            throw TokenError(
                .attributesRefused,
                error.message,
                mend: "have the token's own tool make the key inside it under the CKA_ID \(digits) "
                    + "(pkcs15-init --generate-key --id), and ask again with the same order; or take another kind of token"
            )
        }
    }

    private func sign(_ body: inout MessageReader, _ answer: inout MessageWriter) throws(TokenError) {
        let (session, pin) = try session()
        guard let mechanism = TokenMechanism(rawValue: try body.number(UInt8.self)) else {
            throw TokenError(.mechanismUnavailable, "unknown mechanism", mend: "use a listed mechanism")
        }
        let (spki, input) = (try body.data(), try body.data())
        let signature = try asking { () throws(PKCS11Error) in
            let key = try session.findKey(SubjectPublicKeyInfo(derEncoded: spki))
            try session.beginSigning(mechanism.signing, key: key.privateHandle)
            if key.alwaysAuthenticate { try session.login(.contextSpecific, pin: pin) }
            return try session.finishSigning(input)
        }
        answer.data(signature)
    }

    private func install(_ wanted: [DeskCertificate]) throws(TokenError) {
        let session = try session().session
        guard let own = wanted.last else { return }
        try asking { () throws(PKCS11Error) in
            let present = try session.certificates()
            for stale in present where stale.identifier == own.identifier && stale.value != own.value {
                try session.destroyObject(stale.handle)
            }
            for certificate in wanted {
                let isThere = present.contains { object in
                    object.value == certificate.value
                        && (certificate.identifier != own.identifier || object.identifier == own.identifier)
                }
                if isThere { continue }
                _ = try session.createCertificate(
                    certificate.value,
                    identifier: certificate.identifier,
                    label: certificate.label,
                    subject: certificate.subject,
                    issuer: certificate.issuer,
                    serialNumber: certificate.serialNumber
                )
            }
        }
        sync()
    }

    // MARK: Emptying

    private func wipe(_ body: inout MessageReader) throws(TokenError) {
        let slot = try find(try body.text())
        let isOfficer = try body.flag()
        let pin = try body.secret()
        let info = try asking { () throws(PKCS11Error) in try slot.tokenInfo() }
        if isOfficer {
            try checkOfficer(slot, pin)
            try asking { () throws(PKCS11Error) in
                try slot.initializeToken(label: info.label.isEmpty ? "retired" : info.label, securityOfficerPIN: pin)
            }
        } else {
            guard info.flags.contains(.userPINInitialized) else { throw .blank }
            if info.flags.contains(.userPINLocked) || info.flags.contains(.userPINFinalTry) {
                throw TokenError(
                    .pinFinalTry,
                    "no PIN is tried on a token that is about to be locked or is",
                    mend: "use the SO PIN"
                )
            }
            try check(pin, info)
            try asking { () throws(PKCS11Error) in
                let session = try slot.openSession(readWrite: true)
                try session.login(.user, pin: pin)
                while let object = try session.findObjects([.bool(.token, true)], limit: 1).first {
                    try session.destroyObject(object)
                }
            }
        }
        sync()
    }
}

extension TokenError {
    fileprivate static let blank = TokenError(
        .tokenBlank,
        "the token is not initialised, or has no user PIN",
        mend: "initialise it first"
    )

    /// What a module answered about a user's token, with what the officer at the desk can do.
    fileprivate init(desk cause: PKCS11Error) {
        let answer = cause.answer
        switch answer {
        case .pinLocked?:
            self.init(
                .tokenLocked,
                "\(cause.description): the PIN is locked",
                mend: "reset the PIN with the token's SO PIN",
                returnValue: answer?.rawValue
            )
        case .pinLengthRange?, .pinInvalid?, .pinTooWeak?:
            self.init(
                .pinLength,
                "\(cause.description): the token takes no such PIN",
                mend: "set userPIN and officerPIN of the reader to what the token takes",
                returnValue: answer?.rawValue
            )
        case let value? where value.consequence == .pinDangerous:
            self.init(
                .wrongPIN,
                "\(cause.description): the PIN is wrong; it was tried once",
                mend: "give the right PIN, or reset it with the token's SO PIN",
                returnValue: value.rawValue
            )
        case .deviceMemory?:
            self.init(
                .tokenFull,
                "\(cause.description): the token has no room left",
                mend: "take another token, or retire this one",
                returnValue: answer?.rawValue
            )
        case .tokenNotPresent?, .deviceRemoved?, .tokenNotRecognized?, .slotIDInvalid?:
            self.init(
                .tokenMissing,
                "\(cause.description): the token was pulled out",
                mend: "put it in again, and ask again with the same order",
                returnValue: answer?.rawValue
            )
        default: self.init(cause)
        }
    }
}

extension KeyPairRequest.Algorithm {
    fileprivate var isRSA: Bool {
        switch self {
        case .rsa2048, .rsa3072, .rsa4096: true
        case .p256, .p384, .ed25519: false
        }
    }
}
