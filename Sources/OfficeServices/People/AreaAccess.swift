package import Office
import OfficeStore

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
    /// office's records, not ended, of the present generation (ACT-01, ADM-06, ADM-07). Nobody else is asked.
    package func areaAccess(_ caller: Caller, _ shown: ShownCertificate?) async throws -> AreaAccess {
        guard let shown else { return .noCertificate }
        let now = now
        guard let certificate = try await record(of: shown) else { return .unknown }
        return certificate.access(of: caller.user.id, fingerprint: shown.fingerprint, at: now)
    }

    func record(of shown: ShownCertificate) async throws -> AdministratorCertificate? {
        try await store.read { records in
            try records.administratorCertificates.find(.init().equal("serial", shown.serial))
                .first { $0.fingerprint == shown.fingerprint }
        }
    }
}
