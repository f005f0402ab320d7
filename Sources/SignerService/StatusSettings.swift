import Issuance
import StrictYAML

extension SignerSettings {
    /// How the service tells of revocations.
    package struct StatusSettings: Sendable {
        /// Where CRLs are made and kept; the folder `status` beside the ledger where none is named.
        package var folder: String?
        package var crl = CRLTerms()
        package var ocsp = OCSPTerms()
    }
}

extension SignerSettings.StatusSettings {
    init(yaml value: YAMLValue) throws(YAMLError) {
        self.init()
        try value.mapping { (status) throws(YAMLError) in
            folder = try status.optional("folder") { value throws(YAMLError) in try value.string() }
            if let hours = status.optional("crlPeriodHours") {
                crl.period = Int64(try hours.integer(in: 1...168)) * 3600
            }
            if let days = status.optional("crlValidityDays") {
                crl.validity = Int64(try days.integer(in: 1...9)) * 86_400
            }
            if let hours = status.optional("ocspValidityHours") {
                ocsp.validity = Int64(try hours.integer(in: 8...239)) * 3600
            }
            if let count = status.optional("ocspKeptAnswers") {
                ocsp.keptAnswers = try count.integer(in: 1...1_000_000)
            }
            guard crl.period < crl.validity else {
                throw value.error(.invalidValue, "a CRL has to be made before the last one has ended")
            }
        }
    }
}

extension SignerSettings {
    /// The folder of CRLs.
    package var statusFolder: String { status.folder ?? Self.statusFolder(besideLedger: ledger) }

    /// Where it is when no other is named.
    package static func statusFolder(besideLedger ledger: String) -> String {
        let parent = ledger.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return ledger.hasPrefix("/") || !parent.isEmpty ? "\(parent)/status" : "status"
    }
}
