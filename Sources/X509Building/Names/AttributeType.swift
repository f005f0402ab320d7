/// The attributes that names here are made of (X.520, RFC 5280 4.1.2.4, ETSI EN 319 412-1).
package enum AttributeType: String, CaseIterable, Codable, Hashable, Sendable {
    case commonName
    case surname
    case givenName
    case pseudonym
    case serialNumber
    case countryName
    case stateOrProvinceName
    case localityName
    case organizationName
    case organizationalUnitName
    case organizationIdentifier
    case emailAddress
    case domainComponent
    case title

    package var oid: OID { Self.facts[self].oid }

    /// The short name that people know, such as `CN`.
    package var shortName: String { Self.facts[self].shortName }

    /// The longest value in characters (RFC 5280 appendix A; X.520 annex C for surname and givenName, where RFC 5280
    /// allows 32768; RFC 1035 2.3.4 for a domain component). X.520 6.4.4 leaves organizationIdentifier unbounded: the
    /// limit there is ours.
    package var upperBound: Int { Self.facts[self].upperBound }

    /// The string type that is written.
    package var form: TextForm { Self.facts[self].form }

    /// Whether a name may have several of them.
    package var mayRepeat: Bool { self == .organizationalUnitName || self == .domainComponent }

    init?(oid: OID) {
        guard let position = Self.facts.position(of: oid) else { return nil }
        self = Self.allCases[position]
    }

    private static let facts = AttributeFacts()
}

/// The string types that names here use. TeletexString, BMPString and UniversalString are not taken.
package enum TextForm: String, Hashable, Sendable {
    case utf8String
    case printableString
    case ia5String

    var tag: DERTag {
        switch self {
        case .utf8String: .utf8String
        case .printableString: .printableString
        case .ia5String: .ia5String
        }
    }
}

/// What is fixed about each attribute, in one table.
private struct AttributeFacts {
    struct Fact {
        let oid: OID
        let shortName: String
        let upperBound: Int
        let form: TextForm
    }

    private let table: [Fact]

    subscript(type: AttributeType) -> Fact { table[type.position] }

    func position(of oid: OID) -> Int? { table.firstIndex { $0.oid == oid } }

    init() {
        table = AttributeType.allCases.map(Self.fact)
    }

    private static func fact(_ type: AttributeType) -> Fact {
        switch type {
        case .commonName: Fact(oid: [2, 5, 4, 3], shortName: "CN", upperBound: 64, form: .utf8String)
        case .surname: Fact(oid: [2, 5, 4, 4], shortName: "SN", upperBound: 64, form: .utf8String)
        case .serialNumber: Fact(oid: [2, 5, 4, 5], shortName: "serialNumber", upperBound: 64, form: .printableString)
        case .countryName: Fact(oid: [2, 5, 4, 6], shortName: "C", upperBound: 2, form: .printableString)
        case .localityName: Fact(oid: [2, 5, 4, 7], shortName: "L", upperBound: 128, form: .utf8String)
        case .stateOrProvinceName: Fact(oid: [2, 5, 4, 8], shortName: "ST", upperBound: 128, form: .utf8String)
        case .organizationName: Fact(oid: [2, 5, 4, 10], shortName: "O", upperBound: 64, form: .utf8String)
        case .organizationalUnitName: Fact(oid: [2, 5, 4, 11], shortName: "OU", upperBound: 64, form: .utf8String)
        case .title: Fact(oid: [2, 5, 4, 12], shortName: "title", upperBound: 64, form: .utf8String)
        case .givenName: Fact(oid: [2, 5, 4, 42], shortName: "GN", upperBound: 64, form: .utf8String)
        case .pseudonym: Fact(oid: [2, 5, 4, 65], shortName: "pseudonym", upperBound: 128, form: .utf8String)
        case .organizationIdentifier:
            Fact(oid: [2, 5, 4, 97], shortName: "organizationIdentifier", upperBound: 256, form: .utf8String)
        case .emailAddress:
            Fact(oid: [1, 2, 840, 113549, 1, 9, 1], shortName: "E", upperBound: 255, form: .ia5String)
        case .domainComponent:
            Fact(oid: [0, 9, 2342, 19_200_300, 100, 1, 25], shortName: "DC", upperBound: 63, form: .ia5String)
        }
    }
}

extension AttributeType {
    /// Position in `allCases`, for the table.
    fileprivate var position: Int {
        switch self {
        case .commonName: 0
        case .surname: 1
        case .givenName: 2
        case .pseudonym: 3
        case .serialNumber: 4
        case .countryName: 5
        case .stateOrProvinceName: 6
        case .localityName: 7
        case .organizationName: 8
        case .organizationalUnitName: 9
        case .organizationIdentifier: 10
        case .emailAddress: 11
        case .domainComponent: 12
        case .title: 13
        }
    }
}
