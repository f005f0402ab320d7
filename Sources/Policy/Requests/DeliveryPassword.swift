/// The password of a PKCS#12 file, as a caller gives it (P12-03).
package enum DeliveryPassword {
    /// In characters. Ten or more letters and digits are not guessed at the rate that the file's many rounds leave; more
    /// than 117 do not fit into the fields of importers.
    package static let lengths = 12...117

    /// Letters and digits of ASCII: what every importer takes (Java, for one, takes no other characters than ASCII).
    package static func isWellFormed(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard lengths.contains(bytes.count) else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"):
                true
            default: false
            }
        }
    }
}

extension ProfileSet {
    /// Whether the caller may give this password for a key of the profile. The refusal says nothing of the password.
    package func checkPassword(_ password: UnsafeRawBufferPointer, profile name: String) throws(PolicyViolation) {
        guard let profile = profile(name) else {
            throw PolicyViolation(.profileUnknown, field: "profile", "there is no profile “\(name)”")
        }
        guard profile.keyPassword == .caller else {
            throw PolicyViolation(
                .passwordNotAllowed,
                field: "password",
                "passwords of this profile are made by the service alone"
            )
        }
        guard DeliveryPassword.isWellFormed(password) else {
            throw PolicyViolation(
                .passwordForm,
                field: "password",
                "a password of this profile has \(DeliveryPassword.lengths.lowerBound) to "
                    + "\(DeliveryPassword.lengths.upperBound) characters, letters and digits of ASCII alone"
            )
        }
    }
}
