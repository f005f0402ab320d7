/// Jobs that the committing thread does while no commit is due.
///
/// What a commit answers becomes jobs, and jobs become the next commit. A thread that goes on from one to the other need
/// not be woken in between, and has no other thread waiting for its core.
package protocol SideWork: Sendable {
    /// Offers the committing thread, once, before it asks for jobs.
    ///
    /// - Parameter wake: brings the thread out of its sleep, from any thread.
    func offer(wake: @escaping @Sendable () -> Void)

    /// A job. It must not wait for the ledger, nor for anything else for long: commits wait for it.
    ///
    /// - Returns: `nil` when there is none. The thread may sleep then, and has to be woken for the next.
    func next() -> (@Sendable () -> Void)?

    /// The thread commits, or ends: jobs are for others until it asks again.
    func pause()
}
