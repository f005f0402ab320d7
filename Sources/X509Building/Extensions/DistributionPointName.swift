/// The fullName of a DistributionPointName (RFC 5280 4.2.1.13), the only part of a distribution point that is written
/// here: the places of one CRL. CRLDistributionPoints and IssuingDistributionPoint have it alike.
enum DistributionPointName {
    /// Writes the places into the distribution point that is open.
    static func write(_ uris: [String], to writer: inout DERWriter) throws(X509Error) {
        let name = writer.begin(.constructed(0))
        let fullName = writer.begin(.constructed(0))
        for uri in uris { try GeneralName.uniformResourceIdentifier(uri).write(to: &writer) }
        writer.end(fullName)
        writer.end(name)
    }

    /// Reads a distribution point to its end.
    ///
    /// - Parameters:
    ///   - point: its contents.
    ///   - extensionName: what errors call it.
    /// - Throws: `malformed` when it says anything else than places, `unsupportedField` for other names than URIs.
    static func read(_ point: inout DERReader, in extensionName: String) throws(X509Error) -> [String] {
        var name = try point.enter(.constructed(0))
        try point.finish()
        var fullName = try name.enter(.constructed(0))
        try name.finish()
        var uris: [String] = []
        while !fullName.isAtEnd {
            guard case .uniformResourceIdentifier(let uri) = try GeneralName(from: &fullName) else {
                throw X509Error(.unsupportedField, "a name that is no URI", field: extensionName)
            }
            uris.append(uri)
        }
        return uris
    }
}
