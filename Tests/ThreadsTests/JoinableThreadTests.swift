import Glibc
import Testing
import Threads

/// What a library keeps for each thread: it is tidied up when the thread is leaving, after its work.
private final class Tidying: Sendable {
    let isDone = Guarded(false)

    /// To be called on the thread that is to be tidied up after.
    func attach() {
        var key = pthread_key_t()
        pthread_key_create(&key) { value in
            guard let value else { return }
            poll(nil, 0, 50)
            Unmanaged<Tidying>.fromOpaque(value).takeRetainedValue().isDone.withLock { $0 = true }
        }
        pthread_setspecific(key, Unmanaged.passRetained(self).toOpaque())
    }
}

@Suite("A thread whose end is waited for")
struct JoinableThreadTests {
    @Test("Whoever has joined it may unload what it was in: nothing of it is left")
    func leavesNothing() {
        let tidying = Tidying()
        let thread = JoinableThread(named: "leaving") { tidying.attach() }
        thread.join()
        #expect(tidying.isDone.withLock { $0 })
    }

    @Test("Any number may join it, before its end and after")
    func manyJoin() {
        let goesOn = Guarded(false)
        let thread = JoinableThread(named: "waiting") { goesOn.wait { $0 ? () : nil } }
        let joined = Guarded(0)
        let others = (1...3).map { _ in
            JoinableThread(named: "joining") {
                thread.join()
                joined.withLock { $0 += 1 }
            }
        }
        goesOn.withLock { $0 = true }
        goesOn.broadcast()
        for other in others { other.join() }
        thread.join()
        #expect(joined.withLock { $0 } == 3)
    }
}
