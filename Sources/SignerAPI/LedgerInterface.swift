/// The interface of the ledger's log, `io.inkan.Ledger`, on both sockets.
public enum LedgerInterface {
    public static let name = "io.inkan.Ledger"

    /// The interface's description, as a client can ask for it.
    public static var source: String {
        String(decoding: PackageResources.io_inkan_Ledger_varlink, as: UTF8.self)
    }

    /// A method, by the part of its name after the interface's.
    public enum Method: String, CaseIterable, Sendable {
        case getCheckpoint = "GetCheckpoint"
        case getInclusionProof = "GetInclusionProof"
        case getConsistencyProof = "GetConsistencyProof"
        case addCosignature = "AddCosignature"

        /// The name on the wire.
        public var fullName: String { "\(LedgerInterface.name).\(rawValue)" }

        public init?(fullName: String) {
            guard fullName.hasPrefix("\(LedgerInterface.name).") else { return nil }
            self.init(rawValue: String(fullName.dropFirst(LedgerInterface.name.utf8.count + 1)))
        }
    }
}
