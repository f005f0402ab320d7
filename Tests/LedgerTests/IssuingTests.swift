import Clocks
import Ledger
import Synchronization
import Testing
import Threads

@Suite struct IssuingTests {
    private let folder: TemporaryFolder
    private let ledger: LedgerStore

    init() throws {
        folder = try TemporaryFolder()
        ledger = try folder.open()
    }

    @Test("an issued certificate is found by its serial number and by its order, and its entries tell all")
    func issueAndFind() async throws {
        let order = SampleOrder("order 印鑑")
        let intent = try await ledger.intended(order)
        #expect(try ledger.reader.status(serial: order.intent.serial) == .inFlight(intentSequence: 0))
        #expect(try ledger.reader.openIntents().map(\.orderID) == ["order 印鑑"])
        #expect(try ledger.reader.certificate(serial: order.intent.serial) == nil)
        let receipt = try await ledger.record(order.record(intent))
        #expect(receipt.sequence == 1 && receipt.treeSize == 2)

        let found = try #require(try ledger.reader.certificate(serial: order.intent.serial))
        #expect(found == (try ledger.reader.certificate(order: "order 印鑑")))
        #expect(found.certificateDER == order.certificate)
        #expect(found.contentHash == order.intent.contentHash)
        #expect(found.profileSetVersion == order.intent.profileSetVersion)
        #expect(found.intentSequence == 0 && found.sequence == 1 && found.leafHash == receipt.leafHash.bytes)
        #expect(try ledger.reader.status(serial: order.intent.serial) == .issued(sequence: 1))
        #expect(try ledger.reader.openIntents().isEmpty)
        #expect(try ledger.reader.head()?.size == 2)

        let entries = try ledger.reader.entries(from: 0, limit: 10)
        #expect(entries.map(\.kind) == [EntryKind.intent, EntryKind.certificate])
        let fields = try EntryFields(body: entries[0].body)
        #expect(
            fields.members.map(\.0) == [
                "sequence", "time", "kind", "order", "content", "profile", "profileSetVersion", "profileSetHash",
                "issuer", "issuerKey", "serial", "tbs", "publicKey", "subject", "keyOrigin", "caller", "notAfter",
                "authority",
            ]
        )
        #expect(fields["caller"] == .number(1000))
        #expect(try ledger.reader.verify().isSound)
    }

    @Test("what one commit answers comes in one piece: the answers to intents apart from the others")
    func delivery() throws {
        let told = Mutex<[(intents: Bool, count: Int)]>([])
        let (isBusy, goesOn) = (Guarded(false), Guarded(false))
        let folder = try TemporaryFolder()
        @Sendable func tell(_ answers: AnswerDelivery.Answers, intents: Bool) {
            guard !answers.isEmpty else { return }
            told.withLock { $0.append((intents, answers.count)) }
            // The committer is kept with its first commit until more is waiting for the next.
            isBusy.withLock { $0 = true }
            isBusy.broadcast()
            goesOn.wait { $0 ? () : nil }
            for answer in answers { answer() }
        }
        let delivery = AnswerDelivery(
            intents: { tell($0, intents: true) },
            others: { tell($0, intents: false) }
        )
        let ledger = try LedgerStore(
            LedgerSettings(path: folder.ledger),
            clock: SystemClock(),
            delivery: delivery,
            log: { _ in }
        )
        let answered = Guarded(0)
        let count = { @Sendable in
            answered.withLock { $0 += 1 }
            answered.broadcast()
        }
        ledger.intend(SampleOrder().intent) { _ in count() }
        isBusy.wait { $0 ? () : nil }
        for _ in 1...2 { ledger.append(LedgerEvent(kind: "note", fields: [])) { _ in count() } }
        goesOn.withLock { $0 = true }
        goesOn.broadcast()
        answered.wait { $0 == 3 ? () : nil }
        #expect(told.withLock { $0.map(\.intents) } == [true, false])
        #expect(told.withLock { $0.map(\.count) } == [1, 2])
    }

    @Test("what nobody asked for is unknown")
    func unknown() throws {
        #expect(try ledger.reader.status(serial: [1, 2, 3]) == .unknown)
        #expect(try ledger.reader.certificate(order: "none") == nil)
        #expect(try ledger.reader.entry(sequence: 0) == nil)
        #expect(try ledger.reader.head() == nil)
        #expect(try ledger.reader.verify().isSound)
    }

    @Test("an order that is asked again gives its certificate, whatever serial number was drawn for it")
    func repeated() async throws {
        let order = SampleOrder()
        let receipt = try await ledger.issue(order)
        guard case .alreadyIssued(let certificate) = try await ledger.intend(order.again().intent) else {
            throw Unexpected()
        }
        #expect(certificate.sequence == receipt.sequence && certificate.certificateDER == order.certificate)
        #expect(try ledger.reader.head()?.size == 2)
    }

    @Test("an order id with another request behind it is refused, issued or not")
    func reused() async throws {
        let order = SampleOrder("A-1")
        let intent = try await ledger.intended(order)
        await #expect(throws: LedgerError.orderReused(order: "A-1")) {
            try await ledger.intend(SampleOrder("A-1").intent)
        }
        _ = try await ledger.record(order.record(intent))
        await #expect(throws: LedgerError.orderReused(order: "A-1")) {
            try await ledger.intend(SampleOrder("A-1").intent)
        }
    }

    @Test("order ids that differ in spelling alone are different orders")
    func spelling() async throws {
        try await ledger.issue(SampleOrder("caf\u{e9}"))
        try await ledger.issue(SampleOrder("cafe\u{301}"))
        #expect(try ledger.reader.verify().certificates == 2)
    }

    @Test("an order that is being issued is refused meanwhile")
    func inFlight() async throws {
        let order = SampleOrder("A-2")
        _ = try await ledger.intended(order)
        await #expect(throws: LedgerError.orderInFlight(order: "A-2")) { try await ledger.intend(order.again().intent) }
    }

    @Test("a closed intent's serial number was never released, and its order may be issued anew")
    func closed() async throws {
        let order = SampleOrder("A-3")
        let intent = try await ledger.intended(order)
        try await ledger.close(intent)
        #expect(try ledger.reader.status(serial: order.intent.serial) == .neverReleased(intentSequence: 0))
        await #expect(throws: LedgerError.intentSettled(sequence: 0)) { try await ledger.record(order.record(intent)) }
        await #expect(throws: LedgerError.intentSettled(sequence: 0)) { try await ledger.close(intent) }
        let second = order.again()
        try await ledger.issue(second)
        #expect(try ledger.reader.certificate(order: "A-3")?.serial == second.intent.serial)
        await #expect(throws: LedgerError.orderReused(order: "A-3")) {
            try await ledger.intend(SampleOrder("A-3").intent)
        }
        #expect(try ledger.reader.verify().isSound)
    }

    @Test("a public key serves one subject, in as many certificates as it likes")
    func keyOfOther() async throws {
        let first = SampleOrder()
        try await ledger.issue(first)
        var renewal = SampleOrder()
        renewal.intent.publicKeyHash = first.intent.publicKeyHash
        await #expect(throws: LedgerError.keyBelongsToOther(subjectHash: first.intent.subjectHash)) {
            try await ledger.intend(renewal.intent)
        }
        renewal.intent.subjectHash = first.intent.subjectHash
        try await ledger.issue(renewal)
    }

    @Test("an intent that was closed before any signature does not bind its key, one that may have been signed does")
    func keyOfUnsigned() async throws {
        let misspelt = SampleOrder("A")
        var right = SampleOrder("B")
        right.intent.publicKeyHash = misspelt.intent.publicKeyHash
        let bound = LedgerError.keyBelongsToOther(subjectHash: misspelt.intent.subjectHash)
        for _ in 0..<3 {
            let intent = try await ledger.intended(misspelt.again())
            await #expect(throws: bound) { try await ledger.intend(right.intent) }
            let closing = try await ledger.close(intent, wasSigned: false)
            let body = try #require(try ledger.reader.entry(sequence: closing.sequence)).body
            #expect(try EntryFields(body: body)["signed"] == .flag(false))
        }
        let intent = try await ledger.intended(right)
        #expect(try ledger.reader.status(serial: right.intent.serial) == .inFlight(intentSequence: intent.sequence))
        try await ledger.close(intent)
        let other = LedgerError.keyBelongsToOther(subjectHash: right.intent.subjectHash)
        await #expect(throws: other) { try await ledger.intend(misspelt.again().intent) }
        #expect(try ledger.reader.verify().isSound)
        ledger.stop()
        let again = try folder.open()
        await #expect(throws: other) { try await again.intend(misspelt.again().intent) }
        try await again.issue(right.again())
        #expect(try again.reader.verify().isSound)
    }

    @Test("a key stays bound by its second intent when the first one ends without a signature")
    func keyOfSecond() async throws {
        let first = SampleOrder()
        var second = SampleOrder()
        second.intent.publicKeyHash = first.intent.publicKeyHash
        second.intent.subjectHash = first.intent.subjectHash
        let intent = try await ledger.intended(first)
        try await ledger.issue(second)
        try await ledger.close(intent, wasSigned: false)
        var other = SampleOrder()
        other.intent.publicKeyHash = first.intent.publicKeyHash
        await #expect(throws: LedgerError.keyBelongsToOther(subjectHash: first.intent.subjectHash)) {
            try await ledger.intend(other.intent)
        }
        #expect(try ledger.reader.verify().isSound)
    }

    @Test("an order may fail again and again, and is still known")
    func failingOften() async throws {
        let order = SampleOrder("A-9")
        for _ in 0..<40 { try await ledger.close(try await ledger.intended(order.again())) }
        await #expect(throws: LedgerError.orderReused(order: "A-9")) {
            try await ledger.intend(SampleOrder("A-9").intent)
        }
        ledger.stop()
        let again = try folder.open()
        let receipt = try await again.issue(order)
        #expect(try again.reader.certificate(order: "A-9")?.sequence == receipt.sequence)
        #expect(try again.reader.verify().isSound)
    }

    @Test("an authority's key can't be certified, and a certified key can't become an authority's")
    func keyOfAuthority() async throws {
        let order = SampleOrder()
        #expect(try await ledger.registerAuthorityKey(order.intent.publicKeyHash)?.sequence == 0)
        #expect(try await ledger.registerAuthorityKey(order.intent.publicKeyHash) == nil)
        await #expect(throws: LedgerError.keyOfAuthority) { try await ledger.intend(order.intent) }
        let other = SampleOrder()
        try await ledger.issue(other)
        await #expect(throws: LedgerError.keyOfAuthority) {
            try await ledger.registerAuthorityKey(other.intent.publicKeyHash)
        }
        #expect(try ledger.reader.verify().isSound)
    }

    @Test("a CA's certificate needs its key to be registered as an authority's, and is sound then")
    func authorityCertificate() async throws {
        var order = SampleOrder()
        order.intent.isAuthority = true
        await #expect(throws: LedgerError.keyOfAuthority) { try await ledger.intend(order.intent) }
        try await ledger.registerAuthorityKey(order.intent.publicKeyHash)
        try await ledger.issue(order)
        #expect(try await ledger.registerAuthorityKey(order.intent.publicKeyHash) == nil)
        #expect(try ledger.reader.verify().isSound)
    }

    @Test("a serial number is used once, even if nothing came of it")
    func serialRepeated() async throws {
        let first = SampleOrder()
        try await ledger.close(try await ledger.intended(first))
        var second = SampleOrder()
        second.intent.serial = first.intent.serial
        await #expect(throws: LedgerError.serialRepeated) { try await ledger.intend(second.intent) }
    }

    @Test("only the intended certificate is recorded, once, under its own intent")
    func recordDiffers() async throws {
        let (first, second) = (SampleOrder(), SampleOrder())
        let (one, two) = (try await ledger.intended(first), try await ledger.intended(second))
        func refusal(_ record: CertificateRecord) async throws -> String {
            do {
                _ = try await ledger.record(record)
            } catch let error as LedgerError {
                return error.code
            }
            return "recorded"
        }
        var crossed = first.record(one)
        crossed.certificateDER = second.certificate
        #expect(try await refusal(crossed) == "certificate-differs")
        #expect(try await refusal(second.record(one)) == "certificate-differs")
        var changed = first.record(one)
        changed.certificateDER[60] ^= 1
        #expect(try await refusal(changed) == "certificate-differs")
        changed.certificateDER = [1, 2, 3]
        #expect(try await refusal(changed) == "certificate-differs")
        var renamed = first.record(one)
        renamed.orderID = second.intent.orderID
        #expect(try await refusal(renamed) == "certificate-differs")
        _ = try await ledger.record(first.record(one))
        #expect(try await refusal(first.record(one)) == "intent-settled")
        _ = try await ledger.record(second.record(two))
        try await ledger.append("note")
        var nowhere = SampleOrder().record(one)
        nowhere = CertificateRecord(
            intent: try await ledger.intended(SampleOrder()),
            orderID: nowhere.orderID,
            serial: nowhere.serial,
            certificateDER: nowhere.certificateDER
        )
        #expect(try await refusal(nowhere) == "certificate-differs")
        #expect(try ledger.reader.verify().isSound)
    }

    @Test("a receipt of another ledger is unknown")
    func unknownIntent() async throws {
        let elsewhere = try TemporaryFolder()
        let other = try elsewhere.open()
        try await other.append("note")
        let order = SampleOrder()
        let foreign = try await other.intended(order)
        await #expect(throws: LedgerError.unknownIntent(sequence: 1)) { try await ledger.record(order.record(foreign)) }
        await #expect(throws: LedgerError.unknownIntent(sequence: 1)) { try await ledger.close(foreign) }
    }

    @Test("what is out of bounds is refused and leaves nothing behind")
    func limits() async throws {
        let changes: [@Sendable (inout Intent) -> Void] = [
            { $0.orderID = "" }, { $0.orderID = String(repeating: "x", count: 257) }, { $0.serial = [] },
            { $0.serial = [0, 1] }, { $0.serial = [0x80] }, { $0.serial = Array(repeating: 1, count: 21) },
            { $0.contentHash = [1] }, { $0.tbsHash = [] }, { $0.publicKeyHash.append(0) }, { $0.subjectHash = [] },
            { $0.profileSetHash = [] }, { $0.profile = "" }, { $0.issuer = String(repeating: "x", count: 1_025) },
        ]
        for change in changes {
            var intent = SampleOrder().intent
            change(&intent)
            await #expect(throws: LedgerError.self) { try await ledger.intend(intent) }
        }
        let events: [LedgerEvent] = [
            LedgerEvent(kind: ""), LedgerEvent(kind: "Upper"), LedgerEvent(kind: "intent"),
            LedgerEvent(kind: "certificate"), LedgerEvent(kind: String(repeating: "k", count: 41)),
            LedgerEvent(kind: "note", fields: [("sequence", .number(1))]),
            LedgerEvent(kind: "note", fields: [("a", .number(1)), ("a", .number(2))]),
            LedgerEvent(kind: "note", fields: [("a", .text(String(repeating: "x", count: 1_100_000)))]),
            LedgerEvent(kind: "note", fields: [("a", .list([.list([.list([.list([.list([])])])])]))]),
        ]
        for event in events {
            await #expect(throws: LedgerError.self) { try await ledger.append(event.kind, event.fields) }
        }
        #expect(try ledger.reader.head() == nil)
    }

    @Test("refused requests don't harm the others of their batch")
    func mixedBatch() async throws {
        let known = SampleOrder("known")
        try await ledger.issue(known)
        let answers = await withTaskGroup(of: (Int, String).self) { group in
            for number in 0..<240 {
                group.addTask {
                    var order = SampleOrder("batch-\(number)")
                    switch number % 4 {
                    case 0: order.intent.serial = known.intent.serial
                    case 1: order.intent.publicKeyHash = known.intent.publicKeyHash
                    case 2: order.intent.orderID = "known"
                    default: break
                    }
                    do {
                        try await ledger.issue(order)
                        return (number, "issued")
                    } catch {
                        return (number, (error as? LedgerError)?.code ?? "\(error)")
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let expected = ["serial-repeated", "key-belongs-to-other", "order-reused", "issued"]
        for (number, answer) in answers { #expect(answer == expected[number % 4]) }
        let report = try ledger.reader.verify()
        #expect(report.isSound && report.certificates == 61 && report.entries == 122)
    }

    @Test("of many who ask for the same order at once, one is told to sign")
    func race() async throws {
        let order = SampleOrder("contested")
        let outcomes = await withTaskGroup(of: String.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    do {
                        if case .intended = try await ledger.intend(order.again().intent) { return "intended" }
                        return "issued"
                    } catch {
                        return (error as? LedgerError)?.code ?? "\(error)"
                    }
                }
            }
            return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(outcomes == ["intended": 1, "order-in-flight": 99])
    }

    @Test("concurrent issuing is grouped in few commits, in one gap-free sequence")
    func groupCommit() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<400 { group.addTask { try await ledger.issue(SampleOrder("group-\(number)")) } }
            try await group.waitForAll()
        }
        let statistics = ledger.statistics
        #expect(statistics.entries == 800 && statistics.openIntents == 0)
        #expect(statistics.commits < 400)
        let report = try ledger.reader.verify()
        #expect(report.isSound && report.certificates == 400 && report.head?.size == 800)
    }

    @Test("entries are listed from a number on, by kind if one likes")
    func listing() async throws {
        for number in 0..<5 {
            try await ledger.append("service-started", [("number", .number(Int64(number)))])
            try await ledger.issue(SampleOrder())
        }
        #expect(try ledger.reader.entries(from: 4, limit: 3).map(\.sequence) == [4, 5, 6])
        let started = try ledger.reader.entries(from: 1, limit: 3, kinds: ["service-started"])
        #expect(started.map(\.sequence) == [3, 6, 9])
        #expect(try ledger.reader.entry(sequence: 9)?.kind == "service-started")
        #expect(try ledger.reader.entries(from: 0, limit: 0).isEmpty)
    }

    @Test("after stopping, requests are refused, and what waited was written")
    func stopping() async throws {
        let waiting = (0..<50).map { number in
            Task { try await ledger.append("note", [("number", .number(Int64(number)))]) }
        }
        for task in waiting { _ = try await task.value }
        ledger.stop()
        ledger.stop()
        await #expect(throws: LedgerError.stopped) { try await ledger.append("note") }
        #expect(try ledger.reader.head()?.size == 50)
    }
}
