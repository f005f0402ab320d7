import Ledger
import Threads

/// Waits for what a token or the ledger answers. Both answer every request, tokens within their deadline. Only for threads
/// that may block: the one that makes CRLs, and a ceremony.
func answer<Value: Sendable, Failure: Error>(
    _ start: (@escaping @Sendable (Result<Value, Failure>) -> Void) -> Void
) throws(Failure) -> Value {
    let box = Guarded<Result<Value, Failure>?>(nil)
    start { result in
        box.withLock { $0 = result }
        box.broadcast()
    }
    return try box.wait { $0 }.get()
}
