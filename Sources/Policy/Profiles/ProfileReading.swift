import StrictYAML
import X509Building

// How each part of a profile file is read. What does not fit is refused where it stands.

extension IssuerDescription {
    init(_ value: YAMLValue) throws(YAMLError) {
        self = try value.mapping { map throws(YAMLError) in
            let use = try map.required("use").issuerUse()
            return IssuerDescription(
                name: try map.required("name").identifier(),
                use: use,
                keySHA256: try map.optional("keySHA256") { value throws(YAMLError) in
                    try value.refuse(use == .root ? "a root's key is known by the certificates that it signed" : nil)
                    return try value.sha256()
                },
                crlDistributionPoints: try map.required("crl").list { value throws(YAMLError) in try value.httpURL() },
                crlPartitions: try map.optional("crlPartitions") { value throws(YAMLError) in
                    try value.refuse(use == .root ? "a root's CRL is made in a ceremony, and is one" : nil)
                    return try CRLPartitionRules(value)
                },
                caIssuers: try map.optional("caIssuers") { value throws(YAMLError) in
                    try value.list { value throws(YAMLError) in try value.httpURL() }
                } ?? [],
                ocsp: try map.optional("ocsp") { value throws(YAMLError) in
                    try value.list { value throws(YAMLError) in try value.httpURL() }
                } ?? []
            )
        }
    }
}

extension CRLPartitionRules {
    /// Where `base` ends; the number and the ending must still fit behind it.
    fileprivate init(_ value: YAMLValue) throws(YAMLError) {
        self = try value.mapping { map throws(YAMLError) in
            let base = try map.required("base")
            let address = try base.httpURL()
            let isFree = !address.hasSuffix("/") && !address.hasSuffix(".crl") && address.utf8.count <= 240
            try base.refuse(
                isFree ? nil : "expected what stands before “-N.crl”, at most 240 characters: http://host/crl/name"
            )
            return CRLPartitionRules(count: try map.required("count").integer(in: Self.counts), base: address)
        }
    }
}

extension IssuanceProfile {
    init(_ value: YAMLValue, issuers known: [IssuerDescription]) throws(YAMLError) {
        self = try value.mapping { map throws(YAMLError) in
            let issuers = try map.required("issuers")
            let ruleSets = try map.required("rules")
            let profile = IssuanceProfile(
                name: try map.required("name").identifier(),
                description: try map.required("description").nonEmptyString(),
                issuers: try issuers.nonEmptyList { value throws(YAMLError) in try value.issuerName(among: known) },
                signatureAlgorithms: try map.required("signatureAlgorithms").choices(SignatureAlgorithm.self),
                subject: try SubjectRules(try map.required("subject")),
                alternativeNames: try AlternativeNameRules(try map.required("alternativeNames")),
                securityIdentifier: try map.required("securityIdentifier").oneOf(Presence.self),
                extendedKeyUsage: try ExtendedKeyUsageRules(try map.required("extendedKeyUsage")),
                keyUsage: try KeyUsageRules(try map.required("keyUsage")),
                keyAlgorithms: try map.required("keys").choices(KeyAlgorithm.self),
                keyOrigins: try map.required("keyOrigins").choices(KeyOrigin.self),
                keyPassword: try map.optional("keyPassword") { value throws(YAMLError) in
                    try value.oneOf(KeyPassword.self)
                },
                policies: try map.required("policies").list { value throws(YAMLError) in try value.policy() },
                validity: try ValidityRules(try map.required("validity")),
                revocation: try RevocationRules(try map.required("revocation")),
                ruleSets: try ruleSets.nonEmptyList { value throws(YAMLError) in try value.ruleSet() }
            )
            try map.required("keys").refuse(profile.keysProblem)
            try map.required("keyOrigins").refuse(profile.keyPasswordProblem)
            try ruleSets.refuse(profile.ruleSetProblem(issuers: known))
            try map.required("policies").refuse(profile.policiesProblem)
            try map.required("extendedKeyUsage").refuse(profile.extendedKeyUsageProblem)
            try map.required("alternativeNames").refuse(profile.alternativeNamesProblem)
            try map.required("subject").refuse(profile.subjectProblem)
            try map.required("validity").refuse(profile.validityProblem)
            try map.required("revocation").refuse(profile.revocationProblem)
            return profile
        }
    }
}

extension SubjectRules {
    init(_ value: YAMLValue) throws(YAMLError) {
        self = try value.mapping { map throws(YAMLError) in
            let attributes = try map.required("attributes")
            let rules = SubjectRules(
                attributes: try attributes.nonEmptyList { value throws(YAMLError) in try AttributeRule(value) },
                combinations: try map.optional("combinations") { value throws(YAMLError) in
                    try value.nonEmptyList { value throws(YAMLError) in Set(try value.choices(AttributeType.self)) }
                } ?? [],
                commonName: try map.optional("commonName") { value throws(YAMLError) in
                    try value.choices(CommonNameContent.self)
                } ?? []
            )
            try attributes.refuseTwins(rules.attributes.map(\.type.rawValue))
            for type in Set(rules.combinations.joined()) {
                let rule = rules.attributes.first { $0.type == type }
                try value.refuse(
                    rule?.kind == .optional
                        ? nil : "“\(type.rawValue)” stands in a combination; list it among the attributes as optional"
                )
            }
            return rules
        }
    }
}

extension AttributeRule {
    private enum PresenceName: String, CaseIterable {
        case fixed, required, optional
    }

    init(_ value: YAMLValue) throws(YAMLError) {
        self = try value.mapping { map throws(YAMLError) in
            let type = try map.required("type").oneOf(AttributeType.self)
            let kind: Kind
            switch try map.required("presence").oneOf(PresenceName.self) {
            case .fixed: kind = .fixed(try map.required("value").nonEmptyString())
            case .required: kind = .required
            case .optional: kind = .optional
            }
            let rule = AttributeRule(
                type: type,
                kind: kind,
                maximumLength: try map.optional("maximumLength") { value throws(YAMLError) in
                    try value.integer(in: 1...type.upperBound)
                } ?? type.upperBound,
                characters: try map.optional("characters") { value throws(YAMLError) in
                    try value.oneOf(CharacterClass.self)
                } ?? (type == .emailAddress ? .mailbox : .text),
                count: try map.optional("count") { value throws(YAMLError) in
                    try value.integer(in: 1...(type.mayRepeat ? 8 : 1))
                } ?? 1
            )
            if case .fixed(let text) = kind {
                try map.required("value").refuse(rule.problem(with: text)?.reason)
            }
            return rule
        }
    }
}

extension AlternativeNameRules {
    init(_ value: YAMLValue) throws(YAMLError) {
        self = try value.mapping { map throws(YAMLError) in
            var kinds: [AlternativeNameKind: Count] = [:]
            for kind in AlternativeNameKind.allCases {
                guard let entry = map.optional(kind.rawValue) else { continue }
                kinds[kind] = try entry.mapping { map throws(YAMLError) in
                    let minimum = try map.required("minimum").integer(in: 0...32)
                    let maximum = try map.required("maximum").integer(in: max(minimum, 1)...32)
                    return Count(minimum: minimum, maximum: maximum)
                }
            }
            return AlternativeNameRules(
                kinds: kinds,
                minimumMailboxes: try map.optional("minimumMailboxes") { value throws(YAMLError) in
                    try value.integer(in: 0...32)
                } ?? 0,
                repeatsEmailAddress: try map.required("repeatsEmailAddress").bool()
            )
        }
    }
}

extension ExtendedKeyUsageRules {
    init(_ value: YAMLValue) throws(YAMLError) {
        self = try value.mapping { map throws(YAMLError) in
            ExtendedKeyUsageRules(
                always: try map.required("always").nonEmptyList { value throws(YAMLError) in
                    try value.extendedKeyUsage()
                },
                optional: try map.optional("optional") { value throws(YAMLError) in
                    try value.list { value throws(YAMLError) in try value.extendedKeyUsage() }
                } ?? []
            )
        }
    }
}

extension KeyUsageRules {
    init(_ value: YAMLValue) throws(YAMLError) {
        self = try value.mapping { map throws(YAMLError) in
            KeyUsageRules(
                rsa: try map.optional("rsa") { value throws(YAMLError) in try value.keyUsage() },
                ec: try map.optional("ec") { value throws(YAMLError) in try value.keyUsage() },
                ed25519: try map.optional("ed25519") { value throws(YAMLError) in try value.keyUsage() }
            )
        }
    }
}

extension ValidityRules {
    init(_ value: YAMLValue) throws(YAMLError) {
        self = try value.mapping { map throws(YAMLError) in
            let maximum = try map.required("maximumDays").integer(in: 1...3_660)
            return ValidityRules(
                maximumDays: maximum,
                defaultDays: try map.required("defaultDays").integer(in: 1...maximum),
                backdatingSeconds: try map.required("backdatingSeconds").integer(in: 0...172_800),
                latestStartDays: try map.optional("latestStartDays") { value throws(YAMLError) in
                    try value.integer(in: 0...90)
                } ?? 0
            )
        }
    }
}

extension RevocationRules {
    init(_ value: YAMLValue) throws(YAMLError) {
        self = try value.mapping { map throws(YAMLError) in
            RevocationRules(
                reasons: try map.required("reasons").choices(RevocationReason.self),
                allowsHold: try map.required("hold").bool()
            )
        }
    }
}

extension AuthorityProfile {
    init(_ value: YAMLValue) throws(YAMLError) {
        self = try value.mapping { map throws(YAMLError) in
            let maximumYears = try map.required("maximumYears").integer(in: 1...40)
            let profile = AuthorityProfile(
                name: try map.required("name").identifier(),
                description: try map.required("description").nonEmptyString(),
                use: try map.required("use").oneOf(IssuerUse.self),
                subject: try SubjectRules(try map.required("subject")),
                signatureAlgorithms: try map.required("signatureAlgorithms").choices(SignatureAlgorithm.self),
                keyAlgorithms: try map.required("keys").choices(KeyAlgorithm.self),
                keyUsage: try map.required("keyUsage").keyUsage(),
                pathLength: try map.optional("pathLength") { value throws(YAMLError) in
                    try value.integer(in: 0...8)
                },
                extendedKeyUsage: try map.required("extendedKeyUsage").list { value throws(YAMLError) in
                    try value.extendedKeyUsage()
                },
                policies: try map.required("policies").list { value throws(YAMLError) in try value.policy() },
                maximumYears: maximumYears,
                defaultYears: try map.required("defaultYears").integer(in: 1...maximumYears),
                renewalDays: try map.optional("renewalDays") { value throws(YAMLError) in
                    try value.integer(in: 3...365)
                }
            )
            try value.refuse(profile.problem)
            return profile
        }
    }
}
