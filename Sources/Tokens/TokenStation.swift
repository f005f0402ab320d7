import Clocks

/// Work on tokens that are not being served: listing, making, asking. Each call starts a worker, asks it one thing and
/// ends it; the calling thread waits.
package struct TokenStation: Sendable {
    private let launcher: WorkerLauncher
    private let environment: [String: String]
    private let allows: WorkerAllowance
    private let standardError: Int32

    /// - Parameters:
    ///   - launcher: starts the workers.
    ///   - environment: the worker's whole environment, such as `SOFTHSM2_CONF`.
    ///   - allows: what the worker may touch beyond what is known of its module.
    package init(
        launcher: WorkerLauncher,
        environment: [String: String],
        allows: WorkerAllowance = .nothing,
        standardError: Int32 = 2
    ) {
        self.launcher = launcher
        self.environment = environment
        self.allows = allows
        self.standardError = standardError
    }

    /// A station whose process starts the workers itself.
    ///
    /// - Parameter workerExecutable: the path of `inkan-tokend`.
    package init(
        workerExecutable: String,
        environment: [String: String],
        allows: WorkerAllowance = .nothing,
        standardError: Int32 = 2
    ) {
        self.init(
            launcher: .here(executable: workerExecutable),
            environment: environment,
            allows: allows,
            standardError: standardError
        )
    }

    /// Every token that a module shows, blank ones too.
    package func listTokens(modulePath: String) throws(TokenError) -> [TokenDescription] {
        try ask(.listTokens, seconds: 30) {
            $0.text(modulePath)
        } read: { (body) throws(TokenError) in
            try body.list { (reader) throws(TokenError) in try TokenDescription(from: &reader) }
        }
    }

    /// The mechanisms of one token, named by its serial.
    package func listMechanisms(modulePath: String, serial: String) throws(TokenError) -> [MechanismDescription] {
        try ask(.listMechanisms, seconds: 30) { writer in
            writer.text(modulePath)
            writer.text(serial)
        } read: { (body) throws(TokenError) in
            try body.list { (reader) throws(TokenError) in try MechanismDescription(from: &reader) }
        }
    }

    /// Makes a token in a blank slot. A token of the same label must not be there yet; no token is ever overwritten.
    ///
    /// - Parameters:
    ///   - label: at most 32 bytes.
    ///   - securityOfficerPINFile: a file of mode 0600 or stricter, as is `userPINFile`.
    ///   - makersPINFile: the SO PIN that the blank token has from its maker, where it has one. It is replaced.
    package func initializeToken(
        modulePath: String,
        label: String,
        securityOfficerPINFile: String,
        userPINFile: String,
        makersPINFile: String? = nil
    ) throws(TokenError) -> TokenDescription {
        try ask(.initializeToken, seconds: 120) { writer in
            for field in [modulePath, label, securityOfficerPINFile, userPINFile, makersPINFile ?? ""] {
                writer.text(field)
            }
        } read: { (body) throws(TokenError) in
            try TokenDescription(from: &body)
        }
    }

    private func ask<Answer>(
        _ operation: WorkerOperation,
        seconds: UInt64,
        write: (inout MessageWriter) -> Void,
        read: (inout MessageReader) throws(TokenError) -> Answer
    ) throws(TokenError) -> Answer {
        let process = try WorkerProcess(
            launcher: launcher,
            environment: environment,
            standardError: standardError
        )
        defer {
            process.kill()
            _ = process.reap()
        }
        var writer = MessageWriter()
        writer.beginFrame(id: 1, kind: operation.rawValue)
        allows.write(to: &writer)
        write(&writer)
        writer.endFrame()
        guard process.connection.send(writer.bytes, waits: false) else {
            throw .workerDied("(none)", "ended at its start")
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: WireLimits.packetBytes, alignment: 16)
        defer { memory.deallocate() }
        let deadline = monotonicNanoseconds() + seconds * 1_000_000_000
        while !process.connection.isReadable(before: deadline, now: monotonicNanoseconds()) {
            guard monotonicNanoseconds() < deadline else { throw .timedOut("(none)") }
        }
        guard let packet = process.connection.receive(into: memory) else {
            throw .workerDied("(none)", "ended before it answered")
        }
        var reader = MessageReader(packet)
        var frame = try reader.frame()
        guard frame.kind == WorkerReply.done.rawValue else { throw try TokenError(from: &frame.body) }
        return try read(&frame.body)
    }
}
