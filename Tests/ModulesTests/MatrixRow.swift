import Foundation
import Workbench

/// What was proven on one module. Rows are written where INKAN_MATRIX says, for `hsm/prove`; without it they are dropped.
struct MatrixRow: Encodable {
    var module: String
    /// The Debian package that the module comes from.
    var package: String
    var version = ""
    var model: String
    var interface: String
    /// Kinds of keys that were made in the token, with their attributes read back.
    var makes: [String]
    /// Kinds that the token refused, each with its answer.
    var refuses: [String: String] = [:]
    /// Signatures that were verified.
    var signs: [String]
    /// Certificates that a CA key of this module signed through the service, and that OpenSSL verified.
    var certificates: Int?
    /// What of a user token's life was gone through.
    var personalised: String?
    var microseconds: [String: Int] = [:]
    var remarks: String

    /// A user's token was taken through its whole life, from blank (or from the card's own tool) to a signature.
    static func personalised(_ module: String, package: String, key: String) throws {
        try MatrixRow(
            module: module,
            package: package,
            model: "",
            interface: "",
            makes: [],
            signs: [],
            personalised: "\(key): key inside, certificate and chain written, signs for pkcs11-tool",
            remarks: ""
        ).write()
    }

    func write() throws {
        guard let folder = ProcessInfo.processInfo.environment["INKAN_MATRIX"] else { return }
        var row = self
        row.version = try ChildProgram.check("dpkg-query", ["-W", "-f", "${Version}", package])
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        let kind = personalised == nil ? "keys" : "user"
        try encoder.encode(row).write(to: URL(fileURLWithPath: "\(folder)/\(module)-\(kind).json"))
    }
}
