import Foundation
import SignerAPI
import SignerClient
import Testing
import Varlink
import Workbench

@Suite("Keys made for people (P12-01 to P12-03, USB-07)", .sharedAppliance)
struct KeyDeliveryTests {
    /// 117 letters and digits, the longest there may be.
    private static let longPassword = String((String(repeating: "Xy7", count: 39)))

    private struct Shape: CustomTestStringConvertible {
        var key: String
        var variant: String
        var name: String
        var password: String

        var testDescription: String { "\(key) \(variant)" }
    }

    private static let shapes: [Shape] = [
        Shape(key: "rsa-2048", variant: "modern", name: "山田 太郎", password: "Aa1Bb2Cc3Dd4"),
        Shape(key: "rsa-2048", variant: "compatible", name: "𠮷田 花子", password: longPassword),
        Shape(key: "rsa-3072", variant: "modern", name: "Taro Yamada", password: longPassword),
        Shape(key: "rsa-3072", variant: "compatible", name: "髙橋 一郎", password: "abcdefghijkl"),
        Shape(key: "p-256", variant: "modern", name: "ヤマダ タロウ", password: longPassword),
        Shape(key: "p-256", variant: "compatible", name: "山田 太郎", password: "012345678901"),
    ]

    @Test("four importers open the file: OpenSSL, NSS, GnuTLS, Java", arguments: shapes)
    private func importers(shape: Shape) throws {
        let order = try Stage.keyOrder(
            "import-\(shape.key)-\(shape.variant)",
            key: shape.key,
            variant: shape.variant,
            password: shape.password,
            subject: shape.name
        )
        let issued = try SharedAppliance.current.client().issueKey(order)
        #expect(issued.keyRoute == "token-wrapped" && issued.password == nil)
        let folder = try TemporaryFolder("inkan-p12")
        let path = folder.file("\(shape.key)-\(shape.variant).p12")
        try Data(issued.pkcs12).write(to: URL(fileURLWithPath: path))
        let sealed = Importers.Sealed(
            path: path,
            password: shape.password,
            certificate: issued.issued.certificate,
            name: shape.name,
            certificates: 3
        )
        try Importers.openSSL(sealed)
        try Importers.nss(sealed)
        try Importers.gnuTLS(sealed)
        try Importers.java(sealed)
        let algorithms = try Importers.algorithms(sealed)
        if shape.variant == "modern" {
            #expect(algorithms.contains("MAC: sha256"), "\(algorithms)")
            #expect(algorithms.contains("PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256"))
            #expect(!algorithms.contains("3-KeyTripleDES"))
        } else {
            #expect(algorithms.contains("MAC: sha1"), "\(algorithms)")
            #expect(algorithms.components(separatedBy: "pbeWithSHA1And3-KeyTripleDES-CBC").count == 3, "\(algorithms)")
            #expect(!algorithms.contains("RC2") && !algorithms.contains("PBES2"))
        }
    }

    @Test("S/MIME profiles: the service makes the password, 17 or more characters of four classes, another each time")
    func madePasswords() throws {
        let client = try SharedAppliance.current.client()
        var seen: Set<String> = []
        for number in 0..<12 {
            let issued = try client.issueKey(Stage.mailKeyOrder("made-\(number)"))
            let password = try #require(issued.madePassword)
            #expect(password.utf8.count >= 17)
            #expect(password.contains { $0.isLowercase } && password.contains { $0.isUppercase })
            #expect(password.contains { $0.isNumber } && password.contains { !$0.isLetter && !$0.isNumber })
            #expect(seen.insert(password).inserted)
            let folder = try TemporaryFolder("inkan-p12")
            try Data(issued.pkcs12).write(to: URL(fileURLWithPath: folder.file("a.p12")))
            try ChildProgram.check(
                "openssl",
                ["pkcs12", "-in", folder.file("a.p12"), "-noout", "-passin", "pass:\(password)"]
            )
        }
    }

    @Test("access profiles: without a password of the caller's the service makes one")
    func callerWithoutPassword() throws {
        let client = try SharedAppliance.current.client()
        let issued = try client.issueKey(Stage.keyOrder("no-password", password: nil))
        #expect(try #require(issued.madePassword).utf8.count == 20)
    }

    @Test("the ledger says for ever that the service made the key, and how")
    func recorded() throws {
        let appliance = try SharedAppliance.current
        let client = try appliance.client()
        _ = try client.issueKey(Stage.keyOrder("recorded"))
        _ = try client.issue(Stage.order("brought"))
        let entries = try appliance.ledgerEntries()
        let made = try #require(entries.first { $0.kind == "intent" && $0.order == "recorded" })
        #expect(made.keyOrigin == "service-generated" && made.keyRoute == "token-wrapped")
        let brought = try #require(entries.first { $0.kind == "intent" && $0.order == "brought" })
        #expect(brought.keyOrigin == "subscriber-generated" && brought.keyRoute == nil)
    }

    @Test("two orders never share a key")
    func freshKeys() throws {
        let client = try SharedAppliance.current.client()
        let one = try client.issueKey(Stage.keyOrder("fresh-1"))
        let other = try client.issueKey(Stage.keyOrder("fresh-2"))
        let keys = try [one, other].map { issued in
            let outcome = try ChildProgram.run(
                "openssl",
                ["x509", "-noout", "-pubkey"],
                input: Data(issued.issued.certificate.utf8)
            )
            return outcome.output
        }
        #expect(keys[0].contains("PUBLIC KEY") && keys[0] != keys[1])
    }
}
