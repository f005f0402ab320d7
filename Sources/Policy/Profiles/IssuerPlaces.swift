import X509Building

/// Where an issuer's CRL, its certificate and its OCSP responder are, as every person's certificate of it says: encoded
/// once, when the profile set is read.
struct IssuerPlaces: Hashable, Sendable {
    let crlDistributionPoints: Result<Extension, X509Error>
    /// nil when there is nothing to say.
    let authorityInformationAccess: Result<Extension?, X509Error>

    init(of issuer: IssuerDescription) {
        crlDistributionPoints = Self.result { () throws(X509Error) in
            try .crlDistributionPoints(issuer.crlDistributionPoints)
        }
        authorityInformationAccess = Self.result { () throws(X509Error) in
            guard !issuer.ocsp.isEmpty || !issuer.caIssuers.isEmpty else { return nil }
            return try .authorityInformationAccess(ocsp: issuer.ocsp, caIssuers: issuer.caIssuers)
        }
    }

    private static func result<Value>(_ body: () throws(X509Error) -> Value) -> Result<Value, X509Error> {
        do throws(X509Error) {
            return .success(try body())
        } catch {
            return .failure(error)
        }
    }
}
