package import Clocks

/// A company with a contract: 契約者 (section 2.1).
package struct Tenant: Hashable, Sendable, Codable {
    /// The corporate ID (コーポレートID), which is the contract holder's user ID: `PAR12345`.
    package var id: String
    package var organisation: String
    package var organisationEnglish: String
    package var organisationKana: String
    /// Where it is registered (ISO 3166-1 alpha-2): C of its administrators' certificates.
    package var country: String
    package var address: String
    package var telephone: String
    /// When the administrators last said that the data above is right.
    package var confirmedAt: Timestamp?
    /// Whether licences may be paid before they are used.
    package var mayPrepay: Bool
    package var created: Timestamp

    package init(
        id: String,
        organisation: String,
        organisationEnglish: String,
        organisationKana: String,
        country: String = Tenant.home,
        address: String,
        telephone: String,
        mayPrepay: Bool,
        created: Timestamp
    ) {
        (self.id, self.organisation) = (id, organisation)
        (self.organisationEnglish, self.organisationKana) = (organisationEnglish, organisationKana)
        self.country = country
        (self.address, self.telephone, self.mayPrepay, self.created) = (address, telephone, mayPrepay, created)
    }

    /// The service's own country, where its contract holders are unless something else is said.
    package static let home = "JP"

    /// Whether nothing is missing that vetting needs (PRO-19).
    package var isComplete: Bool {
        ![organisation, organisationEnglish, address, telephone].contains("")
    }
}
