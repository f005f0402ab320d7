import StrictYAML

/// What a token's worker may touch beyond what is known of its module: nothing, unless the settings say so.
package struct WorkerAllowance: Sendable, Hashable {
    /// Files and folders that the module reads.
    package var read: [String]
    /// Files, folders and devices that it reads and writes.
    package var write: [String]
    /// Whether it speaks to daemons of this machine over local sockets (pcscd, a vendor's own).
    package var sockets: Bool
    /// Whether it speaks to other machines (network HSMs; simulators over TCP).
    package var network: Bool

    package init(read: [String] = [], write: [String] = [], sockets: Bool = false, network: Bool = false) {
        self.read = read
        self.write = write
        self.sockets = sockets
        self.network = network
    }

    package static let nothing = WorkerAllowance()

    /// Reads the `allows` of a token's settings.
    init(yaml value: YAMLValue) throws(YAMLError) {
        self = try value.mapping { (allows) throws(YAMLError) in
            var allowance = WorkerAllowance()
            if let paths = allows.optional("read") { allowance.read = try Self.paths(paths) }
            if let paths = allows.optional("write") { allowance.write = try Self.paths(paths) }
            if let flag = allows.optional("sockets") { allowance.sockets = try flag.bool() }
            if let flag = allows.optional("network") { allowance.network = try flag.bool() }
            return allowance
        }
    }

    private static func paths(_ value: YAMLValue) throws(YAMLError) -> [String] {
        try value.list { (element) throws(YAMLError) in
            let path = try element.string()
            guard path.hasPrefix("/"), path != "/" else {
                throw element.error(
                    .invalidValue,
                    "“\(path)” is no absolute path of a file or folder; write it from the root"
                )
            }
            return path
        }
    }

    package func write(to writer: inout MessageWriter) {
        for paths in [read, write] { writer.list(paths) { $1.text($0) } }
        writer.flag(sockets)
        writer.flag(network)
    }

    package init(from reader: inout MessageReader) throws(TokenError) {
        read = try reader.list { (reader) throws(TokenError) in try reader.text() }
        write = try reader.list { (reader) throws(TokenError) in try reader.text() }
        sockets = try reader.flag()
        network = try reader.flag()
    }
}
