internal import Crypto
internal import TextForms

/// A SHA-256 value, kept in place rather than on the heap.
package struct MerkleHash: Hashable, Sendable {
    static let size = 32

    private var first: UInt64 = 0
    private var second: UInt64 = 0
    private var third: UInt64 = 0
    private var fourth: UInt64 = 0

    /// Takes exactly 32 octets.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == MerkleHash.size else { return nil }
        first = bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
        second = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        third = bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
        fourth = bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
    }

    package init?(_ bytes: [UInt8]) {
        let read = bytes.withUnsafeBytes { MerkleHash($0) }
        guard let read else { return nil }
        self = read
    }

    private init(_ digest: SHA256Digest) {
        digest.withUnsafeBytes { bytes in
            first = bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
            second = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            third = bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
            fourth = bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
        }
    }

    /// SHA-256 of some octets.
    static func digest(_ bytes: UnsafeRawBufferPointer) -> MerkleHash {
        var hash = SHA256()
        hash.update(bufferPointer: bytes)
        return MerkleHash(hash.finalize())
    }

    /// Hash of a leaf, whose data come after the octet 0x00 that sets leaves apart (RFC 9162, 2.1.1).
    static func leaf(prefixed bytes: UnsafeRawBufferPointer) -> MerkleHash {
        assert(bytes.first == 0)
        return digest(bytes)
    }

    /// Hash of the empty tree: that of nothing.
    static let emptyRoot = digest(UnsafeRawBufferPointer(start: nil, count: 0))

    /// Hash of a leaf with this data.
    static func leaf(_ data: UnsafeRawBufferPointer) -> MerkleHash {
        var hash = SHA256()
        withUnsafeBytes(of: UInt8(0)) { hash.update(bufferPointer: $0) }
        hash.update(bufferPointer: data)
        return MerkleHash(hash.finalize())
    }

    /// Hash of an inner node.
    static func node(_ left: MerkleHash, _ right: MerkleHash) -> MerkleHash {
        withUnsafeTemporaryAllocation(byteCount: 1 + 2 * size, alignment: 8) { buffer in
            buffer[0] = 1
            withUnsafeBytes(of: left) {
                buffer.baseAddress!.advanced(by: 1).copyMemory(from: $0.baseAddress!, byteCount: size)
            }
            withUnsafeBytes(of: right) {
                buffer.baseAddress!.advanced(by: 1 + size).copyMemory(from: $0.baseAddress!, byteCount: size)
            }
            return digest(UnsafeRawBufferPointer(buffer))
        }
    }

    /// Root over hashes that fill a whole subtree: their number is a power of two.
    static func root(ofComplete hashes: ArraySlice<MerkleHash>) -> MerkleHash {
        guard hashes.count > 1 else { return hashes[hashes.startIndex] }
        let middle = hashes.startIndex + hashes.count / 2
        return node(root(ofComplete: hashes[..<middle]), root(ofComplete: hashes[middle...]))
    }

    package var bytes: [UInt8] {
        withUnsafeBytes(of: self) { Array($0) }
    }

    /// The octets of many, one after the other, as tiles have them.
    static func bytes(of hashes: [MerkleHash]) -> [UInt8] {
        hashes.withUnsafeBytes { Array($0) }
    }

    /// In base64, as proofs and checkpoints carry it.
    package var base64: String {
        Base64.encode(bytes)
    }
}
