import Glibc
import PKCS11
import Secrets
import Tokens

/// Work on tokens that are not being served. The module is ended before the answer goes out, so that whatever it did
/// is done.
enum OneShot {
    static func perform(
        _ operation: WorkerOperation,
        _ body: inout MessageReader,
        _ allows: WorkerAllowance
    ) throws(TokenError) -> [UInt8] {
        let path = try body.text()
        var writer = MessageWriter()
        switch operation {
        case .listTokens:
            let tokens = try withModule(path, allows) { (module) throws(OperationFailure) in try list(module) }
            writer.list(tokens) { $0.write(to: &$1) }
        case .listMechanisms:
            let serial = try body.text()
            let mechanisms = try withModule(path, allows) { (module) throws(OperationFailure) in
                try listMechanisms(module, serial: serial)
            }
            writer.list(mechanisms) { $0.write(to: &$1) }
        case .initializeToken:
            let label = try body.text()
            let pins = try (officer: readPIN(try body.text()), user: readPIN(try body.text()))
            let makersFile = try body.text()
            let makersPIN = try makersFile.isEmpty ? nil : readPIN(makersFile)
            let token = try withModule(path, allows) { (module) throws(OperationFailure) in
                try initialize(module, label: label, officerPIN: pins.officer, userPIN: pins.user, makersPIN: makersPIN)
            }
            token.write(to: &writer)
        case .open, .sign, .random, .generateKeyPair, .prepareKey, .inspect, .desk, .beSpawner, .readMarks,
            .writeMark, .exportKeyPair:
            throw TokenError(.workerUnusable, "this worker serves no token", mend: "open a token first")
        }
        return writer.bytes
    }

    private static func readPIN(_ path: String) throws(TokenError) -> Secret {
        do throws(SecretFileError) { return try SecretFile.read(path) } catch { throw TokenError(error) }
    }

    /// Loads the module in a process that has confined itself to it. Secrets are read before.
    private static func withModule<Answer>(
        _ path: String,
        _ allows: WorkerAllowance,
        _ body: (Module) throws(OperationFailure) -> Answer
    ) throws(TokenError) -> Answer {
        _ = try WorkerPlaces(module: path, environment: ownEnvironment(), allows: allows, pinFile: nil).confine()
        do throws(OperationFailure) {
            let module = try calling { () throws(PKCS11Error) in
                let module = try Module(path: path)
                try module.initialize()
                return module
            }
            defer {
                do throws(PKCS11Error) { try module.finalize() } catch {
                    WorkerLog.write("finalize-failed", ["error": error.description])
                }
            }
            return try body(module)
        } catch {
            throw error.error
        }
    }

    private static func list(_ module: Module) throws(OperationFailure) -> [TokenDescription] {
        try calling { () throws(PKCS11Error) in
            var tokens: [TokenDescription] = []
            for slot in try module.slots() {
                tokens.append(
                    TokenDescription(
                        try slot.tokenInfo(),
                        modulePath: module.path,
                        interfaceVersion: module.interfaceVersion
                    )
                )
            }
            return tokens
        }
    }

    private static func listMechanisms(
        _ module: Module,
        serial: String
    ) throws(OperationFailure) -> [MechanismDescription] {
        let slot = try calling { () throws(PKCS11Error) -> Slot? in
            for slot in try module.slots() where try slot.tokenInfo().serial == serial { return slot }
            return nil
        }
        guard let slot else {
            let message = "no slot of \(module.path) holds the token with serial \(serial)"
            throw OperationFailure(TokenError(.tokenMissing, message, mend: "put the token in"), .permanent)
        }
        return try Inspection.mechanisms(of: slot)
    }

    private static func initialize(
        _ module: Module,
        label: String,
        officerPIN: Secret,
        userPIN: Secret,
        makersPIN: Secret?
    ) throws(OperationFailure) -> TokenDescription {
        var blank: Slot?
        for slot in try calling({ () throws(PKCS11Error) in try module.slots() }) {
            let info = try calling { () throws(PKCS11Error) in try slot.tokenInfo() }
            if !info.flags.contains(.tokenInitialized) {
                blank = blank ?? slot
            } else if info.label == label {
                throw OperationFailure(
                    TokenError(
                        .requestRefused,
                        "a token with the label \(label) is there already (serial \(info.serial))",
                        mend: "choose another label"
                    ),
                    .permanent
                )
            }
        }
        guard let blank else {
            throw OperationFailure(
                TokenError(.tokenMissing, "the module has no blank token", mend: "put a blank token in"),
                .permanent
            )
        }
        let info = try calling { () throws(PKCS11Error) in
            // A blank token may have an SO PIN already, its maker's (opencryptoki).
            try blank.initializeToken(label: label, securityOfficerPIN: makersPIN ?? officerPIN)
            let session = try blank.openSession(readWrite: true)
            try session.login(.securityOfficer, pin: makersPIN ?? officerPIN)
            if let makersPIN { try session.changePIN(from: makersPIN, to: officerPIN) }
            try session.initializeUserPIN(userPIN)
            try session.logout()
            try session.close()
            return try blank.tokenInfo()
        }
        // Modules that keep their objects in files leave them in the system's cache.
        sync()
        return TokenDescription(info, modulePath: module.path, interfaceVersion: module.interfaceVersion)
    }
}
