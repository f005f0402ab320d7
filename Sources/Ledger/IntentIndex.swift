import Synchronization

/// Where intents are found by order, serial number and public key: in memory, made from the table `intents` at opening.
///
/// The keys come in random order; in a file they would cost a page each at every commit, and the more the longer the
/// ledger is. Here an intent costs about 50 octets and the file is only ever written at its end. A place holds 40 bits
/// of a hash and the intent's number, so that it is a hint: every hit is compared with the intent's row. Hints to rows
/// that were never committed do no harm.
final class IntentIndex: Sendable {
    private struct Tables {
        var orders = HintTable()
        var serials = HintTable()
        var keys = HintTable()
    }

    private let tables = Mutex(Tables())
    /// Of the intents' serial numbers, those that are not good.
    let book = StatusBook()

    /// - Parameter earlier: an intent of the same order, which is forgotten: only the newest is asked for.
    func add(
        order: UnsafeRawBufferPointer,
        serial: UnsafeRawBufferPointer,
        at sequence: Int64,
        replacing earlier: Int64? = nil
    ) {
        let (order, serial) = (hintHash(order), hintHash(serial))
        tables.withLock { tables in
            tables.orders.insert(order, sequence, replacing: earlier)
            tables.serials.insert(serial, sequence)
        }
    }

    func add(order: String, serial: [UInt8], at sequence: Int64, replacing earlier: Int64? = nil) {
        var order = order
        order.withUTF8 { order in
            serial.withUnsafeBytes { serial in
                add(order: UnsafeRawBufferPointer(order), serial: serial, at: sequence, replacing: earlier)
            }
        }
    }

    /// An intent that binds a key. A key that is certified again and again stands here once, so that finding it costs
    /// the same each time.
    ///
    /// - Parameter earlier: an intent of the same key that binds it no longer, and is forgotten.
    func add(key: [UInt8], at sequence: Int64, replacing earlier: Int64? = nil) {
        let hash = key.withUnsafeBytes(hintHash)
        tables.withLock { $0.keys.insert(hash, sequence, replacing: earlier) }
    }

    /// A hint that took the place of another, to be put back when the transaction fails.
    enum Replacement: Sendable {
        case order(String, earlier: Int64, by: Int64)
        case key([UInt8], earlier: Int64, by: Int64)
    }

    func undo(_ replacement: Replacement) {
        switch replacement {
        case .order(var order, let earlier, let sequence):
            let hash = order.withUTF8 { hintHash(UnsafeRawBufferPointer($0)) }
            tables.withLock { $0.orders.insert(hash, earlier, replacing: sequence) }
        case .key(let key, let earlier, let sequence):
            add(key: key, at: earlier, replacing: sequence)
        }
    }

    /// Numbers of intents that may be of this order.
    func hints(order: String) -> [Int64] {
        var order = order
        return order.withUTF8 { hints(order: UnsafeRawBufferPointer($0)) }
    }

    func hints(order: UnsafeRawBufferPointer) -> [Int64] {
        let hash = hintHash(order)
        return tables.withLock { $0.orders.hints(hash) }
    }

    func hints(serial: [UInt8]) -> [Int64] {
        let hash = serial.withUnsafeBytes(hintHash)
        return tables.withLock { $0.serials.hints(hash) }
    }

    func hints(key: [UInt8]) -> [Int64] {
        let hash = key.withUnsafeBytes(hintHash)
        return tables.withLock { $0.keys.hints(hash) }
    }
}

/// Keyed anew in each process (SipHash), so that nobody can choose order ids that fall on one place.
private func hintHash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(bytes: bytes)
    return UInt64(bitPattern: Int64(hasher.finalize()))
}

/// A hash table of numbers that only grows. It is cut into parts, so that growing never takes long.
struct HintTable: Sendable {
    private static let partBits: UInt64 = 8

    /// A place holds 32 bits of the hash, and the number plus one; 0 is empty. Linear probing.
    private struct Part {
        var places: [UInt64] = Array(repeating: 0, count: 16)
        var used = 0

        mutating func insert(_ tag: UInt32, _ number: UInt32, replacing earlier: UInt32?) {
            if used * 4 >= places.count * 3 { grow() }
            let place = UInt64(tag) << 32 | UInt64(number)
            if let earlier, replace(UInt64(tag) << 32 | UInt64(earlier), by: place) { return }
            if put(place) { used += 1 }
        }

        /// The places of one tag lie in one run, so that one may stand for another.
        private mutating func replace(_ earlier: UInt64, by place: UInt64) -> Bool {
            let mask = places.count - 1
            var index = Int(earlier >> 32) & mask
            while places[index] != 0 {
                if places[index] == earlier {
                    places[index] = place
                    return true
                }
                index = (index + 1) & mask
            }
            return false
        }

        /// Answers whether the place is new: a number comes again when its transaction was rolled back.
        @discardableResult
        private mutating func put(_ place: UInt64) -> Bool {
            let mask = places.count - 1
            var index = Int(place >> 32) & mask
            while places[index] != 0 {
                if places[index] == place { return false }
                index = (index + 1) & mask
            }
            places[index] = place
            return true
        }

        private mutating func grow() {
            let old = places
            places = Array(repeating: 0, count: old.count * 2)
            for place in old where place != 0 { put(place) }
        }

        func hints(_ tag: UInt32) -> [Int64] {
            var found: [Int64] = []
            let mask = places.count - 1
            var index = Int(tag) & mask
            while places[index] != 0 {
                if UInt32(places[index] >> 32) == tag { found.append(Int64(places[index] & 0xffff_ffff) - 1) }
                index = (index + 1) & mask
            }
            return found
        }
    }

    private var parts: [Part] = Array(repeating: Part(), count: 1 << Int(partBits))

    /// The highest number that fits.
    static let highest = Int64(UInt32.max) - 1

    /// - Parameter earlier: a number under the same hash that is forgotten.
    mutating func insert(_ hash: UInt64, _ number: Int64, replacing earlier: Int64? = nil) {
        precondition((0...HintTable.highest).contains(number), "the writer ends at this number")
        parts[Int(hash >> (64 - HintTable.partBits))].insert(
            UInt32(truncatingIfNeeded: hash),
            UInt32(number + 1),
            replacing: earlier.map { UInt32($0 + 1) }
        )
    }

    /// The numbers under this hash, and perhaps others.
    func hints(_ hash: UInt64) -> [Int64] {
        parts[Int(hash >> (64 - HintTable.partBits))].hints(UInt32(truncatingIfNeeded: hash))
    }
}
