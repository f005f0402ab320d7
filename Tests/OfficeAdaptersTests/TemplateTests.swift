import Clocks
import Foundation
import OfficeMail
import Testing

@Suite("Mail templates")
struct TemplateTests {
    private func template(_ change: (inout MailTemplate) -> Void = { _ in }) -> MailTemplate {
        var template = MailTemplate.standard(.invitation, language: "ja")
        change(&template)
        return template
    }

    private func faults(_ change: (inout MailTemplate) -> Void) -> [MailTemplateProblem] {
        template(change).problems
    }

    @Test("there are exactly the 20 types, in their order, under their names")
    func types() {
        #expect(
            MailType.allCases.map(\.japaneseName) == [
                "証明書(管理者一括) 有効期限30日前", "キャンセル完了", "証明書取得(インバイト)", "証明書取得(ポータル)",
                "証明書取得(クイック更新)", "証明書取得(再発行)", "証明書取得期限通知(15日後)", "証明書取得期限通知(30日後)",
                "証明書取得期限切れ自動キャンセル", "証明書発行完了", "PKCS12 証明書発行完了", "非承認キャンセル",
                "ポータル申請受付", "証明書再発行完了", "PKCS12 証明書再発行完了", "証明書 有効期限切れ",
                "証明書 有効期限○日後、○日前", "失効完了", "保留完了", "保留解除完了",
            ]
        )
        #expect(MailType.allCases.map(\.number) == Array(1...20))
        #expect(Set(MailType.allCases.map(\.englishName)).count == 20)
        #expect(SystemMail.allCases.map(\.code) == ["S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9", "S9"])
    }

    @Test(
        "every delivered text, in both languages and both encodings, is whole and becomes a mail",
        arguments: ["ja", "en"]
    )
    func delivered(_ language: String) throws {
        var messages: [(FilledMail, [UInt8])] = []
        for kind in MailKind.allCases {
            for encoding in MailEncoding.allCases {
                var template = MailTemplate.standard(kind, language: language)
                template.encoding = encoding
                #expect(template.enabled)
                #expect(template.problems == [], "\(kind)")
                // Its own variables alone are enough.
                let values = MailVariable.samples(in: language).filter { kind.variables.contains($0.key) }
                let mail = try template.filled(with: values)
                #expect(mail.encoding == encoding)
                #expect(!mail.body.contains("$${") && !mail.subject.contains("$${"))
                let message = mail.message(date: Timestamp(seconds: 0), messageID: try MessageID("1@example.jp"))
                messages.append((mail, try message.encoded()))
            }
        }
        for ((mail, _), read) in zip(messages, try ReadMail.read(messages.map(\.1))) {
            #expect(read.subject == mail.subject && read.body == mail.body && read.defects == [])
        }
    }

    @Test("recipients as delivered: the subscriber, or the manager, who else gets a copy")
    func recipients() {
        for type in MailType.allCases {
            let template = MailTemplate.standard(type, language: "ja")
            let toManager = [1, 13].contains(type.number)
            let inCopy = [2, 9, 10, 11, 12, 14, 15, 16, 18, 19, 20].contains(type.number)
            #expect(template.to == (toManager ? "$${CertAdminUser}{Email}" : "$${UserEmail}"))
            #expect(template.cc == (inCopy ? "$${CertAdminUser}{Email}" : ""))
            #expect(template.from == "$${NoReplyAddress}")
        }
    }

    @Test("the invitation has its subject, its URL and no password")
    func invitation() throws {
        let mail = try template().filled(with: MailVariable.samples(in: "ja"))
        #expect(mail.subject == "電子証明書取得のお願い")
        #expect(mail.body.contains("https://ca.example.jp/pickup/sample"))
        #expect(mail.to.map(\.address) == ["taro.yamada@example.jp"] && mail.cc.isEmpty)
    }

    @Test("an added language has the English text and is not sent")
    func addedLanguage() {
        let template = MailTemplate.standard(.invitation, language: "nl")
        #expect(!template.enabled && template.language == "nl")
        #expect(template.subject == MailTemplate.standard(.invitation, language: "en").subject)
    }

    @Test("restoring brings back texts and headers, not the switch and the encoding")
    func restored() {
        let edited = template {
            $0.subject = "x"
            $0.body = "y"
            $0.to = "a@example.jp"
            $0.enabled = false
            $0.encoding = .iso2022JP
        }
        let restored = edited.restored
        #expect(!restored.enabled && restored.encoding == .iso2022JP)
        #expect(
            restored
                == template {
                    $0.enabled = false
                    $0.encoding = .iso2022JP
                }
        )
    }

    @Test("every variable of the palette is filled, and a value is never read for variables again")
    func everyVariable() throws {
        for type in MailType.allCases {
            var template = MailTemplate.standard(type, language: "en")
            template.body = type.variables.map { "\($0.rawValue)=\($0.written)" }.joined(separator: "\n")
            #expect(template.problems == [])
            let mail = try template.filled(with: MailVariable.samples(in: "en"))
            let expected = type.variables.map { "\($0.rawValue)=\($0.sample(in: "en"))" }.joined(separator: "\n")
            #expect(mail.body == expected)
        }
        var values = MailVariable.samples(in: "ja")
        values[.commonName] = "$${OrderID} $${"
        let mail = try template { $0.body = "$${CommonName}/$${ CertAdminUser }{ Email }/$${OrderID}{x}" }.filled(
            with: values
        )
        #expect(mail.body == "$${OrderID} $${/hanako.suzuki@example.jp/INK202611270001{x}")
    }

    @Test("unknown and foreign variables are reported with their place, in editor and filling alike")
    func unknown() {
        let bad = template {
            $0.body = "一行目\n名前: $${Name}\n$${CertAdminUser}{Password} $${CertAdminUser} $${open\n$${BatchID}"
            $0.to = "$${UserEmail}, $${Nobody}"
        }
        let expected: [(MailProblem.Part, MailTemplateProblem.Fault)] = [
            (.to, .unknownVariable("$${Nobody}", TemplatePlace(line: 1, column: 16))),
            (.body, .unknownVariable("$${Name}", TemplatePlace(line: 2, column: 5))),
            (.body, .unknownVariable("$${CertAdminUser}{Password}", TemplatePlace(line: 3, column: 1))),
            (.body, .unknownVariable("$${CertAdminUser}", TemplatePlace(line: 3, column: 29))),
            (.body, .unknownVariable("$${open", TemplatePlace(line: 3, column: 47))),
            (.body, .foreignVariable(.batchID, TemplatePlace(line: 4, column: 1))),
        ]
        #expect(bad.problems.map(\.part) == expected.map(\.0))
        #expect(bad.problems.map(\.fault) == expected.map(\.1))
        #expect(throws: MailTemplateProblems.self) { try bad.filled(with: MailVariable.samples(in: "ja")) }
        for problem in bad.problems { #expect(problem.text(in: "ja") != problem.text(in: "en")) }
    }

    @Test("To, Cc and Bcc take literals, names and variables, separated by commas; empty ones vanish")
    func lists() throws {
        var values = MailVariable.samples(in: "ja")
        values[.managerEmail] = ""
        let mail = try template {
            $0.to = "$${UserEmail}, 山田 <yamada@example.jp> ,, \"Desk, A\" <desk@example.jp>,"
            $0.cc = "$${CertAdminUser}{Email}"
            $0.bcc = "archive+$${OrderID}@example.jp"
            $0.from = "$${ServiceName} <$${NoReplyAddress}>"
            $0.replyTo = "help@example.jp"
        }.filled(with: values)
        #expect(
            mail.to == [
                try MailAddress("taro.yamada@example.jp"), try MailAddress("yamada@example.jp", name: "山田"),
                try MailAddress("desk@example.jp", name: "Desk, A"),
            ]
        )
        #expect(mail.cc.isEmpty && mail.bcc.map(\.address) == ["archive+INK202611270001@example.jp"])
        #expect(mail.from == (try MailAddress("no_reply@ca.example.jp", name: "Inkan 証明書サービス")))
        #expect(mail.replyTo.map(\.address) == ["help@example.jp"])
        let test = mail.redirected(to: try MailAddress("me@example.jp"))
        #expect(test.to.map(\.address) == ["me@example.jp"] && test.cc.isEmpty && test.bcc.isEmpty)
    }

    @Test(
        "a value cannot become a second recipient, a header or a line",
        arguments: [
            "a@example.jp, b@example.jp", "a@example.jp\r\nBcc: b@example.jp", "x> <b@example.jp", "a@example.jp\0",
        ]
    )
    func hostileValues(_ value: String) {
        var values = MailVariable.samples(in: "ja")
        values[.userEmail] = value
        #expect(throws: MailTemplateProblems.self) { try template().filled(with: values) }
        values = MailVariable.samples(in: "ja")
        values[.commonName] = "x\r\nBcc: b@example.jp"
        #expect(throws: MailTemplateProblems.self) {
            try template { $0.subject = "$${CommonName}" }.filled(with: values)
        }
        #expect(throws: MailTemplateProblems.self) {
            try template { $0.to = "$${CommonName} <$${UserEmail}>" }.filled(with: values)
        }
    }

    @Test("what the editor refuses, by part and with what mends it")
    func editor() {
        func check(_ part: MailProblem.Part, _ problem: MailProblem, _ change: (inout MailTemplate) -> Void) {
            let found = faults(change)
            #expect(found.map(\.part) == [part] && found.map(\.fault) == [.mail(problem)], "\(found)")
            #expect(!found.contains { $0.description.isEmpty || $0.inJapanese.isEmpty })
        }
        check(.to, .badAddress("taro", .noAt)) { $0.to = "taro" }
        check(.cc, .badAddress("INK202611270001", .noAt)) { $0.cc = "$${OrderID}" }
        check(.to, .noRecipient) { $0.to = " , " }
        check(.subject, .empty(.subject)) { $0.subject = " " }
        check(.body, .empty(.body)) { $0.body = "\n \n" }
        check(.subject, .controlCharacter(.subject)) { $0.subject = "a\nb" }
        check(.bcc, .controlCharacter(.bcc)) { $0.bcc = "a@example.jp\r\nX: y" }
        check(.body, .tooLong(.body, most: 262_144)) { $0.body = String(repeating: "a", count: 262_145) }
        check(.body, .unwritable(.body, ["髙", "한"])) {
            $0.encoding = .iso2022JP
            $0.body = "髙 한 髙 ① ｶﾅ"
        }
        check(.to, .unwritable(.to, ["髙"])) {
            $0.encoding = .iso2022JP
            $0.to = "髙 <taro@example.jp>"
        }
        for from in ["", "a@example.jp, b@example.jp"] {
            let found = faults { $0.from = from }
            #expect(found.map(\.fault) == [.notOneSender] && found.map(\.part) == [.from], "\(found)")
        }
        #expect(
            faults { $0.to = (0...100).map { "a\($0)@example.jp" }.joined(separator: ",") }.map(\.fault) == [
                .mail(.tooManyRecipients(most: 100))
            ]
        )
    }

    @Test("a name that ISO-2022-JP does not have makes the mail UTF-8; a value that is missing is said")
    func values() throws {
        var values = MailVariable.samples(in: "ja")
        values[.commonName] = "髙橋 一郎"
        let mail = try template { $0.encoding = .iso2022JP }.filled(with: values)
        #expect(mail.encoding == .utf8 && mail.body.contains("髙橋"))
        values[.pickupURL] = nil
        #expect {
            try template().filled(with: values)
        } throws: { error in
            (error as? MailTemplateProblems)?.problems.map(\.fault) == [.noValue(.pickupURL)]
        }
    }

    @Test("templates and filled mails are stored and read back; kinds by their names")
    func coding() throws {
        let template = MailTemplate.standard(.domainApproval, language: "ja")
        let stored = try JSONEncoder().encode(template)
        #expect(try JSONDecoder().decode(MailTemplate.self, from: stored) == template)
        #expect(String(decoding: stored, as: UTF8.self).contains(#""kind":"system.domain-approval""#))
        let mail = try template.filled(with: MailVariable.samples(in: "ja"))
        #expect(try JSONDecoder().decode(FilledMail.self, from: JSONEncoder().encode(mail)) == mail)
        for kind in MailKind.allCases { #expect(MailKind(rawValue: kind.rawValue) == kind) }
        #expect(MailKind(rawValue: "system.nothing") == nil && MailKind(rawValue: "nothing") == nil)
    }
}
