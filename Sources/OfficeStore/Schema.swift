package import GRDB
import Office

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
        migrator.registerMigration("6 orders are found by lines and words of their own", migrate: makeOrderList)
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

    /// What `OrderList` reads. The columns by which single orders are found stay with them.
    private static func makeOrderList(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE orderLines (
                    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL, profile TEXT NOT NULL,
                    licence TEXT NOT NULL, manager TEXT NOT NULL, status TEXT NOT NULL, certificateStatus TEXT,
                    applied INTEGER NOT NULL, issued INTEGER, ends INTEGER, organisation TEXT NOT NULL,
                    commonName TEXT NOT NULL, service TEXT NOT NULL, mail TEXT NOT NULL, department TEXT NOT NULL,
                    template TEXT NOT NULL
                );
                CREATE INDEX orderLines_tenant ON orderLines (tenant, number);
                CREATE VIRTUAL TABLE orderWords
                    USING fts5 (words, content = '', columnsize = 0, detail = none, tokenize = 'ascii');
                CREATE TABLE orderCounts (
                    tenant TEXT NOT NULL, profile TEXT NOT NULL, status TEXT NOT NULL, certificateStatus TEXT NOT NULL,
                    count INTEGER NOT NULL, PRIMARY KEY (tenant, profile, status, certificateStatus)
                ) WITHOUT ROWID;
                CREATE TRIGGER orderLines_came AFTER INSERT ON orderLines BEGIN
                    \(count("new", 1));
                END;
                CREATE TRIGGER orderLines_changed
                AFTER UPDATE OF tenant, profile, status, certificateStatus ON orderLines BEGIN
                    \(count("old", -1));
                    \(count("new", 1));
                END;
                """
        )
        let bodies = try String.fetchCursor(database, sql: "SELECT body FROM orders ORDER BY applied, id")
        while let body = try bodies.next() { try Repository<Order>.decode(body).line.write(in: database) }
        for index in [0, 1, 2, 3, 4, 5] { try database.execute(sql: "DROP INDEX orders_\(index)") }
        for column in [
            "tenant", "profile", "manager", "applied", "issued", "commonName", "mail", "department", "service",
            "template",
        ] {
            try database.execute(sql: "ALTER TABLE orders DROP COLUMN \(column)")
        }
    }

    private static func count(_ row: String, _ change: Int) -> String {
        """
        INSERT INTO orderCounts VALUES
            (\(row).tenant, \(row).profile, \(row).status, ifnull(\(row).certificateStatus, ''), \(change))
            ON CONFLICT DO UPDATE SET count = count + excluded.count
        """
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
