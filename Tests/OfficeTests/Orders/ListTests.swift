import Foundation
import Testing

/// The list of certificates (LST).
struct ListTests {
    @Test("LST-01 to LST-04 Simple and detailed search, pages, and the CSV of all that is found")
    func search() async throws {
        let scene = try await OrderScene()
        let first = try await scene.order(["commonName": "VPN-Device-01", "unit2": "第二開発部"])
        let second = try await scene.order(["commonName": "=cmd|'/c calc'!A0".replacingOccurrences(of: "!", with: "")])
        let list = "\(scene.office.areaURL)/orders"
        func found(_ query: String) async throws -> [Bool] {
            let page = try await scene.browser.get(list + query)
            #expect(page.status == 200)
            return [first.id, second.id].map { page.body.contains("/orders/\($0)\"") }
        }
        #expect(try await found("") == [true, true])
        #expect(try await found("?text=\(first.id)") == [true, false])
        #expect(try await found("?text=VPN-Dev") == [true, false])
        #expect(try await found("?status=waiting") == [true, true])
        #expect(try await found("?status=issued") == [false, false])
        #expect(try await found("?licence=\(scene.licence)&profile=\(scene.profile)") == [true, true])
        #expect(try await found("?licence=ML000000000000") == [false, false])
        #expect(try await found("?manager=\(OfficeFixture.administrator)&mail=taro") == [true, true])
        #expect(try await found("?department=%E7%AC%AC%E4%BA%8C") == [true, false])
        #expect(try await found("?template=en") == [false, false])
        #expect(try await found("?days=applied&from=2000/01/01&to=2000/12/31") == [false, false])
        let page = try await scene.browser.get(list + "?size=10")
        #expect(page.body.contains("1–2 / 2"))
        let csv = try await scene.browser.get("\(scene.office.areaURL)/orders.csv?")
        #expect(csv.body.contains(first.id) && csv.body.contains(second.id))
        #expect(csv.body.contains("\"'=cmd"))
        #expect(Array(csv.body.utf8.prefix(3)) == [0xEF, 0xBB, 0xBF])
    }

    @Test("OTH-08 Another tenant's order is not found, by any address")
    func isolation() async throws {
        let scene = try await OrderScene()
        let order = try await scene.order()
        let other = try await scene.office.browser(of: "PAR99999_hanako")
        #expect(try await other.get("/licences/\(scene.licence)").status == 404)
        try await scene.office.enterArea(other, mail: "hanako@example.net")
        for path in ["", "/password", "/revoke", "/cancel", "/mails"] {
            let answer = try await other.get("\(scene.office.areaURL)/orders/\(order.id)\(path)")
            #expect([404, 403, 409].contains(answer.status), "\(path) answered \(answer.status)")
            #expect(!answer.body.contains("taro@example.com"))
        }
    }
}
