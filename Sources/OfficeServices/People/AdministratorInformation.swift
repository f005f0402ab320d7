package import Office
import OfficeStore

/// The company's data, which has to be up to date whenever a profile is applied for or renewed (PRO-19, Q-69).
extension OfficeDesk {
    package func edit(tenant input: TenantInput, by caller: Caller) async throws {
        try caller.user.require(.userManagement)
        let now = now
        try await store.write { [self] records in
            guard var tenant = try records.tenants.get(caller.tenant) else { throw Refusal.notFound }
            try tenant.edit(input)
            tenant.confirmedAt = now
            try records.tenants.save(tenant)
            try records.history.insert(entry(.tenantEdited, of: tenant.id, in: tenant.id, by: caller.actor, at: now))
        }
    }

    /// Checks that somebody who applies for a profile has said that the administrator information is right.
    package func check(confirmation isConfirmed: Bool, by caller: Caller) async throws {
        try require(confirmation: isConfirmed, of: try await tenant(caller))
    }

    func require(confirmation isConfirmed: Bool, of tenant: Tenant) throws(Refusal) {
        guard tenant.isComplete else { throw .informationIncomplete }
        guard isConfirmed else {
            throw .input(
                "confirmsInformation",
                Text(
                    "管理者情報が最新であることをご確認のうえ、チェックしてください。",
                    "Look at the administrator information and tick that it is up to date."
                )
            )
        }
    }
}

extension Refusal {
    package static let informationIncomplete = Refusal(
        .input,
        Text(
            "管理者情報に未入力の項目があります。管理者情報の編集画面で更新してからお申し込みください。",
            "The administrator information is incomplete. Complete it on its edit page before applying."
        )
    )
}
