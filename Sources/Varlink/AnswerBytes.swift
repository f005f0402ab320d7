internal import CLinux
internal import Secrets

/// The bytes of one answer or of several.
enum AnswerBytes: Sendable {
    case plain([UInt8])
    /// In memory that is wiped as soon as it has been sent, or nobody waits for it any more.
    case confidential(Secret)

    var count: Int {
        switch self {
        case .plain(let bytes): bytes.count
        case .confidential(let secret): secret.count
        }
    }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        switch self {
        case .plain(let bytes): bytes.withUnsafeBytes(body)
        case .confidential(let secret): secret.withUnsafeBytes(body)
        }
    }
}

/// Answers in order. Plain ones are put together, so that they leave in one piece; confidential ones are never copied.
struct AnswerList {
    /// All but the last plain bytes: empty unless something confidential is among them.
    private var earlier: [AnswerBytes] = []
    private var last: [UInt8] = []

    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ bytes: AnswerBytes) {
        count += bytes.count
        switch bytes {
        case .plain(let plain):
            if last.isEmpty { last = plain } else { last += plain }
        case .confidential:
            if !last.isEmpty {
                earlier.append(.plain(last))
                last = []
            }
            earlier.append(bytes)
        }
    }

    mutating func append(_ list: AnswerList) {
        for bytes in list.earlier { append(bytes) }
        if !list.last.isEmpty { append(.plain(list.last)) }
    }

    /// Takes out what comes first.
    mutating func removeFirst() -> AnswerBytes? {
        guard count > 0 else { return nil }
        let first: AnswerBytes
        if earlier.isEmpty {
            first = .plain(last)
            last = []
        } else {
            first = earlier.removeFirst()
        }
        count -= first.count
        return first
    }
}

extension [UInt8] {
    /// Overwrites the elements where they are.
    mutating func wipe() {
        withUnsafeMutableBytes { inkan_wipe($0.baseAddress, $0.count) }
    }
}
