import Office
package import OfficeStore

/// What the list of mails is searched by; what is empty does not count.
package struct MailSearch: Sendable {
    /// An order, a licence …
    package var target = ""
    package var address = ""
    package var type = ""
    package var status = ""
    /// `yyyy/mm/dd`, both included.
    package var from = ""
    package var until = ""
    package var offset = 0
    package var limit = 10

    package init() {}
}

/// Mails that were sent, or wait, or could not be sent (OTH-01). The secrets of their links are shown to nobody.
extension OfficeDesk {
    /// The tenant's mails that match, newest first.
    package func mails(_ search: MailSearch, by caller: Caller) async throws -> (mails: [OutgoingMail], total: Int) {
        try caller.user.require(.mailList)
        var check = FormCheck()
        let from = check.value("from") { () throws(Refusal) in try Day.typed(search.from) } ?? nil
        let until = check.value("until") { () throws(Refusal) in try Day.typed(search.until) } ?? nil
        try check.finish()
        let (first, last) = (from.map { calendar.start(of: $0).seconds }, until.map { calendar.end(of: $0).seconds })
        return try await store.read { records in
            let query = Query().equal("tenant", caller.tenant)
                .contains(["target"], search.target.trimmingBlanks)
                .contains(["recipients"], search.address.trimmingBlanks)
                .equal("type", optional: search.type.isEmpty ? nil : search.type)
                .equal("status", optional: search.status.isEmpty ? nil : search.status)
                .atLeast("created", first)
                .atMost("created", last)
            let page = query.sorted(by: "created", descending: true).page(offset: search.offset, limit: search.limit)
            return (try records.mails.find(page).map(\.withoutSecrets), try records.mails.count(query))
        }
    }

    package func mail(_ id: String, by caller: Caller) async throws -> OutgoingMail {
        try caller.user.require(.mailList)
        return try await store.read { records in
            guard let mail = try records.mails.get(id), mail.tenant == caller.tenant else { throw Refusal.notFound }
            return mail.withoutSecrets
        }
    }

    /// The mails about an order, oldest first, for whoever may see the order.
    package func mails(ofOrder id: String, by caller: Caller) async throws -> [OutgoingMail] {
        try await store.read { records in
            _ = try Self.own(id, by: caller, in: records)
            return try Self.mails(about: id, in: records)
        }
    }

    /// The mails about a licence, oldest first.
    package func mails(ofLicence id: String, by caller: Caller) async throws -> [OutgoingMail] {
        try caller.user.require(.purchaseHistory)
        return try await store.read { records in
            guard let licence = try records.licences.get(id), licence.tenant == caller.tenant else {
                throw Refusal.notFound
            }
            return try Self.mails(about: id, in: records)
        }
    }

    private static func mails(about target: String, in records: OfficeRecords) throws -> [OutgoingMail] {
        try records.mails.find(.init().equal("target", target).sorted(by: "created")).map(\.withoutSecrets)
    }
}

extension OutgoingMail {
    fileprivate var withoutSecrets: OutgoingMail {
        var mail = self
        mail.body = bodyWithoutSecrets
        return mail
    }
}
