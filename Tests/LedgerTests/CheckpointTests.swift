import Crypto
import Testing

@testable import Ledger

/// Keys, a checkpoint and a cosignature that Go made (golang.org/x/mod/sumdb/note, crypto/ecdsa).
enum Golden {
    static let key = "inkan.example/golden+761796ed+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs"
    static let text = "inkan.example/golden\n300\nyjk9Apa+xeC43KuYO9H7fRRh9RLnJny4ljGtJv1m2Eg=\n"
    static let signature =
        "— inkan.example/golden dheW7eZhf2heyhMN8gwdjCukBFX3NPlSf0tnpm2CMxm/kmGEFhXRhKlXJ+ubPB1BFVBXTl4m892Fa9sreLZrK4Kr3AI="
    static let witnessKey = "witness.example/golden+4b3a2181+BP0XJDhaoMdbZPt4zWAvodmR/ev3axPFjtcC6sg16fYY"
    static let cosignature =
        "— witness.example/golden SzohgQAAAABrSdIAZkpNMOi1t+58A4WTqNeJIAJb95QwVc8kMA3z2SMHDzsq06xaqe9phCElqoIkdQ7DoVUvx8te83GsbSlnMBVZDg=="
    static let ecdsaKey =
        "inkan.example/golden+140983b6+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPtQOI8pSY0Kk60l7Ew0A3udPMPMpHh+tv7aviswA+rIn3dlyp1iiOb/c09c0I86WSHPVLIbs5i1CsDSV3+gdHI="
    static let ecdsaSignature =
        "— inkan.example/golden FAmDtjBFAiEAl1EwxyjZqpY52hCZvW7JrzRaARUOx38wY7jPIEbLwhICIH4f24+uQIPRyLSOGZO7D3/GUwt6l2H+kfKpaBPEDigH"

    static func note(_ lines: String...) -> [UInt8] {
        Array((text + "\n" + lines.map { $0 + "\n" }.joined()).utf8)
    }
}

@Suite("Checkpoints and keys (LDG-02, LDG-04)") struct CheckpointTests {
    private func isRefused(_ code: String = "checkpoint-invalid", _ body: () throws -> Void) -> Bool {
        do {
            try body()
            return false
        } catch {
            return (error as? LedgerError)?.code == code
        }
    }

    @Test("checkpoints that Go signed are taken, with Ed25519 and ECDSA, and a witness's cosignature beside")
    func golden() throws {
        let checkpoint = try Checkpoint(parsing: Golden.note(Golden.signature, Golden.cosignature))
        #expect(checkpoint.origin == "inkan.example/golden" && checkpoint.size == 300)
        let key = try NoteKey(vkey: Golden.key)
        try checkpoint.verify(by: key)
        try checkpoint.note.verify(by: NoteKey(vkey: Golden.witnessKey))
        #expect(checkpoint.note.encoded == Golden.note(Golden.signature, Golden.cosignature))
        #expect(Checkpoint.text(origin: key.name, size: 300, root: checkpoint.root) == Golden.text)
        #expect(key.vkey == Golden.key && key.spki.count == 44)
        #expect(try NoteKey(name: key.name, spki: key.spki) == key)
        let other = try NoteKey(vkey: Golden.ecdsaKey)
        try Checkpoint(parsing: Golden.note(Golden.ecdsaSignature)).verify(by: other)
        #expect(try NoteKey(name: other.name, spki: other.spki) == other)
    }

    @Test("a signature of nobody known, of another key, over another text or cut is refused")
    func signatures() throws {
        let key = try NoteKey(vkey: Golden.key)
        func verify(_ note: [UInt8], _ key: NoteKey = key) throws { try Checkpoint(parsing: note).verify(by: key) }
        #expect(isRefused { try verify(Golden.note(Golden.cosignature)) })
        let other = try NoteKey(vkey: Golden.ecdsaKey)
        #expect(isRefused { try verify(Golden.note(Golden.signature), other) })
        var changed = Golden.note(Golden.signature)
        changed[22] = UInt8(ascii: "4")
        #expect(isRefused { try verify(changed) })
        let line = try SignedNote.Signature(line: Golden.signature)
        var bytes = line.bytes
        bytes[5] ^= 1
        let text = Golden.text
        for wrong in [bytes, bytes.dropLast(), bytes + [0]] {
            let note = SignedNote(text: text, signatures: [line, SignedNote.Signature(by: key, wrong)])
            #expect(isRefused { try verify(note.encoded) })
        }
    }

    @Test("every octet of a signed checkpoint counts")
    func everyOctet() throws {
        let key = try NoteKey(vkey: Golden.key)
        let original = Golden.note(Golden.signature)
        for place in original.indices {
            for bit in 0..<8 {
                var changed = original
                changed[place] ^= 1 << UInt8(bit)
                #expect(isRefused { try Checkpoint(parsing: changed).verify(by: key) }, "octet \(place), bit \(bit)")
            }
        }
        for length in 0..<original.count {
            #expect(isRefused { try Checkpoint(parsing: Array(original.prefix(length))).verify(by: key) })
        }
    }

    @Test(
        "what is no checkpoint is refused",
        arguments: [
            "", "\n", "a\n\n", "origin\n1\n\n— a AAAAAAA=\n", "origin\n01\nROOT\n\nSIG\n", "origin\n-1\nROOT\n\nSIG\n",
            "origin\n+1\nROOT\n\nSIG\n", "origin\n1\nROOT\nextension\n\nSIG\n", "\n1\nROOT\n\nSIG\n",
            "or igin\n1\nROOT\n\nSIG\n", "or+igin\n1\nROOT\n\nSIG\n", "origin\n1\nROOT=\n\nSIG\n",
            "origin\n99999999999999999999\nROOT\n\nSIG\n", "origin\r\n1\nROOT\n\nSIG\n", "origin\n1\nROOT\n\nSIG",
            "origin\n1\nROOT\n\nSIG\n\n", "origin\n1\nROOT\n\nSIG extra\n", "origin\n1\nROOT\nSIG\n",
            "origin\n1\nROOT\n\n- origin AAAAAAA=\n", "origin\n1\nROOT\n\n— origin AAAA\n",
        ]
    )
    func malformed(template: String) {
        let text = template.replacing("ROOT", with: "yjk9Apa+xeC43KuYO9H7fRRh9RLnJny4ljGtJv1m2Eg=")
            .replacing("SIG", with: Golden.signature)
        #expect(isRefused { _ = try Checkpoint(parsing: Array(text.utf8)) })
    }

    @Test("notes beyond the limits are refused before they are read")
    func limits() {
        #expect(isRefused { _ = try SignedNote(parsing: [UInt8](repeating: 0x0a, count: SignedNote.largest + 1)) })
        let many = Golden.text + "\n" + String(repeating: Golden.signature + "\n", count: 65)
        #expect(isRefused { _ = try SignedNote(parsing: Array(many.utf8)) })
        #expect(isRefused { _ = try SignedNote(parsing: [0xff, 0xfe, 0x0a]) })
    }

    @Test(
        "keys that were copied wrongly are refused",
        arguments: [
            "", "a", "a+b", "a+00000000+AQ==",
            "inkan.example/golden+761796ee+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs",
            "inkan.example/other+761796ed+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs",
            "inkan.example/golden+761796ed+A+pKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs",
            "inkan.example/golden+761796ed+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtI=",
            "in kan+761796ed+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs", "+761796ed+AQ==", "\u{7}a+761796ed+AQ==",
        ]
    )
    func badKeys(text: String) {
        #expect(isRefused { _ = try NoteKey(vkey: text) })
    }
}

/// A log key in memory, for tests of what is kept.
struct SoftLogKey: Sendable {
    let secret = Curve25519.Signing.PrivateKey()
    let key: NoteKey

    init(_ name: String = "inkan.example/test", _ kind: NoteKey.Kind = .ed25519) throws {
        key = try NoteKey(name: name, kind: kind, publicKey: Array(secret.publicKey.rawRepresentation))
    }

    func checkpoint(_ size: Int64, _ root: MerkleHash) throws -> Checkpoint {
        let text = Checkpoint.text(origin: key.name, size: size, root: root)
        let signature = try secret.signature(for: Array(text.utf8))
        return try Checkpoint(SignedNote(text: text, signatures: [.init(by: key, Array(signature))]))
    }

    func cosign(_ checkpoint: Checkpoint, at seconds: UInt64 = 1_800_000_000) throws -> SignedNote.Signature {
        let signature = try secret.signature(for: Cosignature.message(checkpoint.note.text, at: seconds))
        return SignedNote.Signature(by: key, Cosignature.signature(Array(signature), at: seconds))
    }
}

extension LedgerStore {
    func register(_ key: NoteKey) async throws {
        try await withCheckedContinuation { done in registerLogKey(key) { done.resume(returning: $0) } }.get()
    }

    func keep(_ checkpoint: Checkpoint, by key: NoteKey) async throws {
        try await withCheckedContinuation { done in keep(checkpoint, by: key) { done.resume(returning: $0) } }.get()
    }

    func keep(_ line: SignedNote.Signature, by witness: NoteKey, size: Int64) async throws {
        try await withCheckedContinuation { done in
            keep(line, by: witness, size: size) { done.resume(returning: $0) }
        }.get()
    }
}

@Suite("Checkpoints in the ledger (LDG-02, LDG-04, LDG-06)") struct KeptCheckpointTests {
    private let folder: TemporaryFolder
    private let log: SoftLogKey
    private let ledger: LedgerStore

    init() async throws {
        folder = try TemporaryFolder()
        log = try SoftLogKey()
        ledger = try folder.open()
        try await ledger.register(log.key)
    }

    private func code(of error: any Error) -> String? { (error as? LedgerError)?.code }

    @Test("a checkpoint of a stored head by the known key is kept, with cosignatures; the newest one is answered")
    func kept() async throws {
        #expect(try ledger.reader.checkpoint() == nil)
        let first = try log.checkpoint(ledger.sealed.size, ledger.sealed.root)
        try await ledger.keep(first, by: log.key)
        try await ledger.append("note")
        let second = try log.checkpoint(ledger.sealed.size, ledger.sealed.root)
        try await ledger.keep(second, by: log.key)
        try await ledger.keep(second, by: log.key)
        let witness = try SoftLogKey("witness.example/w", .cosignature)
        let line = try witness.cosign(second)
        try await ledger.keep(line, by: witness.key, size: second.size)
        try await ledger.keep(line, by: witness.key, size: second.size)
        let newest = try #require(try ledger.reader.checkpoint())
        #expect(newest.note.signatures == second.note.signatures + [line])
        try newest.note.verify(by: witness.key)
        #expect(try ledger.reader.checkpoint(size: first.size) == first)
        ledger.stop()
        let again = try folder.open()
        #expect(try again.reader.checkpoint() == newest)
        #expect(try again.reader.logKeys() == [log.key])
        #expect(try again.reader.verify().isSound)
    }

    @Test("checkpoints of other roots, sizes and keys are refused, and so are cosignatures that are none")
    func refused() async throws {
        try await ledger.append("note")
        let (size, root) = (ledger.sealed.size, ledger.sealed.root)
        func isInvalid(_ error: any Error) -> Bool { code(of: error) == "checkpoint-invalid" }
        await #expect { try await ledger.keep(try log.checkpoint(size, .emptyRoot), by: log.key) } throws: {
            isInvalid($0)
        }
        await #expect { try await ledger.keep(try log.checkpoint(size + 1, root), by: log.key) } throws: {
            isInvalid($0)
        }
        let stranger = try SoftLogKey()
        await #expect { try await ledger.keep(try stranger.checkpoint(size, root), by: log.key) } throws: {
            isInvalid($0)
        }
        await #expect { try await ledger.keep(try stranger.checkpoint(size, root), by: stranger.key) } throws: {
            isInvalid($0)
        }
        let good = try log.checkpoint(size, root)
        let witness = try SoftLogKey("witness.example/w", .cosignature)
        let line = try witness.cosign(good)
        await #expect { try await ledger.keep(line, by: witness.key, size: size) } throws: {
            code(of: $0) == "checkpoint-unknown"
        }
        try await ledger.keep(good, by: log.key)
        let other = try SoftLogKey("witness.example/w", .cosignature)
        await #expect { try await ledger.keep(line, by: other.key, size: size) } throws: { isInvalid($0) }
        let forged = try witness.cosign(log.checkpoint(size, .emptyRoot))
        await #expect { try await ledger.keep(forged, by: witness.key, size: size) } throws: { isInvalid($0) }
        #expect(try ledger.reader.checkpoint()?.note.signatures.count == 1)
        #expect(try ledger.reader.verify().isSound && ledger.failure == nil)
    }

    @Test("a ledger that was put back, and another history, are told from what was seen of it")
    func compared() async throws {
        try await ledger.append("note")
        let seen = try log.checkpoint(ledger.sealed.size, ledger.sealed.root)
        try ledger.reader.compare(with: seen, by: "somebody")
        try await ledger.append("note")
        try ledger.reader.compare(with: seen, by: "somebody")
        let later = try log.checkpoint(ledger.sealed.size + 1, .emptyRoot)
        #expect { try ledger.reader.compare(with: later, by: "the token") } throws: {
            ($0 as? LedgerError)?.message.contains("the token") == true && code(of: $0) == "ledger-older-than-seen"
        }
        let forked = try log.checkpoint(ledger.sealed.size, .emptyRoot)
        #expect { try ledger.reader.compare(with: forked, by: "x") } throws: {
            code(of: $0) == "ledger-older-than-seen"
        }
        let foreign = try SoftLogKey("elsewhere.example/log").checkpoint(1, .emptyRoot)
        #expect { try ledger.reader.compare(with: foreign, by: "x") } throws: {
            code(of: $0) == "ledger-older-than-seen"
        }
        let forged = try SoftLogKey().checkpoint(seen.size, seen.root)
        #expect { try ledger.reader.compare(with: forged, by: "x") } throws: { code(of: $0) == "checkpoint-invalid" }
    }

    @Test("intents wait until the ledger is compared; what was shown to be too old issues nothing until the next start")
    func held() async throws {
        ledger.stop()
        let held = try folder.open { $0.holdsIntents = true }
        async let waiting = held.issue(SampleOrder())
        try await held.append("note")
        held.release()
        _ = try await waiting
        held.refuse(because: .olderThanSeen(by: "a witness", detail: "test"))
        held.release()
        await #expect { try await held.issue(SampleOrder()) } throws: { code(of: $0) == "ledger-older-than-seen" }
        try await held.append("note")
        #expect(held.refusal?.code == "ledger-older-than-seen")
        held.stop()
        let stopped = try folder.open { $0.holdsIntents = true }
        async let left = stopped.intend(SampleOrder().intent)
        try await Task.sleep(for: .milliseconds(20))
        stopped.stop()
        do {
            _ = try await left
            Issue.record("it passed")
        } catch {
            #expect(code(of: error) == "ledger-stopped")
        }
    }
}
