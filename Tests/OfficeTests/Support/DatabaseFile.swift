import CryptoExtras
import Foundation
import GRDB
import Office

/// An office's database, touched while no office runs over it.
enum DatabaseFile {
    /// Nobody has a first password any more, as if each had changed it to this one, whose check costs little; everything
    /// is in the one file then.
    static func settlePasswords(_ path: String, as password: String) throws {
        let hash = String(decoding: try JSONEncoder().encode(cheapHash(of: password)), as: UTF8.self)
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

    /// As the tests' office keeps passwords.
    private static func cheapHash(of password: String) throws -> PasswordHash {
        let salt = [UInt8](repeating: 1, count: 16)
        let (rounds, blockSize, parallelism) = (1_024, 8, 1)
        let key = try KDF.Scrypt.deriveKey(
            from: Data(password.utf8),
            salt: salt,
            outputByteCount: 32,
            rounds: rounds,
            blockSize: blockSize,
            parallelism: parallelism
        )
        return PasswordHash(
            salt: salt,
            rounds: rounds,
            blockSize: blockSize,
            parallelism: parallelism,
            output: key.withUnsafeBytes { Array($0) }
        )
    }
}
