internal import CLinux
internal import Glibc

/// Bytes from a socket, cut into messages at their NULs. A message may hold a password, so nothing of it is left when it
/// has been taken out.
struct InputBuffer: ~Copyable {
    private static let usualCapacity = 64 << 10

    private let maximumMessageBytes: Int
    private var storage: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    /// Up to here there is no NUL.
    private var searched = 0

    init(maximumMessageBytes: Int) {
        self.maximumMessageBytes = maximumMessageBytes
        storage = .allocate(byteCount: Self.usualCapacity, alignment: 16)
    }

    deinit {
        inkan_wipe(storage.baseAddress, storage.count)
        storage.deallocate()
    }

    /// Bytes that have not been taken out.
    var count: Int { end - start }

    /// The bytes at the front are no message: no NUL comes within the limit.
    var isOversized: Bool { searched - start > maximumMessageBytes }

    /// Reads once.
    mutating func receive(from descriptor: Int32) -> UnixSocket.Transfer {
        makeRoom()
        let room = UnsafeMutableRawBufferPointer(rebasing: storage[end...])
        let transfer = UnixSocket.receive(descriptor, into: room)
        if case .moved(let count) = transfer { end += count }
        return transfer
    }

    /// The message at the front without its NUL, if it is there as a whole. Valid until the next change.
    mutating func nextMessage() -> UnsafeRawBufferPointer? {
        guard let base = storage.baseAddress, searched < end else { return nil }
        guard let nul = memchr(base + searched, 0, end - searched) else {
            searched = end
            return nil
        }
        searched = UnsafeRawPointer(nul) - UnsafeRawPointer(base)
        return UnsafeRawBufferPointer(rebasing: storage[start..<searched])
    }

    /// Takes out the message that `nextMessage` has shown.
    mutating func dropMessage() {
        if let base = storage.baseAddress { inkan_wipe(base + start, searched - start) }
        searched += 1
        start = searched
        if start == end { removeAll() }
    }

    mutating func removeAll() {
        if let base = storage.baseAddress, end > start { inkan_wipe(base + start, end - start) }
        start = 0
        end = 0
        searched = 0
        if storage.count > 4 * Self.usualCapacity { reallocate(Self.usualCapacity) }
    }

    private mutating func makeRoom() {
        guard end == storage.count else { return }
        // Moving is cheap while little is left; otherwise the message is long and needs more room anyway.
        if start > storage.count / 2 {
            reallocate(storage.count)
        } else {
            reallocate(min(storage.count * 2, max(maximumMessageBytes + 1, storage.count) + start + 1))
        }
    }

    private mutating func reallocate(_ capacity: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[start..<end]))
        inkan_wipe(storage.baseAddress, storage.count)
        storage.deallocate()
        storage = larger
        end -= start
        searched -= start
        start = 0
    }
}
