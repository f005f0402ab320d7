import Clocks
import X509Building

@testable import Policy

private let serverAuth = ExtendedKeyUsage.other([1, 3, 6, 1, 5, 5, 7, 3, 1])

/// For every rule a certificate that breaks it.
let lintMutations: [Mutation] =
    fieldMutations + subjectMutations + extensionMutations + usageMutations + nameMutations + smimeMutations
    + accessMutations + authorityMutations + responderMutations + planMutations

private let fieldMutations: [Mutation] = [
    Mutation("rfc5280.serial-positive") { $0.tbs.serialNumber = [] },
    Mutation("rfc5280.serial-length") { $0.tbs.serialNumber = [0x80] + [UInt8](repeating: 1, count: 19) },
    Mutation("rfc5280.serial-length") { $0.tbs.serialNumber = [UInt8](repeating: 1, count: 21) },
    Mutation("cabf.serial-entropy") { $0.tbs.serialNumber = [UInt8](repeating: 0xff, count: 8) },
    Mutation("rfc5280.signature-algorithm") { $0.tbs.signatureAlgorithm = .ecdsaP256SHA256 },
    Mutation("rfc5280.issuer-name") { $0.tbs.issuerDER = try $0.tbs.subject.derEncoded() },
    Mutation("rfc5280.key-kind") { $0.tbs.publicKey = try rsaKey(octets: 264) },
    Mutation("rfc5280.key-of-issuer") { $0.tbs.publicKey = $0.issuer?.publicKey ?? $0.tbs.publicKey },
    Mutation("rfc5280.validity-order") { $0.tbs.notBefore = $0.tbs.notAfter + 1 },
    Mutation("rfc5280.validity-past") { $0.tbs.notAfter = testDate.seconds - 1 },
    Mutation("rfc5280.validity-within-issuer") { $0.tbs.notBefore = ($0.issuer?.notBefore ?? 0) - 1 },
    Mutation("rfc5280.validity-within-issuer") { $0.tbs.notAfter = ($0.issuer?.notAfter ?? 0) + 1 },
]

private let subjectMutations: [Mutation] = [
    Mutation("rfc5280.subject-empty") { $0.tbs.subject.attributes = [] },
    Mutation("rfc5280.attribute-length") { $0.set(.commonName, String(repeating: "あ", count: 65)) },
    Mutation("rfc5280.attribute-length") { $0.set(.commonName, "") },
    Mutation("rfc5280.attribute-form") { $0.set(.countryName, "JP", form: .utf8String) },
    Mutation("rfc5280.attribute-form") { $0.set(.organizationName, "Inkan", form: .printableString) },
    Mutation("rfc5280.attribute-characters") { $0.set(.organizationName, "In\u{0}kan") },
    Mutation("rfc5280.attribute-characters") { $0.set(.organizationName, "In\u{202e}kan") },
    Mutation("rfc5280.attribute-characters") { $0.set(.emailAddress, "山田@inkan.example") },
    Mutation("cabf.attribute-twice") { $0.tbs.subject.attributes.append($0.tbs.subject.attributes[0]) },
    Mutation("rfc5280.country") { $0.set(.countryName, "jp") },
    Mutation("rfc5280.country") { $0.set(.countryName, "ZZ") },
]

private let extensionMutations: [Mutation] = [
    Mutation("rfc5280.extension-twice") { $0.tbs.extensions.append($0.tbs.extensions[0]) },
    Mutation("rfc5280.extension-malformed") { spoilt in
        spoilt.put(Extension(oid: .keyUsage, critical: true, value: [3, 2, 0, 0]))
    },
    Mutation("rfc5280.extension-malformed") { spoilt in
        // An authority key identifier with issuer and serial beside the key.
        let value: [UInt8] = [0x30, 0x07, 0x80, 0x02, 1, 2, 0x82, 0x01, 1]
        spoilt.put(Extension(oid: .authorityKeyIdentifier, critical: false, value: value))
    },
    Mutation("rfc5280.extension-unknown") { spoilt in
        spoilt.put(Extension(oid: [1, 2, 3, 4], critical: false, value: [5, 0]))
    },
    Mutation("rfc5280.critical-authorityKeyIdentifier") { $0.turn(.authorityKeyIdentifier) },
    Mutation("rfc5280.critical-subjectKeyIdentifier") { $0.turn(.subjectKeyIdentifier) },
    Mutation("rfc5280.critical-keyUsage") { $0.turn(.keyUsage) },
    Mutation("rfc5280.critical-certificatePolicies") { $0.turn(.certificatePolicies) },
    Mutation("rfc5280.critical-subjectAltName") { $0.turn(.subjectAlternativeName) },
    Mutation("rfc5280.critical-extKeyUsage") { $0.turn(.extendedKeyUsage) },
    Mutation("rfc5280.critical-cRLDistributionPoints") { $0.turn(.crlDistributionPoints) },
    Mutation("rfc5280.critical-authorityInfoAccess") { $0.turn(.authorityInformationAccess) },
    Mutation("rfc5280.critical-securityIdentifier", of: .smartCard) { $0.turn(.securityIdentifier) },
    Mutation("rfc5280.critical-basicConstraints") { $0.turn(.basicConstraints) },
    Mutation("rfc5280.critical-basicConstraints", of: .issuing) { $0.turn(.basicConstraints) },
    Mutation("rfc5280.authority-key-identifier") { $0.remove(.authorityKeyIdentifier) },
    Mutation("rfc5280.authority-key-identifier") { spoilt in
        spoilt.put(try .authorityKeyIdentifier([UInt8](repeating: 7, count: 20)))
    },
    Mutation("rfc5280.authority-key-identifier", of: .root) { spoilt in
        spoilt.put(try .authorityKeyIdentifier([UInt8](repeating: 7, count: 20)))
    },
    Mutation("rfc5280.subject-key-identifier") { $0.remove(.subjectKeyIdentifier) },
    Mutation("rfc5280.subject-key-identifier") { spoilt in
        spoilt.put(try .subjectKeyIdentifier([UInt8](repeating: 7, count: 20)))
    },
]

private let usageMutations: [Mutation] = [
    Mutation("rfc5280.key-usage-present") { $0.remove(.keyUsage) },
    Mutation("rfc5280.key-usage-ca") { $0.put(try .keyUsage([.digitalSignature, .keyCertSign])) },
    Mutation("rfc5280.key-usage-ca") { $0.put(try .keyUsage([.digitalSignature, .cRLSign])) },
    Mutation("rfc5280.key-usage-key") { $0.put(try .keyUsage([.digitalSignature, .keyAgreement])) },
    Mutation("rfc5280.key-usage-key") { spoilt in
        spoilt.tbs.publicKey = try TestKey.p256().publicKey
        spoilt.put(try .keyUsage([.digitalSignature, .keyEncipherment]))
    },
    Mutation("rfc5280.key-usage-key") { spoilt in
        spoilt.tbs.publicKey = try TestKey.ed25519()
        spoilt.put(try .keyUsage([.digitalSignature, .keyAgreement]))
    },
    Mutation("rfc5280.key-usage-key") { spoilt in
        spoilt.tbs.publicKey = try TestKey.p256().publicKey
        spoilt.put(try .keyUsage([.digitalSignature, .encipherOnly]))
    },
    Mutation("rfc5280.extended-key-usage-served") { $0.put(try .keyUsage([.dataEncipherment])) },
    Mutation("rfc5280.basic-constraints-person") { $0.put(try .basicConstraints(isCA: true)) },
    Mutation("rfc5280.basic-constraints-person") { $0.put(try .basicConstraints(isCA: true, pathLength: 0)) },
    Mutation("cabf.extended-key-usage-forbidden") { $0.put(try .extendedKeyUsage([.emailProtection, serverAuth])) },
    Mutation("cabf.extended-key-usage-forbidden") { spoilt in
        spoilt.put(try .extendedKeyUsage([.emailProtection, .other([2, 5, 29, 37, 0])]))
    },
    Mutation("cabf.extended-key-usage-forbidden", of: .access) { spoilt in
        spoilt.put(try .extendedKeyUsage([.clientAuth, .ocspSigning]))
    },
    Mutation("cabf.extended-key-usage-nested") { spoilt in
        spoilt.put(try .extendedKeyUsage([.emailProtection, .smartCardLogon]))
    },
    Mutation("rfc5280.extended-key-usage-present") { $0.remove(.extendedKeyUsage) },
]

private let nameMutations: [Mutation] = [
    Mutation("rfc5280.alternative-names") { $0.put(try .subjectAlternativeName([.rfc822Name("a@Inkan.example")])) },
    Mutation("rfc5280.alternative-names", of: .smartCard) { spoilt in
        spoilt.put(try .subjectAlternativeName([.userPrincipalName("太郎@corp.example")]))
    },
    Mutation("rfc9598.mailbox") { spoilt in
        spoilt.put(try .subjectAlternativeName([.smtpUTF8Mailbox("山田@Inkan.example")]))
    },
    Mutation("rfc5280.policies-present") { $0.remove(.certificatePolicies) },
    Mutation("rfc5280.any-policy") { spoilt in
        let policy = SMIMEType(.sponsor, .multipurpose).policy
        spoilt.put(try .certificatePolicies([.init(oid: policy), .init(oid: [2, 5, 29, 32, 0])]))
    },
    Mutation("rfc5280.policies-nested") { $0.put(try .certificatePolicies([.init(oid: [1, 2, 3])])) },
    Mutation("rfc5280.crl-present") { $0.remove(.crlDistributionPoints) },
    Mutation("cabf.http-only") { $0.put(try .crlDistributionPoints(["ldap://inkan.example/cn=x"])) },
    Mutation("cabf.http-only") { spoilt in
        spoilt.put(try .authorityInformationAccess(ocsp: ["https://inkan.example/ocsp"], caIssuers: []))
    },
]

private let smimeMutations: [Mutation] = [
    Mutation("smime.legacy-ended") { $0.follow(SMIMEType(.sponsor, .legacy)) },
    Mutation("smime.validity") { $0.tbs.notAfter = $0.tbs.notBefore + 825 * 86_400 },
    Mutation("smime.policy") { spoilt in
        spoilt.put(try .certificatePolicies([.init(oid: SMIMEType(.mailbox, .multipurpose).policy)]))
    },
    Mutation("smime.policy") { spoilt in
        let policies = [SMIMEType(.mailbox, .multipurpose), SMIMEType(.sponsor, .multipurpose)].map(\.policy)
        spoilt.put(try .certificatePolicies(policies.map { CertificatePolicy(oid: $0) }))
    },
    Mutation("smime.cps") { spoilt in
        let policy = SMIMEType(.sponsor, .multipurpose).policy
        spoilt.put(try .certificatePolicies([.init(oid: policy, cps: "ftp://inkan.example/cps")]))
    },
    Mutation("smime.issuer-access") { $0.remove(.authorityInformationAccess) },
    Mutation("smime.extensions") { $0.put(try .securityIdentifier("S-1-5-21-1-2-3-1105")) },
    Mutation("smime.key-usage") { $0.put(try .keyUsage([.digitalSignature, .dataEncipherment])) },
    Mutation("smime.key-usage") { $0.put(try .keyUsage([.keyEncipherment, .nonRepudiation])) },
    Mutation("smime.key-usage") { $0.put(try .keyUsage([.nonRepudiation])) },
    Mutation("smime.key-usage") { spoilt in
        spoilt.follow(SMIMEType(.sponsor, .strict))
        spoilt.put(try .keyUsage([.digitalSignature, .keyEncipherment, .dataEncipherment]))
    },
    Mutation("smime.extended-key-usage") { $0.put(try .extendedKeyUsage([.clientAuth])) },
    Mutation("smime.extended-key-usage-strict") { spoilt in
        spoilt.follow(SMIMEType(.sponsor, .strict))
        spoilt.put(try .extendedKeyUsage([.emailProtection, .clientAuth]))
    },
    Mutation("smime.mailbox-present") { $0.remove(.subjectAlternativeName) },
    Mutation("smime.mailbox-present") { spoilt in
        spoilt.put(try .subjectAlternativeName([.userPrincipalName("taro@corp.example")]))
    },
    Mutation("smime.alternative-names") { spoilt in
        spoilt.put(try .subjectAlternativeName([.rfc822Name("taro@inkan.example"), .dnsName("inkan.example")]))
    },
    Mutation("smime.alternative-names") { spoilt in
        spoilt.follow(SMIMEType(.sponsor, .strict))
        let names: [GeneralName] = [.rfc822Name("taro@inkan.example"), .userPrincipalName("taro@corp.example")]
        spoilt.put(try .subjectAlternativeName(names))
    },
    Mutation("smime.mailbox-repeated") { $0.set(.emailAddress, "jiro@inkan.example") },
    Mutation("smime.mailbox-repeated") { $0.set(.commonName, "jiro@inkan.example") },
    Mutation("smime.attributes-allowed") { $0.set(.domainComponent, "inkan") },
    Mutation("smime.attributes-allowed") { $0.follow(SMIMEType(.organization, .multipurpose)) },
    Mutation("smime.attributes-allowed") { $0.follow(SMIMEType(.mailbox, .multipurpose)) },
    Mutation("smime.attributes-required") { $0.drop(.organizationIdentifier) },
    Mutation("smime.attributes-required") { $0.drop(.organizationName) },
    Mutation("smime.personal-name") { $0.drop(.surname, .givenName) },
    Mutation("smime.pseudonym-alone") { $0.set(.pseudonym, "社員 7") },
    Mutation("smime.common-name") { $0.set(.commonName, "佐藤 花子") },
    Mutation("smime.organization-identifier") { $0.set(.organizationIdentifier, "JP1234567890123") },
    Mutation("smime.organization-country") { $0.set(.countryName, "DE") },
    Mutation("smime.place-without-country") { spoilt in
        spoilt.drop(.countryName)
        spoilt.set(.localityName, "千代田区")
    },
    Mutation("smime.meaningless-value") { $0.set(.organizationName, "-") },
]

private let accessMutations: [Mutation] = [
    Mutation("access.client-authentication", of: .access) { $0.put(try .extendedKeyUsage([.encryptingFileSystem])) },
    Mutation("access.no-mail", of: .access) { $0.put(try .extendedKeyUsage([.clientAuth, .emailProtection])) },
    Mutation("access.no-reserved-policy", of: .access) { spoilt in
        spoilt.put(try .certificatePolicies([.init(oid: SMIMEType(.mailbox, .strict).policy)]))
    },
    Mutation("access.signature", of: .access) { $0.put(try .keyUsage([.keyEncipherment])) },
    Mutation("access.alternative-names", of: .access) { spoilt in
        spoilt.put(try .subjectAlternativeName([.uniformResourceIdentifier("tag:microsoft.com,2022-09-14:sid:S-1")]))
    },
    Mutation("access.security-identifier", of: .smartCard) { $0.put(try .securityIdentifier("S-1-5-32-544")) },
    Mutation("access.smart-card-principal", of: .smartCard) { spoilt in
        spoilt.remove(.securityIdentifier)
        spoilt.remove(.subjectAlternativeName)
    },
]

private let authorityMutations: [Mutation] = [
    Mutation("authority.basic-constraints", of: .issuing) { $0.put(try .basicConstraints(isCA: false)) },
    Mutation("authority.basic-constraints", of: .root) { $0.remove(.basicConstraints) },
    Mutation("authority.key-usage", of: .issuing) { $0.put(try .keyUsage([.keyCertSign])) },
    Mutation("authority.key-usage", of: .root) { $0.put(try .keyUsage([.keyCertSign, .cRLSign, .keyAgreement])) },
    Mutation("authority.name", of: .issuing) { $0.drop(.organizationName) },
    Mutation("authority.no-alternative-names", of: .issuing) { spoilt in
        spoilt.put(try .subjectAlternativeName([.dnsName("ca.inkan.example")]))
    },
    Mutation("root.self-issued", of: .root) { $0.tbs.publicKey = try TestKey.p256().publicKey },
    Mutation("root.no-extended-key-usage", of: .root) { $0.put(try .extendedKeyUsage([.clientAuth])) },
    Mutation("root.no-policies", of: .root) { $0.put(try .certificatePolicies([.init(oid: [2, 5, 29, 32, 0])])) },
    Mutation("root.no-path-length", of: .root) { $0.put(try .basicConstraints(isCA: true, pathLength: 1)) },
    Mutation("issuing.name", of: .issuing) { $0.set(.commonName, "Test Root") },
    Mutation("issuing.path-length", of: .issuing) { $0.put(try .basicConstraints(isCA: true)) },
    Mutation("issuing.path-length", of: .issuing) { spoilt in
        let root = spoilt.issuer
        spoilt.issuer = root.map {
            IssuerFacts(
                root: $0.name,
                subjectDER: $0.subjectDER,
                key: $0.publicKey,
                notBefore: $0.notBefore,
                notAfter: $0.notAfter,
                path: 0
            )
        }
    },
    Mutation("issuing.mail", of: .issuing) { $0.put(try .extendedKeyUsage([.clientAuth])) },
    Mutation("issuing.policies", of: .issuing) { $0.remove(.certificatePolicies) },
    Mutation("issuing.issuer-access", of: .issuing) { $0.remove(.authorityInformationAccess) },
]

private let responderMutations: [Mutation] = [
    Mutation("responder.extended-key-usage", of: .responder) { spoilt in
        spoilt.put(try .extendedKeyUsage([.ocspSigning, .clientAuth]))
    },
    Mutation("responder.key-usage", of: .responder) { $0.put(try .keyUsage([.digitalSignature, .cRLSign])) },
    Mutation("responder.no-check", of: .responder) { $0.remove(.ocspNoCheck) },
    Mutation("responder.no-authority", of: .responder) { $0.put(try .basicConstraints(isCA: true)) },
    Mutation("responder.no-alternative-names", of: .responder) { spoilt in
        spoilt.put(try .subjectAlternativeName([.dnsName("ocsp.inkan.example")]))
    },
    Mutation("responder.validity", of: .responder) { $0.tbs.notAfter += 40 * 86_400 },
    Mutation("rfc5280.extension-unknown", of: .access) { $0.put(.ocspNoCheck) },
    Mutation("cabf.extended-key-usage-nested", of: .responder) { spoilt in
        spoilt.put(try .extendedKeyUsage([.ocspSigning, .emailProtection]))
    },
]

private let planMutations: [Mutation] = [
    Mutation("plan.serial") { $0.tbs.serialNumber[3] ^= 1 },
    Mutation("plan.signature-algorithm") { $0.tbs.signatureAlgorithm = .sha384WithRSA },
    Mutation("plan.issuer") { $0.tbs.issuerDER = try $0.tbs.subject.derEncoded() },
    Mutation("plan.not-before") { $0.tbs.notBefore += 1 },
    Mutation("plan.not-after") { $0.tbs.notAfter += 1 },
    Mutation("plan.subject") { $0.set(.commonName, "山田") },
    Mutation("plan.subject") { spoilt in
        // か with a voicing mark of its own: an equal string, other octets.
        spoilt.plan.subject.attributes[0].value = "が"
        spoilt.tbs.subject.attributes[0].value = "か\u{3099}"
    },
    Mutation("plan.public-key") { $0.tbs.publicKey = try TestKey.p256().publicKey },
    Mutation("plan.extension-missing") { $0.remove(.basicConstraints) },
    Mutation("plan.extension-unplanned", of: .access) { spoilt in
        spoilt.put(try .subjectAlternativeName([.userPrincipalName("boss@corp.example")]))
    },
    Mutation("plan.extension-differs") { $0.put(try .keyUsage([.digitalSignature])) },
    Mutation("plan.extension-order") { $0.tbs.extensions.swapAt(0, 1) },
]

/// A modulus of a length that has no name here.
private func rsaKey(octets: Int) throws -> SubjectPublicKey {
    let modulus = [0xc1] + [UInt8](repeating: 0x35, count: octets - 1)
    return try SubjectPublicKey.rsa(modulus: modulus, exponent: [1, 0, 1])
}
