import Foundation
import GRDB
import OfficeServices

/// An office's database, touched while no office runs over it.
enum DatabaseFile {
    /// Nobody has a first password any more, as if each had changed it to this one, whose check costs little; everything
    /// is in the one file then.
    static func settlePasswords(_ path: String, as password: String) throws {
        let salt = [UInt8](repeating: 1, count: 16)
        let cheap = try PasswordKeeper.derive(password, salt: salt, rounds: 1_024, blockSize: 8, parallelism: 1)
        let hash = String(decoding: try JSONEncoder().encode(cheap), as: UTF8.self)
        let database = try DatabaseQueue(path: path)
        try database.write { database in
            for table in ["users", "operators"] {
                try database.execute(
                    sql: """
                        UPDATE \(table)
                        SET body = json_set(body, '$.hasFirstPassword', json('false'), '$.passwordHash', json(?))
                        """,
                    arguments: [hash]
                )
            }
        }
        try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        try database.close()
    }
}
