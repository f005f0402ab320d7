import Clocks
package import Office
import OfficeStore
import SignerClient
import Synchronization

/// A certificate that a connection has shown, and whose key it has proved to hold.
package struct ShownCertificate: Sendable, Hashable {
    /// Hexadecimal, lower case.
    package let serial: String
    /// SHA-256 of the certificate, hexadecimal, lower case.
    package let fingerprint: String

    package init(serial: String, fingerprint: String) {
        (self.serial, self.fingerprint) = (serial, fingerprint)
    }
}

extension OfficeDesk {
    /// Whether a certificate opens the certificate area to the user: the very one that was issued to them, valid by the
    /// office's records, not ended, of the present generation (ACT-01, ADM-06, ADM-07); and one that
    /// the appliance has not withdrawn, for an officer may do so without the office.
    package func areaAccess(_ caller: Caller, _ shown: ShownCertificate?) async throws -> AreaAccess {
        guard let shown else { return .noCertificate }
        let now = now
        guard let certificate = try await record(of: shown) else { return .unknown }
        let access = certificate.access(of: caller.user.id, fingerprint: shown.fingerprint, at: now)
        guard case .open = access else { return access }
        return try await isWithdrawn(certificate, serial: shown.serial, at: now) ? .superseded : .open
    }

    /// Whether the appliance has revoked or suspended a certificate. What it does not know is the office's records'
    /// matter. While it does not answer, its last word counts.
    private func isWithdrawn(
        _ certificate: AdministratorCertificate,
        serial: String,
        at now: Timestamp
    ) async throws -> Bool {
        if let word = withdrawals.lately(serial, at: now) { return word }
        let state: String
        do {
            state = try await appliance.ask { client throws(SignerClientError) in
                try client.status(.getCertificateStatus) { $0.member("serial", serial) }.state
            }
        } catch let refusal as Refusal where refusal.kind == .unavailable {
            return withdrawals.last(serial)
        } catch SignerClientError.refused(let error) {
            throw Refusal(error)
        }
        if state == "revoked" { try await noteRevoked(certificate, at: now) }
        let isWithdrawn = ["revoked", "held", "neverReleased"].contains(state)
        withdrawals.keep(serial, isWithdrawn, at: now)
        return isWithdrawn
    }

    private func noteRevoked(_ certificate: AdministratorCertificate, at now: Timestamp) async throws {
        try await store.write { [self] records in
            guard var revoked = try records.administratorCertificates.get(certificate.id), revoked.status == .valid
            else { return }
            revoked.status = .revoked
            try records.administratorCertificates.save(revoked)
            try records.history.insert(revocation(of: revoked, at: now))
        }
    }

    /// The entry for an administrator certificate that the appliance has revoked.
    func revocation(of certificate: AdministratorCertificate, at now: Timestamp) -> HistoryEntry {
        entry(
            .administratorCertificateRevoked,
            of: certificate.user,
            in: certificate.tenant,
            by: .system,
            at: now,
            detail: certificate.serial ?? ""
        )
    }

    func record(of shown: ShownCertificate) async throws -> AdministratorCertificate? {
        try await store.read { records in
            try records.administratorCertificates.find(.init().equal("serial", shown.serial))
                .first { $0.fingerprint == shown.fingerprint }
        }
    }
}

/// What the appliance last said of administrator certificates, so that it is not asked for every page.
final class Withdrawals: Sendable {
    /// How long its word is taken, in seconds: so late may a revocation at the appliance be felt here.
    private static let lifetime: Int64 = 60
    private static let most = 10_000

    private let words = Mutex<[String: (isWithdrawn: Bool, until: Int64)]>([:])

    /// Its word, if it is not too old.
    func lately(_ serial: String, at now: Timestamp) -> Bool? {
        words.withLock { words in
            guard let word = words[serial], now.seconds < word.until else { return nil }
            return word.isWithdrawn
        }
    }

    /// Its word, however old; a certificate that it said nothing of is not withdrawn.
    func last(_ serial: String) -> Bool {
        words.withLock { $0[serial]?.isWithdrawn ?? false }
    }

    func keep(_ serial: String, _ isWithdrawn: Bool, at now: Timestamp) {
        words.withLock { words in
            if words.count >= Self.most { words.removeAll() }
            words[serial] = (isWithdrawn, now.seconds + Self.lifetime)
        }
    }
}
