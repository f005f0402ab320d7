/// Whether a certificate is a CA's, and how long a chain below it may be (RFC 5280 4.2.1.9).
package struct BasicConstraints: Hashable, Sendable {
    package var isCA: Bool
    /// How many CA certificates may follow; nil is no limit.
    package var pathLength: Int?

    package init(isCA: Bool, pathLength: Int? = nil) {
        self.isCA = isCA
        self.pathLength = pathLength
    }
}

extension Extension {
    private static let largestPathLength = 255

    /// Critical in a CA's certificate. `cA` FALSE is the default and so is left out: the value is an empty SEQUENCE.
    ///
    /// - Throws: `valueInvalid` for a path length without a CA, or out of 0…255.
    package static func basicConstraints(isCA: Bool, pathLength: Int? = nil) throws(X509Error) -> Extension {
        guard pathLength == nil || isCA, (0...largestPathLength).contains(pathLength ?? 0) else {
            throw X509Error(
                .valueInvalid,
                "a path length needs a CA and is 0 to \(largestPathLength)",
                clause: "RFC 5280 4.2.1.9",
                field: "basicConstraints"
            )
        }
        return try Extension(.basicConstraints, critical: isCA) { writer throws(X509Error) in
            let body = writer.begin(.sequence)
            if isCA { writer.booleanTrue() }
            if let pathLength { writer.unsignedInteger(UInt64(pathLength)) }
            writer.end(body)
        }
    }

    package func readBasicConstraints() throws(X509Error) -> BasicConstraints {
        var value = try reader(expecting: .basicConstraints)
        var body = try value.enter(.sequence)
        try value.finish()
        var constraints = BasicConstraints(isCA: try body.booleanDefaultFalse())
        if body.nextTag == .integer, constraints.isCA {
            constraints.pathLength = try body.smallInteger(upTo: Self.largestPathLength)
        }
        try body.finish()
        return constraints
    }
}
