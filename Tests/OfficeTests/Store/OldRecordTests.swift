import Foundation
import GRDB
import OfficeStore
import Testing
import Workbench

/// Databases that earlier programs have written.
struct OldRecordTests {
    private typealias Row = [String: Any]

    /// A database as it was after a migration, with the recorded rows: each kind's as the program of migration 5 wrote it.
    ///
    /// - Parameter change: what an earlier program wrote otherwise.
    private func database(
        _ folder: TemporaryFolder,
        upTo migration: String,
        _ change: (String, inout Row) -> Void = { _, _ in }
    ) throws -> String {
        let file = OfficeFixture.checkout + "/Tests/OfficeTests/Store/bodies-5.json"
        let content = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: file)))
        let tables = try #require(content as? [String: [Row]])
        let queue = try DatabaseQueue(path: folder.file("office.sqlite"))
        try Schema.migrator.migrate(queue, upTo: migration)
        try queue.write { database in
            for (table, rows) in tables {
                for var row in rows {
                    var body = try #require(row["body"] as? Row)
                    change(table, &body)
                    row["body"] = String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self)
                    let names = row.keys.sorted()
                    let values = names.map { DatabaseValue(value: row[$0] ?? NSNull()) }
                    try #require(!values.contains(nil))
                    try database.execute(
                        sql: "INSERT INTO \(table) (\(names.joined(separator: ", "))) VALUES ("
                            + names.map { _ in "?" }.joined(separator: ", ") + ")",
                        arguments: StatementArguments(values.compactMap { $0 })
                    )
                }
            }
        }
        try queue.close()
        return folder.file("office.sqlite")
    }

    @Test("What the program of the fifth migration wrote is read, kind by kind")
    func recorded() async throws {
        let folder = try TemporaryFolder("inkan-old")
        let path = try database(folder, upTo: "5 first passwords; what earlier programs did not write")
        let store = try OfficeStore(path: path)
        let counts = try await store.read { records in
            [
                try records.tenants.find().count, try records.users.find().count, try records.operators.find().count,
                try records.sessions.find().count, try records.administratorCertificates.find().count,
                try records.licences.find().count, try records.profiles.find().count,
                try records.mailDomains.find().count, try records.orders.find().count,
                try records.history.find().count, try records.mails.find().count, try records.templates.find().count,
                try records.files.find().count, try records.submissions.find().count,
            ]
        }
        #expect(counts == [1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1])
        try store.close()
    }

    @Test("What earlier programs did not write is there after the migration, and nothing else is changed")
    func completed() async throws {
        let folder = try TemporaryFolder("inkan-old")
        let path = try database(folder, upTo: "4 what was taken to the token station is found") {
            table,
            body in
            switch table {
            case "tenants": body["country"] = nil
            case "users", "operators": body["hasFirstPassword"] = nil
            case "mailDomains": for name in ["evidence", "isPageReleased", "becomesSMIME"] { body[name] = nil }
            case "orders":
                body["organisation"] = nil
                var pickUp = body["pickUp"] as? Row
                pickUp?["sealedLink"] = nil
                body["pickUp"] = pickUp
            default: break
            }
        }
        let store = try OfficeStore(path: path)
        let (tenant, user, person, domain, orders) = try await store.read { records in
            (
                try records.tenants.find().first, try records.users.find().first,
                try records.operators.find().first,
                try records.mailDomains.find().first, try records.orders.find()
            )
        }
        #expect(user?.hasFirstPassword == false && person?.hasFirstPassword == false)
        #expect(tenant?.country == "JP" && user?.mail == "hanako@example.com")
        #expect(domain?.evidence == "" && domain?.isPageReleased == false && domain?.becomesSMIME == false)
        #expect(orders.map(\.pickUp.sealedLink) == [[], []])
        #expect(orders.contains { $0.certificate != nil } && orders.allSatisfy { !$0.pickUp.sealedPassword.isEmpty })
        try store.close()
    }

    @Test("A record that cannot be read is an error that names its kind and what is missing")
    func unreadable() async throws {
        let folder = try TemporaryFolder("inkan-old")
        let path = try database(folder, upTo: "5 first passwords; what earlier programs did not write") { table, body in
            if table == "tenants" { body["address"] = nil }
        }
        let store = try OfficeStore(path: path)
        let problem = await #expect(throws: UnreadableRecord.self) { try await store.read { try $0.tenants.find() } }
        #expect(problem?.table == "tenants" && problem?.description.contains("address") == true)
        #expect(try await store.read { try $0.users.find().count } == 1, "others are read")
        try store.close()
    }
}
