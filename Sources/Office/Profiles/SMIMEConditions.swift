package import Clocks

/// What a profile needs before the S/MIME CA can be chosen in its settings, and before it issues with it (rule 4.1-2).
package struct SMIMEConditions: Hashable, Sendable {
    package let hasNoUnit: Bool
    package let hasApprovedDomain: Bool
    package let hasIdentifier: Bool

    /// - Parameter domains: the profile's mail domains.
    package init(_ profile: Profile, domains: [MailDomain], at now: Timestamp) {
        hasNoUnit = profile.subject.units.isEmpty
        hasApprovedDomain = domains.contains {
            $0.profile == profile.id && $0.isForSMIME && $0.isUsable(at: now)
        }
        hasIdentifier = profile.subject.identifier != nil
    }

    package var areMet: Bool { hasNoUnit && hasApprovedDomain && hasIdentifier }

    /// What is still missing, in words.
    package var missing: [Text] {
        var missing: [Text] = []
        if !hasNoUnit { missing.append(Text("部署名(OU)が登録されていないこと", "no department (OU) in the profile")) }
        if !hasApprovedDomain {
            missing.append(Text("S/MIME用メールドメインが承認済みであること", "an approved mail domain for S/MIME"))
        }
        if !hasIdentifier {
            missing.append(Text("organizationIdentifierが登録されていること", "an organizationIdentifier in the profile"))
        }
        return missing
    }
}
