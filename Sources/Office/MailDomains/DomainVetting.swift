package import Clocks

/// What showed that the tenant has the domain, kept so that it can become a signed statement.
package struct DomainVetting: Hashable, Sendable, Codable {
    package var operatorID: String
    package var domain: String
    package var method: MailDomain.Method
    /// What was seen where: the mailbox that approved, the record's text and server, the page's address.
    package var evidence: String
    package var validated: Timestamp
    package var completed: Timestamp

    package init(
        operatorID: String,
        domain: String,
        method: MailDomain.Method,
        evidence: String,
        validated: Timestamp,
        completed: Timestamp
    ) {
        (self.operatorID, self.domain, self.method) = (operatorID, domain, method)
        (self.evidence, self.validated, self.completed) = (evidence, validated, completed)
    }
}
