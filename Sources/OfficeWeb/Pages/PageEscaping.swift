import Mustache

/// Escapes values for HTML by their scalars. Mustache's own way goes by characters, and a quotation mark that has a
/// combining accent behind it is another character than a quotation mark; to a browser it ends the attribute all the same.
struct PageEscaping: MustacheContentType {
    /// As the templates name it in their first line.
    static let name = "OFFICE"

    func escapeText(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
            case "'": escaped.append(contentsOf: "&#39;".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
