import Threads
import Tokens

/// Serial numbers out of a token's generator: 4 octets of time, 16 octets of randomness.
///
/// The randomness alone has the 128 bits that SGN-05 asks for (the CA/B Forum's requirements ask for 64). The time in
/// front keeps serials in the order of their making, and keeps them positive and 20 octets long (RFC 5280, 4.1.2.2).
///
/// Randomness is fetched ahead in large pieces. Who comes while there is none is answered when the next piece has come,
/// and waits on no thread.
package final class SerialSource: Sendable {
    package typealias Answer = @Sendable (Result<[UInt8], TokenError>) -> Void

    private struct Stock {
        var bytes: [UInt8] = []
        var next = 0
        var isRefilling = false
        var waiting: [(seconds: Int64, answer: Answer)] = []

        mutating func take() -> ArraySlice<UInt8>? {
            guard next + SerialSource.randomCount <= bytes.count else { return nil }
            defer { next += SerialSource.randomCount }
            return bytes[next..<(next + SerialSource.randomCount)]
        }

        mutating func add(_ random: [UInt8]) {
            bytes.removeFirst(next)
            next = 0
            bytes.append(contentsOf: random)
        }

        /// Whether a refill is to be started now: three quarters of a piece are left, and none is under way.
        mutating func beginRefill() -> Bool {
            guard !isRefilling, bytes.count - next < SerialSource.chunk * 3 / 4 else { return false }
            isRefilling = true
            return true
        }
    }

    /// How many octets of randomness a serial has.
    private static let randomCount = 16
    /// How many octets are fetched at once: a thousand serials.
    private static let chunk = 16 * 1024

    private let stock = Guarded(Stock())
    private let token: TokenWorkerSupervisor

    package init(token: TokenWorkerSupervisor) {
        self.token = token
    }

    /// A serial that nobody had before; `nil` when the stock is used up, and `whenNext` is the way.
    package func next(at seconds: Int64) -> [UInt8]? {
        let (random, wantsRefill) = stock.withLock { stock in (stock.take(), stock.beginRefill()) }
        if wantsRefill { refill() }
        return random.map { Self.serial($0, at: seconds) }
    }

    /// A serial as soon as there is one. The answer may come at once, or later on the thread that reads the token's
    /// answers.
    package func whenNext(at seconds: Int64, _ answer: @escaping Answer) {
        let (random, wantsRefill) = stock.withLock { stock in
            let random = stock.take()
            if random == nil { stock.waiting.append((seconds, answer)) }
            return (random, stock.beginRefill())
        }
        if wantsRefill { refill() }
        if let random { answer(.success(Self.serial(random, at: seconds))) }
    }

    private static func serial(_ random: ArraySlice<UInt8>, at seconds: Int64) -> [UInt8] {
        var serial = [UInt8]()
        serial.reserveCapacity(20)
        withUnsafeBytes(of: timePrefix(seconds).bigEndian) { serial.append(contentsOf: $0) }
        serial.append(contentsOf: random)
        return serial
    }

    /// Two-second steps since 1970 fit 31 bits until 2106. The first octet is never zero, whatever the clock says, so
    /// that every serial has the same length.
    private static func timePrefix(_ seconds: Int64) -> UInt32 {
        UInt32(min(max(seconds / 2, 0x0100_0000), 0x7fff_ffff))
    }

    /// The step at a moment: what the serials that are made then begin with.
    static func step(at seconds: Int64) -> UInt32 { timePrefix(seconds) }

    /// The step in which a serial was made; nil for one that is not of this making.
    static func step(of serial: some Collection<UInt8>) -> UInt32? {
        guard serial.count == 4 + randomCount else { return nil }
        return serial.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    private func refill() {
        token.randomBytes(Self.chunk) { [self] result in
            var answers: [() -> Void] = []
            let wantsRefill = stock.withLock { stock in
                stock.isRefilling = false
                switch result {
                case .success(let random):
                    stock.add(random)
                    while let first = stock.waiting.first, let random = stock.take() {
                        stock.waiting.removeFirst()
                        answers.append { first.answer(.success(Self.serial(random, at: first.seconds))) }
                    }
                    return stock.beginRefill()
                case .failure(let error):
                    // Whoever waits hears of it; whoever comes next asks again.
                    for waiting in stock.waiting { answers.append { waiting.answer(.failure(error)) } }
                    stock.waiting = []
                    return false
                }
            }
            if wantsRefill { refill() }
            for answer in answers { answer() }
        }
    }
}
