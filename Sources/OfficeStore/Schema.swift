package import GRDB

/// The tables. Migrations are only ever added at the end.
package enum Schema {
    package static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 the office opens") { database in
            try make(database, "tenants", [])
            try make(database, "users", [("tenant", "TEXT NOT NULL")], indexes: ["tenant"])
            try make(database, "operators", [])
            try make(
                database,
                "sessions",
                [("person", "TEXT NOT NULL"), ("ends", "INTEGER NOT NULL")],
                indexes: ["person", "ends"]
            )
            try make(
                database,
                "administratorCertificates",
                [
                    ("tenant", "TEXT NOT NULL"), ("person", "TEXT NOT NULL"), ("status", "TEXT NOT NULL"),
                    ("link", "TEXT NOT NULL"), ("serial", "TEXT"), ("ends", "INTEGER"),
                ],
                indexes: ["person", "link", "serial", "status, ends"]
            )
            try make(
                database,
                "licences",
                [
                    ("tenant", "TEXT NOT NULL"), ("status", "TEXT NOT NULL"), ("applied", "INTEGER NOT NULL"),
                    ("ends", "INTEGER"),
                ],
                indexes: ["tenant, applied", "status"]
            )
            try make(
                database,
                "profiles",
                [
                    ("tenant", "TEXT NOT NULL"), ("status", "TEXT NOT NULL"), ("created", "INTEGER NOT NULL"),
                    ("ends", "INTEGER"), ("exclusiveKey", "TEXT"),
                ],
                indexes: ["tenant, created", "status, ends", "exclusiveKey"]
            )
            try make(
                database,
                "mailDomains",
                [
                    ("tenant", "TEXT NOT NULL"), ("profile", "TEXT NOT NULL"), ("name", "TEXT NOT NULL"),
                    ("status", "TEXT NOT NULL"), ("code", "TEXT NOT NULL"), ("ends", "INTEGER"),
                ],
                indexes: ["tenant", "profile, name", "status, ends", "code"]
            )
            try makeOrders(database)
            try make(
                database,
                "history",
                [
                    ("tenant", "TEXT NOT NULL"), ("target", "TEXT NOT NULL"), ("actor", "TEXT NOT NULL"),
                    ("action", "TEXT NOT NULL"), ("time", "INTEGER NOT NULL"),
                ],
                indexes: ["tenant, time", "target, time"]
            )
            try make(
                database,
                "mails",
                [
                    ("tenant", "TEXT NOT NULL"), ("target", "TEXT NOT NULL"), ("type", "TEXT NOT NULL"),
                    ("status", "TEXT NOT NULL"), ("created", "INTEGER NOT NULL"), ("due", "INTEGER NOT NULL"),
                    ("onceKey", "TEXT UNIQUE"),
                ],
                indexes: ["tenant, created", "target, created", "status, due"]
            )
            try make(database, "templates", [("tenant", "TEXT NOT NULL")], indexes: ["tenant"])
            try make(database, "files", [("until", "INTEGER NOT NULL")], indexes: ["until"])
        }
        migrator.registerMigration("2 mails are searched by address, certificates by their end") { database in
            try database.execute(sql: "ALTER TABLE mails ADD COLUMN recipients TEXT NOT NULL DEFAULT ''")
            try database.execute(sql: "CREATE INDEX orders_ends ON orders (ends)")
        }
        migrator.registerMigration("3 a form that is sent again leads to what it led to") { database in
            try make(database, "submissions", [("until", "INTEGER NOT NULL")], indexes: ["until"])
        }
        migrator.registerMigration("4 what was taken to the token station is found") { database in
            try database.execute(sql: "ALTER TABLE orders ADD COLUMN station INTEGER")
            try database.execute(sql: "CREATE INDEX orders_station ON orders (station)")
        }
        migrator.registerMigration("5 first passwords; what earlier programs did not write") { database in
            try complete(database, "tenants", ["country": "\"JP\""])
            try complete(database, "users", ["hasFirstPassword": "false"])
            try complete(database, "operators", ["hasFirstPassword": "false"])
            try complete(
                database,
                "mailDomains",
                ["evidence": "\"\"", "isPageReleased": "false", "becomesSMIME": "false"]
            )
            // The link itself was not kept: such an order is reminded of nothing.
            try complete(database, "orders", ["pickUp.sealedLink": "[]"])
            try database.execute(
                sql: """
                    UPDATE orders SET body = json_insert(body, '$.organisation', coalesce((
                        SELECT json_extract(profiles.body, '$.subject.organisation') FROM profiles
                        WHERE profiles.id = orders.profile), ''))
                    WHERE json_type(body, '$.organisation') IS NULL
                    """
            )
        }
        return migrator
    }

    /// Gives each stored entity that lacks them the values, which are JSON; what is there stays. An entity gets a new part
    /// together with a migration that writes it into the bodies of earlier programs.
    ///
    /// - Parameter values: by name; a part of a part has a dot between the names.
    private static func complete(_ database: Database, _ table: String, _ values: [String: String]) throws {
        for (name, value) in values {
            try database.execute(
                sql: "UPDATE \(table) SET body = json_insert(body, ?, json(?)) WHERE json_type(body, ?) IS NULL",
                arguments: ["$.\(name)", value, "$.\(name)"]
            )
        }
    }

    private static func makeOrders(_ database: Database) throws {
        try make(
            database,
            "orders",
            [
                ("tenant", "TEXT NOT NULL"), ("profile", "TEXT NOT NULL"), ("licence", "TEXT NOT NULL"),
                ("manager", "TEXT NOT NULL"), ("status", "TEXT NOT NULL"), ("certificateStatus", "TEXT"),
                ("applied", "INTEGER NOT NULL"), ("issued", "INTEGER"), ("ends", "INTEGER"),
                ("commonName", "TEXT NOT NULL"), ("mail", "TEXT NOT NULL"), ("department", "TEXT NOT NULL"),
                ("service", "TEXT NOT NULL"), ("template", "TEXT NOT NULL"), ("link", "TEXT NOT NULL"),
                ("mailed", "INTEGER NOT NULL"), ("serial", "TEXT"),
            ],
            indexes: [
                "tenant, applied", "tenant, issued", "tenant, profile, applied", "tenant, status, applied",
                "tenant, commonName", "tenant, mail", "licence", "link", "serial", "status, mailed",
            ]
        )
    }

    private static func make(
        _ database: Database,
        _ table: String,
        _ columns: [(String, String)],
        indexes: [String] = []
    ) throws {
        let all = [("id", "TEXT PRIMARY KEY NOT NULL"), ("body", "TEXT NOT NULL")] + columns
        try database.execute(
            sql: "CREATE TABLE \(table) (\(all.map { "\($0.0) \($0.1)" }.joined(separator: ", ")))"
        )
        for (number, index) in indexes.enumerated() {
            try database.execute(sql: "CREATE INDEX \(table)_\(number) ON \(table) (\(index))")
        }
    }
}
