import Clocks
import Office
import OfficeMail
import OfficeStore

/// What is done because its time has come. Everything is found in the database and done once however often it is asked
/// for, so that a crash, a restart or two runs in a row change nothing. Locks of pick-ups end by themselves.
extension OfficeDesk {
    /// A part of the schedule that did not succeed; the next run tries it again.
    package struct DueWorkFailure: Sendable {
        package let work: String
        package let words: String
    }

    /// Does all that is due at this moment.
    ///
    /// - Returns: what did not succeed; one part's failure keeps no other part from being done.
    package func runDueWork() async -> [DueWorkFailure] {
        await dueWork.take {
            var failures: [DueWorkFailure] = []
            let works: [(String, () async throws -> Void)] = [
                ("cancel what was not picked up", cancelNotPickedUp),
                ("remind after 15 days", { try await remind(.reminderAfter15Days, on: Order.reminderDays.first) }),
                ("remind after 30 days", { try await remind(.reminderAfter30Days, on: Order.reminderDays.second) }),
                ("tell of expiry", tellOfExpiry), ("remind of profiles", remindOfProfiles),
                ("remind of mail domains", remindOfDomains),
                ("remind of administrator certificates", { try await remindOfCertificateRenewals() }),
                ("revoke replaced administrator certificates", { try await revokeWithdrawnCertificates() }),
                ("revoke what the station made for cancelled orders", giveBackForCancelledOrders),
                ("clear away", clearAway),
            ]
            for (name, work) in works {
                do {
                    try await work()
                } catch {
                    failures.append(DueWorkFailure(work: name, words: "\(error)"))
                }
            }
            return failures
        }
    }

    /// How many records one transaction takes.
    private static let batch = 100

    /// Does something for many records, a transaction for each hundred, so that nobody waits long for the database.
    private func each(
        _ ids: [String],
        _ body: @escaping @Sendable (String, OfficeRecords) throws -> Void
    ) async throws {
        for start in stride(from: 0, to: ids.count, by: Self.batch) {
            let part = ids[start..<min(start + Self.batch, ids.count)]
            try await store.write { records in
                for id in part { try body(id, records) }
            }
        }
    }

    /// A reminder, once and only of what was not picked up: on its day, or on a later one that it still suits (PKP-09).
    private func remind(_ type: MailType, on days: ClosedRange<Int>) async throws {
        let now = now
        let today = calendar.day(of: now)
        let due = try await store.read { [self] records in
            let waiting = Query().equal("status", Order.Status.waiting.rawValue)
                .atLeast("mailed", calendar.start(of: today + -days.upperBound).seconds)
                .atMost("mailed", calendar.end(of: today + -days.lowerBound).seconds)
            return try records.orders.find(waiting).filter { !$0.pickUp.sealedLink.isEmpty }.map(\.id)
                .filter { try !isPosted("\(type.rawValue)/\($0)", in: records) }
        }
        try await each(due) { [self] id, records in
            guard let order = try records.orders.get(id), order.status == .waiting else { return }
            let link = try vault.open(order.pickUp.sealedLink, for: Self.linkPurpose(id))
            let once = "\(type.rawValue)/\(id)"
            try post(type, about: order, link: link, once: once, in: records, at: now)
        }
    }

    /// Day 31: the order is cancelled, its unit comes back, its link is dead (PKP-10).
    private func cancelNotPickedUp() async throws {
        let now = now
        let last = calendar.end(of: calendar.day(of: now) + -(Order.lastPickUpDay + 1))
        let over = try await store.read { records in
            try records.orders.keys(
                Query().equal("status", Order.Status.waiting.rawValue).atMost("mailed", last.seconds)
            )
        }
        for id in over {
            do throws(Refusal) {
                try inFlight.enter(id)
            } catch {
                // Somebody is picking it up at this moment: the next run sees what came of it.
                continue
            }
            defer { inFlight.leave(id) }
            // As it stands now: it may have been picked up since the list was made, and is not to be given back then.
            guard let order = try await store.read({ try $0.orders.get(id) }), order.status == .waiting else {
                continue
            }
            // What the station has made is in somebody's token: it counts as picked up.
            if order.isForStation, try await takeFromStation(order, by: .system) { continue }
            if order.pickUp.notAfter != nil { try await giveBackLost(order) }
            try await store.write { [self] records in
                guard var order = try records.orders.get(order.id), order.status == .waiting else { return }
                order.status = .autoCancelled
                try records.orders.save(order)
                if var licence = try records.licences.get(order.licence) {
                    licence.giveBack()
                    try records.licences.save(licence)
                }
                let done = entry(.orderAutoCancelled, of: order.id, in: order.tenant, by: .system, at: now)
                try records.history.insert(done)
                let once = "\(MailType.cancelledByDeadline.rawValue)/\(order.id)"
                try post(.cancelledByDeadline, about: order, once: once, in: records, at: now)
            }
        }
    }

    /// The expiry day's mail (type 16), for certificates that are in use; some days later still, where that day was missed.
    private func tellOfExpiry() async throws {
        let now = now
        let today = calendar.day(of: now)
        let due = try await store.read { [self] records in
            let first = today + -Order.expiryNoticeDays
            let ending = Query().atLeast("ends", calendar.start(of: first).seconds)
                .atMost("ends", calendar.end(of: today).seconds)
                .equal("certificateStatus", CertificateState.issued.rawValue)
            return try records.orders.keys(ending)
                .filter { try !isPosted("\(MailType.expired.rawValue)/\($0)", in: records) }
        }
        try await each(due) { [self] id, records in
            guard let order = try records.orders.get(id), order.certificate?.state == .issued else { return }
            try post(.expired, about: order, once: "\(MailType.expired.rawValue)/\(id)", in: records, at: now)
        }
    }

    /// The notices of profiles that end within 90 days, to each administrator (PRO-18).
    private func remindOfProfiles() async throws {
        let now = now
        try await store.write { [self] records in
            for profile in try profilesToRemind(in: records) {
                for user in try administrators(of: profile.tenant, in: records) {
                    let once = "profile-renewal/\(profile.id)/\(profile.end?.seconds ?? 0)/\(user)"
                    try post(.profileRenewal, about: profile.id, to: user, once: once, in: records, at: now) {
                        $0.add(profile)
                    }
                }
            }
        }
    }

    /// The same of mail domains (DOM-11).
    private func remindOfDomains() async throws {
        let now = now
        try await store.write { [self] records in
            for domain in try domainsToRemind(in: records) {
                for user in try administrators(of: domain.tenant, in: records) {
                    let once = "domain-renewal/\(domain.id)/\(domain.end?.seconds ?? 0)/\(user)"
                    try post(.domainRenewal, about: domain.id, to: user, once: once, in: records, at: now) {
                        $0.add(domain)
                    }
                }
            }
        }
    }

    private func administrators(of tenant: String, in records: OfficeRecords) throws -> [String] {
        try records.users.find(.init().equal("tenant", tenant)).filter { $0.role == .administrator && $0.isActive }
            .map(\.id)
    }

    /// PKCS#12 files whose 30 days are over (PKP-11), sessions that ended, and forms that nobody can send again.
    private func clearAway() async throws {
        let last = now.seconds - 1
        try await store.write { records in
            try records.files.delete(Query().atMost("until", last))
            try records.sessions.delete(Query().atMost("ends", last))
            try records.submissions.delete(Query().atMost("until", last))
        }
    }
}
