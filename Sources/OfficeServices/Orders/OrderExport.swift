package import Office
import OfficeStore

extension OfficeDesk {
    /// All orders that the search finds, as CSV: UTF-8, RFC 4180, with formulas disarmed (LST-04).
    package func orderTable(_ search: OrderSearch, by caller: Caller) async throws -> [UInt8] {
        try caller.user.require(.export)
        let most = 100_000
        let now = now
        guard let filter = filter(search, by: caller, at: now) else { throw Refusal.notFound }
        let found = try await store.read { try $0.orderList.lines(filter, most: most + 1) }
        guard found.count <= most else {
            throw Refusal(
                .state,
                Text("\(most)件を超えています。検索条件で絞り込んでください。", "There are more than \(most). Narrow the search.")
            )
        }
        try await store.write { [self] records in
            let done = entry(
                .exported,
                of: "orders",
                in: caller.tenant,
                by: caller.actor,
                at: now,
                detail: "\(found.count)"
            )
            try records.history.insert(done)
        }
        var csv = CSVWriter()
        csv.add([
            "オーダーID", "組織名", "CN", "サービス名", "発行日", "有効期限", "メールアドレス", "証明書管理者", "ライセンスID", "プロファイルID",
            "オーダーステータス", "証明書ステータス",
        ])
        for order in found {
            csv.add([
                order.id, order.organisation, order.commonName, order.service,
                order.certificate.map { calendar.display($0.issued) } ?? "",
                order.certificate.map { calendar.display($0.notAfter) } ?? "", order.mail, order.manager,
                order.licence, order.profile, order.status.text(.japanese),
                order.certificateStatus(at: now)?.text(.japanese) ?? "",
            ])
        }
        return csv.bytes
    }

    /// The profile of an order.
    package func profile(of order: Order) async throws -> Profile {
        try await store.read { records in
            guard let profile = try records.profiles.get(order.profile) else { throw Refusal.notFound }
            return profile
        }
    }
}

/// Writes CSV that spreadsheets take as text: what could be a formula gets an apostrophe before it (OWASP, CSV injection).
struct CSVWriter {
    /// With the mark by which spreadsheets know UTF-8.
    private(set) var bytes: [UInt8] = [0xEF, 0xBB, 0xBF]

    mutating func add(_ cells: [String]) {
        bytes += Array(cells.map(Self.quoted).joined(separator: ",").utf8) + [0x0D, 0x0A]
    }

    /// What spreadsheets begin a formula with, half and full width.
    private static let beginnings: Set<Unicode.Scalar> = [
        "=", "+", "-", "@", "\t", "\r", "\n", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}",
    ]
    /// What ends a cell for programs that divide otherwise than by commas, whatever quotation marks are around it.
    private static let foreignEnds: Set<Unicode.Scalar> = [";", "\t", "\r", "\n"]
    /// What ends a cell: here, and where semicolons or tabs do.
    private static let ends: Set<Unicode.Scalar> = [",", ";", "\t", "\r", "\n", "\"", "'"]

    /// By scalars: an accent behind a quotation mark makes another character of it, but not to a spreadsheet.
    private static func quoted(_ text: String) -> String {
        var scalars: [Unicode.Scalar] = []
        for scalar in text.unicodeScalars {
            if beginnings.contains(scalar), scalars.last.map(foreignEnds.contains) ?? true { scalars.append("'") }
            scalars.append(scalar)
        }
        guard scalars.contains(where: ends.contains) else { return text }
        var quoted = String.UnicodeScalarView("\"".unicodeScalars)
        for scalar in scalars { quoted.append(contentsOf: scalar == "\"" ? [scalar, scalar] : [scalar]) }
        quoted.append("\"")
        return String(quoted)
    }
}
