import Foundation
import Testing
import X509Building

@Suite("Certificate revocation lists (RFC 5280 5)")
struct CertificateListTests {
    /// A list that is signed, and its entries.
    struct SignedList {
        var head: CertificateListHead
        var entries: [CertificateListEntry]
        var tbs: [UInt8]
        var der: [UInt8]
    }

    static func head(_ algorithm: SignatureAlgorithm, issuer: Certificate) throws -> CertificateListHead {
        CertificateListHead(
            signatureAlgorithm: algorithm,
            issuerDER: try issuer.subjectDER(),
            thisUpdate: Samples.now,
            nextUpdate: Samples.now + 7 * Samples.day,
            number: 256,
            authorityKeyIdentifier: issuer.tbs.publicKey.subjectKeyIdentifier
        )
    }

    /// Writes as the service does: measured first, then piece by piece.
    static func write(_ head: CertificateListHead, _ entries: [CertificateListEntry]) throws -> [UInt8] {
        var measure = CertificateListMeasure()
        for entry in entries {
            try entry.serialNumber.withUnsafeBytes { serial in
                try measure.add(
                    serial: serial,
                    revocationDate: entry.revocationDate,
                    reason: entry.reason,
                    invalidityDate: entry.invalidityDate
                )
            }
        }
        var writer = try CertificateListWriter(head, measure)
        var bytes: [UInt8] = []
        for entry in entries {
            try entry.serialNumber.withUnsafeBytes { serial in
                try writer.add(
                    serial: serial,
                    revocationDate: entry.revocationDate,
                    reason: entry.reason,
                    invalidityDate: entry.invalidityDate
                )
            }
            if let piece = writer.takePiece() { bytes += piece }
        }
        bytes += try writer.finish()
        #expect(bytes.count == writer.size)
        return bytes
    }

    static func sign(_ head: CertificateListHead, _ entries: [CertificateListEntry]) throws -> SignedList {
        let algorithm = head.signatureAlgorithm
        let tbs = try write(head, entries)
        let raw = try Samples.key(for: algorithm).tokenSignature(tbs, algorithm)
        let signature = try algorithm.signatureValue(fromToken: raw)
        let frame = CertificateListWriter.frame(size: tbs.count, algorithm: algorithm, signature: signature)
        return SignedList(head: head, entries: entries, tbs: tbs, der: frame.before + tbs + frame.after)
    }

    static let entries = [
        CertificateListEntry(serialNumber: [1], revocationDate: 1_700_000_000),
        CertificateListEntry(serialNumber: [0x7F] + [UInt8](repeating: 0xAB, count: 19), revocationDate: 1_700_000_001),
        CertificateListEntry(serialNumber: [0x80], revocationDate: 1_700_000_002, reason: .keyCompromise),
        CertificateListEntry(
            serialNumber: [2, 0],
            revocationDate: 1_700_000_003,
            reason: .privilegeWithdrawn,
            invalidityDate: 1_600_000_000
        ),
        CertificateListEntry(serialNumber: [3], revocationDate: 2_600_000_000, invalidityDate: 2_600_000_000),
        CertificateListEntry(serialNumber: [4], revocationDate: 1_700_000_004, reason: .certificateHold),
    ]

    @Test("OpenSSL verifies them and reads what was meant, by every algorithm", arguments: SignatureAlgorithm.allCases)
    func openSSL(algorithm: SignatureAlgorithm) throws {
        let root = try Samples.root(algorithm)
        let list = try Self.sign(Self.head(algorithm, issuer: root), Self.entries)
        let folder = try TemporaryFolder()
        try folder.write(root.pem, "root.pem")
        try folder.write(list.der, "list.crl")
        let answer = try tool(
            "openssl",
            ["crl", "-inform", "DER", "-in", "list.crl", "-CAfile", "root.pem", "-noout", "-text"],
            in: folder
        )
        #expect(answer.status == 0 && answer.output.contains("verify OK"), "\(answer.output)")
        for text in [
            "Version 2", "X509v3 CRL Number: \n                256", "Key Compromise", "Privilege Withdrawn",
            "Certificate Hold", "Invalidity Date: \n                Sep 13 12:26:40 2020 GMT",
            "Serial Number: 7FABABABABABABABABABABABABABABABABABABAB", "May 22 14:13:20 2052 GMT",
        ] { #expect(answer.output.contains(text), "\(text) in \(answer.output)") }
        #expect(!answer.output.contains("Unspecified"))
    }

    @Test("A part says so, critically, and an empty list has no entries at all")
    func partAndEmpty() throws {
        let root = try Samples.root(.ecdsaP256SHA256)
        var head = try Self.head(.ecdsaP256SHA256, issuer: root)
        head.distributionPoints = ["http://crl.example/ca-3.crl"]
        let list = try Self.sign(head, [])
        let folder = try TemporaryFolder()
        try folder.write(root.pem, "root.pem")
        try folder.write(list.der, "list.crl")
        let text = try openssl(
            "crl",
            "-inform",
            "DER",
            "-in",
            "list.crl",
            "-CAfile",
            "root.pem",
            "-noout",
            "-text",
            in: folder
        )
        #expect(
            text.contains("Issuing Distribution Point: critical") && text.contains("URI:http://crl.example/ca-3.crl")
        )
        #expect(text.contains("No Revoked Certificates"))
        var reader = try Self.reader(list.tbs)
        #expect(try reader.nextEntry() == nil)
        #expect(try reader.readExtensions() == head.extensions())
    }

    /// A reader that gets its octets in pieces of some length.
    static func reader(_ bytes: [UInt8], piece: Int = 1000) throws -> CertificateListReader {
        var place = 0
        return try CertificateListReader { count in
            let end = min(place + min(count, piece), bytes.count)
            defer { place = end }
            return Array(bytes[place..<end])
        }
    }

    static func readAll(_ bytes: [UInt8], piece: Int) throws -> ([CertificateListEntry], [Extension]) {
        var reader = try reader(bytes, piece: piece)
        var entries: [CertificateListEntry] = []
        while let entry = try reader.nextEntry() { entries.append(entry) }
        return (entries, try reader.readExtensions())
    }

    @Test("What is written is read again, whatever the pieces", arguments: [1, 7, 100, 100_000])
    func roundTrip(piece: Int) throws {
        var generator = SeededGenerator(seed: UInt64(piece))
        let root = try Samples.root(.ecdsaP256SHA256)
        let head = try Self.head(.ecdsaP256SHA256, issuer: root)
        for count in [0, 1, 2, 40] {
            let entries = (0..<count).map { _ in
                CertificateListEntry(
                    serialNumber: [UInt8.random(in: 1...127, using: &generator)]
                        + (0..<Int.random(in: 0...19, using: &generator)).map { _ in
                            UInt8.random(in: 0...255, using: &generator)
                        },
                    revocationDate: Int64.random(in: 0...4_000_000_000, using: &generator),
                    reason: RevocationCode.allCases.filter { $0 != .unspecified }.randomElement(using: &generator),
                    invalidityDate: Bool.random(using: &generator)
                        ? Int64.random(in: 0...4_000_000_000, using: &generator) : nil
                )
            }
            let (read, extensions) = try Self.readAll(Self.write(head, entries), piece: piece)
            #expect(read == entries)
            #expect(try extensions == head.extensions())
        }
    }

    @Test("Cut, lengthened or changed octets are an error or another list, and never the same")
    func changed() throws {
        let root = try Samples.root(.ecdsaP256SHA256)
        let head = try Self.head(.ecdsaP256SHA256, issuer: root)
        let bytes = try Self.write(head, Self.entries)
        func meaning(_ bytes: [UInt8]) -> String? {
            do {
                var reader = try Self.reader(bytes)
                var text = "\(reader.signatureAlgorithm) \(reader.issuerDER) \(reader.thisUpdate) \(reader.nextUpdate)"
                while let entry = try reader.nextEntry() { text += "\(entry)" }
                return text + "\(try reader.readExtensions().map { "\($0) \($0.value)" })"
            } catch {
                return nil
            }
        }
        let good = meaning(bytes)
        #expect(good != nil)
        for index in bytes.indices {
            #expect(meaning(Array(bytes[..<index])) == nil)
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << bit
                #expect(meaning(changed) != good, "octet \(index), bit \(bit)")
            }
        }
        #expect(meaning(bytes + [0]) == nil)
    }

    @Test("Values that must not be encoded are refused")
    func refused() throws {
        let root = try Samples.root(.ecdsaP256SHA256)
        let head = try Self.head(.ecdsaP256SHA256, issuer: root)
        func code(_ change: (inout CertificateListHead, inout CertificateListEntry) -> Void) -> X509Error? {
            var (head, entry) = (head, Self.entries[0])
            change(&head, &entry)
            return refusal { _ = try Self.write(head, [entry]) }
        }
        #expect(code { head, _ in head.nextUpdate = head.thisUpdate }?.field == "nextUpdate")
        #expect(code { head, _ in head.number = 0 }?.field == "cRLNumber")
        #expect(code { _, entry in entry.serialNumber = [] }?.field == "userCertificate")
        #expect(code { _, entry in entry.serialNumber = [0, 1] }?.field == "userCertificate")
        #expect(
            code { _, entry in entry.serialNumber = [UInt8](repeating: 0x80, count: 20) }?.field == "userCertificate"
        )
        #expect(code { _, entry in entry.revocationDate = 300_000_000_000 }?.field == "revocationDate")
        #expect(code { _, entry in entry.invalidityDate = -700_000_000 }?.field == "invalidityDate")
        #expect(code { head, _ in head.distributionPoints = ["no address"] }?.code == .nameInvalid)
    }

    @Test("Another number of entries than measured is refused")
    func measured() throws {
        let root = try Samples.root(.ecdsaP256SHA256)
        var writer = try CertificateListWriter(Self.head(.ecdsaP256SHA256, issuer: root), CertificateListMeasure())
        try [5 as UInt8].withUnsafeBytes { serial in
            try writer.add(serial: serial, revocationDate: 0, reason: nil, invalidityDate: nil)
        }
        #expect(refusal { _ = try writer.finish() }?.field == "revokedCertificates")
    }

    @Test("A digest made in pieces gives the same token input and verifies", arguments: SignatureAlgorithm.allCases)
    func pieces(algorithm: SignatureAlgorithm) throws {
        let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var message = SignedMessage(algorithm)
        for start in stride(from: 0, to: bytes.count, by: 777) {
            message.update(Array(bytes[start..<min(start + 777, bytes.count)]))
        }
        #expect(message.tokenInput == algorithm.tokenInput(for: bytes))
        let key = try Samples.key(for: algorithm)
        var signature = try algorithm.signatureValue(fromToken: key.tokenSignature(bytes, algorithm))
        #expect(try message.isSigned(by: key.publicKey, signature))
        signature[signature.count - 1] ^= 1
        #expect(try !message.isSigned(by: key.publicKey, signature))
    }

    @Test("The frame of a signed list is found again; a cut or lengthened file has none")
    func frame() throws {
        let root = try Samples.root(.sha256WithRSA)
        let list = try Self.sign(Self.head(.sha256WithRSA, issuer: root), Self.entries)
        func frame(_ bytes: [UInt8]) throws -> CertificateListFrame {
            try CertificateListFrame(
                beginning: Array(bytes.prefix(CertificateListFrame.beginningSize)),
                size: bytes.count
            )
        }
        let found = try frame(list.der)
        #expect(Array(list.der[found.tbs]) == list.tbs)
        #expect(try found.readEnd(Array(list.der[found.end])).algorithm == .sha256WithRSA)
        #expect(refusal { _ = try frame(list.der + [0]) } != nil)
        #expect(refusal { _ = try frame(list.der.dropLast()) } != nil)
        #expect(refusal { _ = try frame([]) } != nil)
    }
}
