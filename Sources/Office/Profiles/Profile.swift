package import Clocks

/// What a profile's certificates are for; each has its CA (section 4.1).
package enum CertificateUse: String, Codable, CaseIterable, Sendable, Worded {
    case access, smime

    package var text: Text {
        switch self {
        case .access: Text("アクセス認証用CA", "Access authentication CA")
        case .smime: Text("S/MIME用CA", "S/MIME CA")
        }
    }
}

/// How the CA signs (section 4.8).
package enum CertificateSignature: String, Codable, CaseIterable, Sendable, Worded {
    case sha256RSA, rsassaPSS

    package var text: Text {
        switch self {
        case .sha256RSA: Text("sha256RSA", "sha256RSA")
        case .rsassaPSS: Text("RSASSA-PSS(sha256)", "RSASSA-PSS (sha256)")
        }
    }
}

/// A tenant's vetted organisation data, and the settings for what is issued with it (section 2.5).
package struct Profile: Hashable, Sendable, Codable {
    package enum Status: String, Codable, CaseIterable, Sendable, Worded {
        case vetting, approved, renewalApplied, suspended, rejected

        package var text: Text {
            switch self {
            case .vetting: Text("審査中", "Under vetting")
            case .approved: Text("認証済み", "Approved")
            case .renewalApplied: Text("更新申込済み", "Renewal applied for")
            case .suspended: Text("使用停止", "Suspended")
            case .rejected: Text("却下", "Rejected")
            }
        }
    }

    package var id: String
    package var tenant: String
    package var subject: ProfileSubject
    package var status: Status
    package var created: Timestamp
    package var appliedBy: String
    package var vetted: Timestamp?
    /// The last moment of validity; nil before vetting, and for profiles from before the rule (PRO-14).
    package var end: Timestamp?
    package var settings: ProfileSettings
    /// Every vetting, oldest first.
    package var vettings: [ProfileVetting]

    package init(id: String, tenant: String, subject: ProfileSubject, created: Timestamp, appliedBy: String) {
        (self.id, self.tenant, self.subject) = (id, tenant, subject)
        (self.created, self.appliedBy, status) = (created, appliedBy, .vetting)
        (settings, vettings) = (ProfileSettings(use: subject.use, signature: subject.signature), [])
    }

    /// Days that a vetting lasts (PRO-13).
    package static let vettingDays = 824
    /// Days before the end from which it can be renewed (PRO-16).
    package static let renewalWindow = 90
    /// What was vetted before this day, and not since, has no end (PRO-14).
    package static let firstDayOfEnds = Day(year: 2023, month: 4, day: 24)

    /// Whether certificates can be ordered and issued with it (PRO-12, PRO-15).
    package func isUsable(at now: Timestamp) -> Bool {
        (status == .approved || status == .renewalApplied) && !isExpired(at: now)
    }

    package func isExpired(at now: Timestamp) -> Bool {
        end.map { now > $0 } ?? false
    }

    /// Whether its settings can be changed: as long as it may issue some day.
    package var canBeSet: Bool { status != .rejected && status != .suspended }

    package func canBeRenewed(at now: Timestamp, calendar: BusinessCalendar) -> Bool {
        guard status == .approved, let end else { return false }
        return calendar.days(from: now, to: end) <= Self.renewalWindow
    }

    package mutating func approve(_ vetting: ProfileVetting, calendar: BusinessCalendar) throws(Refusal) {
        guard status == .vetting || status == .renewalApplied else { throw Self.wrongState }
        status = .approved
        vetted = vetting.completed
        let day = calendar.day(of: vetting.completed)
        end = day < Self.firstDayOfEnds ? nil : calendar.end(of: day + Self.vettingDays)
        vettings.append(vetting)
    }

    package mutating func reject() throws(Refusal) {
        guard status == .vetting else { throw Self.wrongState }
        status = .rejected
    }

    package mutating func suspend() throws(Refusal) {
        guard status == .approved || status == .renewalApplied else { throw Self.wrongState }
        status = .suspended
    }

    /// What lists show: the status, or that it ended.
    package func shownStatus(at now: Timestamp) -> Text {
        isUsable(at: now) || !isExpired(at: now) || status == .suspended
            ? status.text : Text("有効期限切れ(\(status.text.japanese))", "Ended (\(status.text.english))")
    }

    package mutating func applyForRenewal(at now: Timestamp, calendar: BusinessCalendar) throws(Refusal) {
        guard canBeRenewed(at: now, calendar: calendar) else {
            throw Refusal(
                .state,
                Text(
                    "プロファイルの更新は有効期限の90日前から可能です。",
                    "A profile can be renewed from 90 days before its end."
                )
            )
        }
        status = .renewalApplied
    }

    private static let wrongState = Refusal(
        .state,
        Text("プロファイルの状態が変わったため、処理できません。", "The profile's state has changed; this cannot be done any more.")
    )
}

/// What the vetting department found, kept so that it can become a signed statement.
package struct ProfileVetting: Hashable, Sendable, Codable {
    package enum NumberSource: String, Codable, CaseIterable, Sendable, Worded {
        case thirdPartyDatabase, telephoneBill

        package var text: Text {
            switch self {
            case .thirdPartyDatabase: Text("第三者データベース", "Third-party database")
            case .telephoneBill: Text("電話料金の請求書", "Telephone bill")
            }
        }
    }

    package var operatorID: String
    package var subject: ProfileSubject
    package var numberSource: NumberSource
    /// Which database or bill, with its date.
    package var numberEvidence: String
    package var telephone: String
    /// Whom the operator spoke with about the applicant's employment.
    package var employmentConfirmedBy: String
    package var applicantConfirmed: Bool
    package var completed: Timestamp
    package var until: Timestamp

    package init(
        operatorID: String,
        subject: ProfileSubject,
        numberSource: NumberSource,
        numberEvidence: String,
        telephone: String,
        employmentConfirmedBy: String,
        applicantConfirmed: Bool,
        completed: Timestamp,
        until: Timestamp
    ) {
        (self.operatorID, self.subject, self.numberSource) = (operatorID, subject, numberSource)
        (self.numberEvidence, self.telephone) = (numberEvidence, telephone)
        (self.employmentConfirmedBy, self.applicantConfirmed) = (employmentConfirmedBy, applicantConfirmed)
        (self.completed, self.until) = (completed, until)
    }
}
