import Office

extension OutgoingMail {
    /// The text without the secrets of its links: what stands between slashes or at an address's end, and is 32 characters
    /// of base 32 as every secret of the office is.
    package var bodyWithoutSecrets: String {
        var text = ""
        var rest = body[...]
        while let slash = rest.firstIndex(of: "/") {
            let start = rest.index(after: slash)
            text += rest[..<start]
            let word = rest[start...].prefix { $0.isASCIIAlphanumeric }
            let isSecret = word.count == 32 && word.allSatisfy { ("a"..."z").contains($0) || ("2"..."7").contains($0) }
            text += isSecret ? "********" : word
            rest = rest[word.endIndex...]
        }
        return text + rest
    }
}
