import CLinux
import Glibc

/// Bytes that nobody may see: a PIN or a password. They lie in one locked buffer, are never copied by the language,
/// never printed, and are wiped when the last owner lets go.
///
/// `@unchecked Sendable`: the buffer is written only in `init` and wiped only in `deinit`.
package final class Secret: @unchecked Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let storage: UnsafeMutableRawBufferPointer

    /// Fills a new secret of `count` bytes in place.
    package init<Failure: Error>(
        count: Int,
        fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        // Whole pages: unlocking one secret must not unlock its neighbour.
        let page = 4096
        let bytes = (max(count, 1) + page - 1) / page * page
        storage = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: page)
        // Locking can fail under a small RLIMIT_MEMLOCK; the unit file raises it, `inkan doctor` reports it.
        _ = mlock(storage.baseAddress, storage.count)
        do {
            try fill(UnsafeMutableRawBufferPointer(rebasing: storage[0..<count]))
        } catch {
            inkan_wipe(storage.baseAddress, storage.count)
            munlock(storage.baseAddress, storage.count)
            storage.deallocate()
            throw error
        }
        self.count = count
    }

    deinit {
        inkan_wipe(storage.baseAddress, storage.count)
        munlock(storage.baseAddress, storage.count)
        storage.deallocate()
    }

    /// How many bytes the secret has.
    package let count: Int

    /// Lends the bytes for the time of the call. They must not be kept.
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(rebasing: storage[0..<count]))
    }

    /// The first octets as a secret of their own.
    package func prefix(_ length: Int) -> Secret {
        withUnsafeBytes { bytes in
            Secret(count: length) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[0..<length])) }
        }
    }

    /// The same octets with a zero behind them, as C takes texts.
    package func terminated() -> Secret {
        withUnsafeBytes { bytes in
            Secret(count: bytes.count + 1) { buffer in
                buffer.copyMemory(from: bytes)
                buffer[bytes.count] = 0
            }
        }
    }

    package var description: String { "‹secret›" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
