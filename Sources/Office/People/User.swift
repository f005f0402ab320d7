package import Clocks

/// Who logs in to the console for a tenant (section 2.2).
package struct User: Hashable, Sendable, Codable {
    /// `PAR12345_taro`: unique, never changed; the common name of the administrator certificate.
    package var id: String
    package var tenant: String
    package var role: Role
    package var surname: String
    package var givenName: String
    package var surnameEnglish: String
    package var givenNameEnglish: String
    package var department: String
    package var telephone: String
    package var mail: String
    package var language: Language
    /// The right to buy licences (※4), for managers and staff.
    package var mayPurchase: Bool
    /// The grants of staff for each profile (※1 to ※3).
    package var grants: [String: Set<Grant>]
    package var passwordHash: PasswordHash
    /// Whether somebody else set the password: it opens nothing but its own change.
    package var hasFirstPassword: Bool
    package var isActive: Bool
    package var created: Timestamp

    package init(
        id: String,
        tenant: String,
        role: Role,
        surname: String,
        givenName: String,
        mail: String,
        passwordHash: PasswordHash,
        created: Timestamp
    ) {
        (self.id, self.tenant, self.role) = (id, tenant, role)
        (self.surname, self.givenName, self.mail) = (surname, givenName, mail)
        (surnameEnglish, givenNameEnglish, department, telephone) = ("", "", "", "")
        (language, mayPurchase, grants, isActive) = (.japanese, false, [:], true)
        (self.passwordHash, hasFirstPassword, self.created) = (passwordHash, false, created)
    }

    package var name: String { "\(surname) \(givenName)" }

    package func holds(_ grant: Grant, on profile: String) -> Bool {
        grants[profile]?.contains(grant) ?? false
    }
}

/// The three roles of chapter 8.
package enum Role: String, Codable, CaseIterable, Sendable, Worded {
    case administrator, manager, staff

    package var text: Text {
        switch self {
        case .administrator: Text("管理者", "Administrator")
        case .manager: Text("マネージャー", "Manager")
        case .staff: Text("担当者", "Staff")
        }
    }
}

/// What staff may be given for one profile.
package enum Grant: String, Codable, CaseIterable, Sendable, Worded {
    /// ※1
    case application
    /// ※2
    case revocation
    /// ※3
    case approval

    package var text: Text {
        switch self {
        case .application: Text("証明書申請", "Certificate application")
        case .revocation: Text("証明書失効", "Certificate revocation")
        case .approval: Text("承認", "Approval")
        }
    }
}

/// Who works at the certificate authority: approves licences, vets profiles and mail domains, helps.
package struct Operator: Hashable, Sendable, Codable {
    package var id: String
    package var name: String
    package var passwordHash: PasswordHash
    /// As a user's.
    package var hasFirstPassword: Bool
    package var isActive: Bool

    package init(id: String, name: String, passwordHash: PasswordHash) {
        (self.id, self.name, self.passwordHash) = (id, name, passwordHash)
        (hasFirstPassword, isActive) = (false, true)
    }
}

/// A password as it is kept: scrypt's output with its salt and cost (RFC 7914).
package struct PasswordHash: Hashable, Sendable, Codable {
    package var salt: [UInt8]
    package var rounds: Int
    package var blockSize: Int
    package var parallelism: Int
    package var output: [UInt8]

    package init(salt: [UInt8], rounds: Int, blockSize: Int, parallelism: Int, output: [UInt8]) {
        (self.salt, self.rounds, self.blockSize) = (salt, rounds, blockSize)
        (self.parallelism, self.output) = (parallelism, output)
    }

    /// That of somebody whose password was never set: no password has it.
    package static let none = PasswordHash(salt: [], rounds: 2, blockSize: 8, parallelism: 1, output: [])
}
