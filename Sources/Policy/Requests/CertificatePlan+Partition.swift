import X509Building

extension CertificatePlan {
    /// The same certificate with another place of its CRL: that of its part. Whether it names a CRL at all is the
    /// profile's business; a plan without cRLDistributionPoints stays without.
    package func naming(crlAt address: String) throws(X509Error) -> CertificatePlan {
        guard let place = extensions.firstIndex(where: { $0.oid == .crlDistributionPoints }) else { return self }
        var plan = self
        plan.extensions[place] = try .crlDistributionPoints([address])
        return plan
    }
}
