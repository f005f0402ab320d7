import SignerAPI
import Testing
import Workbench

/// Serial numbers (SGN-05).
@Suite struct SerialTests {
    private static let count = 2000

    @Test("serials are positive, of 20 octets, each another, and their random part is as random as dice")
    func serials() throws {
        let appliance = try Stage.appliance()
        let client = try appliance.client()
        var serials: [[UInt8]] = []
        for batch in 0..<2 {
            let orders = try (0..<Self.count / 2).map { try Stage.order("serial-\(batch)-\($0)") }
            try client.issue(orders) { index, result in
                guard case .success(let issued) = result else {
                    Issue.record("order \(index): \(result)")
                    return
                }
                serials.append(octets(issued.serial))
            }
        }
        #expect(serials.count == Self.count)
        #expect(serials.allSatisfy { $0.count == 20 && (1...0x7F).contains($0[0]) })
        #expect(Set(serials).count == Self.count)
        let random = serials.map { Array($0.suffix(16)) }
        expectEvenBits(random)
        expectEvenOctets(random)
        expectIndependentNeighbours(random)
        #expect(appliance.stop() == 0)
    }

    /// Each of the 128 bits is set in half of the serials: with 2,000 serials the standard deviation is 22.4, and six of
    /// them are left by chance once in four million runs.
    private func expectEvenBits(_ random: [[UInt8]]) {
        for bit in 0..<128 {
            let set = random.count { $0[bit / 8] & (0x80 >> UInt8(bit % 8)) != 0 }
            #expect(abs(set - Self.count / 2) < 135, "bit \(bit) is set in \(set) of \(Self.count)")
        }
    }

    /// χ² over the values of all octets has 255 degrees of freedom: deviation 22.6.
    private func expectEvenOctets(_ random: [[UInt8]]) {
        var histogram = [Double](repeating: 0, count: 256)
        for octet in random.joined() { histogram[Int(octet)] += 1 }
        let expected = Double(Self.count * 16) / 256
        let chiSquare = histogram.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
        #expect((140...400).contains(chiSquare), "χ² is \(chiSquare)")
    }

    /// Two serials of different orders differ in 64 of 128 bits, give or take: the mean over 2,000 pairs deviates 0.13.
    private func expectIndependentNeighbours(_ random: [[UInt8]]) {
        let distances = zip(random, random.dropFirst()).map { left, right in
            zip(left, right).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
        }
        let mean = Double(distances.reduce(0, +)) / Double(distances.count)
        #expect(abs(mean - 64) < 0.8, "neighbours differ in \(mean) bits")
        #expect(distances.allSatisfy { $0 > 20 })
    }

    private func octets(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }
}
