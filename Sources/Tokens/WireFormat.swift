internal import CLinux
package import Secrets

/// Limits of the conversation between a supervisor and its worker.
package enum WireLimits {
    /// One packet holds at most this many bytes; it must fit into a socket's default buffer.
    package static let packetBytes = 128 * 1024
    /// One input for a signature: more is a mistake. Only Ed25519 takes more than a digest.
    package static let inputBytes = 64 * 1024
    /// One SubjectPublicKeyInfo: that of RSA-8192 has about 1,060 bytes.
    package static let keyBytes = 4096
    package static let randomBytes = 32 * 1024
    /// One mark: a checkpoint with its signature has about 300 bytes.
    package static let markBytes = 1024
}

/// Writes frames: length of what follows (4 bytes), call id (8), operation or status (1), body. Little-endian.
package struct MessageWriter {
    package private(set) var bytes: [UInt8] = []
    private var frameStart = 0

    package init() {}

    /// - Parameter capacity: bytes that are written without moving what stands there already.
    package init(reserving capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    package mutating func beginFrame(id: UInt64, kind: UInt8) {
        frameStart = bytes.count
        number(UInt32(0))
        number(id)
        bytes.append(kind)
    }

    package mutating func endFrame() {
        let length = UInt32(bytes.count - frameStart - 4)
        for index in 0..<4 { bytes[frameStart + index] = UInt8(truncatingIfNeeded: length >> (8 * UInt32(index))) }
    }

    package mutating func number<Number: FixedWidthInteger>(_ value: Number) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func flag(_ value: Bool) {
        bytes.append(value ? 1 : 0)
    }

    package mutating func data(_ value: [UInt8]) {
        number(UInt32(value.count))
        bytes.append(contentsOf: value)
    }

    package mutating func data(_ value: UnsafeRawBufferPointer) {
        number(UInt32(value.count))
        bytes.append(contentsOf: value)
    }

    package mutating func text(_ value: String) {
        data(Array(value.utf8))
    }

    /// A counted list.
    package mutating func list<Element>(_ elements: [Element], _ write: (Element, inout MessageWriter) -> Void) {
        number(UInt32(elements.count))
        for element in elements { write(element, &self) }
    }

    /// Attributes by their names: each is true or false.
    package mutating func attributes(_ attributes: [String: Bool]) {
        list(attributes.sorted { $0.key < $1.key }) { attribute, writer in
            writer.text(attribute.key)
            writer.flag(attribute.value)
        }
    }

    /// Bytes as they are, without a length.
    package mutating func raw(_ value: [UInt8]) {
        bytes.append(contentsOf: value)
    }

    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
    }

    /// A secret; whoever writes one reserves the room first and wipes the message afterwards.
    package mutating func secret(_ value: Secret) {
        value.withUnsafeBytes { data($0) }
    }

    /// Overwrites everything that was written.
    package mutating func wipe() {
        bytes.withUnsafeMutableBytes { inkan_wipe($0.baseAddress, $0.count) }
        bytes.removeAll(keepingCapacity: true)
    }
}

/// Reads what a `MessageWriter` wrote, inside fixed bounds.
package struct MessageReader {
    private let memory: UnsafeRawBufferPointer
    private var offset = 0

    package init(_ memory: UnsafeRawBufferPointer) {
        self.memory = memory
    }

    package var isAtEnd: Bool { offset == memory.count }

    package mutating func number<Number: FixedWidthInteger>(
        _ type: Number.Type = Number.self
    ) throws(TokenError) -> Number {
        let size = MemoryLayout<Number>.size
        guard memory.count - offset >= size else { throw .protocolBroken("a message is too short") }
        defer { offset += size }
        return Number(littleEndian: memory.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }

    package mutating func flag() throws(TokenError) -> Bool {
        try number(UInt8.self) != 0
    }

    /// Bytes that stay where they are; they must not be kept.
    package mutating func view() throws(TokenError) -> UnsafeRawBufferPointer {
        let count = Int(try number(UInt32.self))
        guard memory.count - offset >= count else { throw .protocolBroken("a field is longer than its message") }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: memory[offset..<offset + count])
    }

    package mutating func data() throws(TokenError) -> [UInt8] {
        Array(try view())
    }

    /// A secret, copied into memory of its own. Where it came from is the caller's to wipe.
    package mutating func secret() throws(TokenError) -> Secret {
        let bytes = try view()
        return Secret(count: bytes.count) { $0.copyMemory(from: bytes) }
    }

    package mutating func text() throws(TokenError) -> String {
        String(decoding: try view(), as: UTF8.self)
    }

    /// A counted list.
    package mutating func list<Element>(
        _ element: (inout MessageReader) throws(TokenError) -> Element
    ) throws(TokenError) -> [Element] {
        var elements: [Element] = []
        for _ in 0..<(try number(UInt32.self)) { elements.append(try element(&self)) }
        return elements
    }

    /// Attributes by their names.
    package mutating func attributes() throws(TokenError) -> [String: Bool] {
        var attributes: [String: Bool] = [:]
        for _ in 0..<(try number(UInt32.self)) {
            let name = try text()
            attributes[name] = try flag()
        }
        return attributes
    }

    /// The next frame of a packet.
    package mutating func frame() throws(TokenError) -> (id: UInt64, kind: UInt8, body: MessageReader) {
        let length = Int(try number(UInt32.self))
        guard length >= 9, memory.count - offset >= length else { throw .protocolBroken("a frame has a wrong length") }
        var body = MessageReader(UnsafeRawBufferPointer(rebasing: memory[offset..<offset + length]))
        offset += length
        return (try body.number(), try body.number(), body)
    }
}
