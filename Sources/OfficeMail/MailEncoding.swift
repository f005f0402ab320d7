/// How a mail's text is written.
package enum MailEncoding: String, Hashable, Sendable, Codable, CaseIterable {
    /// Every character, but not every old mail program.
    case utf8 = "UTF-8"
    /// Every Japanese mail program, but ASCII and JIS X 0208 alone.
    case iso2022JP = "ISO-2022-JP"

    /// The characters of a text that this encoding cannot write, each once; the rest may be written as its NFKC form.
    package func unwritable(in text: String) -> [String] {
        switch self {
        case .utf8: []
        case .iso2022JP: ISO2022JP.written(withLineFeeds(text)).missing
        }
    }
}

/// Text whose lines end in LF alone.
func withLineFeeds(_ text: String) -> String {
    var plain = String.UnicodeScalarView()
    var wasReturn = false
    for scalar in text.unicodeScalars {
        if scalar == "\n", wasReturn {
            wasReturn = false
            continue
        }
        wasReturn = scalar == "\r"
        plain.append(wasReturn ? "\n" : scalar)
    }
    return String(plain)
}
