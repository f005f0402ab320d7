package import Office
import OfficeStore
import SignerAPI
import SignerClient

/// Cancel, revoke, hold, release, unlock: one by one; many are many of these (section 5.17, 5.18).
extension OfficeDesk {
    /// Does the action with the order. The appliance's status comes first: what it refuses does not happen here either, and
    /// what it did is asked again after a crash and answers the same.
    ///
    /// - Parameter reason: for a revocation, by the appliance's name.
    package func act(
        _ action: OrderAction,
        on id: String,
        reason: String = "unspecified",
        by caller: Caller
    ) async throws {
        // Nobody picks it up between the look at it and the act: what the appliance is told is of the order as it stands.
        try inFlight.enter(id)
        defer { inFlight.leave(id) }
        let (order, _) = try await order(id, by: caller)
        try caller.user.require(action.function, on: order.profile)
        try order.require(action, at: now, calendar: calendar)
        if action == .cancel, order.certificate == nil, order.pickUp.notAfter != nil { try await giveBackLost(order) }
        try await tellAppliance(action, order, reason: reason)
        let now = now
        try await store.write { [self] records in
            var order = try Self.own(id, by: caller, in: records)
            try order.require(action, at: now, calendar: calendar)
            let done: HistoryEntry.Action
            switch action {
            case .cancel:
                done = order.certificate == nil ? .orderCancelled : .certificateCancelled
                order.status = .cancelled
                order.certificate?.state = .cancelled
                if var licence = try records.licences.get(order.licence) {
                    licence.giveBack()
                    try records.licences.save(licence)
                }
                try records.files.delete(order.id)
            case .revoke:
                done = .certificateRevoked
                order.certificate?.state = .revoked
            case .hold:
                done = .certificateHeld
                order.certificate?.state = .held
            case .release:
                done = .certificateReleased
                order.certificate?.state = .issued
            case .unlock:
                done = .lockReleased
                order.pickUp.release()
            case .showPassword, .downloadFile, .reissue, .reissueFile: throw Refusal.notPermitted
            }
            try records.orders.save(order)
            try records.history.insert(entry(done, of: id, in: order.tenant, by: caller.actor, at: now))
            try postDone(action, order, reason: reason, in: records, at: now)
        }
    }

    private func tellAppliance(_ action: OrderAction, _ order: Order, reason: String) async throws {
        guard let serial = order.certificate?.serial else { return }
        do {
            try await appliance.ask { client throws(SignerClientError) in
                switch action {
                case .cancel: _ = try client.status(.cancelCertificate) { $0.member("serial", serial) }
                case .revoke:
                    _ = try client.status(.revokeCertificate) {
                        $0.member("serial", serial)
                        $0.member("reason", reason)
                    }
                case .hold: _ = try client.status(.holdCertificate) { $0.member("serial", serial) }
                case .release: _ = try client.status(.releaseCertificate) { $0.member("serial", serial) }
                case .unlock, .showPassword, .downloadFile, .reissue, .reissueFile: break
                }
            }
        } catch let SignerClientError.refused(error) {
            // After a crash the appliance may be ahead of the office's records: then there is nothing left to ask.
            let state = try await appliance.ask { client throws(SignerClientError) in
                try client.status(.getCertificateStatus) { $0.member("serial", serial) }.state
            }
            let wanted = [OrderAction.cancel: "revoked", .revoke: "revoked", .hold: "held", .release: "good"][action]
            guard state == wanted else { throw Refusal(error, field: "") }
        }
    }

    /// The pick-up password in clear text; each view is logged (LCK-04).
    package func pickUpPassword(of id: String, by caller: Caller) async throws -> String {
        let now = now
        return try await store.write { [self] records in
            let order = try Self.own(id, by: caller, in: records)
            try caller.user.require(.passwordView, on: order.profile)
            try order.require(.showPassword, at: now, calendar: calendar)
            let password = try vault.open(order.pickUp.sealedPassword, for: order.id)
            try records.history.insert(entry(.passwordViewed, of: id, in: order.tenant, by: caller.actor, at: now))
            return password
        }
    }

    /// The PKCS#12 file again, within 30 days (PKP-11).
    package func file(of id: String, by caller: Caller) async throws -> (name: String, content: [UInt8]) {
        let now = now
        return try await store.write { [self] records in
            let order = try Self.own(id, by: caller, in: records)
            try caller.user.require(.pkcs12Download, on: order.profile)
            try order.require(.downloadFile, at: now, calendar: calendar)
            guard let file = try records.files.get(id) else { throw Refusal.notFound }
            try records.history.insert(entry(.pkcs12Downloaded, of: id, in: order.tenant, by: caller.actor, at: now))
            return (order.fileName + ".pfx", file.content)
        }
    }
}
