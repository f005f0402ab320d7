import ArgumentParser
import Glibc
import Secrets
import SignerClient
import SignerService
import Tokens
import Varlink

/// `inkan token`
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Look at tokens and make them, at the officer's desk.",
        subcommands: [
            TokenList.self, TokenInit.self, TokenUnlock.self, TokenPersonalise.self, TokenResetPIN.self,
            TokenRetire.self, TokenProve.self,
        ]
    )
}

/// Which module, and in which environment its worker runs.
struct ModuleOptions: ParsableArguments {
    @Option(help: "Path of the vendor's PKCS#11 module.")
    var module: String = "/usr/lib/softhsm/libsofthsm2.so"

    @Option(
        name: .customLong("env"),
        help:
            "A variable that the module needs, NAME=VALUE. May be given many times. SOFTHSM2_CONF is passed on by itself."
    )
    var environment: [String] = []

    func station() throws -> TokenStation {
        TokenStation(
            workerExecutable: try siblingExecutable("inkan-tokend"),
            environment: try Self.variables(environment)
        )
    }

    /// A worker's environment.
    static func variables(_ pairs: [String]) throws -> [String: String] {
        var variables: [String: String] = [:]
        if let value = getenv("SOFTHSM2_CONF") { variables["SOFTHSM2_CONF"] = String(cString: value) }
        for pair in pairs {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw ValidationError("--env takes NAME=VALUE, not “\(pair)”") }
            variables[String(parts[0])] = String(parts[1])
        }
        return variables
    }
}

/// Runs work on a token and turns its failure into a message and an exit code.
func withToken<Result>(_ body: () throws(TokenError) -> Result) throws -> Result {
    do {
        return try body()
    } catch {
        let number = error.returnValue.map { " (CKR 0x\(String($0, radix: 16)))" } ?? ""
        complain("\(error.message); \(error.mend)\(number)")
        throw Exit.refused
    }
}

struct TokenList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "The tokens that a module shows, with their URIs; with --readers, users' tokens at the station.",
        discussion: "--readers asks the running service, on the officers' socket."
    )

    @OptionGroup var module: ModuleOptions
    @OptionGroup var socket: SocketOptions
    @OptionGroup var format: FormatOptions

    @Flag(help: "List the users' tokens in the service's readers instead.")
    var readers = false

    func run() throws {
        if readers { return try UserTokens.list(socket, format) }
        let station = try module.station()
        let tokens = try withToken { () throws(TokenError) in try station.listTokens(modulePath: module.module) }
        format.print(["tokens": .array(tokens.map { .object(Self.object($0)) })]) {
            var table = Table("LABEL", "SERIAL", "STATE", "MODEL", "MANUFACTURER", "URI")
            for token in tokens {
                table.add(
                    token.label,
                    token.serial,
                    Self.state(token),
                    token.model,
                    token.manufacturer,
                    token.isInitialized ? token.uri : ""
                )
            }
            table.print()
        }
    }

    private static func state(_ token: TokenDescription) -> String {
        if !token.isInitialized { return "blank" }
        return token.hasUserPIN ? "initialised" : "without PIN"
    }

    private static func object(_ token: TokenDescription) -> JSONObject {
        [
            "label": .string(token.label), "serial": .string(token.serial), "state": .string(state(token)),
            "model": .string(token.model), "manufacturer": .string(token.manufacturer),
            "firmware": .string(token.firmwareVersion), "interface": .string(token.interfaceVersion),
            "uri": .string(token.uri),
        ]
    }
}

struct TokenInit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a token in a blank slot, with random PINs in files of mode 0600.",
        discussion: "A PIN file that is there already is used as it is; no token and no file is ever overwritten."
    )

    @OptionGroup var module: ModuleOptions

    @Option(help: "The token's label, at most 32 bytes.")
    var label: String

    @Option(help: "File of the security officer's PIN.")
    var soPinFile: String

    @Option(help: "File of the user PIN, which the service logs in with.")
    var pinFile: String

    @Option(help: "File of the SO PIN that a blank token has from its maker (opencryptoki: 87654321). It is replaced.")
    var makersPinFile: String?

    @Option(help: "Write the token's URI here, with module-path and pin-source, as settings take it.")
    var uriFile: String?

    @Option(help: "Characters of a PIN that is made, 5 bits each. Cards take 8.")
    var pinLength: Int = 20

    func run() throws {
        let station = try module.station()
        let present = try withToken { () throws(TokenError) in
            try station.listTokens(modulePath: module.module).filter { $0.isInitialized && $0.label == label }
        }
        let token = try present.isEmpty ? make(with: station) : onlyOne(of: present)
        let uri = "\(token.uri)&pin-source=file:\(try absolutePath(pinFile))"
        if let uriFile { try writeText(uri, to: uriFile) }
        print(uri)
    }

    private func make(with station: TokenStation) throws -> TokenDescription {
        for path in [soPinFile, pinFile] where access(path, F_OK) != 0 {
            do {
                try SecretFile.makeRandom(path, characters: pinLength)
            } catch {
                complain("\(error)")
                throw Exit.refused
            }
        }
        return try withToken { () throws(TokenError) in
            try station.initializeToken(
                modulePath: module.module,
                label: label,
                securityOfficerPINFile: soPinFile,
                userPINFile: pinFile,
                makersPINFile: makersPinFile
            )
        }
    }

    /// An earlier run may have been stopped after it had made the token.
    private func onlyOne(of present: [TokenDescription]) throws -> TokenDescription {
        guard present.count == 1, access(pinFile, F_OK) == 0 else {
            complain(
                "a token labelled \(label) is there already, and its PIN is not in \(pinFile); choose another label"
            )
            throw Exit.refused
        }
        complain("token \(label) is there already; its PIN is taken from \(pinFile)")
        return present[0]
    }
}

struct TokenUnlock: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlock",
        abstract: "Let the service try a token's PIN again, after the PIN file was mended.",
        discussion: "Goes to the officers' socket."
    )

    @OptionGroup var socket: SocketOptions

    @Argument(help: "The token's name in the service's settings.")
    var name: String

    func run() throws {
        let client = try socket.connect()
        try answering { () throws(SignerClientError) in try client.unlockToken(name) }
    }
}
