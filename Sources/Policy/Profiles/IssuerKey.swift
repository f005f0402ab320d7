import TextForms
import X509Building

extension IssuerDescription {
    /// The certificate of an issuer in the settings is for another key than the reviewed profile set names.
    package struct OtherKey: Error, Hashable, CustomStringConvertible {
        package let issuer: String
        /// SHA-256 of a SubjectPublicKeyInfo each.
        package let reviewed: [UInt8]
        package let found: [UInt8]

        package var message: String {
            "its certificate has the key \(HexText.encode(found)), "
                + "and the reviewed profile set says \(HexText.encode(reviewed))"
        }

        package let mend = "name the right certificate in the settings, or have the profile set reviewed anew"

        package var description: String { "issuer \(issuer): \(message); \(mend)" }
    }

    /// Throws `OtherKey` when the file says which key the issuer has, and it is not this one.
    package func check(key: SubjectPublicKey) throws(OtherKey) {
        guard let keySHA256, keySHA256 != key.sha256 else { return }
        throw OtherKey(issuer: name, reviewed: keySHA256, found: key.sha256)
    }
}
