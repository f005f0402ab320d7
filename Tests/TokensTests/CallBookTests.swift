import Testing

@testable import Tokens

@Suite("What goes to the worker next")
struct CallBookTests {
    private func call(
        _ id: UInt64,
        _ work: PendingCall.Work = .sign(key: 0, mechanism: .ecdsa, input: [1]),
        submitted: UInt64 = 0
    ) -> PendingCall {
        PendingCall(id: id, work: work, submitted: submitted, allowance: 1000, listener: .signature { _ in })
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

    @Test("The queue keeps its order however long it gets")
    func order() {
        var book = CallBook()
        for id in 1...5000 { book.enqueue(call(UInt64(id))) }
        for id in 1...5000 { #expect(book.dequeue()?.id == UInt64(id)) }
        #expect(book.dequeue() == nil)
    }
}
