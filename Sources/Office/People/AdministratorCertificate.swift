package import Clocks

/// The certificate that opens the certificate area to a user (section 2.3). Free; consumes no licence.
package struct AdministratorCertificate: Hashable, Sendable, Codable {
    package enum Status: String, Codable, Sendable {
        /// Applied for, waits for pick-up.
        case applied
        case valid
        /// Another was made in its place, or its user may not come in any more: refused from then on (ADM-06). The
        /// appliance has not revoked it yet.
        case superseded
        /// The appliance has revoked it, too.
        case revoked
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
    /// SHA-256 of the certificate, hexadecimal: what the connection shows must be this very one.
    package var fingerprint: String?
    /// The address inside the certificate.
    package var mail: String
    package var notAfter: Timestamp?
    /// How many times the appliance was asked, each time under an order of its own.
    package var attempt: Int
    /// Why the appliance is to revoke it.
    package var revocationReason: String?

    package static let currentGeneration = 2
    /// The days before its end in which people are told to renew it.
    package static let renewalDays = 90
    package static let validityDays: Int64 = 365

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
        (status, generation, failures, attempt) = (.applied, Self.currentGeneration, 0, 0)
    }

    /// The appliance's order for the present attempt.
    package var order: String { order(attempt) }

    package func order(_ attempt: Int) -> String { "\(id)-\(attempt)" }

    package func isLocked(at now: Timestamp) -> Bool {
        lockedUntil.map { now < $0 } ?? false
    }

    /// Counts a try before its password is looked at, so that tries at the same time are not more than the rule allows.
    /// The tenth locks; a right password takes the lock away again.
    package mutating func countTry(at now: Timestamp) throws(Refusal) {
        if let until = lockedUntil {
            guard now >= until else { throw .administratorPickUpLocked }
            clearTries()
        }
        failures += 1
        if failures >= PickUp.mostFailures {
            lockedUntil = Timestamp(seconds: now.seconds + PickUp.lockSeconds)
        }
    }

    package mutating func clearTries() {
        (failures, lockedUntil) = (0, nil)
    }

    /// What a certificate that somebody shows opens to a user, by this record of it.
    package func access(of user: String, fingerprint: String, at now: Timestamp) -> AreaAccess {
        guard self.user == user, self.fingerprint == fingerprint else { return .unknown }
        guard status == .valid else { return .superseded }
        guard generation == Self.currentGeneration else { return .formerGeneration }
        guard let notAfter, now <= notAfter else { return .ended }
        return .open
    }

    /// Takes what the appliance issued.
    package mutating func issue(serial: String, issuer: String, fingerprint: String, notAfter: Timestamp) {
        (self.serial, self.issuer, self.fingerprint, self.notAfter) = (serial, issuer, fingerprint, notAfter)
        status = .valid
        clearTries()
    }

    /// Nothing opens to it any more; the appliance revokes it next.
    package mutating func withdraw(because reason: String) {
        (status, revocationReason) = (.superseded, reason)
    }
}

/// Whether the certificate area opens, or why not.
package enum AreaAccess: Sendable {
    case open
    /// No certificate was shown.
    case noCertificate
    /// It is not one of this user's, or none of ours.
    case unknown
    /// Another took its place, or it was revoked.
    case superseded
    case ended
    /// It is of a generation that opens nothing any more (ADM-07).
    case formerGeneration
}

extension Refusal {
    package static let administratorPickUpLocked = Refusal(
        .state,
        Text(
            "パスワードの試行回数が上限(10回)を超えたため、ロックされました。30分後にもう一度お試しください。",
            "The limit of 10 retries was exceeded; the pick-up is locked. Try again in 30 minutes."
        )
    )
}
