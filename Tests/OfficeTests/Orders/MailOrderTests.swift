import Foundation
import Office
import OfficeStore
import Testing
import Workbench

extension InTheArea {
    /// Orders under the S/MIME CA: the form, the name in the certificate, the file (sections 4.3 to 4.5, 5.9).
    struct MailOrderTests {
        private static let order = [
            "localPart": "taro@", "mailDomain": "example.com", "commonNameChoice": "mail", "nameKind": "personalName",
            "surname": "山田", "givenName": "太郎",
        ]

        @Test(
            "ISS-02, CA-08 The form has C and O fixed, the choices of names, the approved domains, the address as it grows, and both notices"
        )
        func form() async throws {
            let scene = try LicenceScene.own()
            _ = try await scene.company.register("waits.example.net")
            let form = try await scene.choose(scene.company.licence, scene.company.profile).next
            #expect(form.fixed == ["C": "JP", "O": OfficeFixture.organisation])
            for choice in ["commonNameChoice", "nameKind"] {
                #expect(form.body.contains("type=\"radio\" id=\"\(choice)-personalName\""), "no \(choice)")
            }
            for field in ["surname", "givenName", "pseudonym", "localPart", "usesMail"] {
                #expect(form.body.contains("name=\"\(field)\""), "no \(field)")
            }
            #expect(form.body.contains("<option value=\"example.com\""))
            #expect(!form.body.contains("waits.example.net"), "a domain that is not approved is offered")
            for field in ["unit2", "userPrincipalName", "securityIdentifier"] {
                #expect(!form.body.contains("name=\"\(field)\""))
            }
            #expect(form.body.contains("data-address-preview=\"{localPart}{mailDomain}\""))
            #expect(form.body.contains("src=\"/static/forms.js\""))
            for notice in ["第三者が本人を特定できる愛称", "管理者が利用者を特定できない識別子", "本人確認の証跡"] {
                #expect(form.body.contains(notice), "\(notice)")
            }
            for (values, field) in [
                (["localPart": "taro"], "mail"), (["localPart": ""], "mail"),
                (["mailDomain": "waits.example.net"], "mail"), (["mailDomain": "example.net"], "mail"),
                (["commonNameChoice": ""], "commonNameChoice"),
            ] {
                let refused = try await scene.fill(form, Self.order.merging(values) { $1 })
                #expect(refused.status == 422 && refused.error(field) != nil, "\(values)")
            }
            let sub = try await scene.fill(form, Self.order.merging(["localPart": "taro@mail."]) { $1 })
            #expect(sub.status == 200 && sub.fact("CN") == "taro@mail.example.com")
        }

        @Test("CA-05 Surname, both names or a pseudonym pass; a given name alone, nothing, or both kinds do not")
        func names() async throws {
            let scene = try LicenceScene.own()
            let form = try await scene.choose(scene.company.licence, scene.company.profile).next
            for choice in ["mail", "personalName"] {
                for (surname, given, pseudonym, field) in [
                    ("山田", "", "", nil), ("山田", "太郎", "", nil), ("", "", "社員4711", nil),
                    ("", "太郎", "", "surname"), ("", "", "", "surname"), ("山田", "太郎", "社員4711", "pseudonym"),
                ] as [(String, String, String, String?)] {
                    let answer = try await scene.fill(
                        form,
                        Self.order.merging([
                            "commonNameChoice": choice, "surname": surname, "givenName": given, "pseudonym": pseudonym,
                            "nameKind": pseudonym.isEmpty || !surname.isEmpty ? "personalName" : "pseudonym",
                        ]) { $1 }
                    )
                    #expect(answer.status == (field == nil ? 200 : 422), "\(choice) \(surname) \(given) \(pseudonym)")
                    if let field { #expect(answer.error(field) != nil, "nothing beside \(field)") }
                }
            }
        }

        @Test(
            "CA-03, CA-06, CA-10 The certificate has C, O, organizationIdentifier, the person's names and the address as CN and alternative name; E when it was asked for"
        )
        func subject() async throws {
            let scene = try LicenceScene.own().orders()
            let plain = try await scene.names(Self.order)
            #expect(
                plain.subject == [
                    "C=JP", "O=\(OfficeFixture.organisation)", "organizationIdentifier=VATJP-1011001040181", "SN=山田",
                    "GN=太郎", "CN=taro@example.com",
                ]
            )
            #expect(plain.text.contains("email:taro@example.com") && plain.text.contains("E-mail Protection"))
            let pseudonym = try await scene.names(
                Self.order.merging([
                    "surname": "", "givenName": "", "nameKind": "pseudonym", "pseudonym": "社員4711",
                    "commonNameChoice": "personalName", "usesMail": "yes",
                ]) { $1 }
            )
            #expect(
                pseudonym.subject.dropFirst(3) == [
                    "pseudonym=社員4711", "CN=社員4711", "emailAddress=taro@example.com",
                ]
            )
            #expect(pseudonym.text.contains("email:taro@example.com"))
        }

        @Test("CA-03 S and L stand in the certificate where the profile has them")
        func place() async throws {
            let scene = try LicenceScene.own()
            let placed = try await scene.company.placed()
            let names = try await scene.orders(placed).names(Self.order)
            #expect(names.subject.prefix(4) == ["C=JP", "ST=東京都", "L=千代田区", "O=\(OfficeFixture.organisation)"])
        }

        @Test("CA-06 Corporate and access certificates have no name attributes, whatever is sent")
        func withoutNames() async throws {
            let scene = try LicenceScene.own()
            let licence = try await scene.buy("corporate-1")
            try await scene.approve(licence)
            let corporate = try await scene.orders(licence: licence).names([
                "localPart": "eigyo@", "mailDomain": "example.com", "commonName": OfficeFixture.organisation,
                "mail": "eigyo@example.com",
            ])
            #expect(corporate.subject.map(\.kind) == ["C", "O", "organizationIdentifier", "CN"])
            let access = try await scene.orders(scene.access).names(["surname": "山田", "givenName": "太郎"])
            #expect(access.subject.map(\.kind) == ["C", "O", "OU", "CN"])
        }

        @Test("PKP-06 The file's password is made and shown, none can be typed, and it opens the file")
        func file() async throws {
            let scene = try LicenceScene.own().orders()
            let order = try await scene.order(Self.order)
            let subscriber = try scene.office.browser()
            let opened = try await subscriber.walk(order.link, [["pickUpPassword": OfficeFixture.pickUpPassword]])
            #expect(!opened.body.contains("name=\"password\""))
            let done = try await subscriber.send(
                opened,
                to: order.link + "/file",
                ["acceptsTerms": "yes", "password": "Jibunde2026x", "passwordAgain": "Jibunde2026x"]
            )
            let password = try #require(done.fact("鍵保護パスワード"), "\(done.body)").unescaped
            #expect(password.count >= 17 && password != "Jibunde2026x")
            for kind in [\Character.isUppercase, \Character.isLowercase, \Character.isNumber] {
                #expect(password.contains { $0[keyPath: kind] })
            }
            #expect(password.contains { !$0.isLetter && !$0.isNumber })
            let encoded = try #require(done.firstGroup("data:application/x-pkcs12;base64,([^\"]*)"))
            let file = try #require(Data(base64Encoded: encoded.replacingOccurrences(of: "&#x3D;", with: "=")))
            let path = scene.office.folder.file("\(order.id).pfx")
            try file.write(to: URL(fileURLWithPath: path))
            func open(_ password: String) throws -> ChildProgram.Outcome {
                try ChildProgram.run("openssl", ["pkcs12", "-in", path, "-passin", "pass:\(password)", "-noenc"])
            }
            #expect(try open(password).output.contains("PRIVATE KEY"))
            #expect(try open("Jibunde2026x").status != 0)

            let inBrowser = try await scene.order(Self.order.merging(["keyOption": "browser"]) { $1 })
            let page = try await scene.office.browser()
                .walk(inBrowser.link, [["pickUpPassword": OfficeFixture.pickUpPassword]])
            #expect(page.body.contains("data-password=\"generated\"") && !page.body.contains("name=\"password\""))
        }
    }
}

extension LicenceScene {
    /// Orders with one of the profiles; the S/MIME profile and the personal licence where nothing else is said.
    func orders(_ profile: String? = nil, licence: String? = nil) -> OrderScene {
        OrderScene(
            office: company.office,
            browser: browser,
            licence: licence ?? company.licence,
            profile: profile ?? company.profile
        )
    }
}

extension Company {
    /// The same profile with S and L, and its mail domain, beside it: vetted as it was.
    func placed() async throws -> String {
        let (own, other) = (profile, "MP202601019999")
        return try await office.change { records in
            guard var profile = try records.profiles.get(own),
                var domain = try records.mailDomains.first(.init().equal("profile", own).equal("name", "example.com"))
            else { throw Refusal.notFound }
            (profile.id, profile.subject.state, profile.subject.locality) = (other, "東京都", "千代田区")
            (domain.id, domain.profile) = ("20260101999999", other)
            try records.profiles.save(profile)
            try records.mailDomains.save(domain)
            return other
        }
    }
}

extension OrderScene {
    /// Has a certificate issued, and answers its subject, an attribute each, and what OpenSSL says of the rest.
    func names(_ values: [String: String]) async throws -> (subject: [String], text: String) {
        let order = try await order(values.merging(["keyOption": "csr"]) { $1 })
        let page = try await pickUp(order)
        let pem = try #require(page.firstGroup("(-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----)"))
        let subject = try ChildProgram.check(
            "openssl",
            ["x509", "-noout", "-subject", "-nameopt", "utf8,sep_multiline,sname"],
            input: Data(pem.utf8)
        )
        let text = try ChildProgram.check(
            "openssl",
            ["x509", "-noout", "-ext", "subjectAltName,extendedKeyUsage"],
            input: Data(pem.utf8)
        )
        let lines = subject.split(separator: "\n").dropFirst().map { $0.trimmingCharacters(in: .whitespaces) }
        return (lines, text)
    }
}

extension OfficeBrowser.Answer {
    /// What the form shows and does not ask, by its label.
    fileprivate var fixed: [String: String] {
        var fixed: [String: String] = [:]
        for name in ["C", "S", "L", "O", "OU"] {
            fixed[name] = firstGroup("<span class=\"label\">\(name)</span> <output[^>]*>([^<]*)<")
        }
        return fixed
    }
}

extension String {
    /// The attribute's name before the `=`.
    fileprivate var kind: String { String(prefix { $0 != "=" }) }
}
