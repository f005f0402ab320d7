/// Runs blocking work on a thread of its own and waits for it without keeping a thread of the cooperative pool.
///
/// The work has to have a deadline: a cancelled task waits for its end all the same.
///
/// - Parameter name: cut to 15 bytes.
/// - Returns: `nil` when the system refuses a thread; `body` has then not run.
package func onThread<Result: Sendable>(
    named name: String,
    _ body: @escaping @Sendable () -> Result
) async -> Result? {
    await withCheckedContinuation { continuation in
        if !startThreadIfPossible(named: name, { continuation.resume(returning: body()) }) {
            continuation.resume(returning: nil)
        }
    }
}
