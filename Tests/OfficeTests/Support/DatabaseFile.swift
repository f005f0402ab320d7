import GRDB

/// An office's database, touched while no office runs over it.
enum DatabaseFile {
    /// Nobody has a first password any more, as if each had changed it; everything is in the one file then.
    static func settlePasswords(_ path: String) throws {
        let database = try DatabaseQueue(path: path)
        try database.write { database in
            for table in ["users", "operators"] {
                try database.execute(
                    sql: "UPDATE \(table) SET body = json_set(body, '$.hasFirstPassword', json('false'))"
                )
            }
        }
        try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        try database.close()
    }
}
