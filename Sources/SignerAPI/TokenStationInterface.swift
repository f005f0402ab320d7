/// Users' tokens at an officer's desk, `io.inkan.TokenStation`: the interface's text and the names in it.
public enum TokenStationInterface {
    public static let name = "io.inkan.TokenStation"

    /// The interface's description, as a client can ask for it.
    public static var source: String {
        String(decoding: PackageResources.io_inkan_TokenStation_varlink, as: UTF8.self)
    }

    /// A method, by the part of its name after the interface's.
    public enum Method: String, CaseIterable, Sendable {
        case listTokens = "ListTokens"
        case initialiseToken = "InitialiseToken"
        case generateTokenKey = "GenerateTokenKey"
        case installCertificate = "InstallCertificate"
        case personaliseToken = "PersonaliseToken"
        case resetTokenPIN = "ResetTokenPIN"
        case retireToken = "RetireToken"

        /// The name on the wire.
        public var fullName: String { "\(TokenStationInterface.name).\(rawValue)" }

        public init?(fullName: String) {
            guard fullName.hasPrefix("\(TokenStationInterface.name).") else { return nil }
            self.init(rawValue: String(fullName.dropFirst(TokenStationInterface.name.count + 1)))
        }
    }
}
