/// Names by which Active Directory knows an account. Whoever gets one into a certificate logs on as that account.
enum WindowsNames {
    /// A user principal name: half-width, `user@realm`, at most 128 characters.
    static func principalProblem(in name: String) -> TextProblem? {
        func problem(_ reason: String) -> TextProblem { TextProblem(rule: .principalSyntax, reason: reason) }

        guard name.utf8.count <= 128 else { return problem("the log-on name has more than 128 characters") }
        let parts = name.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard parts.count == 2 else { return problem("the log-on name has not exactly one @") }
        let dot = UInt8(ascii: ".")
        guard let first = parts[0].first, let last = parts[0].last, first != dot, last != dot,
            parts[0].allSatisfy({ ASCII.isLetterOrDigit($0) || "._-+'&#".utf8.contains($0) })
        else { return problem("the part before the @ is empty, has signs other than ._-+'&# or a dot at its edge") }
        let labels = parts[1].split(separator: dot, omittingEmptySubsequences: false)
        let hyphen = UInt8(ascii: "-")
        let areLabels = labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
                && label.allSatisfy { ASCII.isLetterOrDigit($0) || $0 == hyphen }
        }
        return areLabels ? nil : problem("the part after the @ is no domain")
    }

    /// The SID of an account of a domain: `S-1-5-21-`, three numbers of the domain, one of the account, each below
    /// 2^32 in plain decimal ([MS-DTYP] 2.4.2.1). Built-in accounts, below 1000, are refused.
    static func securityIdentifierProblem(in sid: String) -> TextProblem? {
        let parts = sid.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        let numbers = parts.dropFirst().map { part -> UInt32? in
            guard let first = part.first, first != UInt8(ascii: "0") || part.count == 1,
                part.allSatisfy(ASCII.isDigit)
            else { return nil }
            return UInt32(String(part) ?? "")
        }
        guard parts.count == 8, parts[0].elementsEqual("S".utf8), numbers[0] == 1, numbers[1] == 5, numbers[2] == 21,
            numbers[3...].allSatisfy({ $0 != nil }), let account = numbers[6]
        else {
            return TextProblem(rule: .securityIdentifierSyntax, reason: "“\(sid)” is no SID of a domain's account")
        }
        guard account >= 1000 else {
            return TextProblem(
                rule: .securityIdentifierBuiltIn,
                reason: "the SID names the built-in account or group \(account)"
            )
        }
        return nil
    }
}
