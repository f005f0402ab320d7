import Clocks
import X509Building

/// What a ceremony asks for a CA certificate.
package struct AuthorityRequest: Hashable, Sendable {
    /// The CA profile's name.
    package var profile: String
    package var subject: [DistinguishedName.Attribute]
    /// Whole years of the calendar; nil: the profile's default.
    package var years: Int?
    package var signatureAlgorithm: SignatureAlgorithm?
    /// Whether it takes the place of a responder's certificate before that ends: then it holds for the profile's
    /// `renewalDays`, and no longer than its issuer.
    package var isRenewal: Bool

    package init(
        profile: String,
        subject: [DistinguishedName.Attribute],
        years: Int? = nil,
        signatureAlgorithm: SignatureAlgorithm? = nil,
        isRenewal: Bool = false
    ) {
        self.isRenewal = isRenewal
        self.profile = profile
        self.subject = subject
        self.years = years
        self.signatureAlgorithm = signatureAlgorithm
    }
}

extension ProfileSet {
    /// Everything that a CA certificate of a ceremony will say.
    ///
    /// - Parameters:
    ///   - key: the new CA's key.
    ///   - issuer: the root, or nil when the new CA is a root that signs itself.
    ///   - now: becomes the first second of the validity.
    package func resolve(
        _ request: AuthorityRequest,
        key: SubjectPublicKey,
        issuer: IssuerFacts?,
        at now: Timestamp
    ) throws(PolicyViolation) -> CertificatePlan {
        guard let profile = authority(request.profile) else {
            throw PolicyViolation(
                .profileUnknown,
                field: "profile",
                "there is no CA profile “\(request.profile)”",
                mend: "give one of: \(authorities.map(\.name).joined(separator: ", "))"
            )
        }
        guard (profile.use == .root) == (issuer == nil) else {
            throw PolicyViolation(
                .issuerMismatch,
                field: "issuer",
                issuer == nil ? "an issuing CA needs a root" : "a root signs itself",
                mend: "match the profile and the issuer"
            )
        }
        guard let algorithm = key.keyAlgorithm, profile.keyAlgorithms.contains(algorithm) else {
            throw PolicyViolation(.keyAlgorithm, field: "key", "the CA profile takes no keys of this kind")
        }
        let subject = try profile.subject.resolve(request.subject, alternativeNames: [])
        let validity =
            request.isRenewal
            ? try profile.renewal(within: issuer, at: now) : try profile.validity(years: request.years, at: now)
        let subjectDER = try encoded { () throws(X509Error) in try subject.derEncoded() }
        let signer =
            issuer
            ?? IssuerFacts(
                root: profile.name,
                subjectDER: subjectDER,
                key: key,
                notBefore: validity.notBefore,
                notAfter: validity.notAfter,
                path: profile.pathLength
            )
        let description = self.issuer(signer.name)
        if issuer != nil, profile.use != .responder, description?.use != .root {
            throw PolicyViolation(.issuerNotAllowed, field: "issuer", "“\(signer.name)” is no root of the profile set")
        }
        try profile.check(key: key, subjectDER: subjectDER, validity, signer: signer, isRoot: issuer == nil)
        return CertificatePlan(
            profile: profile.name,
            profileSetVersion: version,
            profileSetSHA256: sha256,
            issuer: signer.name,
            issuerDER: signer.subjectDER,
            signatureAlgorithm: try profile.signatureAlgorithm(request.signatureAlgorithm, signer: signer.publicKey),
            notBefore: validity.notBefore,
            notAfter: validity.notAfter,
            subject: subject,
            publicKey: key,
            extensions: try encoded { () throws(X509Error) in
                try profile.extensions(key: key, signer: signer, description: issuer == nil ? nil : description)
            },
            ruleSets: profile.ruleSets
        )
    }
}

extension AuthorityProfile {
    /// From the present second on; the end one second before the same moment after that many years, as the calendar
    /// counts them.
    fileprivate func validity(
        years: Int?,
        at now: Timestamp
    ) throws(PolicyViolation) -> (notBefore: Int64, notAfter: Int64) {
        let years = years ?? defaultYears
        guard (1...maximumYears).contains(years) else {
            throw PolicyViolation(.validityTooLong, field: "years", "the CA profile allows 1 to \(maximumYears) years")
        }
        return (now.seconds, Self.lastSecond(of: years, from: now.seconds))
    }

    /// From an hour ago on, for clients whose clocks are behind: they meet it as soon as it is made.
    fileprivate func renewal(
        within issuer: IssuerFacts?,
        at now: Timestamp
    ) throws(PolicyViolation) -> (notBefore: Int64, notAfter: Int64) {
        guard let renewalDays, let issuer, issuer.notAfter > now.seconds else {
            throw PolicyViolation(
                .validityTooLong,
                field: "years",
                "the CA profile lets nobody renew, or the issuer has ended",
                mend: "hold a ceremony for a new certificate, or give the profile renewalDays"
            )
        }
        let end = now.seconds + Int64(renewalDays) * 86_400 - 1
        return (max(now.seconds - 3600, issuer.notBefore), min(end, issuer.notAfter))
    }

    static func lastSecond(of years: Int, from start: Int64) -> Int64 {
        var end = CivilTime(secondsSinceEpoch: start)
        end.year += years
        // 29 February has no anniversary in most years; the calendar arithmetic takes it as 1 March.
        return end.secondsSinceEpoch - 1
    }

    fileprivate func check(
        key: SubjectPublicKey,
        subjectDER: [UInt8],
        _ validity: (notBefore: Int64, notAfter: Int64),
        signer: IssuerFacts,
        isRoot: Bool
    ) throws(PolicyViolation) {
        guard validity.notBefore >= signer.notBefore, validity.notBefore <= signer.notAfter else {
            throw PolicyViolation(.issuerNotValid, field: "issuer", "the root is not valid at present")
        }
        guard validity.notAfter <= signer.notAfter else {
            throw PolicyViolation(.validityBeyondIssuer, field: "years", "the CA would outlive its root")
        }
        // A path length counts CAs alone.
        if let limit = signer.pathLength, !isRoot, use != .responder, limit <= (pathLength ?? 0) {
            throw PolicyViolation(
                .issuerNotAllowed,
                field: "issuer",
                "the root's path length \(limit) leaves no room for this CA"
            )
        }
        guard isRoot || key != signer.publicKey else {
            throw PolicyViolation(.keyOfIssuer, field: "key", "the key is the root's own")
        }
        guard isRoot || subjectDER != signer.subjectDER else {
            throw PolicyViolation(
                .attributeFixed,
                field: "subject",
                "the name is the root's own",
                mend: "give the CA a name of its own"
            )
        }
    }

    fileprivate func signatureAlgorithm(
        _ asked: SignatureAlgorithm?,
        signer: SubjectPublicKey
    ) throws(PolicyViolation) -> SignatureAlgorithm {
        let possible = signatureAlgorithms.filter { $0.accepts(signer) }
        guard let algorithm = asked ?? possible.first, possible.contains(algorithm) else {
            throw PolicyViolation(
                .signatureAlgorithm,
                field: "signatureAlgorithm",
                "CA profile and signing key together don't allow \(asked?.rawValue ?? "any algorithm")"
            )
        }
        return algorithm
    }

    fileprivate func extensions(
        key: SubjectPublicKey,
        signer: IssuerFacts,
        description: IssuerDescription?
    ) throws(X509Error) -> [Extension] {
        var extensions: [Extension] = []
        if description != nil { extensions.append(try .authorityKeyIdentifier(signer.subjectKeyIdentifier)) }
        extensions.append(try .subjectKeyIdentifier(key.subjectKeyIdentifier))
        extensions.append(try .keyUsage(keyUsage))
        if !extendedKeyUsage.isEmpty { extensions.append(try .extendedKeyUsage(extendedKeyUsage)) }
        // Nobody asks for a responder's own status, and so nothing says where it would be found.
        if use == .responder { return extensions + [.ocspNoCheck] }
        extensions.append(try .basicConstraints(isCA: true, pathLength: pathLength))
        if !policies.isEmpty { extensions.append(try .certificatePolicies(policies)) }
        if let description {
            extensions.append(try .crlDistributionPoints(description.crlDistributionPoints))
            if !description.caIssuers.isEmpty || !description.ocsp.isEmpty {
                extensions.append(
                    try .authorityInformationAccess(ocsp: description.ocsp, caIssuers: description.caIssuers)
                )
            }
        }
        return extensions
    }
}
