/// A key purpose of the extended key usage extension (RFC 5280 4.2.1.12).
package enum ExtendedKeyUsage: Hashable, Sendable {
    case clientAuth
    case emailProtection
    case ocspSigning
    /// Microsoft's Encrypting File System.
    case encryptingFileSystem
    /// Microsoft's smart-card log-on.
    case smartCardLogon
    case other(OID)

    /// The purposes that have a name here.
    package static let named: [ExtendedKeyUsage] = [
        .clientAuth, .emailProtection, .ocspSigning, .encryptingFileSystem, .smartCardLogon,
    ]

    /// `other` with the identifier of a named purpose becomes that one.
    package init(oid: OID) {
        self = Self.named.first { $0.oid == oid } ?? .other(oid)
    }

    /// By the name of the case.
    package init?(name: String) {
        guard let usage = Self.named.first(where: { $0.name == name }) else { return nil }
        self = usage
    }

    package var name: String {
        switch self {
        case .clientAuth: "clientAuth"
        case .emailProtection: "emailProtection"
        case .ocspSigning: "ocspSigning"
        case .encryptingFileSystem: "encryptingFileSystem"
        case .smartCardLogon: "smartCardLogon"
        case .other(let oid): oid.description
        }
    }

    package var oid: OID {
        switch self {
        case .clientAuth: Self.clientAuthOID
        case .emailProtection: Self.emailProtectionOID
        case .ocspSigning: Self.ocspSigningOID
        case .encryptingFileSystem: Self.encryptingFileSystemOID
        case .smartCardLogon: Self.smartCardLogonOID
        case .other(let oid): oid
        }
    }

    private static let clientAuthOID: OID = [1, 3, 6, 1, 5, 5, 7, 3, 2]
    private static let emailProtectionOID: OID = [1, 3, 6, 1, 5, 5, 7, 3, 4]
    private static let ocspSigningOID: OID = [1, 3, 6, 1, 5, 5, 7, 3, 9]
    private static let encryptingFileSystemOID: OID = [1, 3, 6, 1, 4, 1, 311, 10, 3, 4]
    private static let smartCardLogonOID: OID = [1, 3, 6, 1, 4, 1, 311, 20, 2, 2]
}

extension Extension {
    /// - Throws: `valueInvalid` when the list is empty, too long or says something twice.
    package static func extendedKeyUsage(_ usages: [ExtendedKeyUsage]) throws(X509Error) -> Extension {
        try check(usages)
        return try Extension(.extendedKeyUsage, critical: false) { writer throws(X509Error) in
            let list = writer.begin(.sequence)
            for usage in usages { writer.objectIdentifier(usage.oid) }
            writer.end(list)
        }
    }

    package func readExtendedKeyUsage() throws(X509Error) -> [ExtendedKeyUsage] {
        var value = try reader(expecting: .extendedKeyUsage)
        var list = try value.enter(.sequence)
        try value.finish()
        var usages: [ExtendedKeyUsage] = []
        while !list.isAtEnd { usages.append(ExtendedKeyUsage(oid: try list.objectIdentifier())) }
        try Self.check(usages)
        return usages
    }

    private static func check(_ usages: [ExtendedKeyUsage]) throws(X509Error) {
        guard (1...16).contains(usages.count), usages.map(\.oid).areAllDifferent else {
            throw X509Error(
                .valueInvalid,
                "1 to 16 different purposes are taken",
                clause: "RFC 5280 4.2.1.12",
                field: "extKeyUsage"
            )
        }
    }
}
