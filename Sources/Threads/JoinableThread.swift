import Glibc

/// A thread whose end can be waited for.
package final class JoinableThread: Sendable {
    private enum Stage {
        case running(pthread_t)
        /// Somebody waits for the end.
        case joining
        case ended
    }

    private let stage: Guarded<Stage>

    /// Ends the process when the system refuses the thread, as `startThread` does.
    ///
    /// - Parameter name: cut to 15 bytes.
    package init(named name: String, _ body: @escaping @Sendable () -> Void) {
        stage = Guarded(.running(startJoinableThread(named: name, body)))
    }

    deinit {
        if case .running(let thread) = stage.withLock({ $0 }) { pthread_detach(thread) }
    }

    /// Waits until the thread is gone, and with it what libraries keep for each thread: a module that a thread was in
    /// may be unloaded afterwards.
    package func join() {
        let thread = stage.withLock { stage -> pthread_t? in
            guard case .running(let thread) = stage else { return nil }
            stage = .joining
            return thread
        }
        guard let thread else { return stage.wait { if case .ended = $0 { () } else { nil } } }
        pthread_join(thread, nil)
        stage.withLock { $0 = .ended }
        stage.broadcast()
    }
}
