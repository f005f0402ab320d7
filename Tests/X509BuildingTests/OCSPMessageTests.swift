import Foundation
import Testing
import X509Building

@Suite("OCSP (RFC 6960)")
struct OCSPMessageTests {
    /// A CA's certificate on disk, and requests that OpenSSL makes about what it issued.
    struct Desk {
        let folder: TemporaryFolder
        let root: Certificate

        init() throws {
            folder = try TemporaryFolder()
            root = try Samples.root(.ecdsaP256SHA256)
            try folder.write(root.pem, "ca.pem")
        }

        func request(_ arguments: String...) throws -> [UInt8] {
            let answer = try tool(
                "openssl",
                ["ocsp", "-issuer", "ca.pem", "-reqout", "request.der"] + arguments,
                in: folder
            )
            try #require(answer.status == 0, "\(answer.output)")
            return try folder.read("request.der")
        }
    }

    @Test("OpenSSL's requests are read: SHA-1 and SHA-256, with and without a nonce, one and many")
    func requests() throws {
        let desk = try Desk()
        let plain = try OCSPRequest(derEncoded: desk.request("-serial", "0x0102", "-no_nonce"))
        #expect(plain.certificates.count == 1 && plain.nonce == nil)
        let expected = OCSPCertificateID(
            hash: .sha1,
            issuerDER: try desk.root.subjectDER(),
            issuerKey: desk.root.tbs.publicKey,
            serialNumber: [1, 2]
        )
        #expect(plain.certificates[0] == expected)
        let modern = try OCSPRequest(
            derEncoded: desk.request("-sha256", "-serial", "0x7f", "-sha256", "-serial", "5", "-nonce")
        )
        #expect(modern.certificates.map(\.hash) == [.sha256, .sha256] && modern.nonce != nil)
        #expect(modern.certificates.map(\.serialNumber) == [[0x7F], [5]])
        let other = try OCSPRequest(derEncoded: desk.request("-sha384", "-serial", "1"))
        #expect(other.certificates[0].hash == nil)
    }

    @Test("A signed request is read as if it were not signed")
    func signed() throws {
        let desk = try Desk()
        try openssl(
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "key.pem",
            "-out",
            "signer.pem",
            "-subj",
            "/CN=Asker",
            in: desk.folder
        )
        let request = try OCSPRequest(
            derEncoded: desk.request("-serial", "9", "-signer", "signer.pem", "-signkey", "key.pem")
        )
        #expect(request.certificates[0].serialNumber == [9])
    }

    /// A request whose parts are given as DER.
    private func request(_ list: [[UInt8]], extensions: [UInt8]? = nil, version: [UInt8] = []) -> [UInt8] {
        let certificates = der(0x30, list.flatMap { der(0x30, $0) })
        return der(0x30, der(0x30, version + certificates + (extensions.map { der(0xA2, der(0x30, $0)) } ?? [])))
    }

    private func der(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let count = content.count
        let length: [UInt8] =
            count < 0x80
            ? [UInt8(count)] : count < 0x100 ? [0x81, UInt8(count)] : [0x82, UInt8(count >> 8), UInt8(count & 0xFF)]
        return [tag] + length + content
    }

    private func nonce(_ count: Int, critical: Bool = false) -> [UInt8] {
        let oid: [UInt8] = [6, 9, 0x2B, 6, 1, 5, 5, 7, 0x30, 1, 2]
        return der(
            0x30,
            oid + (critical ? [1, 1, 0xFF] : []) + der(4, der(4, [UInt8](repeating: 7, count: count)))
        )
    }

    @Test("What is too much or malformed is refused before it costs anything")
    func refused() throws {
        let root = try Samples.root(.ecdsaP256SHA256)
        let one = OCSPCertificateID(
            hash: .sha256,
            issuerDER: try root.subjectDER(),
            issuerKey: root.tbs.publicKey,
            serialNumber: [1]
        ).derEncoded
        func code(_ bytes: [UInt8]) -> X509Error.Code? { refusal { _ = try OCSPRequest(derEncoded: bytes) }?.code }
        #expect(code(request([one])) == nil)
        #expect(code(request([one], extensions: nonce(1))) == nil)
        #expect(code(request([one], extensions: nonce(128, critical: true))) == nil)
        #expect(code(request(Array(repeating: one, count: 32))) == nil)
        #expect(code([UInt8](repeating: 0x30, count: OCSPRequest.maximumEncodedSize + 1)) == .tooLarge)
        #expect(code(request(Array(repeating: one, count: 33))) == .tooLarge)
        #expect(code(request([])) == .malformed)
        #expect(code(request([one], version: [0xA0, 3, 2, 1, 1])) == .malformed)
        for count in [0, 129, 1000] { #expect(code(request([one], extensions: nonce(count))) == .malformed) }
        #expect(code(request([one], extensions: nonce(8) + nonce(8))) == .malformed)
        let critical = der(0x30, [6, 3, 0x2A, 3, 4, 1, 1, 0xFF] + der(4, []))
        #expect(code(request([one], extensions: critical)) == .unsupportedField)
        let many = (0..<9).flatMap { der(0x30, [6, 3, 0x2A, 3, $0] + der(4, [])) }
        #expect(code(request([one], extensions: many)) == .tooLarge)
        #expect(code(request([one]) + [0]) == .malformed)
    }

    @Test("Whatever octets come, they are read or refused, and never change in reading")
    func anyOctets() throws {
        let desk = try Desk()
        let good = try desk.request("-serial", "0x0102", "-nonce")
        var generator = SeededGenerator(seed: 11)
        var read = 0
        for _ in 0..<4000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            guard let request = Self.parse(bytes) else { continue }
            read += 1
            for certificate in request.certificates {
                #expect(bytes.indices.contains { bytes[$0...].starts(with: certificate.derEncoded) })
            }
        }
        #expect(read > 0)
    }

    private static func parse(_ bytes: [UInt8]) -> OCSPRequest? {
        do {
            return try OCSPRequest(derEncoded: bytes)
        } catch {
            return nil
        }
    }

    @Test("OpenSSL verifies the responses of a delegated responder", arguments: SignatureAlgorithm.allCases)
    func responses(algorithm: SignatureAlgorithm) throws {
        let folder = try TemporaryFolder()
        // The root's own key kind apart from the responder's.
        let root = try Samples.root(algorithm == .ecdsaP256SHA256 ? .ecdsaP384SHA384 : .ecdsaP256SHA256)
        let key = try Samples.key(for: algorithm)
        let responder = try Samples.key(for: root.signatureAlgorithm).sign(
            Samples.leafBody(
                issuer: root,
                key: key.publicKey,
                extensions: [
                    .authorityKeyIdentifier(root.tbs.publicKey.subjectKeyIdentifier),
                    .subjectKeyIdentifier(key.publicKey.subjectKeyIdentifier),
                    .keyUsage([.digitalSignature]), .extendedKeyUsage([.ocspSigning]), .ocspNoCheck,
                ]
            )
        )
        try folder.write(root.pem, "ca.pem")
        try openssl(
            "ocsp",
            "-issuer",
            "ca.pem",
            "-serial",
            "1",
            "-serial",
            "2",
            "-serial",
            "3",
            "-reqout",
            "request.der",
            "-nonce",
            in: folder
        )
        let request = try OCSPRequest(derEncoded: folder.read("request.der"))
        let statuses: [OCSPStatus] = [.good, .revoked(at: 1_700_000_000, reason: .keyCompromise), .unknown]
        let data = try OCSPResponseData(
            responderKeyHash: key.publicKey.keyHash(.sha1),
            producedAt: Samples.now,
            responses: zip(request.certificates, statuses).map {
                OCSPSingleResponse(
                    certificate: $0,
                    status: $1,
                    thisUpdate: Samples.now,
                    nextUpdate: Samples.now + Samples.day
                )
            },
            nonce: request.nonce
        )
        let bytes = try data.derEncoded()
        #expect(try OCSPResponseData(derEncoded: bytes) == data)
        let signature = try algorithm.signatureValue(fromToken: key.tokenSignature(bytes, algorithm))
        try folder.write(
            OCSPResponse.assemble(
                data: bytes,
                algorithm: algorithm,
                signature: signature,
                certificates: [responder.derEncoded]
            ),
            "response.der"
        )
        let answer = try tool(
            "openssl",
            [
                "ocsp", "-respin", "response.der", "-reqin", "request.der", "-issuer", "ca.pem", "-CAfile", "ca.pem",
                "-resp_text",
            ],
            in: folder
        )
        #expect(answer.output.contains("Response verify OK"), "\(answer.output)")
        for text in [
            "Cert Status: good", "Cert Status: revoked", "keyCompromise", "Cert Status: unknown", "OCSP Nonce",
        ] {
            #expect(answer.output.contains(text), "\(text)")
        }
    }

    @Test("Every changed octet of response data is an error or another meaning")
    func changedResponse() throws {
        let root = try Samples.root(.ecdsaP256SHA256)
        let certificate = OCSPCertificateID(
            hash: .sha256,
            issuerDER: try root.subjectDER(),
            issuerKey: root.tbs.publicKey,
            serialNumber: [1, 2, 3]
        )
        let data = OCSPResponseData(
            responderKeyHash: [UInt8](repeating: 9, count: 20),
            producedAt: 1_700_000_000,
            responses: [
                OCSPSingleResponse(
                    certificate: certificate,
                    status: .revoked(at: 1_690_000_000, reason: .superseded),
                    thisUpdate: 1_700_000_000,
                    nextUpdate: 1_700_086_400
                )
            ],
            nonce: nil
        )
        let bytes = try data.derEncoded()
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << bit
                let other = Result { try OCSPResponseData(derEncoded: changed) }
                if case .success(let other) = other { #expect(other != data, "octet \(index), bit \(bit)") }
            }
        }
    }
}
