package import Clocks

/// A domain whose mail addresses a profile's certificates may carry (section 2.6).
package struct MailDomain: Hashable, Sendable, Codable {
    package enum Status: String, Codable, CaseIterable, Sendable, Worded {
        /// Registered together with a profile that is not vetted yet.
        case queued
        case underReview, approved, renewalApplied, rejected

        package var text: Text {
            switch self {
            case .queued: Text("プロファイル審査待ち", "Waits for the profile's vetting")
            case .underReview: Text("審査待ち", "Under review")
            case .approved: Text("承認済み", "Approved")
            case .renewalApplied: Text("申込済み", "Renewal applied for")
            case .rejected: Text("却下", "Rejected")
            }
        }
    }

    package enum Method: String, Codable, CaseIterable, Sendable, Worded {
        case mail, dns, page

        package var text: Text {
            switch self {
            case .mail: Text("メール認証", "Mail")
            case .dns: Text("DNS認証", "DNS")
            case .page: Text("ページ認証", "Page")
            }
        }
    }

    package var id: String
    package var tenant: String
    package var profile: String
    /// Lower case.
    package var name: String
    package var isForSMIME: Bool
    package var method: Method
    /// The address that the approval mail goes to; empty for the other methods.
    package var approver: String
    /// What is to be published, or stands in the mailed link.
    package var code: String
    package var codeUntil: Timestamp
    package var status: Status
    package var applied: Timestamp
    package var appliedBy: String
    /// The automatic check of the method succeeded; an operator's decision follows.
    package var validated: Timestamp?
    /// What the automatic check saw, and where.
    package var evidence: String
    package var start: Timestamp?
    package var end: Timestamp?
    /// The method of the last approval; after mail or DNS the page cannot be chosen (DOM-13).
    package var lastMethod: Method?
    /// An operator allowed another page validation nevertheless, until the next approval.
    package var isPageReleased: Bool
    /// Approved without S/MIME use, and applied for it: becomes so with the next approval (DOM-16).
    package var becomesSMIME: Bool
    package var vettings: [DomainVetting]

    package init(
        id: String,
        tenant: String,
        profile: String,
        name: String,
        isForSMIME: Bool,
        method: Method,
        approver: String,
        code: String,
        codeUntil: Timestamp,
        status: Status,
        applied: Timestamp,
        appliedBy: String
    ) {
        (self.id, self.tenant, self.profile, self.name) = (id, tenant, profile, name)
        (self.isForSMIME, self.method, self.approver) = (isForSMIME, method, approver)
        (self.code, self.codeUntil, self.status) = (code, codeUntil, status)
        (self.applied, self.appliedBy, vettings) = (applied, appliedBy, [])
        (evidence, isPageReleased, becomesSMIME) = ("", false, false)
    }

    /// Days that a validation for S/MIME lasts (DOM-03).
    package static let validityDays = 397
    package static let renewalWindow = 90
    /// Days that a code can be used.
    package static let codeDays = 30
    package static let approverMailboxes = ["admin", "administrator", "hostmaster", "postmaster", "webmaster"]

    package func isExpired(at now: Timestamp) -> Bool {
        end.map { now > $0 } ?? false
    }

    /// Whether addresses under it may stand in certificates.
    package func isUsable(at now: Timestamp) -> Bool {
        (status == .approved || status == .renewalApplied) && !isExpired(at: now)
    }

    /// Whether an address is under this domain, as far as its validation reached (DOM-08).
    package func covers(host: String) -> Bool {
        let host = host.lowercased()
        if host == name { return true }
        return (lastMethod ?? method) != .page && host.hasSuffix("." + name)
    }

    /// Checks a domain's name (RFC 1123 labels, at least two) and writes it in lower case.
    package static func checkedName(_ text: String) throws(Refusal) -> String {
        let name = text.trimmingBlanks.lowercased()
        guard isName(name) else {
            throw .input(
                "name",
                Text("ドメイン名を正しく入力してください(例: example.com)。", "Enter a domain name such as example.com.")
            )
        }
        return name
    }

    package static func isName(_ name: String) -> Bool {
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        return name.utf8.count <= 253 && labels.count >= 2
            && labels.allSatisfy { label in
                (1...63).contains(label.count) && label.first != "-" && label.last != "-"
                    && label.allSatisfy { $0.isASCIIAlphanumeric || $0 == "-" }
            } && !(labels.last?.allSatisfy(\.isASCIIDigit) ?? true)
    }
}
