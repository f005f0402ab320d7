/// A thread whose end can be waited for.
package struct JoinableThread: Sendable {
    private let hasEnded = Guarded(false)

    /// - Parameter name: cut to 15 bytes.
    package init(named name: String, _ body: @escaping @Sendable () -> Void) {
        startThread(named: name) { [hasEnded] in
            body()
            hasEnded.withLock { $0 = true }
            hasEnded.broadcast()
        }
    }

    /// Waits until the thread's work is over.
    package func join() {
        hasEnded.wait { $0 ? () : nil }
    }
}
