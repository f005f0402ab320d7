/// The names by which Active Directory knows who logs on: whoever has one in a certificate logs on as that account.
///
/// The appliance refuses the same; here it is said when the order is made, not to the subscriber at the pick-up.
package enum DirectoryNames {
    /// The longest that a form takes (section 2.17).
    package static let limit = 128

    /// A user principal name, `user@realm`; empty where none was typed.
    package static func principal(_ text: String) throws(Refusal) -> String {
        let name = text.trimmingBlanks
        guard !name.isEmpty else { return "" }
        let parts = name.split(separator: "@", omittingEmptySubsequences: false)
        let isRight =
            name.count <= limit && parts.count == 2 && !parts[0].isEmpty && parts[0].first != "."
            && parts[0].last != "." && parts[0].allSatisfy { $0.isASCIIAlphanumeric || "._-+'&#".contains($0) }
            && parts[1].split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isLabel)
        guard isRight else {
            throw Refusal(
                .input,
                Text(
                    "UPNは「ユーザ名@ドメイン」の形式で、半角128文字以内で入力してください(例: taro@ad.example.com)。",
                    "A UPN is user@domain, at most 128 half-width characters, such as taro@ad.example.com."
                )
            )
        }
        return name
    }

    /// The SID of an account of a domain ([MS-DTYP] 2.4.2.1); empty where none was typed.
    package static func securityIdentifier(_ text: String) throws(Refusal) -> String {
        let identifier = text.trimmingBlanks
        guard !identifier.isEmpty else { return "" }
        guard identifier.count <= limit, identifier.allSatisfy({ $0.isASCIIAlphanumeric || $0 == "-" }) else {
            throw Refusal(
                .input,
                Text("SIDは半角英数字とハイフン128文字以内で入力してください。", "A SID has at most 128 letters, digits and hyphens.")
            )
        }
        let parts = identifier.split(separator: "-", omittingEmptySubsequences: false)
        let numbers = parts.dropFirst().compactMap(number)
        guard parts.count == 8, numbers.count == 7, parts[0] == "S", numbers.starts(with: [1, 5, 21]) else {
            throw Refusal(
                .input,
                Text(
                    "ドメインアカウントのSID(S-1-5-21-…)を入力してください。whoami /user で確認できます。",
                    "Enter the SID of a domain account, S-1-5-21-…; “whoami /user” shows it."
                )
            )
        }
        guard numbers[6] >= 1000 else {
            throw Refusal(
                .input,
                Text(
                    "組み込みアカウント・グループのSID(末尾\(numbers[6]))は使用できません。利用者本人のアカウントのSIDを入力してください。",
                    "A SID that ends in \(numbers[6]) is a built-in account or group. Enter that of the subscriber's own account."
                )
            )
        }
        return identifier
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.count) && label.first != "-" && label.last != "-"
            && label.allSatisfy { $0.isASCIIAlphanumeric || $0 == "-" }
    }

    /// Plain decimal, without a zero before it.
    private static func number(_ part: Substring) -> UInt32? {
        guard part.allSatisfy(\.isASCIIDigit), part.first != "0" || part.count == 1 else { return nil }
        return UInt32(part)
    }
}
