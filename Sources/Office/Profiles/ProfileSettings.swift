/// The settings of a profile that its tenant changes (section 7-3). They hold for later orders only.
package struct ProfileSettings: Hashable, Sendable, Codable {
    package enum Renewal: String, Codable, CaseIterable, Sendable, Worded {
        case none, automatic, quick

        package var text: Text {
            switch self {
            case .none: Text("無し", "None")
            case .automatic: Text("有り", "Automatic")
            case .quick: Text("クイック", "Quick")
            }
        }
    }

    package var use: CertificateUse
    package var signature: CertificateSignature
    package var renewal: Renewal = .none
    package var encryptingFileSystem = false
    package var smartCardLogon = false
    package var forbidsExport = false
    package var sendsRenewalMail = true
    package var apiAddresses = APIAddresses()
    package var portal = PortalSettings()

    package init(use: CertificateUse, signature: CertificateSignature) {
        (self.use, self.signature) = (use, signature)
    }

    /// Whether certificates may be picked up so. A file can be copied, and nobody knows where the key of a request is: where
    /// export is forbidden, keys are made in USB tokens, which do not let them out (PKP-04, Q-40).
    package func allows(_ option: Order.KeyOption) -> Bool {
        !forbidsExport || option == .token
    }
}

package struct PortalSettings: Hashable, Sendable, Codable {
    package static let standardTitle = "電子証明書申請"

    package var title = PortalSettings.standardTitle
    package var registeredDomainsOnly = false
    package var ownTerms = ""
    package var showsBothTerms = false

    package init() {}
}
