internal import CLinux
import Clocks
package import Secrets

/// A worker for one reader, for the length of one officer's call: the token that is found is worked on step by step,
/// and whatever fails ends the worker. The thread that makes a desk uses it and outlives it.
///
/// Nothing is ever tried twice here: a PIN may be wrong, and what a step has done in a token that was pulled out is
/// known only when the token is there again.
package final class TokenDesk {
    private let process: WorkerProcess
    private let deadline: UInt64
    private let reader: String
    private let makersPINFile: String
    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: WireLimits.packetBytes, alignment: 16)

    /// Starts the worker and has it load the module.
    ///
    /// - Parameter launcher: starts the worker.
    package init(_ settings: ReaderSettings, launcher: WorkerLauncher) throws(TokenError) {
        process = try WorkerProcess(
            launcher: launcher,
            environment: settings.environment,
            standardError: settings.standardError
        )
        deadline = settings.callDeadline
        reader = settings.name
        makersPINFile = settings.makersPINFile ?? ""
        var writer = MessageWriter()
        writer.beginFrame(id: 0, kind: WorkerOperation.desk.rawValue)
        writer.text(settings.modulePath)
        var allows = settings.allows
        allows.read += [settings.makersPINFile].compactMap { $0 }
        allows.write(to: &writer)
        writer.endFrame()
        _ = try exchange(&writer) { (_) throws(TokenError) in }
    }

    deinit {
        process.kill()
        _ = process.reap()
        inkan_wipe(memory.baseAddress, memory.count)
        memory.deallocate()
    }

    /// Every token that the module shows, blank ones too.
    package func tokens() throws(TokenError) -> [DeskToken] {
        try ask(.list) { _ in
        } read: { (body) throws(TokenError) in
            try body.list { (reader) throws(TokenError) in try DeskToken(from: &reader) }
        }
    }

    /// The certificates in a token that anybody can read, DER.
    package func certificates(in token: TokenName) throws(TokenError) -> [[UInt8]] {
        try ask(.certificates) {
            token.write(to: &$0)
        } read: { (body) throws(TokenError) in
            try body.list { (reader) throws(TokenError) in try reader.data() }
        }
    }

    /// Makes PINs for a token; they are set by `initialise` or `resetPIN`, so that whoever needs them can have them
    /// before.
    package func makePINs(
        for token: TokenName,
        user: PINPolicy,
        officer: PINPolicy
    ) throws(TokenError) -> FreshPINs {
        try ask(.makePINs) { writer in
            token.write(to: &writer)
            user.write(to: &writer)
            officer.write(to: &writer)
        } read: { (body) throws(TokenError) in
            let isFromToken = try body.flag()
            let officer = try body.secret()
            return FreshPINs(officer: officer, user: try body.secret(), isFromToken: isFromToken)
        }
    }

    /// Initialises a blank token with the PINs that were made. Refuses any other.
    package func initialise(_ token: TokenName, label: String) throws(TokenError) -> DeskToken {
        try ask(.initialise) { writer in
            token.write(to: &writer)
            writer.text(label)
            writer.text(makersPINFile)
        } read: { (body) throws(TokenError) in
            try DeskToken(from: &body)
        }
    }

    /// Logs in to a token as its user. A PIN is tried once, and not at all when the token could lock itself by it.
    ///
    /// - Parameter pin: `nil` takes the PIN that was made for the token.
    package func logIn(to token: TokenName, pin: Secret?) throws(TokenError) -> DeskToken {
        try ask(.logIn) { writer in
            token.write(to: &writer)
            writer.flag(pin != nil)
            if let pin { writer.secret(pin) }
        } read: { (body) throws(TokenError) in
            try DeskToken(from: &body)
        }
    }

    /// The order's key pair: the one that is there already, or a new one.
    package func keyPair(_ request: DeskKeyRequest) throws(TokenError) -> (pair: GeneratedKeyPair, wasThere: Bool) {
        try ask(.key) {
            request.write(to: &$0)
        } read: { (body) throws(TokenError) in
            let wasThere = try body.flag()
            return (try GeneratedKeyPair(from: &body), wasThere)
        }
    }

    /// A raw signature with a key of the token that is logged in to. Nobody has verified it yet.
    package func sign(spki: [UInt8], mechanism: TokenMechanism, input: [UInt8]) throws(TokenError) -> [UInt8] {
        try ask(.sign) { writer in
            writer.number(mechanism.rawValue)
            writer.data(spki)
            writer.data(input)
        } read: { (body) throws(TokenError) in
            try body.data()
        }
    }

    /// Writes certificates that are not in the token yet, in order; what else has an `identifier` of the last one's is
    /// removed.
    package func install(_ certificates: [DeskCertificate]) throws(TokenError) {
        try ask(.install) { writer in
            writer.list(certificates) { $0.write(to: &$1) }
        } read: { (_) throws(TokenError) in
        }
    }

    /// Gives the user the PIN that was made.
    package func resetPIN(of token: TokenName, officerPIN: Secret) throws(TokenError) {
        try ask(.resetPIN) { writer in
            token.write(to: &writer)
            writer.secret(officerPIN)
        } read: { (_) throws(TokenError) in
        }
    }

    /// Who opens a token that shall be emptied.
    package enum Opener {
        /// The token is initialised anew, and has no user PIN afterwards.
        case officer(Secret)
        /// Every object that the user can see is destroyed.
        case user(Secret)
    }

    /// Empties a token, and looks that it is empty.
    package func wipe(_ token: TokenName, _ opener: Opener) throws(TokenError) {
        try ask(.wipe) { writer in
            token.write(to: &writer)
            switch opener {
            case .officer(let pin):
                writer.flag(true)
                writer.secret(pin)
            case .user(let pin):
                writer.flag(false)
                writer.secret(pin)
            }
        } read: { (_) throws(TokenError) in
        }
    }

    // MARK: Messages

    private func ask<Answer>(
        _ operation: DeskOperation,
        write: (inout MessageWriter) -> Void,
        read: (inout MessageReader) throws(TokenError) -> Answer
    ) throws(TokenError) -> Answer {
        var writer = MessageWriter(reserving: 4096)
        writer.beginFrame(id: 1, kind: operation.rawValue)
        write(&writer)
        writer.endFrame()
        return try exchange(&writer, read)
    }

    /// Sends one packet and waits for the one answer. Both are wiped: a PIN may be in either.
    private func exchange<Answer>(
        _ writer: inout MessageWriter,
        _ read: (inout MessageReader) throws(TokenError) -> Answer
    ) throws(TokenError) -> Answer {
        guard writer.bytes.count <= WireLimits.packetBytes else { throw .inputTooLong }
        let isSent = process.connection.send(writer.bytes, waits: false)
        writer.wipe()
        guard isSent else { throw .workerDied(reader, "has ended") }
        let end = monotonicNanoseconds() + deadline
        while !process.connection.isReadable(before: end, now: monotonicNanoseconds()) {
            guard monotonicNanoseconds() < end else { throw .timedOut(reader) }
        }
        guard let packet = process.connection.receive(into: memory) else {
            throw .workerDied(reader, "ended before it answered")
        }
        defer { inkan_wipe(memory.baseAddress, packet.count) }
        var message = MessageReader(packet)
        var frame = try message.frame()
        guard frame.kind == WorkerReply.done.rawValue else { throw try TokenError(from: &frame.body) }
        return try read(&frame.body)
    }
}
