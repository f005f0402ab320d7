package import Clocks

/// What lists and searches know of an order: its line, without key material, passwords or certificates.
package struct OrderLine: Hashable, Sendable {
    package var id: String
    package var tenant: String
    package var profile: String
    package var licence: String
    package var manager: String
    package var status: Order.Status
    package var certificate: Certificate?
    package var applied: Timestamp
    package var organisation: String
    package var commonName: String
    package var service: String
    package var mail: String
    /// One beneath the other.
    package var departments: String
    package var template: String

    package struct Certificate: Hashable, Sendable {
        /// As it is written down: one that has ended is still `issued`.
        package var state: CertificateState
        package var issued: Timestamp
        package var notAfter: Timestamp

        package init(state: CertificateState, issued: Timestamp, notAfter: Timestamp) {
            (self.state, self.issued, self.notAfter) = (state, issued, notAfter)
        }

        package func state(at now: Timestamp) -> CertificateState {
            state == .issued && now > notAfter ? .expired : state
        }
    }

    package init(
        id: String,
        tenant: String,
        profile: String,
        licence: String,
        manager: String,
        status: Order.Status,
        certificate: Certificate?,
        applied: Timestamp,
        organisation: String,
        commonName: String,
        service: String,
        mail: String,
        departments: String,
        template: String
    ) {
        (self.id, self.tenant, self.profile, self.licence) = (id, tenant, profile, licence)
        (self.manager, self.status, self.certificate, self.applied) = (manager, status, certificate, applied)
        (self.organisation, self.commonName, self.service) = (organisation, commonName, service)
        (self.mail, self.departments, self.template) = (mail, departments, template)
    }

    package func certificateStatus(at now: Timestamp) -> CertificateState? {
        certificate?.state(at: now)
    }
}

extension Order {
    /// Its moments to the second, as the line is kept.
    package var line: OrderLine {
        OrderLine(
            id: id,
            tenant: tenant,
            profile: profile,
            licence: licence,
            manager: manager,
            status: status,
            certificate: certificate.map { certificate in
                .init(
                    state: certificate.state,
                    issued: Timestamp(seconds: certificate.issued.seconds),
                    notAfter: Timestamp(seconds: certificate.notAfter.seconds)
                )
            },
            applied: Timestamp(seconds: applied.seconds),
            organisation: organisation,
            commonName: subject.commonName,
            service: serviceName,
            mail: subject.mail,
            departments: subject.units.joined(separator: "\n"),
            template: templateLanguage
        )
    }
}
