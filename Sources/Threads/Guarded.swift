import Glibc

/// A value behind a lock, with a condition to wait for changes of it: what plain threads share.
///
/// `@unchecked Sendable`: the value is reached only with the lock held. (`Synchronization.Mutex` has no condition.)
package final class Guarded<Value>: @unchecked Sendable {
    @usableFromInline var value: Value
    @usableFromInline let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    package init(_ value: sending Value) {
        self.value = value
        lock = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        lock.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(lock, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(lock)
        condition.deallocate()
        lock.deallocate()
    }

    /// Reads or changes the value. Keep it short; never wait for anything inside.
    // Inlined, because a call by way of the types' descriptions costs more than the lock.
    @inlinable
    package func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return try body(&value)
    }

    /// Waits until `body` answers something, looking again after each signal.
    package func wait<Result>(_ body: (inout Value) -> Result?) -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while true {
            if let result = body(&value) { return result }
            pthread_cond_wait(condition, lock)
        }
    }

    /// The same with a deadline on the monotonic clock, in nanoseconds; `nil` when it has passed.
    package func wait<Result>(until deadline: UInt64, _ body: (inout Value) -> Result?) -> Result? {
        var moment = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while true {
            if let result = body(&value) { return result }
            guard pthread_cond_timedwait(condition, lock, &moment) == ETIMEDOUT else { continue }
            if Self.hasPassed(moment) { return body(&value) }
            // The wait may end early where time is not the kernel's own; the clock decides, and is not asked without pause.
            pthread_mutex_unlock(lock)
            poll(nil, 0, 1)
            pthread_mutex_lock(lock)
        }
    }

    private static func hasPassed(_ moment: timespec) -> Bool {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return (now.tv_sec, now.tv_nsec) >= (moment.tv_sec, moment.tv_nsec)
    }

    /// Wakes one waiting thread.
    package func signal() {
        pthread_cond_signal(condition)
    }

    /// Wakes all waiting threads.
    package func broadcast() {
        pthread_cond_broadcast(condition)
    }
}
