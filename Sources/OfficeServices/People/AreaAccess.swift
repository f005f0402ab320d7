import Office
import OfficeStore

extension OfficeDesk {
    /// Whether a certificate with this serial, whose chain the connection has verified, opens the certificate area to the
    /// user: their own, valid by the office's records, not ended, of the present generation (ACT-01, ADM-06, ADM-07).
    package func opensArea(_ caller: Caller, serial: String?) async throws -> Bool {
        guard let serial else { return false }
        let now = now
        let certificate = try await store.read {
            try $0.administratorCertificates.first(.init().equal("serial", serial))
        }
        guard let certificate, certificate.user == caller.user.id, certificate.status == .valid,
            certificate.generation == AdministratorCertificate.currentGeneration
        else { return false }
        return certificate.notAfter.map { now <= $0 } ?? false
    }
}
