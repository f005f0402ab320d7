/// What a licence lets issue: certificates for people or for organisations (section 4.2).
package enum LicenceKind: String, Codable, CaseIterable, Sendable, Worded {
    case personal, corporate

    package var text: Text {
        switch self {
        case .personal: Text("個人名用", "Personal name")
        case .corporate: Text("部門/法人名用", "Department or corporate name")
        }
    }
}

/// How long the certificates of a licence last. The licence itself always lasts a year.
package enum CertificateTerm: String, Codable, CaseIterable, Sendable, Worded {
    case oneYear, twoYears, fourYears, short

    package var text: Text {
        switch self {
        case .oneYear: Text("1年", "1 year")
        case .twoYears: Text("2年", "2 years")
        case .fourYears: Text("4年", "4 years")
        case .short: Text("短期", "Short-term")
        }
    }

    /// Years of validity; none for the short term, whose days the catalogue says.
    package var years: Int? {
        switch self {
        case .oneYear: 1
        case .twoYears: 2
        case .fourYears: 4
        case .short: nil
        }
    }
}

/// A pack on sale, with its price for each term in yen, tax included.
package struct Product: Hashable, Sendable, Codable {
    package var id: String
    package var kind: LicenceKind
    package var name: String
    /// Certificates that may be issued; nil is without limit.
    package var units: Int?
    package var prices: [CertificateTerm: Int]

    package init(id: String, kind: LicenceKind, name: String, units: Int?, prices: [CertificateTerm: Int]) {
        (self.id, self.kind, self.name, self.units, self.prices) = (id, kind, name, units, prices)
    }
}

/// A code that makes something cheaper.
package struct DiscountCode: Hashable, Sendable, Codable {
    package enum Family: String, Codable, CaseIterable, Sendable { case campaign, coupon }

    package var family: Family
    package var code: String
    /// Per cent of the price that are taken off.
    package var percent: Int
    package var firstDay: Day
    package var lastDay: Day

    package init(family: Family, code: String, percent: Int, firstDay: Day, lastDay: Day) {
        (self.family, self.code, self.percent) = (family, code, percent)
        (self.firstDay, self.lastDay) = (firstDay, lastDay)
    }
}

/// What is on sale.
package struct Catalogue: Hashable, Sendable {
    package var products: [Product]
    package var codes: [DiscountCode]
    /// Days of a short-term certificate.
    package var shortTermDays: Int

    package init(products: [Product], codes: [DiscountCode], shortTermDays: Int) {
        (self.products, self.codes, self.shortTermDays) = (products, codes, shortTermDays)
    }

    package func product(_ id: String) -> Product? {
        products.first { $0.id == id }
    }

    package func code(_ code: String, _ family: DiscountCode.Family, on day: Day) -> DiscountCode? {
        codes.first { $0.family == family && $0.code == code && $0.firstDay <= day && day <= $0.lastDay }
    }

    /// Yen, tax included; each discount is taken from what the one before leaves, rounded down to a yen.
    package func amount(_ price: Int, less codes: [DiscountCode]) -> Int {
        codes.reduce(price) { $0 * (100 - $1.percent) / 100 }
    }
}
