import Foundation
import SignerAPI
import Testing
import Workbench

@Suite("A token personalised for mail signs mail with real clients (USB-06)")
struct MailClientTests {
    private static func setting(key: String) throws -> ClientSetting {
        try ClientSetting(order: TokenOrder(Stage.mailKeyOrder("mail").order, keyAlgorithm: key))
    }

    private static let mail = "Content-Type: text/plain; charset=utf-8\r\n\r\nこんにちは\r\n"

    /// OpenSSL's verdict over a signed mail, as a mail and not as a signature of any kind.
    private func verdict(on mail: Data, form: String, _ setting: ClientSetting) throws -> ChildProgram.Outcome {
        try ChildProgram.run(
            "openssl",
            ["cms", "-verify", "-inform", form, "-CAfile", setting.root, "-purpose", "smimesign"],
            input: mail
        )
    }

    @Test(
        "OpenSSL with libp11 signs; it verifies as a mail, and changed on the way it does not",
        arguments: ["p-256", "rsa-2048"]
    )
    func openSSL(key: String) throws {
        let setting = try Self.setting(key: key)
        let text = try ChildProgram.check("openssl", ["x509", "-in", setting.certificate, "-noout", "-text"])
        #expect(text.contains("E-mail Protection") && text.contains("email:taro@example.jp"), "\(text)")
        let signed = try ChildProgram.check(
            "openssl",
            [
                "cms", "-sign", "-signer", setting.certificate, "-certfile", setting.desk.folder.file("chain.pem"),
                "-inkey", setting.privateKey,
            ] + ClientSetting.engine,
            environment: setting.environment,
            input: Data(Self.mail.utf8)
        )
        let right = try verdict(on: Data(signed.utf8), form: "SMIME", setting)
        #expect(right.status == 0 && right.output.contains("こんにちは"), "\(right.complaints)")
        let changed = signed.replacingOccurrences(of: "こんにちは", with: "さようなら")
        #expect(changed != signed)
        let wrong = try verdict(on: Data(changed.utf8), form: "SMIME", setting)
        #expect(wrong.status != 0 && wrong.complaints.contains("content verify error"), "\(wrong.complaints)")
    }

    @Test("NSS signs, and OpenSSL and NSS verify", arguments: ["p-256", "rsa-2048"])
    func nss(key: String) throws {
        let setting = try Self.setting(key: key)
        let folder = setting.desk.folder
        let database = try setting.database()
        let (mail, signed) = (folder.file("mail.txt"), folder.file("mail.p7m"))
        try Self.mail.write(toFile: mail, atomically: true, encoding: .utf8)
        try ChildProgram.check(
            "cmsutil",
            [
                "-S", "-d", database, "-N", "\(setting.token.label):taro@example.jp", "-f", setting.pinFile, "-H",
                "SHA256", "-i", mail, "-o", signed,
            ],
            environment: setting.environment
        )
        let bytes = try Data(contentsOf: URL(fileURLWithPath: signed))
        let openSSL = try verdict(on: bytes, form: "DER", setting)
        #expect(openSSL.status == 0 && openSSL.output.contains("こんにちは"), "\(openSSL.complaints)")
        let nss = try ChildProgram.run(
            "cmsutil",
            ["-D", "-d", database, "-h", "1", "-f", setting.pinFile, "-i", signed],
            environment: setting.environment
        )
        #expect(
            nss.status == 0 && nss.output.contains("signer0.status=GoodSignature"),
            "\(nss.output)\(nss.complaints)"
        )
    }

    @Test("inkan token prove: no log-in, which the certificate is not for, and a message judged as a mail")
    func prove() throws {
        let setting = try Self.setting(key: "p-256")
        let proven = try ChildProgram.run(
            "\(Stage.binaries)/inkan",
            ["token", "prove", "--token", setting.token.serial, "--root", setting.root, "--pin-file", setting.pinFile],
            environment: setting.environment
        )
        #expect(proven.status == 0, "\(proven.complaints)")
        #expect(proven.output.contains("not for log-ins") && proven.output.contains("as a mail"), "\(proven.output)")
    }
}
