import Office
import Testing

/// Chapter 8's matrix with the rows that it forgets, as this test reads it; `Function` must say the same.
@Suite("Permission matrix")
struct PermissionMatrixTests {
    /// Who may, beside the administrator, who may everything.
    private enum Who: Equatable {
        case administratorAlone, managers, everybody
        /// Managers and staff with ※4.
        case purchasers
        /// Managers, and staff with one of these on the profile.
        case granted([Grant])
    }

    private static let matrix: [Function: Who] = [
        .issue: .granted([.application]), .issueBulk: .granted([.application]),
        .certificateList: .granted([.application, .revocation, .approval]),
        .issueAdministratorBulk: .managers, .administratorBulkHistory: .managers,
        .pendingList: .granted([.approval]),
        .purchase: .purchasers, .purchaseHistory: .everybody,
        .profileSettings: .managers, .profileAddition: .administratorAlone, .profileList: .everybody,
        .mailDomainList: .everybody,
        .portal: .managers, .mailTemplates: .managers, .mailList: .managers, .portalMailList: .managers,
        .actionLog: .managers, .ldif: .managers,
        .reissueBulk: .granted([.application]), .reissue: .granted([.application]),
        .passwordView: .granted([.application]), .pkcs12Download: .granted([.application]),
        .bulkRevocation: .granted([.revocation]), .revocation: .granted([.revocation]),
        .lockRelease: .granted([.application, .revocation]), .export: .granted([.revocation]),
        .licenceCancellation: .purchasers, .profileRenewal: .administratorAlone, .mailDomains: .managers,
        .wizard: .managers, .configurationProfile: .managers, .userPermissions: .managers,
        .userManagement: .administratorAlone, .ownCertificate: .everybody,
    ]

    @Test("ACT-02 to ACT-08 Each function is open to whom the matrix says, on the profile it says")
    func functions() throws {
        for function in Function.allCases {
            let who = try #require(Self.matrix[function], "\(function) is not in the matrix")
            for role in Role.allCases {
                for grants in subsets(Grant.allCases) {
                    for mayPurchase in [false, true] {
                        var user = PeopleTests.user("PAR12345_someone", role)
                        (user.grants, user.mayPurchase) = (["P1": Set(grants)], mayPurchase)
                        for profile in ["P1", "P2"] {
                            let expected = isOpen(who, role, profile == "P1" ? grants : [], mayPurchase)
                            #expect(
                                function.isOpen(to: user, on: profile) == expected,
                                "\(function) \(role) \(grants) \(mayPurchase) \(profile)"
                            )
                        }
                        #expect(function.isOpen(to: user) == isOpen(who, role, grants, mayPurchase))
                        user.isActive = false
                        #expect(!function.isOpen(to: user))
                        #expect(!function.isOpen(to: user, on: "P1"))
                    }
                }
            }
        }
    }

    private func isOpen(_ who: Who, _ role: Role, _ grants: [Grant], _ mayPurchase: Bool) -> Bool {
        if role == .administrator { return true }
        return switch who {
        case .administratorAlone: false
        case .managers: role == .manager
        case .everybody: true
        case .purchasers: mayPurchase
        case .granted(let needed): role == .manager || needed.contains { grants.contains($0) }
        }
    }

    private func subsets(_ grants: [Grant]) -> [[Grant]] {
        grants.reduce([[]]) { sets, grant in sets + sets.map { $0 + [grant] } }
    }
}
