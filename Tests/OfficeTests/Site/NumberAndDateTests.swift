import Clocks
import Foundation
import Office
import Testing

extension InTheArea {
    /// The numbers that people see, and how moments are written (sections 2.0, 2.17).
    struct NumberAndDateTests {
        @Test(
            "OTH-06 Licences, profiles, orders and mail domains are numbered by their day; none twice; orders of old data are found"
        )
        func numbers() async throws {
            let scene = try LicenceScene.own()
            let company = scene.company
            let day = BusinessCalendar.japan.day(of: Timestamp(seconds: company.office.start)).compact
            let order = try await company.office.order(scene.browser, licence: company.licence, profile: scene.access)
                .id
            let domain = try await company.register("numbers.example")
            var licences = [company.licence]
            for _ in 0..<3 { licences.append(try await scene.buy("personal-1")) }
            #expect(Set(licences).count == licences.count)
            for licence in licences {
                #expect(licence.wholeMatch(of: try Regex("ML\(day)[0-9]{4}")) != nil, "\(licence)")
            }
            #expect(
                scene.access.wholeMatch(of: try Regex("MP\(day)[0-9]{4}")) != nil && scene.access != company.profile
            )
            #expect(order.wholeMatch(of: try Regex("MPS\(day)[0-9]{6}")) != nil)
            #expect(domain.wholeMatch(of: try Regex("\(day)[0-9]{6}")) != nil)

            let old = "MPS201511172833"
            try await company.office.change { records in
                guard var imported = try records.orders.get(order) else { return }
                imported.id = old
                try records.orders.save(imported)
            }
            let list = company.office.areaURL + "/orders"
            let found = try await scene.browser.get(list + "?text=\(old)")
            #expect(found.body.contains("/orders/\(old)\"") && !found.body.contains("/orders/\(order)\""))
            #expect(try await scene.browser.get(list + "/\(old)").status == 200)
        }

        @Test("OTH-06 A day whose numbers are all used takes no more: refused, and nothing is doubled")
        func exhausted() async throws {
            let company = try await Company(OfficeFixture(hasAppliance: false))
            let (own, start) = (company.licence, Timestamp(seconds: company.office.start))
            let day = BusinessCalendar.japan.day(of: start)
            try await company.office.change { records in
                guard var licence = try records.licences.get(own) else { return }
                for number in 0..<10_000 {
                    licence.id = IdentifierFamily.licence.make(day: day, number: number)
                    if licence.id != own { try records.licences.insert(licence) }
                }
            }
            let refused = try await company.console.walk(
                "/licences/purchase",
                [
                    ["product": "personal-1"], ["term": "oneYear"], ["payment": "card", "memo": ""],
                    ["acknowledgesYear": "yes", "acceptsTerms": "yes"],
                ]
            )
            #expect(refused.status == 503 && refused.body.contains("明日お試しください"))
            #expect(try await company.records { try $0.licences.count() } == 10_000)
        }

        @Test("OTH-07 Lists show moments to the minute, histories to the second; searches take yyyy/mm/dd and say so")
        func moments() async throws {
            let scene = try LicenceScene.own()
            let office = scene.company.office
            let start = Timestamp(seconds: office.start)
            let (shown, exact) = (
                BusinessCalendar.japan.display(start), BusinessCalendar.japan.display(start, seconds: true)
            )
            #expect(shown.wholeMatch(of: /\d{4}年\d{2}月\d{2}日 \d{2}:\d{2}\(GMT\+09:00\)/) != nil)
            #expect(exact.wholeMatch(of: /\d{4}年\d{2}月\d{2}日 \d{2}:\d{2}:\d{2}\(GMT\+09:00\)/) != nil)
            for list in ["/licences", "/profiles", "/domains", "/mails"] {
                #expect(try await scene.browser.get(list).body.contains(">\(shown)<"), "\(list)")
            }
            for history in ["/licences/\(scene.company.licence)", "/log"] {
                #expect(try await scene.browser.get(history).body.contains(">\(exact)<"), "\(history)")
            }
            let today = BusinessCalendar.japan.day(of: start)
            let orders = office.areaURL + "/orders"
            for (search, last) in [("/log", "until"), ("/mails", "until"), (orders, "to"), (orders + "/bulk", "to")] {
                let more = search.hasSuffix("bulk") ? "&action=cancel" : ""
                let right = try await scene.browser.get(
                    "\(search)?from=\(today.slashed)&\(last)=\(today.slashed)\(more)"
                )
                #expect(right.status == 200, "\(search)")
                let wrong = try await scene.browser.get("\(search)?from=2026-11-27&\(last)=2026/02/30\(more)")
                #expect(wrong.status == 422, "\(search)")
                #expect(wrong.error("from")?.contains("yyyy/mm/dd") == true && wrong.error(last) != nil, "\(search)")
                #expect(wrong.shown["from"] == "2026-11-27", "\(search) keeps what was typed")
            }
        }
    }
}
