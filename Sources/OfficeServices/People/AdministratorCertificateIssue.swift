import Clocks
import Crypto
import Foundation
import Office
import OfficeStore
import SignerAPI
import SignerClient
import TextForms
import Varlink

/// How the appliance makes the key and the certificate, and how it revokes those whose place was taken.
extension OfficeDesk {
    /// Has key and certificate made for an application.
    ///
    /// The key goes out with the appliance's answer and never again. Each try is an order of its own, written down before
    /// the appliance hears of it: when an answer was lost, the next try has that certificate revoked first.
    func issueKey(for id: String, password: String, by actor: Actor) async throws -> IssuedKeyFile {
        for _ in 0..<3 {
            let claim = try await claim(id)
            try await revokeAttempts(1..<claim.certificate.attempt, of: claim.certificate, because: "superseded")
            let end = Timestamp(seconds: now.seconds + AdministratorCertificate.validityDays * 86_400)
            let issuer = settings.issuing.access.issuer(at: now, calendar: calendar)
            let order = keyOrder(claim, password: password, by: issuer, until: end)
            do {
                let made = try await appliance.ask { client throws(SignerClientError) in try client.issueKey(order) }
                try await accept(made, of: issuer, until: end, for: claim.certificate, by: actor)
                _ = try await revokeWithdrawnCertificates()
                return IssuedKeyFile(name: claim.certificate.user + ".p12", content: made.pkcs12)
            } catch SignerClientError.refused(let refusal) {
                guard refusal.name.hasSuffix(".KeyGone") else { throw Refusal(refusal) }
                // The order was used before the office's records were set back: its key is nobody's.
                try await revoke(order: claim.certificate.order, because: "superseded")
            }
        }
        throw Refusal.applianceUnavailable
    }

    struct Claim: Sendable {
        let certificate: AdministratorCertificate
        let country: String
        let organisation: String
    }

    /// Writes the next try down.
    private func claim(_ id: String) async throws -> Claim {
        try await store.write { records in
            guard var certificate = try records.administratorCertificates.get(id),
                let tenant = try records.tenants.get(certificate.tenant)
            else { throw Refusal.notFound }
            guard certificate.status == .applied else { throw Refusal.administratorPickUpOver }
            certificate.attempt += 1
            try records.administratorCertificates.save(certificate)
            return Claim(certificate: certificate, country: tenant.country, organisation: tenant.organisation)
        }
    }

    private func keyOrder(
        _ claim: Claim,
        password: String,
        by issuer: String,
        until end: Timestamp
    ) -> KeyOrder {
        let certificate = claim.certificate
        var order = CertificateOrder(
            order: certificate.order,
            profile: settings.issuing.administratorProfile,
            request: "",
            subject: [
                .init("countryName", claim.country), .init("organizationName", claim.organisation),
                .init("commonName", certificate.user), .init("emailAddress", certificate.mail),
            ]
        )
        order.issuer = issuer
        order.alternativeNames = [.init("rfc822Name", certificate.mail)]
        order.notAfter = CivilTime(secondsSinceEpoch: end.seconds).rfc3339
        return KeyOrder(
            order,
            keyAlgorithm: settings.issuing.keyAlgorithm,
            variant: "modern",
            password: ConfidentialText(password)
        )
    }

    /// Makes the new certificate the user's only one. Where another try overtook this one, its certificate is revoked.
    private func accept(
        _ made: IssuedKey,
        of issuer: String,
        until end: Timestamp,
        for claimed: AdministratorCertificate,
        by actor: Actor
    ) async throws {
        let now = now
        let fingerprint = try Self.fingerprint(pem: made.issued.certificate)
        let isAccepted = try await store.write { [self] records in
            guard var certificate = try records.administratorCertificates.get(claimed.id),
                certificate.status == .applied, certificate.attempt == claimed.attempt,
                try records.users.get(certificate.user)?.isActive == true
            else { return false }
            try withdrawCertificates(of: certificate.user, because: "superseded", except: certificate.id, in: records)
            certificate.issue(serial: made.issued.serial, issuer: issuer, fingerprint: fingerprint, notAfter: end)
            try records.administratorCertificates.save(certificate)
            let issued = entry(
                .administratorCertificateIssued,
                of: certificate.user,
                in: certificate.tenant,
                by: actor,
                at: now,
                detail: made.issued.serial
            )
            try records.history.insert(issued)
            return true
        }
        guard isAccepted else {
            try await revoke(order: claimed.order, because: "superseded")
            throw Refusal.administratorPickUpOver
        }
    }

    /// Within a transaction: the user's certificates and applications open nothing any more.
    func withdrawCertificates(
        of user: String,
        because reason: String,
        except kept: String? = nil,
        in records: OfficeRecords
    ) throws {
        for var certificate in try records.administratorCertificates.find(.init().equal("person", user))
        where certificate.id != kept && (certificate.status == .valid || certificate.status == .applied) {
            certificate.withdraw(because: reason)
            try records.administratorCertificates.save(certificate)
        }
    }

    /// Tells the appliance of the certificates whose place was taken. Where it does not answer they are left for the next
    /// time; the office itself refuses them already.
    ///
    /// - Returns: how many are left.
    @discardableResult
    package func revokeWithdrawnCertificates() async throws -> Int {
        let withdrawn = try await store.read { records in
            try records.administratorCertificates.find(
                .init().equal("status", AdministratorCertificate.Status.superseded.rawValue)
            )
        }
        var left = 0
        for certificate in withdrawn {
            do {
                try await revokeAttempts(
                    1..<certificate.attempt + 1,
                    of: certificate,
                    because: certificate.revocationReason ?? "superseded"
                )
            } catch let refusal as Refusal where refusal.kind == .unavailable {
                left += 1
                continue
            }
            let now = now
            try await store.write { [self] records in
                var revoked = certificate
                revoked.status = .revoked
                try records.administratorCertificates.save(revoked)
                if certificate.serial != nil { try records.history.insert(revocation(of: certificate, at: now)) }
            }
        }
        return left
    }

    private func revokeAttempts(
        _ attempts: Range<Int>,
        of certificate: AdministratorCertificate,
        because reason: String
    ) async throws {
        for attempt in attempts { try await revoke(order: certificate.order(attempt), because: reason) }
    }

    /// Revokes what the order led to. One that led to nothing, or whose certificate is revoked already, is no matter.
    private func revoke(order: String, because reason: String) async throws {
        do {
            _ = try await appliance.ask { client throws(SignerClientError) in
                try client.status(.revokeCertificate) { writer in
                    writer.member("order", order)
                    writer.member("reason", reason)
                }
            }
        } catch SignerClientError.refused(let refusal) {
            let isSettled = [".NotFound", ".StatusConflict"].contains { refusal.name.hasSuffix($0) }
            guard isSettled else { throw Refusal(refusal) }
        }
    }

    static func fingerprint(pem: String) throws -> String {
        let body = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        guard let certificate = Data(base64Encoded: body) else { throw Refusal.applianceUnavailable }
        return HexText.encode(Array(SHA256.hash(data: certificate)))
    }
}

extension Refusal {
    /// What the appliance does not do, as people read it.
    init(_ refusal: ServiceError) {
        self.init(
            .unavailable,
            Text(
                "認証局の署名装置が要求を受け付けませんでした(\(refusal.rule))。サポートへお問い合わせください。",
                "The certificate authority's signer refused: \(refusal.message) (\(refusal.rule)). Contact the support."
            )
        )
    }
}
