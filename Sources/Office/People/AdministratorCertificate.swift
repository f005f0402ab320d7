package import Clocks

/// The certificate that opens the certificate area to a user (section 2.3). Free; consumes no licence.
package struct AdministratorCertificate: Hashable, Sendable, Codable {
    package enum Status: String, Codable, Sendable {
        /// Applied for, waits for pick-up.
        case applied
        case valid
        /// Another was made in its place, or it was given up: refused from then on (ADM-06).
        case superseded
    }

    package var id: String
    package var tenant: String
    package var user: String
    package var status: Status
    /// The generation of the certificate's profile; those of a former generation are refused (ADM-07).
    package var generation: Int
    package var applied: Timestamp
    /// SHA-256 of the secret in the mailed link.
    package var linkHash: [UInt8]
    /// The pick-up password, as scrypt keeps it: nobody looks it up.
    package var pickUpPassword: PasswordHash
    package var failures: Int
    package var lockedUntil: Timestamp?
    package var serial: String?
    package var issuer: String?
    package var mail: String
    package var notAfter: Timestamp?
    /// How many times the appliance was asked; a lost answer is asked under a new order.
    package var attempt: Int

    package static let currentGeneration = 2

    package init(
        id: String,
        tenant: String,
        user: String,
        mail: String,
        applied: Timestamp,
        linkHash: [UInt8],
        pickUpPassword: PasswordHash
    ) {
        (self.id, self.tenant, self.user, self.mail) = (id, tenant, user, mail)
        (self.applied, self.linkHash, self.pickUpPassword) = (applied, linkHash, pickUpPassword)
        (status, generation, failures, attempt) = (.applied, Self.currentGeneration, 0, 1)
    }
}
