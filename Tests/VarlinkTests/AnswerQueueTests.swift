import Testing

@testable import Varlink

@Suite("The order of answers")
struct AnswerQueueTests {
    @Test("answers leave in the order of the calls, whatever order they come in", arguments: 0..<50)
    func order(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var queue = AnswerQueue(capacity: 8)
        var waiting: [(place: Int, left: Int)] = []
        var expected: [[UInt8]] = []
        var answers: [[UInt8]] = []
        var sent: [UInt8] = []
        for _ in 0..<400 {
            if Bool.random(using: &random), let place = queue.open() {
                let count = Int.random(in: 1...3, using: &random)
                waiting.append((place, count))
                answers.append((0..<count).map { UInt8(truncatingIfNeeded: place &* 3 &+ $0) })
                expected = answers
            } else if let index = waiting.indices.randomElement(using: &random) {
                let place = waiting[index].place
                let total = answers[place].count
                waiting[index].left -= 1
                let left = waiting[index].left
                let answer = [answers[place][total - left - 1]]
                queue.add(
                    Bool.random(using: &random) ? .plain(answer) : .confidential(answer),
                    to: place,
                    isFinal: left == 0
                )
                if left == 0 { waiting.remove(at: index) }
            }
            if let piece = queue.piece {
                let count = Int.random(in: 1...(piece.rest.count), using: &random)
                sent += piece.rest.prefix(count)
                queue.didSend(count)
            }
        }
        while let (place, left) = waiting.first {
            let rest = Array(answers[place].suffix(left))
            queue.add(.plain(rest), to: place, isFinal: true)
            waiting.removeFirst()
        }
        while let piece = queue.piece {
            sent += piece.rest
            queue.didSend(piece.rest.count)
        }
        #expect(sent == expected.flatMap { $0 })
        #expect(queue.inFlight == 0 && queue.keptBytes == 0)
    }

    @Test("too many calls in flight are held back, and a second final answer is dropped")
    func limits() throws {
        var queue = AnswerQueue(capacity: 2)
        let firstPlace = queue.open()
        let first = try #require(firstPlace)
        let secondPlace = queue.open()
        let second = try #require(secondPlace)
        let third = queue.open()
        #expect(third == nil)
        queue.add(.plain([2]), to: second, isFinal: true)
        queue.add(.plain([9]), to: second, isFinal: true)
        let stillNone = queue.open()
        #expect(stillNone == nil && queue.piece == nil && queue.keptBytes == 1)
        queue.add(.plain([1]), to: first, isFinal: true)
        queue.add(.plain([9]), to: first, isFinal: false)
        #expect(queue.keptBytes == 2 && queue.inFlight == 0)
        let next = queue.open()
        #expect(next != nil)
    }
}

extension AnswerQueue.Piece {
    /// What the socket has not taken yet.
    var rest: [UInt8] { bytes.withUnsafeBytes { Array($0[offset...]) } }
}
