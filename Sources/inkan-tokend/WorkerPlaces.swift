import Confinement
import Glibc
import Tokens

/// What one token's worker may touch: what is known of its module, and what the settings allow besides.
struct WorkerPlaces {
    let module: String
    let environment: [String: String]
    let allows: WorkerAllowance
    let pinFile: String?

    /// Confines this process for its token, before the module is loaded.
    ///
    /// - Returns: the version of Landlock that is in force; 0 for none.
    func confine() throws(TokenError) -> Int {
        do throws(ConfinementError) {
            let version = try Confinement(
                .worker(allowsSockets: allowsSockets, allowsNetwork: allowsNetwork),
                grants: grants + [pinFile].compactMap { $0 }.map { FileGrant($0, .read) }
            ).enforce()
            if version == 0 { WorkerLog.write("landlock-missing") }
            return version
        } catch {
            throw TokenError(.workerUnusable, "the worker cannot confine itself", mend: error.description)
        }
    }

    /// The same for a process that starts workers of this token. Folders stand here where a worker gets the file alone,
    /// because a file that is replaced is another file to the kernel.
    var grantsOfSpawner: [FileGrant] {
        grants + [pinFile, softHSMConfiguration].compactMap { $0 }.map { FileGrant(folder(of: $0), .read) }
    }

    private var grants: [FileGrant] {
        var grants = [FileGrant(module, .read), FileGrant(folder(of: module), .read)]
        if let target = realpath(module, nil) {
            grants.append(FileGrant(folder(of: String(cString: target)), .read))
            free(target)
        }
        grants += allows.read.map { FileGrant($0, .read) }
        grants += allows.write.map { FileGrant($0, [.keep, .device]) }
        return grants + known
    }

    // MARK: - What is known of modules

    private var name: String { module.split(separator: "/").last.map(String.init) ?? "" }
    private var home: String? { environment["HOME"] }

    private var known: [FileGrant] {
        var grants: [FileGrant] = []
        if let file = softHSMConfiguration {
            grants.append(FileGrant(file, .read))
            if let tokens = Self.value(of: "directories.tokendir", in: file) { grants.append(FileGrant(tokens, .keep)) }
        }
        if name.contains("opencryptoki") || name == "PKCS11_API.so" {
            grants += ["/etc/opencryptoki", "/etc/group", "/etc/passwd"].map { FileGrant($0, .read) }
            grants += ["/var/lib/opencryptoki", "/run/lock/opencryptoki", "/run/opencryptoki", "/dev/shm"]
                .map { FileGrant($0, .keep) }
        }
        if isTPM {
            grants += ["/etc/tpm2_pkcs11", "/etc/tpm2-tss"].map { FileGrant($0, .read) }
            let store = environment["TPM2_PKCS11_STORE"] ?? home.map { "\($0)/.tpm2_pkcs11" }
            if let store { grants.append(FileGrant(store, .keep)) }
            grants += ["/dev/tpm0", "/dev/tpmrm0"].map { FileGrant($0, .device) }
        }
        if isOpenSC {
            grants += ["/etc/opensc", environment["OPENSC_CONF"]].compactMap { $0 }.map { FileGrant($0, .read) }
        }
        return grants
    }

    private var softHSMConfiguration: String? {
        if let file = environment["SOFTHSM2_CONF"] { return file }
        return name.contains("softhsm") ? "/etc/softhsm/softhsm2.conf" : nil
    }

    private var isTPM: Bool { name.contains("tpm2_pkcs11") }
    private var isOpenSC: Bool { name.contains("opensc") }

    /// The way to the TPM that the settings name, such as `device:/dev/tpmrm0` or `swtpm:host=127.0.0.1,port=2321`.
    private var tpmTransport: String { isTPM ? environment["TPM2_PKCS11_TCTI"] ?? "" : "" }

    /// Smart cards are behind pcscd's socket, opencryptoki's slots behind its daemon's, a shared TPM behind D-Bus.
    var allowsSockets: Bool {
        allows.sockets || isOpenSC || name.contains("opencryptoki") || name == "PKCS11_API.so"
            || tpmTransport.hasPrefix("tabrmd") || tpmTransport.contains("path=")
    }

    /// A simulated TPM behind a port is another machine, as the settings say.
    var allowsNetwork: Bool {
        allows.network || tpmTransport.contains("port=") || tpmTransport.contains("host=")
    }

    /// A line `key = value` of a configuration file; `nil` when there is none.
    private static func value(of key: String, in path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var room = 0
        defer { free(line) }
        while getline(&line, &room, file) > 0, let text = line.map({ String(cString: $0) }) {
            let parts = text.split(separator: "=", maxSplits: 1).map { $0.trimmed }
            if parts.count == 2, parts[0] == key { return parts[1] }
        }
        return nil
    }
}

extension Substring {
    fileprivate var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}

/// The variables that this process was started with.
func ownEnvironment() -> [String: String] {
    var variables: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
        let text = String(cString: entry)
        if let equals = text.firstIndex(of: "=") {
            variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
        }
        next += 1
    }
    return variables
}
