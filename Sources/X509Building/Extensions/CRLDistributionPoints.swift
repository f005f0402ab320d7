extension Extension {
    /// cRLDistributionPoints (RFC 5280 4.2.1.13): the places of one CRL, in one distribution point.
    ///
    /// - Throws: `valueInvalid` for an empty or repeating list, `nameInvalid` for a text that is no URI.
    package static func crlDistributionPoints(_ uris: [String]) throws(X509Error) -> Extension {
        try check(uris)
        return try Extension(.crlDistributionPoints, critical: false) { writer throws(X509Error) in
            let points = writer.begin(.sequence)
            let point = writer.begin(.sequence)
            try DistributionPointName.write(uris, to: &writer)
            writer.end(point)
            writer.end(points)
        }
    }

    /// The URIs of all distribution points, in their order.
    ///
    /// - Throws: `malformed` for points with reasons or a CRL issuer, `unsupportedField` for other names than URIs.
    package func readCRLDistributionPoints() throws(X509Error) -> [String] {
        var value = try reader(expecting: .crlDistributionPoints)
        var points = try value.enter(.sequence)
        try value.finish()
        var uris: [String] = []
        while !points.isAtEnd {
            var point = try points.enter(.sequence)
            uris += try DistributionPointName.read(&point, in: "cRLDistributionPoints")
        }
        try Self.check(uris)
        return uris
    }

    private static func check(_ uris: [String]) throws(X509Error) {
        guard (1...16).contains(uris.count), uris.areAllDifferent else {
            throw X509Error(.valueInvalid, "1 to 16 different URIs are taken", field: "cRLDistributionPoints")
        }
    }
}
