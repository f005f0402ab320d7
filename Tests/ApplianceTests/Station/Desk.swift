import Foundation
import SignerAPI
import SignerClient
import Testing
import Varlink
import Workbench

/// An appliance with a reader: users' tokens are SoftHSM2 tokens in a folder of their own, behind the module that fails
/// on order.
final class Desk: Sendable {
    let appliance: RunningAppliance

    static let reader = "desk"

    private init(_ appliance: RunningAppliance) {
        self.appliance = appliance
    }

    /// Starts the service with an empty reader.
    ///
    /// - Parameter options: further settings of the reader, such as `userPIN`.
    static func open(options: String = "") throws -> Desk {
        let establishment = try Stage.establishment()
        let folder = establishment.folder
        try FileManager.default.createDirectory(
            atPath: folder.file("users/tokens"),
            withIntermediateDirectories: true
        )
        try """
        directories.tokendir = \(folder.file("users/tokens"))
        objectstore.backend = file
        log.level = ERROR
        slots.removable = false

        """.write(toFile: folder.file("users/softhsm2.conf"), atomically: true, encoding: .utf8)
        return try Desk(RunningAppliance(establishment, settings: settings(establishment, options: options)))
    }

    private static func settings(_ establishment: Establishment, options: String) throws -> String {
        let folder = establishment.folder
        return try establishment.settings(
            extra: """
                readers:
                  - name: \(reader)
                    allows: { write: ["\(folder.file("users"))"] }
                    module: "\(Stage.binaries)/libInkanFaultModule.so"
                    environment: { SOFTHSM2_CONF: "\(folder.file("users/softhsm2.conf"))", \
                INKAN_FAULT_PLAN: "\(folder.file("users/plan"))", INKAN_FAULT_LOGINS: "\(folder.file("users/logins"))" }
                \(options)
                """
        )
    }

    var folder: TemporaryFolder { appliance.establishment.folder }

    /// A client of the officers' socket.
    func officer(timeout: Duration = .seconds(60)) throws -> SignerClient {
        try SignerClient(socket: appliance.officerSocket, timeout: timeout)
    }

    // MARK: Tokens

    /// A token, and what opens it.
    struct UserToken {
        let serial: String
        let pin: String
        let officerPIN: String
    }

    /// Initialises a blank token.
    func makeToken(label: String = "user") throws -> UserToken {
        var pins = JSONObject()
        let last = try officer().steps(of: .initialiseToken) { writer in
            writer.member("reader", Self.reader)
            writer.member("label", label)
        } _: {
            if let made = $0["pins"]?.objectValue { pins = made }
        }
        let token = try #require(last["token"]?.objectValue?["token"]?.stringValue)
        return UserToken(
            serial: token,
            pin: try #require(pins["user"]?.stringValue),
            officerPIN: try #require(pins["officer"]?.stringValue)
        )
    }

    /// Every token in the reader, by its serial number.
    func tokens() throws -> [JSONObject] {
        let answer = try officer().call(.listTokens)
        #expect(answer["problems"]?.arrayValue == [])
        return (answer["tokens"]?.arrayValue ?? []).compactMap(\.objectValue)
    }

    func token(_ serial: String) throws -> JSONObject {
        try #require(tokens().first { $0["token"]?.stringValue == serial })
    }

    // MARK: Orders

    /// What a user wants; the keys are P-256, which are made at once.
    static func order(_ id: String, profile: String = "access-1y", key: String? = "p-256") -> TokenOrder {
        var order = CertificateOrder(
            order: id,
            profile: profile,
            request: "",
            subject: [
                .init("countryName", "JP"), .init("organizationName", "Inkan Example"),
                .init("commonName", "山田 \(id)"),
            ]
        )
        order.issuer = "access-p256"
        return TokenOrder(order, keyAlgorithm: key)
    }

    /// The last answer of a `PersonaliseToken`, and its steps.
    @discardableResult
    func personalise(
        _ order: TokenOrder,
        _ token: UserToken,
        pin: String? = nil,
        replace: Bool = false
    ) throws -> (done: JSONObject, steps: [String]) {
        var steps: [String] = []
        let last = try officer().steps(of: .personaliseToken) { writer in
            writer.member("reader", Self.reader)
            writer.member("token", token.serial)
            writer.member("pin", pin ?? token.pin)
            writer.name("order")
            order.write(to: &writer)
            if replace { writer.member("replace", true) }
        } _: {
            steps.append($0["step"]?.stringValue ?? "")
        }
        return (try #require(last["personalised"]?.objectValue), steps)
    }

    // MARK: Looking into tokens with other tools

    /// The users' tokens as pkcs11-tool sees them.
    func pkcs11Tool(_ token: UserToken, _ arguments: String...) throws -> String {
        let slot = try slotIndex(of: token.serial)
        return try ChildProgram.check(
            "pkcs11-tool",
            ["--module", Establishment.softHSM, "--slot-index", slot] + arguments,
            environment: ["SOFTHSM2_CONF": folder.file("users/softhsm2.conf")]
        )
    }

    private func slotIndex(of serial: String) throws -> String {
        let listing = try ChildProgram.check(
            "pkcs11-tool",
            ["--module", Establishment.softHSM, "--list-slots"],
            environment: ["SOFTHSM2_CONF": folder.file("users/softhsm2.conf")]
        )
        let serials = listing.split(separator: "\n").filter {
            $0.contains("serial num") || $0.contains("uninitialized")
        }
        return "\(try #require(serials.firstIndex { $0.contains(serial) }))"
    }
}
