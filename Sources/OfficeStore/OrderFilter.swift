package import Office

/// What a list of orders is narrowed to. What is not said narrows nothing.
package struct OrderFilter: Sendable {
    package var tenant: String
    /// The whole identifier.
    package var id: String?
    package var profiles: [String]?
    package var statuses: [Order.Status]?
    /// As they are written down; what has ended is found by `ends`.
    package var certificateStates: [CertificateState]?
    package var licence: String?
    package var manager: String?
    package var template: String?
    /// Texts that stand somewhere in a column; capital and small letters of ASCII are the same.
    package var idOrName = ""
    package var service = ""
    package var department = ""
    package var mail = ""
    package var applied = Span()
    package var issued = Span()
    package var ends = Span()

    package init(tenant: String) {
        self.tenant = tenant
    }

    /// From one moment to another, both included, in Unix seconds.
    package struct Span: Sendable {
        package private(set) var first = Int64.min
        package private(set) var last = Int64.max

        package init() {}

        package mutating func begin(_ seconds: Int64?) {
            if let seconds { first = max(first, seconds) }
        }

        package mutating func end(_ seconds: Int64?) {
            if let seconds { last = min(last, seconds) }
        }

        var isOpen: Bool { first == .min && last == .max }
    }
}

/// Where in the list, newest first, a page begins.
package enum OrderPlace: Sendable, Hashable {
    case newest
    /// Behind the order of this identifier.
    case after(String)
    /// The last ones before the order of this identifier.
    case before(String)
}

/// A page of the list of orders.
package struct OrderPage: Sendable, Hashable {
    package var lines: [OrderLine]
    /// How many lines stand before it, as the link to it said.
    package var offset: Int
    package var total: OrderCount
    package var hasMore: Bool
}

/// How many orders there are. Beyond a limit only that there are more is known: counting them all would read them all.
package struct OrderCount: Sendable, Hashable {
    package var number: Int
    package var isExact: Bool

    package init(number: Int, isExact: Bool) {
        (self.number, self.isExact) = (number, isExact)
    }
}
