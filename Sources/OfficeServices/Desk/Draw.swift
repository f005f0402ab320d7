import Crypto
import Foundation
import TextForms

/// Random values from the system's source.
enum Draw {
    /// 160 bits, as 32 characters of RFC 4648's base 32 in lower case: for links, sessions, codes.
    static func token() -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyz234567")
        return String((0..<32).map { _ in letters[Int.random(in: 0..<32)] })
    }

    /// Letters and digits without those that are taken for each other.
    static func password(length: Int) -> String {
        let letters = Array("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")
        return String((0..<length).map { _ in letters[Int.random(in: letters.indices)] })
    }

    static func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255) }
    }

    /// What is kept of a token that somebody else holds.
    static func hash(_ token: String) -> [UInt8] {
        Array(SHA256.hash(data: Data(token.utf8)))
    }

    /// The same as columns and keys have it.
    static func key(_ token: String) -> String {
        HexText.encode(hash(token))
    }
}
