import X509Building

// Whether the parts of a profile fit together. Each answers what is wrong, or nil.

extension IssuanceProfile {
    var keysProblem: String? {
        let missing = keyAlgorithms.first { algorithm in
            switch algorithm {
            case .rsa2048, .rsa3072, .rsa4096: keyUsage.rsa == nil
            case .p256, .p384: keyUsage.ec == nil
            case .ed25519: keyUsage.ed25519 == nil
            }
        }
        return missing.map { "“\($0.rawValue)” is allowed, but keyUsage says nothing for its kind" }
    }

    var keyPasswordProblem: String? {
        guard keyOrigins.contains(.service) else { return nil }
        switch keyPassword {
        case nil: return "keys of origin service are delivered under a password; say in keyPassword who makes it"
        case .caller where smimeType != nil:
            return
                "S/MIME BR 6.1.2 demands 112 bits of the password, which a person's choice has not: keyPassword: service"
        case .caller, .service: return nil
        }
    }

    func ruleSetProblem(issuers known: [IssuerDescription]) -> String? {
        guard ruleSets.contains(.rfc5280) else { return "every profile follows rfc5280; add it" }
        guard ruleSets.count == 2 else { return "expected rfc5280 and exactly one of access and the smime sets" }
        let use: IssuerUse = smimeType == nil ? .access : .smime
        let wrong = issuers.first { name in known.first { $0.name == name }?.use != use }
        return wrong.map { "the issuer “\($0)” is not for \(use.rawValue), which these rules are for" }
    }

    var policiesProblem: String? {
        guard !policies.isEmpty else { return "expected at least one policy" }
        guard Set(policies.map(\.oid)).count == policies.count else { return "a policy stands twice" }
        let reserved = policies.filter { SMIMEType.isReserved($0.oid) }.map(\.oid)
        if let type = smimeType {
            return reserved == [type.policy]
                ? nil : "S/MIME BR 7.1.2.3 a demands exactly one reserved policy, here \(type.policy)"
        }
        return reserved.first.map { "\($0) is reserved for S/MIME certificates" }
    }

    var extendedKeyUsageProblem: String? {
        let all = extendedKeyUsage.always + extendedKeyUsage.optional
        if Set(all).count != all.count { return "a key purpose stands twice" }
        if all.contains(.ocspSigning) { return "ocspSigning is for responders, not for people" }
        guard let type = smimeType else {
            if all.contains(.emailProtection) { return "access certificates never protect mail" }
            return extendedKeyUsage.always.contains(.clientAuth)
                ? nil : "access certificates log in: clientAuth belongs to always"
        }
        if !extendedKeyUsage.always.contains(.emailProtection) {
            return "S/MIME BR 7.1.2.3 f demands emailProtection; put it into always"
        }
        if type.generation == .strict, all != [.emailProtection] {
            return "S/MIME BR 7.1.2.3 f allows nothing beside emailProtection in Strict"
        }
        return nil
    }

    var alternativeNamesProblem: String? {
        let mailboxes = [AlternativeNameKind.rfc822Name, .smtpUTF8Mailbox].compactMap { alternativeNames.kinds[$0] }
        if alternativeNames.minimumMailboxes > mailboxes.map(\.maximum).reduce(0, +) {
            return "fewer mail addresses are allowed than minimumMailboxes demands"
        }
        guard let type = smimeType else { return nil }
        if alternativeNames.minimumMailboxes + mailboxes.map(\.minimum).reduce(0, +) == 0 {
            return "S/MIME BR 7.1.4.2.1 demands a mail address; set minimumMailboxes to 1"
        }
        if !alternativeNames.repeatsEmailAddress {
            return
                "S/MIME BR 7.1.4.2.1 demands that mail addresses of the subject are repeated; set repeatsEmailAddress"
        }
        if type.generation == .strict, alternativeNames.kinds[.userPrincipalName] != nil {
            return "S/MIME BR 7.1.4.2.1 allows no other names than mail addresses in Strict"
        }
        return nil
    }

    var subjectProblem: String? {
        guard let type = smimeType else { return nil }
        let table = SMIMESubjectTable(type)
        if let wrong = subject.attributes.first(where: { !table.allows($0.type) }) {
            return "\(table.clause) does not allow “\(wrong.type.rawValue)”"
        }
        for needed in table.required {
            guard let rule = subject.attributes.first(where: { $0.type == needed }), rule.kind != .optional else {
                return "\(table.clause) demands “\(needed.rawValue)”"
            }
        }
        if table.needsPersonalName, subject.combinations.isEmpty {
            return "\(table.clause) demands a personal name or a pseudonym; list the combinations"
        }
        let contents = Set(subject.commonName)
        if subject.attributes.contains(where: { $0.type == .commonName }),
            contents.isEmpty || !contents.isSubset(of: table.commonName)
        {
            let allowed = table.commonName.map(\.rawValue).sorted().joined(separator: ", ")
            return "S/MIME BR 7.1.4.2.2 a allows as commonName only: \(allowed)"
        }
        return nil
    }

    var validityProblem: String? {
        guard let type = smimeType, validity.maximumDays > type.maximumDays else { return nil }
        return "S/MIME BR 6.3.2 allows at most \(type.maximumDays) days"
    }

    var revocationProblem: String? {
        guard let type = smimeType, revocation.allowsHold, !type.allowsHold else { return nil }
        return "S/MIME BR 4.9.13 forbids hold for Strict"
    }
}

extension AuthorityProfile {
    var problem: String? {
        if use == .responder { return responderProblem }
        if renewalDays != nil { return "the certificates of responders are renewed by the service, and no others" }
        if !keyUsage.isSuperset(of: [.keyCertSign, .cRLSign]) {
            return "a CA needs the key usages keyCertSign and cRLSign"
        }
        if !keyUsage.isSubset(of: [.keyCertSign, .cRLSign, .digitalSignature]) {
            return "a CA has no key usage beside keyCertSign, cRLSign and digitalSignature"
        }
        guard use != .root else {
            if !extendedKeyUsage.isEmpty { return "S/MIME BR 7.1.2.1 forbids extendedKeyUsage in a root" }
            return policies.isEmpty ? nil : "S/MIME BR 7.1.6.2: a root should have no policies"
        }
        if extendedKeyUsage.isEmpty { return "S/MIME BR 7.1.2.2 g demands extendedKeyUsage" }
        if policies.isEmpty { return "S/MIME BR 7.1.6.3 demands policies" }
        if pathLength != 0 { return "an issuing CA certifies people alone: pathLength must be 0" }
        if (use == .smime) != extendedKeyUsage.contains(.emailProtection) {
            return "emailProtection belongs to CAs for smime and to no others"
        }
        return nil
    }
}

extension AuthorityProfile {
    private var responderProblem: String? {
        if keyUsage != [.digitalSignature] {
            return "a responder's key signs answers: its usage is digitalSignature alone"
        }
        if extendedKeyUsage != [.ocspSigning] {
            return "RFC 6960 4.2.2.2 demands ocspSigning, and a responder has no other purpose"
        }
        if !policies.isEmpty || pathLength != nil { return "a responder has no policies and no path length" }
        return maximumYears == 1 ? nil : "nobody asks whether a responder is revoked: maximumYears must be 1"
    }
}

/// What the subject of an S/MIME certificate may and must have (S/MIME BR 7.1.4.2.3 to 7.1.4.2.6).
struct SMIMESubjectTable {
    let type: SMIMEType

    init(_ type: SMIMEType) {
        self.type = type
    }

    var clause: String {
        switch type.level {
        case .mailbox: "S/MIME BR 7.1.4.2.3"
        case .organization: "S/MIME BR 7.1.4.2.4"
        case .sponsor: "S/MIME BR 7.1.4.2.5"
        case .individual: "S/MIME BR 7.1.4.2.6"
        }
    }

    /// Of the attributes that are known here; domainComponent is "other", which only Legacy allows.
    func allows(_ attribute: AttributeType) -> Bool {
        switch attribute {
        case .commonName, .serialNumber, .emailAddress: true
        case .organizationName, .organizationalUnitName, .organizationIdentifier: hasOrganization
        case .givenName, .surname, .pseudonym, .title: hasPerson
        case .localityName, .stateOrProvinceName, .countryName: type.level != .mailbox
        case .domainComponent: type.generation == .legacy && type.level != .mailbox
        }
    }

    var required: [AttributeType] {
        hasOrganization ? [.organizationName, .organizationIdentifier] : []
    }

    /// Given name or surname, or a pseudonym.
    var needsPersonalName: Bool { hasPerson && type.generation != .legacy }

    var commonName: [CommonNameContent] {
        switch type.level {
        case .mailbox: [.mailbox]
        case .organization: [.mailbox, .organizationName]
        case .sponsor, .individual: [.mailbox, .personalName, .pseudonym]
        }
    }

    private var hasOrganization: Bool { type.level == .organization || type.level == .sponsor }
    private var hasPerson: Bool { type.level == .sponsor || type.level == .individual }
}
