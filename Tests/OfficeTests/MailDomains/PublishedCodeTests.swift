import Office
import Testing

/// Codes that a domain's owner publishes, looked for at a real name server and a real web server.
struct PublishedCodeTests {
    @Test("DOM-06 The right TXT record validates, a wrong one and none do not")
    func record() async throws {
        let world = try LocalInternet()
        let company = try await Company(OfficeFixture(hasAppliance: false, more: world.settings))
        let domain = try await company.register("example.com", method: "dns")
        let path = "/domains/\(domain)"
        let page = try await company.console.get(path)
        let record = try await company.stored(domain).record
        #expect(page.body.contains(record) && page.body.contains("今すぐ確認"))
        let mail = try await company.mail("system.domain-vetting", about: domain)
        #expect(mail.from.contains("vetting@inkan.example.com") && mail.body.contains(record))

        try world.serve(names: ["example.com"])
        let none = try await company.console.send(page, to: path, [:])
        #expect(none.status == 422 && none.body.contains("TXTレコード"))
        try world.serve(names: ["example.com"], records: ["example.com": "inkan-domain-validation=wrong"])
        #expect(try await company.console.send(page, to: path, [:]).status == 422)
        #expect(try await company.stored(domain).validated == nil)
        try world.serve(names: ["example.com"], records: ["example.com": record])
        #expect(try await company.console.send(page, to: path, [:]).status == 303)
        let stored = try await company.stored(domain)
        #expect(stored.validated != nil && stored.evidence.contains(record))
        #expect(try await company.decide(domain).status == 303)
        #expect(try await company.stored(domain).status == .approved)
        #expect(try await company.console.send(page, to: path, [:]).status == 409, "nothing is left to check")
        world.stop()
    }

    @Test("DOM-07 The code in its file validates, as an operator finds; another text and no file do not")
    func page() async throws {
        let world = try LocalInternet()
        let company = try await Company(OfficeFixture(hasAppliance: false, more: world.settings))
        let domain = try await company.register("example.com", method: "page")
        let code = try await company.stored(domain).code
        let shown = try await company.console.get("/domains/\(domain)")
        #expect(shown.body.contains("/.well-known/pki-validation/inkan.txt") && shown.body.contains(code))
        #expect(
            try await company.mail("system.domain-vetting", about: domain).from.contains("vetting@inkan.example.com")
        )

        try world.serve(names: ["example.com"])
        let absent = try await company.decide(domain, ["decision": "check"])
        #expect(absent.status == 422 && absent.body.contains("404"))
        try world.publish("another text")
        #expect(try await company.decide(domain, ["decision": "check"]).status == 422)
        #expect(try await company.stored(domain).validated == nil)
        try world.publish(code + "\n")
        #expect(try await company.decide(domain, ["decision": "check"]).status == 303)
        #expect(try await company.decide(domain).status == 303)
        let stored = try await company.stored(domain)
        #expect(stored.status == .approved && stored.vettings.first?.evidence.contains("127.0.0.1") == true)
        #expect(!stored.covers(host: "mail.example.com"), "DOM-08: the page reaches the very domain")
        world.stop()
    }

    @Test("DOM-06 A name server that does not answer is said so, and nothing is lost")
    func silence() async throws {
        let world = try LocalInternet()
        let company = try await Company(OfficeFixture(hasAppliance: false, more: world.settings))
        let domain = try await company.register("example.com", method: "dns")
        let path = "/domains/\(domain)"
        let refused = try await company.console.send(company.console.get(path), to: path, [:])
        #expect(refused.status == 422 && refused.body.contains("応答がありません"))
        #expect(try await company.stored(domain).isOpen)
    }
}
