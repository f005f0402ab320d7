/// The contents of organizationIdentifier (S/MIME BR 7.1.4.2.2 d, appendix A): `VATJP-1234567890123`, `NTRUS+CA-123`,
/// `GOVJP`.
struct RegistrationReference: Hashable, Sendable {
    enum Scheme: String, CaseIterable, Sendable {
        case ntr = "NTR"
        case vat = "VAT"
        case psd = "PSD"
        case lei = "LEI"
        case gov = "GOV"
        case int = "INT"
    }

    let scheme: Scheme
    let country: String
    let subdivision: String?
    let reference: String?

    /// nil when the text has not this form.
    init?(_ text: String) {
        // The leftmost hyphen separates; all others belong to the reference.
        let (head, tail) = Self.halves(of: text.utf8[...], at: UInt8(ascii: "-"))
        let (national, subdivision) = Self.halves(of: head, at: UInt8(ascii: "+"))
        guard national.count == 5, national.allSatisfy(ASCII.isUpper),
            let name = String(national.prefix(3)), let scheme = Scheme(rawValue: name),
            let country = String(national.suffix(2))
        else { return nil }
        self.scheme = scheme
        self.country = country
        self.subdivision = subdivision.flatMap { String($0) }
        reference = tail.flatMap { String($0) }
        guard isWellFormed else { return nil }
    }

    private typealias Octets = Substring.UTF8View

    private static func halves(of octets: Octets, at separator: UInt8) -> (Octets, Octets?) {
        guard let index = octets.firstIndex(of: separator) else { return (octets, nil) }
        return (octets[..<index], octets[octets.index(after: index)...])
    }

    private var isWellFormed: Bool {
        if let subdivision {
            guard (1...3).contains(subdivision.utf8.count),
                subdivision.utf8.allSatisfy({ ASCII.isUpper($0) || ASCII.isDigit($0) }),
                scheme == .ntr || scheme == .vat || scheme == .gov
            else { return false }
        }
        let visible = reference.map { text in !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7E).contains($0) } }
        switch scheme {
        case .gov: return Country.isKnown(country) && reference == nil
        case .int: return country == "XG" && reference == nil
        case .lei:
            let isCode =
                reference.map { code in
                    code.utf8.count == 20 && code.utf8.allSatisfy { ASCII.isUpper($0) || ASCII.isDigit($0) }
                } ?? false
            return country == "XG" && isCode
        case .psd:
            // An authority, a hyphen, the authority's own reference.
            return Country.isKnown(country) && visible == true && reference?.utf8.contains(UInt8(ascii: "-")) == true
        case .ntr: return Country.isKnown(country) && visible == true
        case .vat:
            // Greece and Northern Ireland have prefixes of their own (Council Directive 2006/112/EC, article 215).
            guard Country.isKnown(country) || country == "EL" || country == "XI", visible == true else { return false }
            // Japan's Corporate Number has 13 digits.
            let digits = (reference ?? "").utf8
            return country != "JP" || digits.count == 13 && digits.allSatisfy(ASCII.isDigit)
        }
    }

    /// Whether the reference may stand beside this countryName (note 1: LEI and INT fit every country).
    func matches(country name: String) -> Bool {
        switch scheme {
        case .lei, .int: true
        case .vat where country == "EL": name == "GR"
        case .vat where country == "XI": name == "GB"
        default: country == name
        }
    }
}
