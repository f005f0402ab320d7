/// The front end's interface, `io.inkan.Signer`: its text and the names in it.
public enum SignerInterface {
    public static let name = "io.inkan.Signer"

    /// The interface's description, as a client can ask for it.
    public static var source: String {
        String(decoding: PackageResources.io_inkan_Signer_varlink, as: UTF8.self)
    }

    /// A method, by the part of its name after the interface's.
    public enum Method: String, CaseIterable, Sendable {
        case getStatus = "GetStatus"
        case listIssuers = "ListIssuers"
        case listProfiles = "ListProfiles"
        case issueCertificate = "IssueCertificate"
        case issueCertificates = "IssueCertificates"
        case issueKeyAndCertificate = "IssueKeyAndCertificate"
        case issueKeysAndCertificates = "IssueKeysAndCertificates"
        case getCertificate = "GetCertificate"
        case getChain = "GetChain"
        case getMetrics = "GetMetrics"
        case revokeCertificate = "RevokeCertificate"
        case holdCertificate = "HoldCertificate"
        case releaseCertificate = "ReleaseCertificate"
        case cancelCertificate = "CancelCertificate"
        case getCertificateStatus = "GetCertificateStatus"
        case getCRL = "GetCRL"
        case respondOCSP = "RespondOCSP"

        /// The name on the wire.
        public var fullName: String { "\(SignerInterface.name).\(rawValue)" }

        public init?(fullName: String) {
            let prefix = SignerInterface.name.utf8.count + 1
            guard fullName.utf8.count > prefix, fullName.hasPrefix(SignerInterface.name) else { return nil }
            self.init(rawValue: String(fullName.dropFirst(prefix)))
        }
    }
}

/// The officers' interface, `io.inkan.Officer`.
public enum OfficerInterface {
    public static let name = "io.inkan.Officer"

    /// The interface's description, as a client can ask for it.
    public static var source: String {
        String(decoding: PackageResources.io_inkan_Officer_varlink, as: UTF8.self)
    }

    /// The name of `UnlockToken` on the wire.
    public static let unlockToken = "\(name).UnlockToken"

    /// The name of `GetProcesses` on the wire.
    public static let getProcesses = "\(name).GetProcesses"

    /// The name of `ExamineToken` on the wire.
    public static let examineToken = "\(name).ExamineToken"
}
