package import Clocks

/// One certificate that was ordered: its application, pick-up, and what became of it (sections 2.7, 2.8).
package struct Order: Hashable, Sendable, Codable {
    package enum Registration: String, Codable, CaseIterable, Sendable, Worded {
        case single, bulk, administratorBulk, portal, api

        package var text: Text {
            switch self {
            case .single: Text("証明書発行", "Single")
            case .bulk: Text("一括", "Bulk")
            case .administratorBulk: Text("管理者一括", "Administrator bulk")
            case .portal: Text("ポータル", "Portal")
            case .api: Text("API", "API")
            }
        }
    }

    package enum Kind: String, Codable, CaseIterable, Sendable, Worded {
        case new, renewal, reissue

        package var text: Text {
            switch self {
            case .new: Text("新規", "New")
            case .renewal: Text("更新", "Renewal")
            case .reissue: Text("再発行", "Reissue")
            }
        }
    }

    /// 証明書オーダーステータス (section 3.4).
    package enum Status: String, Codable, CaseIterable, Sendable, Worded {
        case pendingApproval, waiting, issued, cancelled, autoCancelled, refused, reissued

        package var text: Text {
            switch self {
            case .pendingApproval: Text("承認待ち", "Awaiting approval")
            case .waiting: Text("取得待ち", "Waiting for pick-up")
            case .issued: Text("発行済み", "Issued")
            case .cancelled: Text("キャンセル", "Cancelled")
            case .autoCancelled: Text("自動キャンセル", "Cancelled at the deadline")
            case .refused: Text("非承認", "Refused")
            case .reissued: Text("再発行済み", "Reissued")
            }
        }
    }

    package enum KeyOption: String, Codable, CaseIterable, Sendable, Worded {
        case pkcs12, csr, browser, token

        package var text: Text {
            switch self {
            case .pkcs12: Text("PKCS#12(.pfx)でダウンロード", "Download as PKCS#12 (.pfx)")
            case .csr: Text("CSRを使用", "With a CSR")
            case .browser: Text("ブラウザで鍵を生成", "Key made in the browser")
            case .token: Text("USBトークン", "USB token")
            }
        }
    }

    package var id: String
    package var tenant: String
    package var profile: String
    package var licence: String
    /// 証明書管理者: the user who applied.
    package var manager: String
    package var registration: Registration
    package var kind: Kind
    package var status: Status
    package var subject: OrderSubject
    package var term: CertificateTerm
    package var kindOfLicence: LicenceKind
    package var serviceName: String
    package var organisation: String
    package var keyOption: KeyOption
    package var templateLanguage: String
    package var memo: String
    package var applied: Timestamp
    package var pickUp: PickUp
    package var certificate: OrderCertificate?

    package init(
        id: String,
        profile: Profile,
        licence: Licence,
        manager: String,
        subject: OrderSubject,
        keyOption: KeyOption,
        templateLanguage: String,
        memo: String,
        applied: Timestamp,
        pickUp: PickUp
    ) {
        (self.id, tenant, self.profile, self.licence) = (id, profile.tenant, profile.id, licence.id)
        (self.manager, registration, kind, status) = (manager, .single, .new, .waiting)
        (self.subject, term, kindOfLicence) = (subject, licence.term, licence.kind)
        (serviceName, organisation) = (licence.productName, profile.subject.organisation)
        (self.keyOption, self.templateLanguage) = (keyOption, templateLanguage)
        (self.memo, self.applied, self.pickUp) = (memo, applied, pickUp)
    }

    /// Days after the issue in which it can be cancelled, the day of issue being day 0 (Q-55).
    package static let cancellationDays = 7
    /// Days after the issue in which the PKCS#12 file is kept (Q-20).
    package static let fileDays = 30
    /// The last day of pick-up after the acquisition mail, and the days on which each reminder is sent: on the first of
    /// them, or, where the office was down then, on a later one. It is not sent when the next one is due.
    package static let lastPickUpDay = 30
    package static let reminderDays = (first: 15...29, second: 30...lastPickUpDay)
    /// Days after a certificate's end on which its subscriber is still told of it, where the day itself was missed.
    package static let expiryNoticeDays = 7

    package func certificateStatus(at now: Timestamp) -> CertificateState? {
        line.certificateStatus(at: now)
    }
}

/// 証明書ステータス (section 3.5).
package enum CertificateState: String, Codable, CaseIterable, Sendable, Worded {
    case issued, held, revoked, cancelled, expired

    package var text: Text {
        switch self {
        case .issued: Text("発行済み", "Issued")
        case .held: Text("保留", "On hold")
        case .revoked: Text("失効", "Revoked")
        case .cancelled: Text("キャンセル", "Cancelled")
        case .expired: Text("期限切れ", "Expired")
        }
    }
}

/// The certificate that an order led to.
package struct OrderCertificate: Hashable, Sendable, Codable {
    package var serial: String
    package var issuer: String
    /// What it is for; nil for those from before this was written down.
    package var use: CertificateUse?
    package var issued: Timestamp
    package var notAfter: Timestamp
    package var state: CertificateState
    package var pem: String
    package var chain: [String]
    package var fileName: String

    package init(
        serial: String,
        issuer: String,
        use: CertificateUse?,
        issued: Timestamp,
        notAfter: Timestamp,
        pem: String,
        chain: [String],
        fileName: String
    ) {
        (self.serial, self.issuer, self.issued, self.notAfter) = (serial, issuer, issued, notAfter)
        self.use = use
        (state, self.pem, self.chain, self.fileName) = (.issued, pem, chain, fileName)
    }
}

extension Order {
    /// The order's name at the appliance. After an answer that was lost there is another.
    package var applianceOrder: String {
        pickUp.attempt == 1 ? id : "\(id).\(pickUp.attempt)"
    }

    /// A name for files: the common name where it is short and plain, else the order's.
    package var fileName: String {
        let isPlain = subject.commonName.allSatisfy { $0.isLetter || $0.isNumber || " -_.@".contains($0) }
        return isPlain && !subject.commonName.hasPrefix(".") ? subject.commonName : id
    }
}

/// How a subscriber comes to the certificate: a link, a password, and a lock against guessing (section 3.4).
package struct PickUp: Hashable, Sendable, Codable {
    /// SHA-256 of the secret in the mailed link.
    package var linkHash: [UInt8]
    /// The secret itself, sealed: the reminders carry the same link.
    package var sealedLink: [UInt8]
    /// The password, sealed: the tenant's people can look it up (Q-59).
    package var sealedPassword: [UInt8]
    package var failures: Int
    package var lockedUntil: Timestamp?
    /// When the acquisition mail was put into the outbox.
    package var mailed: Timestamp
    /// How many times the appliance was asked for a key; a lost answer is asked under a new order of the appliance's.
    package var attempt: Int
    /// The last second of validity that the present attempt asks for: the same when it is asked again.
    package var notAfter: Timestamp?
    /// When the appliance was asked last.
    package var asked: Timestamp?
    /// When the present attempt began: which CA is asked goes by it.
    package var begun: Timestamp?
    /// When the subscriber accepted the terms, where the key is made at the token station.
    package var acceptedTerms: Timestamp?

    package init(linkHash: [UInt8], sealedLink: [UInt8] = [], sealedPassword: [UInt8], mailed: Timestamp) {
        (self.linkHash, self.sealedLink, self.sealedPassword) = (linkHash, sealedLink, sealedPassword)
        self.mailed = mailed
        (failures, attempt) = (0, 1)
    }

    package static let mostFailures = 10
    package static let lockSeconds: Int64 = 30 * 60

    package func isLocked(at now: Timestamp) -> Bool {
        lockedUntil.map { now < $0 } ?? false
    }

    /// A wrong password was given. Answers whether that locked the order (the tenth does, Q-21).
    package mutating func fail(at now: Timestamp) -> Bool {
        if let until = lockedUntil, now >= until { release() }
        failures += 1
        guard failures >= Self.mostFailures else { return false }
        lockedUntil = Timestamp(milliseconds: now.milliseconds + Self.lockSeconds * 1000)
        return true
    }

    package mutating func release() {
        (failures, lockedUntil) = (0, nil)
    }
}
