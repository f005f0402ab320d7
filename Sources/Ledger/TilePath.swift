/// Where a piece of the log lies in a copy, or under a URL (C2SP tlog-tiles).
struct TilePath: Hashable {
    enum Content: Hashable {
        /// Hashes of one level.
        case hashes(level: Int)
        /// The entries themselves.
        case entries
    }

    var content: Content
    var number: Int64
    /// How many hashes or entries: 256, or fewer at the right edge.
    var width: Int

    static let checkpoint = "checkpoint"

    var isFull: Bool { width == MerkleTile.width }

    var text: String {
        var digits = TilePath.threeDigits(number % 1_000)
        var rest = number / 1_000
        while rest > 0 {
            digits = "x\(TilePath.threeDigits(rest % 1_000))/\(digits)"
            rest /= 1_000
        }
        let kind =
            switch content {
            case .hashes(let level): String(level)
            case .entries: "entries"
            }
        return "tile/\(kind)/\(digits)\(isFull ? "" : ".p/\(width)")"
    }

    private static func threeDigits(_ number: Int64) -> String {
        String(repeating: "0", count: 3 - String(number).count) + String(number)
    }

    init(_ content: Content, number: Int64, width: Int) {
        self.content = content
        self.number = number
        self.width = width
    }

    /// Reads a path. Only what `text` writes is taken.
    init?(_ path: String) {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0] == "tile" else { return nil }
        width = MerkleTile.width
        if parts[parts.count - 2].hasSuffix(".p"), let width = Int(parts.removeLast()), (1...255).contains(width) {
            self.width = width
            parts[parts.count - 1].removeLast(2)
        }
        // Eighteen digits: more than any tree has, and still a number.
        guard (3...8).contains(parts.count) else { return nil }
        if parts[1] == "entries" {
            content = .entries
        } else {
            guard let level = Int(parts[1]), (0..<8).contains(level) else { return nil }
            content = .hashes(level: level)
        }
        number = 0
        for part in parts.dropFirst(2) {
            let digits = part.first == "x" ? part.dropFirst() : part
            guard digits.utf8.count == 3, let value = Int64(digits) else { return nil }
            number = number * 1_000 + value
        }
        guard text == path else { return nil }
    }

    /// Every piece of a tree, with the hashes of each level before those of the next, and the entries last.
    static func all(size: Int64) -> [TilePath] {
        var paths: [TilePath] = []
        func add(_ content: Content, _ count: Int64) {
            let full = count / Int64(MerkleTile.width)
            for number in 0..<full { paths.append(TilePath(content, number: number, width: MerkleTile.width)) }
            let rest = Int(count % Int64(MerkleTile.width))
            if rest > 0 { paths.append(TilePath(content, number: full, width: rest)) }
        }
        var (level, count) = (0, size)
        while count > 0 {
            add(.hashes(level: level), count)
            level += 1
            count /= Int64(MerkleTile.width)
        }
        add(.entries, size)
        return paths
    }
}

/// A bundle of entries: each with its length in 16 bits before it.
enum EntryBundle {
    static func append(_ body: [UInt8], to bundle: inout [UInt8]) {
        bundle.append(UInt8(truncatingIfNeeded: body.count >> 8))
        bundle.append(UInt8(truncatingIfNeeded: body.count))
        bundle.append(contentsOf: body)
    }

    /// Where each entry lies; `nil` when the bundle is cut or too long.
    static func ranges(_ bundle: [UInt8]) -> [Range<Int>]? {
        var ranges: [Range<Int>] = []
        var place = 0
        while place < bundle.count {
            guard bundle.count - place >= 2 else { return nil }
            let length = Int(bundle[place]) << 8 | Int(bundle[place + 1])
            guard bundle.count - place - 2 >= length else { return nil }
            ranges.append(place + 2..<place + 2 + length)
            place += 2 + length
        }
        return ranges
    }
}
