import StrictYAML
import X509Building

extension YAMLValue {
    /// Refuses this value when there is something wrong with it.
    func refuse(_ problem: String?) throws(YAMLError) {
        if let problem { throw error(.invalidValue, problem) }
    }

    /// Refuses a list in which a name stands twice.
    func refuseTwins(_ names: [String]) throws(YAMLError) {
        var seen: Set<String> = []
        for (value, name) in zip(try list(), names) where !seen.insert(name).inserted {
            throw value.error(.invalidValue, "“\(name)” stands twice in the list; leave one out")
        }
    }

    func nonEmptyString() throws(YAMLError) -> String {
        let text = try string()
        try refuse(text.allSatisfy(\.isWhitespace) ? "expected a text that is not empty" : nil)
        return text
    }

    /// A name that commands and log lines can carry: small letters, digits and hyphens.
    func identifier() throws(YAMLError) -> String {
        let text = try string()
        let isName =
            text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
            } && (1...64).contains(text.utf8.count)
        try refuse(isName ? nil : "expected 1 to 64 small letters, digits and hyphens, such as access-1y")
        return text
    }

    func nonEmptyList<Element>(of read: (YAMLValue) throws(YAMLError) -> Element) throws(YAMLError) -> [Element] {
        let elements = try list(of: read)
        try refuse(elements.isEmpty ? "expected at least one entry" : nil)
        return elements
    }

    /// A list of different cases of an enumeration, at least one.
    func choices<Choice: RawRepresentable<String> & CaseIterable>(
        _ type: Choice.Type
    ) throws(YAMLError) -> [Choice] {
        let choices = try nonEmptyList { value throws(YAMLError) in try value.oneOf(type) }
        try refuseTwins(choices.map(\.rawValue))
        return choices
    }

    /// A digest as `inkan issuers` and `sha256sum` write it.
    func sha256() throws(YAMLError) -> [UInt8] {
        let text = try string()
        let digits = text.utf8.compactMap { byte -> UInt8? in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
            default: nil
            }
        }
        let isDigest = digits.count == 64 && text.utf8.count == 64
        try refuse(isDigest ? nil : "expected 64 digits, 0 to 9 and a to f")
        return stride(from: 0, to: 64, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// CRLs and CA certificates are fetched to judge certificates: https would need a certificate judged first.
    func httpURL() throws(YAMLError) -> String {
        let text = try string()
        try refuse(HTTPAddress.isHTTP(text) ? nil : "expected an address of the form http://host/path")
        return text
    }

    func issuerName(among known: [IssuerDescription]) throws(YAMLError) -> String {
        let name = try string()
        guard let issuer = known.first(where: { $0.name == name }) else {
            let names = known.map(\.name).joined(separator: ", ")
            throw error(.invalidValue, "no issuer is called “\(name)”; there are: \(names)")
        }
        try refuse(issuer.use == .root ? "“\(name)” is a root; roots issue to CAs alone" : nil)
        return name
    }

    func extendedKeyUsage() throws(YAMLError) -> ExtendedKeyUsage {
        let name = try string()
        guard let usage = ExtendedKeyUsage(name: name) else {
            let names = ExtendedKeyUsage.named.map(\.name).joined(separator: ", ")
            throw error(.invalidValue, "“\(name)” is none of: \(names)")
        }
        return usage
    }

    func keyUsage() throws(YAMLError) -> KeyUsage {
        try nonEmptyList { value throws(YAMLError) in
            let name = try value.string()
            guard let usage = KeyUsage(name: name) else {
                throw value.error(.invalidValue, "“\(name)” is no key usage of RFC 5280 4.2.1.3")
            }
            return usage
        }.reduce([]) { $0.union($1) }
    }

    func policy() throws(YAMLError) -> CertificatePolicy {
        try mapping { map throws(YAMLError) in
            let value = try map.required("oid")
            guard let oid = OID(try value.string()) else {
                throw value.error(
                    .invalidValue,
                    "expected an object identifier in quotes, such as \"2.23.140.1.5.3.2\""
                )
            }
            return CertificatePolicy(
                oid: oid,
                cps: try map.optional("cps") { value throws(YAMLError) in
                    let text = try value.string()
                    try value.refuse(HTTPAddress.isWeb(text) ? nil : "expected an http or https address")
                    return text
                }
            )
        }
    }

    func ruleSet() throws(YAMLError) -> RuleSet {
        let name = try string()
        guard let set = RuleSet.selectable.first(where: { $0.name == name }) else {
            let names = RuleSet.selectable.map(\.name).joined(separator: ", ")
            throw error(.invalidValue, "“\(name)” is none of: \(names)")
        }
        return set
    }
}

extension YAMLValue {
    /// What an issuer's certificates are for.
    func issuerUse() throws(YAMLError) -> IssuerUse {
        let use = try oneOf(IssuerUse.self)
        try refuse(use == .responder ? "a responder issues no certificates; it belongs to the authorities" : nil)
        return use
    }
}
