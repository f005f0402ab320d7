import Crypto
import Glibc
import X509Building

/// Keys whose private half is publicly known, as the file `blocklist.dat` of the badkeys project gives them; the keys of
/// Debian's broken OpenSSL (CVE-2008-0166) come through it.
///
/// The file is a sorted row of records of 16 octets: the first 15 of a SHA-256, then the number of the list that the key
/// comes from. Hashed is one number as a big-endian magnitude without leading zeros: the modulus of an RSA key,
/// the x coordinate of an EC key, the 32 octets of an Ed25519 key.
package final class CompromisedKeyList: Sendable {
    /// Why a file cannot serve.
    package struct LoadError: Error, Hashable, Sendable, CustomStringConvertible {
        package var path: String
        package var reason: String
        package var description: String { "the list of compromised keys \(path) \(reason)" }
    }

    /// The number of keys on the list.
    package let count: Int
    /// Mapped for reading only, and unmapped when this object goes: hence the pointer may be shared by all threads.
    private nonisolated(unsafe) let records: UnsafeRawBufferPointer

    private static let recordSize = 16
    private static let hashSize = 15

    /// Maps the file into memory and checks that its records are whole and in order: an unsorted file would hide keys.
    package init(path: String) throws(LoadError) {
        func failure(_ action: String) -> LoadError {
            LoadError(path: path, reason: "cannot be \(action): \(String(cString: strerror(errno)))")
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("opened") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("examined") }
        let size = Int(status.st_size)
        guard size > 0, size % Self.recordSize == 0 else {
            throw LoadError(path: path, reason: "has \(size) octets, not a row of records of 16; fetch it again")
        }
        guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw failure("mapped")
        }
        records = UnsafeRawBufferPointer(start: address, count: size)
        count = size / Self.recordSize
        for index in 1..<max(count, 1) where memcmp(record(index - 1), record(index), Self.hashSize) > 0 {
            throw LoadError(path: path, reason: "is not sorted at record \(index); fetch it again")
        }
    }

    deinit {
        munmap(UnsafeMutableRawPointer(mutating: records.baseAddress), records.count)
    }

    /// The number of the list that names this key, or `nil` when none does.
    package func listNumber(of key: SubjectPublicKey) -> UInt8? {
        switch key.material {
        case .rsa(let modulus, _): listNumber(ofMagnitude: modulus[...])
        // X9.63, uncompressed: 04, then x and y of the same length.
        case .p256(let point), .p384(let point): listNumber(ofMagnitude: point[1..<(1 + point.count / 2)])
        case .ed25519(let point): listNumber(ofMagnitude: point[...])
        }
    }

    private func listNumber(ofMagnitude bytes: ArraySlice<UInt8>) -> UInt8? {
        let hash = Array(SHA256.hash(data: bytes.drop { $0 == 0 }))
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            let order = memcmp(record(middle), hash, Self.hashSize)
            if order == 0 { return records[middle * Self.recordSize + Self.hashSize] }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    private func record(_ index: Int) -> UnsafeRawPointer {
        UnsafeRawPointer(records.baseAddress.unsafelyUnwrapped + index * Self.recordSize)
    }
}
