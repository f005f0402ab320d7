import Foundation
import Testing
import Workbench

extension RunningAppliance {
    /// The same with arguments in a list.
    fileprivate func inkan(_ arguments: [String]) throws -> ChildProgram.Outcome {
        try ChildProgram.run("\(establishment.binaries)/inkan", arguments + ["--socket", socket])
    }
}

@Suite("inkan issue-key and issue-keys", .sharedAppliance)
struct KeyCommandTests {
    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    private func opens(_ file: String, passwordFile: String) throws -> Bool {
        try ChildProgram.run(
            "openssl",
            ["pkcs12", "-in", file, "-noout", "-passin", "file:\(passwordFile)"]
        ).status == 0
    }

    @Test("one key: file and password are its owner's alone, and nothing is overwritten")
    func single() throws {
        let appliance = try SharedAppliance.current
        let folder = try TemporaryFolder("inkan-keys")
        let arguments = [
            "issue-key", "--profile", "access-1y", "--issuer", "access-p256", "--order", "command-1",
            "--subject", "countryName=JP", "--subject", "organizationName=Inkan Example",
            "--subject", "commonName=山田 太郎", "--out", folder.file("a.p12"), "--password-out", folder.file("a.password"),
        ]
        let outcome = try appliance.inkan(arguments)
        #expect(outcome.status == 0, "\(outcome.complaints)")
        #expect(try mode(folder.file("a.p12")) == 0o600 && mode(folder.file("a.password")) == 0o600)
        #expect(try opens(folder.file("a.p12"), passwordFile: folder.file("a.password")))
        let again = try appliance.inkan(arguments)
        #expect(again.status == 64, "\(again.complaints)")
        let gone = try appliance.inkan(
            arguments.map { $0.replacingOccurrences(of: "/a.p", with: "/b.p") }
        )
        #expect(gone.status == 1 && gone.complaints.contains("KeyGone"), "\(gone.complaints)")
        #expect(!FileManager.default.fileExists(atPath: folder.file("b.p12")))
    }

    @Test("many from a CSV file; run again, it goes on where rows are missing")
    func many() throws {
        let appliance = try SharedAppliance.current
        let folder = try TemporaryFolder("inkan-keys")
        let header =
            "order,profile,issuer,key,variant,password,subject.countryName,subject.organizationName,subject.commonName"
        var lines = [header]
        for number in 0..<3 {
            lines.append(
                "csv-\(number),access-1y,access-p256,p-256,modern,,JP,\"Inkan, \"\"Example\"\"\",\"山田, 太郎\""
            )
        }
        lines.append("csv-own,access-1y,access-p256,p-256,compatible,MyOwnPassword42,JP,Inkan Example,Hanako")
        lines.append("csv-bad,access-1y,access-p256,p-256,modern,short,JP,Inkan Example,Jiro")
        let file = folder.file("orders.csv")
        try lines.joined(separator: "\r\n").write(toFile: file, atomically: true, encoding: .utf8)
        let arguments = ["issue-keys", "--orders", file, "--folder", folder.path]
        #expect(chmod(file, 0o644) == 0)
        let open = try appliance.inkan(arguments)
        #expect(open.status == 64 && open.complaints.contains("0600"), "\(open.complaints)")
        #expect(chmod(file, 0o600) == 0)
        let first = try appliance.inkan(arguments)
        #expect(first.status == 1 && first.complaints.contains("4 made, 1 not"), "\(first.complaints)")
        #expect(first.complaints.contains("password.form") && !first.complaints.contains("MyOwnPassword42"))
        for number in 0..<3 {
            let path = folder.file("csv-\(number).p12")
            #expect(try mode(path) == 0o600)
            #expect(try opens(path, passwordFile: folder.file("csv-\(number).password")))
        }
        try "MyOwnPassword42".write(toFile: folder.file("own"), atomically: true, encoding: .utf8)
        #expect(try opens(folder.file("csv-own.p12"), passwordFile: folder.file("own")))
        #expect(!FileManager.default.fileExists(atPath: folder.file("csv-own.password")))
        try lines.joined(separator: "\n").replacingOccurrences(of: ",short,", with: ",LongEnough1234,")
            .write(toFile: file, atomically: false, encoding: .utf8)
        let second = try appliance.inkan(arguments)
        #expect(second.status == 0 && second.complaints.contains("4 of them are there already"), "\(second.complaints)")
    }

    @Test("many from JSON Lines: the same columns, checks and resumption; GetCertificate says where the keys come from")
    func jsonLines() throws {
        let appliance = try SharedAppliance.current
        let folder = try TemporaryFolder("inkan-keys")
        let common =
            #""profile":"access-1y","issuer":"access-p256","subject.countryName":"JP","#
            + #""subject.organizationName":"Inkan Example","subject.organizationalUnitName":["一課","二係"]"#
        var lines = [
            #"{"order":"jsonl-0",\#(common),"subject.commonName":"山田 太郎","days":30}"#, "",
            #"{"order":"jsonl-1",\#(common),"subject.commonName":"Hanako","key":"rsa-2048","variant":"compatible","#
                + #""password":"MyOwn\u0050assword42"}"#,
            #"{"order":"jsonl-2",\#(common),"subject.commonName":"Jiro","password":"short"}"#,
        ]
        let file = folder.file("orders.jsonl")
        try lines.joined(separator: "\r\n").write(toFile: file, atomically: true, encoding: .utf8)
        let arguments = ["issue-keys", "--orders", file, "--folder", folder.path]
        #expect(chmod(file, 0o644) == 0)
        let open = try appliance.inkan(arguments)
        #expect(open.status == 64 && open.complaints.contains("0600"), "\(open.complaints)")
        #expect(chmod(file, 0o600) == 0)
        let first = try appliance.inkan(arguments)
        #expect(first.status == 1 && first.complaints.contains("2 made, 1 not"), "\(first.complaints)")
        #expect(first.complaints.contains("password.form") && !first.complaints.contains("MyOwn"))
        #expect(try opens(folder.file("jsonl-0.p12"), passwordFile: folder.file("jsonl-0.password")))
        try "MyOwnPassword42".write(toFile: folder.file("own"), atomically: true, encoding: .utf8)
        #expect(try opens(folder.file("jsonl-1.p12"), passwordFile: folder.file("own")))
        lines[3] = lines[3].replacingOccurrences(of: "short", with: "LongEnough1234")
        try lines.joined(separator: "\n").write(toFile: file, atomically: false, encoding: .utf8)
        let second = try appliance.inkan(arguments)
        #expect(second.status == 0 && second.complaints.contains("2 of them are there already"), "\(second.complaints)")

        let shown = try appliance.inkan(["certificate", "--order", "jsonl-0"])
        #expect(shown.status == 0 && shown.output.hasPrefix("-----BEGIN CERTIFICATE-----"))
        #expect(shown.complaints.contains("key service-generated (token-wrapped)"), "\(shown.complaints)")
        let text = try ChildProgram.run(
            "openssl",
            ["x509", "-noout", "-subject", "-nameopt", "utf8,sep_comma_plus"],
            input: Data(shown.output.utf8)
        ).output
        #expect(text.contains("一課") && text.contains("二係"), "\(text)")
        _ = try appliance.client().issue(Stage.order("jsonl-csr"))
        let other = try appliance.client().call(.getCertificate) { $0.member("order", "jsonl-csr") }
        #expect(other["keyOrigin"] == "subscriber-generated" && other["keyRoute"] == nil)
    }

    @Test(
        "a line that cannot be used is refused with its number before anything is ordered",
        arguments: [
            #"{"order":"b""#, #"{"order":"b","order":"c"}"#, #"["b"]"#, #"{"order":"b","colour":"red"}"#,
            #"{"order":"b","days":"soon"}"#, #"{"order":"b","days":1.5}"#, #"{"order":["b"]}"#, #"{"order":"../b"}"#,
            #"{"order":"b","subject.commonName":[1]}"#, #"{"profile":"access-1y"}"#, #"{"order":"b"} x"#,
            #"{"order":"b","password":12}"#,
        ]
    )
    func badLines(line: String) throws {
        let folder = try TemporaryFolder("inkan-keys")
        let file = folder.file("orders.jsonl")
        try "{\"order\":\"a\"}\n\n\(line)\n".write(toFile: file, atomically: true, encoding: .utf8)
        let outcome = try SharedAppliance.current.inkan(["issue-keys", "--orders", file, "--folder", folder.path])
        #expect(outcome.status == 64 && outcome.complaints.contains("line 3"), "\(outcome.complaints)")
    }

    @Test(
        "a CSV file that cannot be used is refused before anything is ordered",
        arguments: ["", "order,colour\na,red", "order,profile\na", "order\n../etc/passwd", "order\na\na", "order\n\"a"]
    )
    func badFiles(text: String) throws {
        let folder = try TemporaryFolder("inkan-keys")
        let file = folder.file("orders.csv")
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        let outcome = try SharedAppliance.current.inkan(["issue-keys", "--orders", file, "--folder", folder.path])
        #expect(outcome.status == 64, "\(outcome.complaints)")
    }
}
