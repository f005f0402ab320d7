package import Clocks
package import GRDB
package import Office
import TextForms

extension Tenant: Stored {
    package static var table: String { "tenants" }
    package var key: String { id }
    package var columns: [String: (any DatabaseValueConvertible)?] { [:] }
}

extension User: Stored {
    package static var table: String { "users" }
    package var key: String { id }
    package var columns: [String: (any DatabaseValueConvertible)?] { ["tenant": tenant] }
}

extension Operator: Stored {
    package static var table: String { "operators" }
    package var key: String { id }
    package var columns: [String: (any DatabaseValueConvertible)?] { [:] }
}

extension AdministratorCertificate: Stored {
    package static var table: String { "administratorCertificates" }
    package var key: String { id }
    package var columns: [String: (any DatabaseValueConvertible)?] {
        [
            "tenant": tenant, "person": user, "status": status.rawValue, "link": HexText.encode(linkHash),
            "serial": serial, "ends": notAfter?.seconds,
        ]
    }
}

extension Licence: Stored {
    package static var table: String { "licences" }
    package var key: String { id }
    package var columns: [String: (any DatabaseValueConvertible)?] {
        ["tenant": tenant, "status": status.rawValue, "applied": applied.seconds, "ends": end?.seconds]
    }
}

extension Profile: Stored {
    package static var table: String { "profiles" }
    package var key: String { id }
    package var columns: [String: (any DatabaseValueConvertible)?] {
        [
            "tenant": tenant, "status": status.rawValue, "created": created.seconds, "ends": end?.seconds,
            "exclusiveKey": status == .rejected ? nil : subject.exclusiveKey,
        ]
    }
}

extension MailDomain: Stored {
    package static var table: String { "mailDomains" }
    package var key: String { id }
    package var columns: [String: (any DatabaseValueConvertible)?] {
        [
            "tenant": tenant, "profile": profile, "name": name, "status": status.rawValue, "code": code,
            "ends": end?.seconds,
        ]
    }
}

extension Order: Stored {
    package static var table: String { "orders" }
    package var key: String { id }
    package var columns: [String: (any DatabaseValueConvertible)?] {
        [
            "licence": licence, "status": status.rawValue, "certificateStatus": certificate?.state.rawValue,
            "ends": certificate?.notAfter.seconds, "link": HexText.encode(pickUp.linkHash),
            "mailed": pickUp.mailed.seconds, "serial": certificate?.serial,
            // How long a certificate that the station makes for it would last.
            "station": keyOption == .token && certificate == nil ? pickUp.notAfter?.seconds : nil,
        ]
    }
    /// What people search for is in the order's line.
    package func writeIndex(in database: Database) throws { try line.write(in: database) }
}

extension HistoryEntry: Stored {
    package static var table: String { "history" }
    package var key: String { id }
    package var columns: [String: (any DatabaseValueConvertible)?] {
        [
            "tenant": tenant, "target": target, "actor": actor, "action": action.rawValue,
            "time": time.milliseconds,
        ]
    }
}

/// A log-in that lasts (kept by the hash of its secret).
package struct Session: Discardable, Hashable {
    package enum Side: String, Codable, Sendable { case console, operators }

    /// SHA-256 of the cookie's secret, hexadecimal.
    package var id: String
    package var side: Side
    package var person: String
    /// What forms of this session carry, against requests that other sites send.
    package var formSecret: String
    package var began: Timestamp
    package var seen: Timestamp

    package init(id: String, side: Side, person: String, formSecret: String, began: Timestamp) {
        (self.id, self.side, self.person, self.formSecret) = (id, side, person, formSecret)
        (self.began, seen) = (began, began)
    }

    /// It ends an hour after its last use, and twelve hours after its beginning.
    package func isOver(at now: Timestamp) -> Bool {
        now.seconds - seen.seconds > 3600 || now.seconds - began.seconds > 12 * 3600
    }

    package static let table = "sessions"
    package var key: String { id }
    package var columns: [String: (any DatabaseValueConvertible)?] {
        ["person": person, "ends": min(seen.seconds + 3600, began.seconds + 12 * 3600)]
    }
}

/// A mail in the outbox, and later in the list of sent mails.
package struct OutgoingMail: Discardable, Hashable {
    package enum Status: String, Codable, CaseIterable, Sendable { case waiting, sent, failed }

    package var id: String
    package var tenant: String
    /// The order, licence … that it is about.
    package var target: String
    package var type: String
    package var status: Status
    package var created: Timestamp
    /// When it is to be tried (again).
    package var due: Timestamp
    package var attempts: Int
    package var sent: Timestamp?
    package var from: String
    package var replyTo: String
    package var to: [String]
    package var cc: [String]
    package var bcc: [String]
    package var subject: String
    /// The text as it stands in the list of mails; where it held a secret, the secret is not in it any more once sent.
    package var body: String
    package var encoding: String
    package var result: String
    /// A code as `ja`, for the mail's header.
    package var language: String?
    /// When it was tried for the first time.
    package var firstTried: Timestamp?
    /// The recipients who do not have it yet, where the server took it for others.
    package var remaining: [String]?
    /// What happens once happens under a key: a second mail with the same one cannot be written.
    package var onceKey: String?

    package init(id: String, tenant: String, target: String, type: String, created: Timestamp) {
        (self.id, self.tenant, self.target, self.type) = (id, tenant, target, type)
        (self.created, due, status, attempts) = (created, created, .waiting, 0)
        (from, replyTo, to, cc, bcc) = ("", "", [], [], [])
        (subject, body, encoding, result) = ("", "", "utf-8", "")
    }

    package static let table = "mails"
    package var key: String { id }
    package var columns: [String: (any DatabaseValueConvertible)?] {
        [
            "tenant": tenant, "target": target, "type": type, "status": status.rawValue, "created": created.seconds,
            "due": due.seconds, "onceKey": onceKey, "recipients": (to + cc + bcc).joined(separator: "\n"),
        ]
    }
}

/// A tenant's own wording of a mail, as JSON; without one the standard wording is sent.
package struct StoredTemplate: Stored, Hashable {
    package var tenant: String
    package var type: String
    package var language: String
    package var template: String

    package init(tenant: String, type: String, language: String, template: String) {
        (self.tenant, self.type, self.language, self.template) = (tenant, type, language, template)
    }

    package static let table = "templates"
    package static func key(tenant: String, type: String, language: String) -> String {
        "\(tenant)/\(type)/\(language)"
    }
    package var key: String { Self.key(tenant: tenant, type: type, language: language) }
    package var columns: [String: (any DatabaseValueConvertible)?] { ["tenant": tenant] }
}

/// A form that was sent, and what it led to: sent again, it leads there again.
package struct Submission: Discardable, Hashable {
    /// SHA-256 of who sent it and of the form's own token, hexadecimal.
    package var id: String
    /// The records that it made.
    package var made: [String]
    package var until: Timestamp

    package init(id: String, made: [String], until: Timestamp) {
        (self.id, self.made, self.until) = (id, made, until)
    }

    package static let table = "submissions"
    package var key: String { id }
    package var columns: [String: (any DatabaseValueConvertible)?] { ["until": until.seconds] }
}

/// A PKCS#12 file, sealed by its own password, kept for 30 days after the issue (PKP-11).
package struct KeyFile: Discardable, Hashable {
    /// The order.
    package var id: String
    package var until: Timestamp
    package var content: [UInt8]

    package init(id: String, until: Timestamp, content: [UInt8]) {
        (self.id, self.until, self.content) = (id, until, content)
    }

    package static let table = "files"
    package var key: String { id }
    package var columns: [String: (any DatabaseValueConvertible)?] { ["until": until.seconds] }
}
