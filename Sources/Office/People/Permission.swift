/// What people do on the console: the rows of chapter 8's matrix and those that it forgets (section 1.3).
package enum Function: String, CaseIterable, Sendable {
    case issue, issueBulk, certificateList, issueAdministratorBulk, administratorBulkHistory, pendingList
    case purchase, purchaseHistory
    case profileSettings, profileAddition, profileList, mailDomainList
    case portal
    case mailTemplates, mailList, portalMailList
    case actionLog, ldif
    case reissueBulk, reissue, passwordView, pkcs12Download
    case bulkRevocation, revocation, lockRelease, export
    case licenceCancellation, profileRenewal, mailDomains, wizard, configurationProfile, userPermissions
    case userManagement, ownCertificate

    /// Who may: by role alone, or with a grant.
    private enum Rule {
        case everybody, administrator, managers, purchasers
        /// Managers, and staff with one of the grants.
        case granted(Set<Grant>)
    }

    private var rule: Rule {
        switch self {
        case .issue, .issueBulk, .reissueBulk, .reissue, .passwordView, .pkcs12Download: .granted([.application])
        case .certificateList: .granted([.application, .revocation, .approval])
        case .pendingList: .granted([.approval])
        case .bulkRevocation, .revocation, .export: .granted([.revocation])
        case .lockRelease: .granted([.application, .revocation])
        case .purchase, .licenceCancellation: .purchasers
        case .purchaseHistory, .profileList, .mailDomainList, .ownCertificate: .everybody
        case .profileAddition, .profileRenewal, .userManagement: .administrator
        case .issueAdministratorBulk, .administratorBulkHistory, .profileSettings, .portal, .mailTemplates, .mailList,
            .portalMailList, .actionLog, .ldif, .mailDomains, .wizard, .configurationProfile, .userPermissions:
            .managers
        }
    }

    /// Whether the user may do it at all; for what is granted by profile, on at least one. Menus follow this.
    package func isOpen(to user: User) -> Bool {
        guard user.isActive else { return false }
        return switch rule {
        case .granted(let grants) where user.role == .staff:
            user.grants.values.contains { !$0.isDisjoint(with: grants) }
        default: isOpen(to: user, on: "")
        }
    }

    /// Whether the user may do it with this profile. A grant for one profile opens no other.
    package func isOpen(to user: User, on profile: String) -> Bool {
        guard user.isActive else { return false }
        return switch rule {
        case .everybody: true
        case .administrator: user.role == .administrator
        case .managers: user.role != .staff
        case .purchasers: user.role == .administrator || user.mayPurchase
        case .granted(let grants): user.role != .staff || grants.contains { user.holds($0, on: profile) }
        }
    }
}

extension User {
    /// - Throws: `.notPermitted`.
    package func require(_ function: Function) throws(Refusal) {
        guard function.isOpen(to: self) else { throw .notPermitted }
    }

    /// - Throws: `.notPermitted`.
    package func require(_ function: Function, on profile: String) throws(Refusal) {
        guard function.isOpen(to: self, on: profile) else { throw .notPermitted }
    }
}
