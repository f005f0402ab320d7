import Foundation
import Testing
import Workbench

@Suite("The officer at the desk: inkan token")
struct StationCommandTests {
    private func inkan(_ desk: Desk, _ arguments: [String]) throws -> ChildProgram.Outcome {
        try ChildProgram.run(
            "\(Stage.binaries)/inkan",
            ["token"] + arguments + ["--socket", desk.appliance.officerSocket]
        )
    }

    private func order(_ id: String, profile: String = "access-1y") -> [String] {
        [
            "--reader", Desk.reader, "--order", id, "--profile", profile, "--issuer", "access-p256",
            "--key-algorithm", "p-256", "--subject", "countryName=JP", "--subject", "organizationName=Inkan Example",
            "--subject", "commonName=山田 太郎",
        ]
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test("from a blank token to a log-in certificate in one command; the PINs are in two letters and nowhere else")
    func personalise() throws {
        let desk = try Desk.open()
        let (letter, officers) = (desk.folder.file("letter.txt"), desk.folder.file("officers.txt"))
        let outcome = try inkan(
            desk,
            ["personalise", "--label", "taro"] + order("desk-1") + ["--letter", letter, "--officer-letter", officers]
        )
        #expect(outcome.status == 0, "\(outcome.complaints)")
        #expect(outcome.output.contains("the token has signed under its certificate"))
        #expect(try mode(letter) == 0o600 && mode(officers) == 0o600)
        let text = try String(contentsOfFile: letter, encoding: .utf8)
        let pin = try #require(text.split(separator: "\n").first { $0.hasPrefix("    ") }?.dropFirst(4))
        #expect(text.contains("山田 太郎") && text.contains("desk-1") && pin.utf8.count == 8)
        let officerText = try String(contentsOfFile: officers, encoding: .utf8)
        let officerPIN = try #require(officerText.split(separator: "\n").first { $0.hasPrefix("    ") }?.dropFirst(4))
        #expect(!text.contains(officerPIN) && !officerText.contains(pin))

        let listing = try inkan(desk, ["list", "--readers"])
        #expect(listing.status == 0 && listing.output.contains("personalised"), "\(listing.output)")
        #expect(try inkan(desk, ["list", "--readers", "--json"]).output.hasPrefix(#"{"tokens":["#))

        desk.appliance.stop()
        for name in ["signerd.log", "ledger.sqlite", "signer.yaml"] {
            let bytes = try #require(FileManager.default.contents(atPath: desk.folder.file(name)))
            for secret in [pin, officerPIN] {
                #expect(bytes.range(of: Data(secret.utf8)) == nil, "a PIN is in \(name)")
            }
        }
        #expect(!outcome.output.contains(pin) && !outcome.complaints.contains(pin))
    }

    @Test("a letter can be a PDF, with Japanese names; a file that is there is never overwritten")
    func letters() throws {
        let desk = try Desk.open()
        let (letter, officers) = (desk.folder.file("letter.pdf"), desk.folder.file("officers.pdf"))
        let arguments =
            ["personalise", "--label", "taro"] + order("desk-2") + ["--letter", letter, "--officer-letter", officers]
        #expect(try inkan(desk, arguments).status == 0)
        let text = try ChildProgram.check("pdftotext", ["-layout", letter, "-"])
        #expect(text.contains("PIN of your token") && text.contains("山田") && text.contains("desk-2"), "\(text)")
        #expect(try mode(letter) == 0o600)

        let before = try #require(FileManager.default.contents(atPath: letter))
        let again = try inkan(desk, arguments)
        #expect(again.status == 1 && again.complaints.contains("no file is overwritten"))
        #expect(FileManager.default.contents(atPath: letter) == before)
        #expect(try desk.tokens().filter { $0["state"] != "blank" }.count == 1)
    }

    @Test("with a PIN file: an initialised token, again after an interruption, with a new PIN, and retired")
    func lifetime() throws {
        let desk = try Desk.open()
        let token = try desk.makeToken()
        let (pin, officerPIN) = (desk.folder.file("user.pin"), desk.folder.file("user.so-pin"))
        try desk.writeSecret(token.pin, to: pin)
        try desk.writeSecret(token.officerPIN, to: officerPIN)
        let arguments = ["personalise", "--token", token.serial, "--pin-file", pin] + order("desk-3")
        try desk.order("C_CreateObject 1 1 return 0x32")
        let interrupted = try inkan(desk, arguments)
        #expect(interrupted.status == 1 && interrupted.complaints.contains("same order"), "\(interrupted.complaints)")
        try desk.order()
        let done = try inkan(desk, arguments + ["--json", "--out", desk.folder.file("taro.pem")])
        #expect(done.status == 0 && done.output.hasPrefix(#"{"order":"desk-3""#), "\(done.complaints)")

        let letter = desk.folder.file("new.txt")
        let reset = try inkan(
            desk,
            [
                "reset-pin", "--reader", Desk.reader, "--token", token.serial, "--officer-pin-file", officerPIN,
                "--letter", letter,
            ]
        )
        #expect(reset.status == 0, "\(reset.complaints)")
        #expect(try mode(letter) == 0o600)
        let retired = try inkan(
            desk,
            ["retire", "--reader", Desk.reader, "--token", token.serial, "--officer-pin-file", officerPIN]
        )
        #expect(retired.status == 0 && retired.output.contains("the token is empty"), "\(retired.complaints)")
    }

    @Test(
        "what is missing is said before anything is asked",
        arguments: [
            ["personalise", "--order", "x", "--profile", "access-1y", "--reader", "desk"],
            ["personalise", "--order", "x", "--profile", "access-1y", "--reader", "desk", "--label", "x"],
            ["retire", "--token", "0123"],
            ["retire", "--token", "0123", "--lost", "--reader", "desk"],
        ]
    )
    func arguments(_ arguments: [String]) throws {
        let outcome = try ChildProgram.run("\(Stage.binaries)/inkan", ["token"] + arguments)
        #expect(outcome.status == 64, "\(outcome.output)\(outcome.complaints)")
    }

    @Test("a PIN file that others can read is refused, and a service that is not there is exit code 2")
    func failures() throws {
        let folder = try TemporaryFolder()
        let pin = folder.file("open.pin")
        try "12345678".write(toFile: pin, atomically: true, encoding: .utf8)
        let arguments = ["token", "personalise", "--token", "0123", "--pin-file", pin] + order("x")
        let open = try ChildProgram.run("\(Stage.binaries)/inkan", arguments + ["--socket", folder.file("none")])
        #expect(open.status == 1 && open.complaints.contains("chmod"))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: pin)
        let absent = try ChildProgram.run("\(Stage.binaries)/inkan", arguments + ["--socket", folder.file("none")])
        #expect(absent.status == 2)
    }
}
