package import Office
import OfficeStore

extension OfficeDesk {
    /// The tenant's licences whose identifier contains the text, newest first; all of them for an empty one.
    package func licences(
        matching text: String,
        offset: Int,
        limit: Int,
        by caller: Caller
    ) async throws -> (licences: [Licence], total: Int) {
        try caller.user.require(.purchaseHistory)
        return try await store.read { records in
            let query = Query().equal("tenant", caller.tenant).contains(["id"], text.trimmingBlanks)
            let page = query.sorted(by: "applied", descending: true).page(offset: offset, limit: limit)
            return (try records.licences.find(page), try records.licences.count(query))
        }
    }

    /// A licence with its history, oldest first.
    package func licence(_ id: String, by caller: Caller) async throws -> (Licence, [HistoryEntry]) {
        try caller.user.require(.purchaseHistory)
        return try await store.read { records in
            guard let licence = try records.licences.get(id), licence.tenant == caller.tenant else {
                throw Refusal.notFound
            }
            return (licence, try records.history.find(.init().equal("target", id).sorted(by: "time")))
        }
    }

    /// Licences that an operator has to decide on, oldest first.
    package func openLicences(by caller: OperatorCaller) async throws -> [Licence] {
        try await store.read { records in
            try records.licences.find(
                .init().among("status", [Licence.Status.applied.rawValue, Licence.Status.awaitingPayment.rawValue])
                    .sorted(by: "applied")
            )
        }
    }

    /// Profiles that an operator has to vet, oldest first.
    package func openProfiles(by caller: OperatorCaller) async throws -> [Profile] {
        try await store.read { records in
            try records.profiles.find(
                .init().among("status", [Profile.Status.vetting.rawValue, Profile.Status.renewalApplied.rawValue])
                    .sorted(by: "created")
            )
        }
    }

    package func profile(_ id: String, by caller: OperatorCaller) async throws -> Profile {
        try await store.read { records in
            guard let profile = try records.profiles.get(id) else { throw Refusal.notFound }
            return profile
        }
    }
}
