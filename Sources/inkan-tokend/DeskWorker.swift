import CLinux
import Glibc
import PKCS11
import Secrets
import TextForms
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
        case .certificates: try certificates(try TokenName(from: &body), &answer)
        case .makePINs: try makePINs(&body, &answer)
        case .initialise:
            try initialise(&body).write(to: &answer)
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
        answer.list(tokens) { $0.write(to: &$1) }
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

    private func certificates(_ name: TokenName, _ answer: inout MessageWriter) throws(TokenError) {
        let slot = try find(name)
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
        answer.list(found) { $1.data($0) }
    }

    /// The slot of a token. A card may show itself in several slots, one for each of its PINs: then the first is taken.
    private func find(_ name: TokenName) throws(TokenError) -> Slot {
        current = nil
        let found = try asking { () throws(PKCS11Error) in
            var found: [FoundToken] = []
            for slot in try module.slots() {
                let info = try slot.tokenInfo()
                let token = TokenDescription(
                    info,
                    modulePath: module.path,
                    interfaceVersion: module.interfaceVersion
                )
                if name.fits(token) { found.append(FoundToken(slot: slot, info: info, place: try slot.description())) }
            }
            return found
        }
        guard let first = found.first else {
            throw TokenError(
                .tokenMissing,
                name.isBlank ? "no such blank token is in the reader" : "this token is not in the reader",
                mend: "put the token in, and ask again with the same order"
            )
        }
        guard found.allSatisfy({ $0.isSameCard(as: first) }) else {
            throw TokenError(
                .tokenAmbiguous,
                "\(found.count) tokens of the reader answer to that name",
                mend: "name the token by its label too, or leave one in"
            )
        }
        current = first.slot
        return first.slot
    }

    // MARK: PINs

    private func makePINs(_ body: inout MessageReader, _ answer: inout MessageWriter) throws(TokenError) {
        let slot = try find(try TokenName(from: &body))
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

    private func initialise(_ body: inout MessageReader) throws(TokenError) -> DeskToken {
        let slot = try find(try TokenName(from: &body))
        let label = try body.text()
        let makersPINFile = try body.text()
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
        let slot = try find(try TokenName(from: &body))
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

    /// Looks whether the user's PIN may be tried at all.
    private func checkUser(_ slot: Slot, _ pin: Secret) throws(TokenError) {
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
    }

    private func logIn(_ body: inout MessageReader) throws(TokenError) -> DeskToken {
        let slot = try find(try TokenName(from: &body))
        let pin = try body.flag() ? try body.secret() : try fresh().user
        try checkUser(slot, pin)
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
        let (pair, identifier) = (request.pair, request.pair.identifier ?? [])
        let algorithm = pair.algorithm.pkcs11
        let found = try refusing(identifier) { () throws(PKCS11Error) -> (key: GeneratedKey, wasThere: Bool) in
            if let key = try session.keyPair(identifier: identifier, algorithm: algorithm) {
                return (key, true)
            }
            if request.mustBeThere { throw .keyMissing }
            // Half of a pair, or one of another kind, from an order that was interrupted: nobody knows its key.
            try session.destroyObjects(identifier: identifier)
            var uses = KeyUses.signing
            if request.opens { uses = pair.algorithm.isRSA ? .decryption : .agreement }
            let key = try session.generateKeyPair(
                algorithm,
                label: pair.label,
                identifier: identifier,
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
            ckaID: identifier
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
            throw TokenError(
                .attributesRefused,
                error.message,
                mend: "have the token's own tool make the key inside it under the CKA_ID \(HexText.encode(identifier)) "
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
        let slot = try find(try TokenName(from: &body))
        let isOfficer = try body.flag()
        let pin = try body.secret()
        if isOfficer {
            try checkOfficer(slot, pin)
            try asking { () throws(PKCS11Error) in
                let label = try slot.tokenInfo().label
                try slot.initializeToken(label: label.isEmpty ? "retired" : label, securityOfficerPIN: pin)
            }
            try checkEmpty(slot)
        } else {
            try checkUser(slot, pin)
            try asking { () throws(PKCS11Error) in
                let session = try slot.openSession(readWrite: true)
                try session.login(.user, pin: pin)
                for object in try session.findObjects([.bool(.token, true)]) { try session.destroyObject(object) }
            }
            try checkEmpty(slot)
        }
        sync()
    }

    private func checkEmpty(_ slot: Slot) throws(TokenError) {
        let rest = try asking { () throws(PKCS11Error) in
            try slot.openSession().findObjects([.bool(.token, true)], limit: 1)
        }
        guard rest.isEmpty else {
            throw TokenError(
                .moduleError,
                "the token is not empty afterwards",
                mend: "empty it with its vendor's tool, or destroy it"
            )
        }
    }
}
