import Clocks
import X509Building

extension ProfileSet {
    /// The name of the issuer that a request is to be signed by.
    package func issuerName(for facts: CertificateRequestFacts) throws(PolicyViolation) -> String {
        try knownProfile(facts.profile).issuerName(for: facts)
    }

    private func knownProfile(_ name: String) throws(PolicyViolation) -> IssuanceProfile {
        guard let profile = profile(name) else {
            throw PolicyViolation(.profileUnknown, field: "profile", "there is no profile “\(name)”")
        }
        return profile
    }

    /// From what a caller asks for to everything that the certificate will say. One refusal at a time: the first.
    ///
    /// - Parameters:
    ///   - key: proven and judged before (`CertificationRequest`, `WeakKeys`).
    ///   - issuer: the CA that `issuerName(for:)` names.
    ///   - now: the date that is judged by.
    package func resolve(
        _ facts: CertificateRequestFacts,
        key: SubjectPublicKey,
        issuer: IssuerFacts,
        at now: Timestamp
    ) throws(PolicyViolation) -> CertificatePlan {
        let profile = try knownProfile(facts.profile)
        let issuerName = try profile.issuerName(for: facts)
        guard let places = issuerPlaces(issuerName) else {
            throw PolicyViolation(.profileUnknown, field: "profile", "there is no profile “\(facts.profile)”")
        }
        try profile.checkKeyAndIssuer(facts, key: key, issuer: issuer, expected: issuerName, at: now)
        let algorithm = try profile.signatureAlgorithm(facts.signatureAlgorithm, issuerKey: issuer.publicKey)
        let names = try profile.alternativeNames.resolve(facts.alternativeNames)
        let subject = try profile.subject.resolve(facts.subject, alternativeNames: names)
        try profile.alternativeNames.check(subject, names)
        try profile.checkSecurityIdentifier(facts.securityIdentifier)
        guard let keyUsage = profile.keyUsage.usage(for: key) else {
            throw PolicyViolation(.keyAlgorithm, field: "key", "the profile has no key usage for keys of this kind")
        }
        let usages = try profile.extendedKeyUsages(facts, keyUsage: keyUsage)
        let validity = try profile.validity.resolve(facts, issuer: issuer, at: now)
        return CertificatePlan(
            profile: profile.name,
            profileSetVersion: version,
            profileSetSHA256: sha256,
            issuer: issuerName,
            issuerDER: issuer.subjectDER,
            signatureAlgorithm: algorithm,
            notBefore: validity.notBefore,
            notAfter: validity.notAfter,
            subject: subject,
            publicKey: key,
            extensions: try encoded { () throws(X509Error) in
                try Extension.forPerson(
                    issuer: issuer,
                    places: places,
                    key: key,
                    keyUsage: keyUsage,
                    extendedKeyUsages: usages,
                    policies: profile.policies,
                    alternativeNames: names,
                    securityIdentifier: facts.securityIdentifier
                )
            },
            ruleSets: profile.ruleSets
        )
    }
}

/// What the encoder refuses though every guard before let it pass is refused as well, with its own reason.
func encoded<Result>(_ body: () throws(X509Error) -> Result) throws(PolicyViolation) -> Result {
    do throws(X509Error) {
        return try body()
    } catch {
        throw PolicyViolation(.encoding, field: error.field ?? "certificate", error.reason)
    }
}

extension Extension {
    /// The extensions of a person's certificate, in the order of their encoding.
    fileprivate static func forPerson(
        issuer: IssuerFacts,
        places: IssuerPlaces,
        key: SubjectPublicKey,
        keyUsage: KeyUsage,
        extendedKeyUsages: [ExtendedKeyUsage],
        policies: [CertificatePolicy],
        alternativeNames: [GeneralName],
        securityIdentifier sid: String?
    ) throws(X509Error) -> [Extension] {
        var extensions: [Extension] = []
        extensions.reserveCapacity(10)
        extensions.append(try authorityKeyIdentifier(issuer.subjectKeyIdentifier))
        extensions.append(try subjectKeyIdentifier(key.subjectKeyIdentifier))
        extensions.append(try self.keyUsage(keyUsage))
        extensions.append(try extendedKeyUsage(extendedKeyUsages))
        extensions.append(try basicConstraints(isCA: false))
        extensions.append(try certificatePolicies(policies))
        if !alternativeNames.isEmpty { extensions.append(try subjectAlternativeName(alternativeNames)) }
        if let sid { extensions.append(try securityIdentifier(sid)) }
        extensions.append(try places.crlDistributionPoints.get())
        if let access = try places.authorityInformationAccess.get() { extensions.append(access) }
        return extensions
    }
}

extension IssuanceProfile {
    fileprivate func issuerName(for facts: CertificateRequestFacts) throws(PolicyViolation) -> String {
        guard let issuer = facts.issuer else { return issuers[0] }
        guard issuers.contains(issuer) else {
            throw PolicyViolation(
                .issuerNotAllowed,
                field: "issuer",
                "the profile is not signed by “\(issuer)”",
                mend: "leave the issuer out, or name one of: \(issuers.joined(separator: ", "))"
            )
        }
        return issuer
    }

    fileprivate func checkKeyAndIssuer(
        _ facts: CertificateRequestFacts,
        key: SubjectPublicKey,
        issuer: IssuerFacts,
        expected: String,
        at now: Timestamp
    ) throws(PolicyViolation) {
        if let smimeType, !smimeType.mayBeIssued(at: now) {
            throw PolicyViolation(
                .profileEnded,
                field: "profile",
                "the Legacy generation ended on 15 July 2025 (S/MIME BR 1.2.1)"
            )
        }
        guard issuer.name == expected else {
            throw PolicyViolation(.issuerMismatch, field: "issuer", "“\(issuer.name)” is not “\(expected)”")
        }
        guard (issuer.notBefore...issuer.notAfter).contains(now.seconds) else {
            throw PolicyViolation(.issuerNotValid, field: "issuer", "the CA “\(issuer.name)” is not valid at present")
        }
        guard keyOrigins.contains(facts.keyOrigin) else {
            throw PolicyViolation(
                .keyOrigin,
                field: "keyOrigin",
                "the profile takes no keys of origin “\(facts.keyOrigin.rawValue)”"
            )
        }
        guard let algorithm = key.keyAlgorithm, keyAlgorithms.contains(algorithm) else {
            throw PolicyViolation(
                .keyAlgorithm,
                field: "key",
                "the profile takes no \(key.keyAlgorithm?.rawValue ?? "RSA keys of this length")",
                mend: "make a key of one of: \(keyAlgorithms.map(\.rawValue).joined(separator: ", "))"
            )
        }
        guard key != issuer.publicKey else {
            throw PolicyViolation(.keyOfIssuer, field: "key", "the key is the CA's own")
        }
    }

    fileprivate func signatureAlgorithm(
        _ asked: SignatureAlgorithm?,
        issuerKey: SubjectPublicKey
    ) throws(PolicyViolation) -> SignatureAlgorithm {
        guard let algorithm = asked ?? signatureAlgorithms.first(where: { $0.accepts(issuerKey) }),
            signatureAlgorithms.contains(algorithm), algorithm.accepts(issuerKey)
        else {
            throw PolicyViolation(
                .signatureAlgorithm,
                field: "signatureAlgorithm",
                "profile and issuer's key together don't allow \(asked?.rawValue ?? "any algorithm")"
            )
        }
        return algorithm
    }

    fileprivate func checkSecurityIdentifier(_ sid: String?) throws(PolicyViolation) {
        let field = "securityIdentifier"
        guard let sid else {
            guard securityIdentifier != .required else {
                throw PolicyViolation(.securityIdentifierMissing, field: field, "the profile demands the account's SID")
            }
            return
        }
        guard securityIdentifier != .forbidden else {
            throw PolicyViolation(.securityIdentifierNotAllowed, field: field, "the profile takes no SID")
        }
        if let problem = WindowsNames.securityIdentifierProblem(in: sid) {
            throw PolicyViolation(problem, field: field)
        }
    }

    /// The purposes in the profile's order, so that a request cannot even choose that.
    fileprivate func extendedKeyUsages(
        _ facts: CertificateRequestFacts,
        keyUsage: KeyUsage
    ) throws(PolicyViolation) -> [ExtendedKeyUsage] {
        let allowed = extendedKeyUsage.always + extendedKeyUsage.optional
        if let wrong = facts.extendedKeyUsages.first(where: { !allowed.contains($0) }) {
            throw PolicyViolation(.extendedKeyUsage, field: "extendedKeyUsages", "the profile has no “\(wrong.name)”")
        }
        let usages = allowed.filter {
            extendedKeyUsage.always.contains($0) || facts.extendedKeyUsages.contains($0)
        }
        if let idle = usages.first(where: { !$0.isServed(by: keyUsage) }) {
            throw PolicyViolation(
                .extendedKeyUsage,
                field: "extendedKeyUsages",
                "a key of this kind does not serve for “\(idle.name)”",
                mend: "leave the purpose out, or make a key of another kind"
            )
        }
        let hasPrincipal = facts.alternativeNames.contains { name in
            if case .userPrincipalName = name { true } else { false }
        }
        if usages.contains(.smartCardLogon), !hasPrincipal, facts.securityIdentifier == nil {
            throw PolicyViolation(
                .smartCardLogonPrincipal,
                field: "extendedKeyUsages",
                "smart-card log-on without a name to log on as"
            )
        }
        return usages
    }
}
