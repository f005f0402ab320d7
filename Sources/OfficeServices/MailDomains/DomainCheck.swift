import Foundation
import Office
import OfficeDNS
import OfficePages
import OfficeStore

/// Looking whether a domain's code was published (DOM-06, DOM-07): the tenant asks for it, or an operator.
extension OfficeDesk {
    /// - Throws: `Refusal` of kind `input` with what was seen instead of the code.
    package func check(domain id: String, by caller: Caller) async throws {
        try caller.user.require(.mailDomains)
        let domain = try await store.read { [self] records in try own(domain: id, of: caller, in: records) }
        try await look(at: domain, for: caller.actor)
    }

    package func check(domain id: String, by caller: OperatorCaller) async throws {
        let domain = try await store.read { records in
            guard let domain = try records.mailDomains.get(id) else { throw Refusal.notFound }
            return domain
        }
        try await look(at: domain, for: caller.actor)
    }

    private func look(at domain: MailDomain, for actor: Actor) async throws {
        guard domain.method != .mail, domain.isCodeUsable(at: now) else {
            throw Refusal(
                .state,
                Text(
                    "確認できる状態ではありません。コードの有効期限が切れている場合は再発行してください。",
                    "There is nothing to check now. If the code has ended, have a new one made."
                )
            )
        }
        let seen = domain.method == .dns ? await record(of: domain) : await page(of: domain)
        let now = now
        let problem = try await store.write { [self] records -> Refusal? in
            // What was seen counts for the code that was looked for, and for no other.
            guard var current = try records.mailDomains.get(domain.id), current.code == domain.code else {
                throw Refusal.notFound
            }
            switch seen {
            case .success(let evidence):
                try current.validate(evidence, at: now)
                try records.mailDomains.save(current)
                let done = entry(
                    .domainValidated,
                    of: domain.id,
                    in: domain.tenant,
                    by: actor,
                    at: now,
                    detail: evidence
                )
                try records.history.insert(done)
                return nil
            case .failure(let refusal):
                let failed = entry(
                    .domainValidated,
                    of: domain.id,
                    in: domain.tenant,
                    by: actor,
                    at: now,
                    succeeded: false,
                    detail: refusal.problems.map(\.text.english).joined(separator: " ")
                )
                try records.history.insert(failed)
                return refusal
            }
        }
        if let problem { throw problem }
    }

    private func record(of domain: MailDomain) async -> Result<String, Refusal> {
        switch await probes.records.lookUp(domain.name) {
        case .records(let texts):
            if texts.contains(where: { $0.trimmingBlanks == domain.record }) {
                return .success("the TXT record “\(domain.record)” at \(domain.name)")
            }
            return .failure(
                .input(
                    "check",
                    Text(
                        "\(domain.name) のTXTレコード(\(texts.count)件)に「\(domain.record)」がありません。登録直後の場合は、反映を待ってからもう一度お試しください。",
                        "None of the \(texts.count) TXT records at \(domain.name) is “\(domain.record)”. If it is new, wait until it has spread and try again."
                    )
                )
            )
        case .noSuchName, .notAName:
            return .failure(
                .input(
                    "check",
                    Text("\(domain.name) はDNSに存在しません。", "There is no \(domain.name) in the domain name system.")
                )
            )
        case .noAnswer(let words): return .failure(Self.noAnswer(words))
        }
    }

    private func page(of domain: MailDomain) async -> Result<String, Refusal> {
        // What the first way says is told, unless nobody answers there.
        var seen: PageOutcome?
        for scheme in [PageFetch.Scheme.http, .https] {
            let outcome = await probes.pages.fetch(host: domain.name, file: MailDomain.pageFile, scheme: scheme)
            if case .noAnswer? = seen { seen = outcome }
            seen = seen ?? outcome
            guard case .page(let octets, let address) = outcome else { continue }
            let text = String(decoding: octets, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            if text == domain.code {
                let place = "\(scheme.rawValue)://\(domain.name)\(PageFetch.folder)\(MailDomain.pageFile)"
                return .success("the code at \(place), served by \(address)")
            }
            return .failure(
                .input(
                    "check",
                    Text(
                        "\(domain.page) の内容が確認コードと一致しません。コードのみを記載してください。",
                        "What \(domain.page) holds is not the code. Put the code alone into it."
                    )
                )
            )
        }
        let words =
            switch seen {
            case .status(let status): "HTTP \(status)"
            case .noSuchName: "no such name"
            case .noAnswer(let words): words
            case .refused(let refusal): refusal.description
            case .page, nil: ""
            }
        return .failure(
            .input(
                "check",
                Text(
                    "\(domain.page) を取得できませんでした(\(words))。ファイルを置いてからもう一度お試しください。",
                    "\(domain.page) cannot be fetched (\(words)). Put the file there and try again."
                )
            )
        )
    }

    private static func noAnswer(_ words: String) -> Refusal {
        .input(
            "check",
            Text(
                "DNSサーバから応答がありませんでした(\(words))。しばらくしてからもう一度お試しください。",
                "The name servers do not answer (\(words)). Try again in a moment."
            )
        )
    }
}
