import CLinux
import Glibc

/// A thread of its own for work that blocks: it lives until `body` returns. Signals that stop the process are left to
/// the main thread.
///
/// Ends the process when the system refuses the thread: for the threads of the start alone, without which there is no
/// service. What others can bring about takes `startThreadIfPossible`.
///
/// - Parameter name: shown by `ps` and debuggers, cut to 15 bytes.
package func startThread(named name: String, _ body: @escaping @Sendable () -> Void) {
    pthread_detach(startJoinableThread(named: name, body))
}

/// The same for a thread that is joined or detached by the caller.
func startJoinableThread(named name: String, _ body: @escaping @Sendable () -> Void) -> pthread_t {
    // Without its threads the service can do nothing, and there is nobody to report to yet.
    guard let thread = makeThread(named: name, body) else {
        preconditionFailure("the system refuses a thread; raise TasksMax or the memory limit")
    }
    return thread
}

/// The same, answering whether the system grants the thread. `body` is let go if not.
package func startThreadIfPossible(named name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
    guard let thread = makeThread(named: name, body) else { return false }
    pthread_detach(thread)
    return true
}

private func makeThread(named name: String, _ body: @escaping @Sendable () -> Void) -> pthread_t? {
    let box = Unmanaged.passRetained(ThreadBody(name: name, body: body))
    var thread = pthread_t()
    guard pthread_create(&thread, nil, runThread, box.toOpaque()) == 0 else {
        box.release()
        return nil
    }
    return thread
}

private final class ThreadBody: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let thread = Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue()
    inkan_set_thread_name(thread.name)
    thread.body()
    return nil
}
