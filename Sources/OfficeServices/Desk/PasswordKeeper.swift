import CryptoExtras
import Foundation
package import Office

/// Hashes and checks log-in passwords with scrypt (RFC 7914), on a thread of its own.
package struct PasswordKeeper: Sendable {
    private let crew: Crew<Void>
    private let rounds: Int
    /// What the password of somebody unknown is compared with: that takes as long as for anybody.
    let nobody: PasswordHash

    /// - Parameter rounds: the cost N; 32,768 with r = 8 takes 32 MB and some 80 ms.
    package init(rounds: Int = 32_768) {
        crew = Crew(named: "passwords", threads: 1, most: 64) {}
        self.rounds = rounds
        nobody = PasswordHash(
            salt: [UInt8](repeating: 0, count: 16),
            rounds: rounds,
            blockSize: 8,
            parallelism: 1,
            output: [UInt8](repeating: 0, count: 32)
        )
    }

    package func hash(_ password: String) async throws -> PasswordHash {
        let salt = Draw.bytes(16)
        return try await crew.run { _ in
            try Self.derive(password, salt: salt, rounds: rounds, blockSize: 8, parallelism: 1)
        }
    }

    /// Whether it is the password. Takes as long for a wrong one.
    package func matches(_ password: String, _ hash: PasswordHash) async throws -> Bool {
        let output = try await crew.run { _ in
            try Self.derive(
                password,
                salt: hash.salt,
                rounds: hash.rounds,
                blockSize: hash.blockSize,
                parallelism: hash.parallelism
            ).output
        }
        return isSame(output, hash.output)
    }

    /// At once and on the caller's thread.
    package static func derive(
        _ password: String,
        salt: [UInt8],
        rounds: Int,
        blockSize: Int,
        parallelism: Int
    ) throws -> PasswordHash {
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

/// Compares without telling by the time where the first difference is.
func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
}
