import Threads
import Tokens

/// Serial numbers out of a token's generator: 4 octets of time, 16 octets of randomness.
///
/// The randomness alone has the 128 bits that SGN-05 asks for (the CA/B Forum's requirements ask for 64). The time in
/// front keeps the ledger's index growing at one end, and keeps the serial positive and at most 20 octets long
/// (RFC 5280, 4.1.2.2).
package final class SerialSource: Sendable {
    private struct Stock {
        var bytes: [UInt8] = []
        var next = 0
        var refilling = false
    }

    /// How many octets of randomness a serial has.
    private static let randomCount = 16
    /// How many octets are fetched at once.
    private static let chunk = 4096

    private let stock = Guarded(Stock())
    private let token: TokenWorkerSupervisor

    package init(token: TokenWorkerSupervisor) {
        self.token = token
    }

    /// A serial that nobody had before. Waits for the token only when the stock is used up.
    package func next(at seconds: Int64) throws(TokenError) -> [UInt8] {
        while true {
            if let random = take() {
                var serial = [UInt8]()
                serial.reserveCapacity(20)
                withUnsafeBytes(of: Self.timePrefix(seconds).bigEndian) { serial.append(contentsOf: $0) }
                serial.append(contentsOf: random)
                return serial
            }
            fill(try token.randomBytes(Self.chunk))
        }
    }

    /// Two-second steps since 1970 fit 31 bits until 2106. The first octet is never zero, whatever the clock says, so
    /// that every serial has the same length.
    private static func timePrefix(_ seconds: Int64) -> UInt32 {
        UInt32(min(max(seconds / 2, 0x0100_0000), 0x7fff_ffff))
    }

    private func take() -> [UInt8]? {
        var wantsRefill = false
        let random: [UInt8]? = stock.withLock { stock in
            guard stock.next + Self.randomCount <= stock.bytes.count else { return nil }
            let random = Array(stock.bytes[stock.next..<(stock.next + Self.randomCount)])
            stock.next += Self.randomCount
            if stock.bytes.count - stock.next < Self.chunk / 2, !stock.refilling {
                stock.refilling = true
                wantsRefill = true
            }
            return random
        }
        if wantsRefill { refillInBackground() }
        return random
    }

    private func fill(_ random: [UInt8]) {
        stock.withLock { stock in
            stock.bytes.removeFirst(stock.next)
            stock.next = 0
            stock.bytes.append(contentsOf: random)
        }
    }

    private func refillInBackground() {
        token.randomBytes(Self.chunk) { [self] result in
            // A failure here is no loss: the next one who finds the stock empty asks again and gets the error.
            if case .success(let random) = result { fill(random) }
            stock.withLock { $0.refilling = false }
        }
    }
}
