/// What a token remembers for the service: a few bytes in a data object of its own, behind the PIN.
extension TokenWorkerSupervisor {
    /// Every mark in the token; more than one only when a worker died while it replaced one. Waits.
    package func marks() throws(TokenError) -> [[UInt8]] {
        let bytes: [UInt8] = try waitForAnswer { hear in
            submit(allowance: settings.callDeadline, listener: .body(hear)) { _ in .control(.readMarks, body: []) }
        }
        var marks: [[UInt8]] = []
        var failure: TokenError?
        bytes.withUnsafeBytes { memory in
            var reader = MessageReader(memory)
            do throws(TokenError) {
                for _ in 0..<min(try reader.number(UInt32.self), 16) { marks.append(try reader.data()) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return marks
    }

    /// Puts a mark in the place of all that were there: at most `WireLimits.markBytes`. Waits.
    package func keepMark(_ mark: [UInt8]) throws(TokenError) {
        var writer = MessageWriter()
        writer.data(mark)
        let body = writer.bytes
        let _: [UInt8] = try waitForAnswer { hear in
            submit(allowance: settings.callDeadline, listener: .body(hear)) { _ in .control(.writeMark, body: body) }
        }
    }
}
