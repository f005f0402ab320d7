import CLinux
import Glibc

/// A thread of its own for work that blocks: it lives until `body` returns. Signals that stop the process are left to
/// the main thread.
///
/// - Parameter name: shown by `ps` and debuggers, cut to 15 bytes.
package func startThread(named name: String, _ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(ThreadBody(name: name, body: body))
    var thread = pthread_t()
    let status = pthread_create(&thread, nil, runThread, box.toOpaque())
    // Without its threads the service can do nothing, and there is nobody to report to yet.
    precondition(status == 0, "the system refuses a thread (\(status)); raise TasksMax or the memory limit")
    pthread_detach(thread)
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
