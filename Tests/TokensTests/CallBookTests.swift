import Testing

@testable import Tokens

@Suite("What goes to the worker next")
struct CallBookTests {
    private func call(
        _ id: UInt64,
        _ work: PendingCall.Work = .sign(key: 0, mechanism: .ecdsa, input: [1]),
        submitted: UInt64 = 0,
        urgency: Urgency = .ordinary
    ) -> PendingCall {
        PendingCall(
            id: id,
            work: work,
            submitted: submitted,
            allowance: 1000,
            urgency: urgency,
            listener: .signature { _ in }
        )
    }

    @Test("No worker, no packets")
    func nothingWithoutWorker() {
        var book = CallBook()
        book.enqueue(call(1))
        #expect(!book.wantsPacket)
        book.sessions = 1
        #expect(book.wantsPacket)
    }

    @Test("Two packets a session are under way, and no more until one is answered in full")
    func window() {
        var book = CallBook()
        book.sessions = 2
        for id in 1...1000 { book.enqueue(call(UInt64(id))) }
        var sent = 0
        while book.wantsPacket, book.takePacket(now: 1, admit: { _ in true }) != nil { sent += 1 }
        #expect(sent == 4)
        let inWorker = book.inWorkerCount
        #expect(inWorker >= 4 && inWorker <= 64)
        #expect(book.finish(1) != nil)
        #expect(book.finish(1) == nil)
        #expect(!book.wantsPacket || inWorker == 4)
    }

    @Test("A slow token gets one signature at a time, a fast one many")
    func share() {
        for (time, range) in [(UInt64(200_000_000), 1...1), (1_000, 10...16)] {
            var book = CallBook()
            book.sessions = 1
            for _ in 0..<200 { book.noteTokenTime(time) }
            for id in 1...100 { book.enqueue(call(UInt64(id))) }
            #expect(book.takePacket(now: 1, admit: { _ in true }) != nil)
            #expect(range.contains(book.inWorkerCount))
        }
    }

    @Test("Few signatures are shared out: no session gets two while another gets none")
    func evenShare() {
        var book = CallBook()
        book.sessions = 2
        for _ in 0..<200 { book.noteTokenTime(1_000) }
        for id in 1...4 { book.enqueue(call(UInt64(id))) }
        #expect(book.takePacket(now: 1, admit: { _ in true }) != nil)
        #expect(book.inWorkerCount == 2)
        #expect(book.takePacket(now: 1, admit: { _ in true }) != nil)
        #expect(book.inWorkerCount == 3)
    }

    @Test("A token that is not measured yet gets one signature at a time")
    func unmeasured() {
        var book = CallBook()
        book.sessions = 1
        for id in 1...100 { book.enqueue(call(UInt64(id))) }
        #expect(book.takePacket(now: 1, admit: { _ in true }) != nil)
        #expect(book.inWorkerCount == 1)
    }

    @Test("What is under way fits into the socket's buffer, and all of it gets its turn")
    func bytes() {
        var book = CallBook()
        book.sessions = 64
        for id in 1...20 {
            book.enqueue(
                call(UInt64(id), .sign(key: 0, mechanism: .eddsa, input: [UInt8](repeating: 0, count: 60_000)))
            )
        }
        var done: UInt64 = 0
        while book.waitingCount > 0 {
            var sent = 0
            while book.wantsPacket, let packet = book.takePacket(now: 1, admit: { _ in true }) { sent += packet.count }
            #expect(sent > 0 && sent <= WireLimits.packetBytes)
            while book.inWorkerCount > 0 {
                done += 1
                #expect(book.finish(done) != nil)
            }
        }
        #expect(done == 20)
    }

    @Test("While a key is being made, its session gets nothing else")
    func longCalls() {
        var book = CallBook()
        book.sessions = 1
        book.enqueue(call(1, .control(.generateKeyPair, body: [])))
        book.enqueue(call(2))
        #expect(book.takePacket(now: 1, admit: { _ in true }) != nil)
        #expect(book.inWorkerCount == 1)
        #expect(!book.wantsPacket)
        #expect(book.finish(1) != nil)
        #expect(book.wantsPacket)
    }

    @Test("A call that has expired is heard no more, and hangs the worker only after its time there")
    func expiry() {
        var book = CallBook()
        book.sessions = 1
        let waiting = call(1, submitted: 0)
        book.enqueue(waiting)
        #expect(book.takePacket(now: 900, admit: { _ in true }) != nil)
        #expect(book.nextDeadline == 1000)
        let expired = book.takeExpired(now: 1000)
        #expect(expired.map(\.id) == [1])
        _ = expired.first?.failure(.inputTooLong)
        #expect(book.takeExpired(now: 1000).isEmpty)
        #expect(!book.isHung(now: 1000))
        #expect(book.nextDeadline == 1900)
        #expect(book.isHung(now: 1900))
    }

    @Test("What the worker had is handed back when it is lost")
    func loss() {
        var book = CallBook()
        book.sessions = 1
        for id in 1...20 { book.enqueue(call(UInt64(id))) }
        while book.wantsPacket, book.takePacket(now: 1, admit: { _ in true }) != nil {}
        let had = book.inWorkerCount
        #expect(book.loseWorker().count == had)
        #expect(book.inWorkerCount == 0)
        #expect(book.waitingCount == 20 - had)
        #expect(!book.wantsPacket)
    }

    /// The ids that go to a slow token one after another.
    private func sequence(_ book: inout CallBook, _ count: Int, comes: (Int, inout CallBook) -> Void = { _, _ in })
        -> [UInt64]
    {
        book.sessions = 1
        for _ in 0..<200 { book.noteTokenTime(200_000_000) }
        var ids: [UInt64] = []
        for step in 0..<count {
            comes(step, &book)
            var taken: UInt64?
            guard
                book.takePacket(
                    now: 1,
                    admit: {
                        taken = $0.id; return true
                    }
                ) != nil, let taken
            else { break }
            ids.append(taken)
            _ = book.finish(taken)
        }
        return ids
    }

    @Test("An urgent call goes before all that wait, in the order of the urgent ones")
    func urgentFirst() {
        var book = CallBook()
        for id in 1...200 { book.enqueue(call(UInt64(id))) }
        for id in 901...902 { book.enqueue(call(UInt64(id), urgency: .urgent)) }
        #expect(book.urgentWaitingCount == 2 && book.waitingCount == 202)
        #expect(sequence(&book, 5) == [901, 902, 1, 2, 3])
    }

    @Test("However many urgent calls come, every fourth turn is an ordinary one's")
    func noStarving() {
        var book = CallBook()
        for id in 1...50 { book.enqueue(call(UInt64(id))) }
        let ids = sequence(&book, 100) { step, book in
            for number in 0..<2 { book.enqueue(call(UInt64(1000 + 2 * step + number), urgency: .urgent)) }
        }
        #expect(ids.filter { $0 < 1000 } == (1...25).map(UInt64.init))
        #expect(ids.filter { $0 >= 1000 } == (0..<75).map { UInt64(1000 + $0) })
    }

    @Test("An urgent call expires as the others do")
    func urgentExpiry() {
        var book = CallBook()
        book.enqueue(call(1, submitted: 100))
        book.enqueue(call(2, submitted: 0, urgency: .urgent))
        #expect(book.nextDeadline == 1000)
        #expect(book.takeExpired(now: 1000).map(\.id) == [2])
        #expect(book.nextDeadline == 1100 && book.waitingCount == 1)
        #expect(book.takeWaiting().map(\.id) == [1])
    }
}
