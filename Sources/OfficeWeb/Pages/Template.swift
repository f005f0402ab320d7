import Foundation

/// A page's pattern: HTML with names in double braces, read once and filled in many times.
///
/// | written | becomes |
/// |---|---|
/// | `{{name}}` | the text of the name, with HTML's signs escaped; there is no way to leave that out |
/// | `{{.}}` | the same of the text that the section around is about |
/// | `{{#name}}…{{/name}}` | what is inside: for each of many; once for a text, for values and for what is true; else never |
/// | `{{^name}}…{{/name}}` | what is inside, where the section above would not be there |
/// | `{{> file}}` | another template |
///
/// Inside a section of values names are those of the values, and never of what is around: a name that is missing is
/// nothing, wherever the template is used. The line end behind a template's last line is not part of it.
struct Template: Sendable {
    private indirect enum Part: Sendable {
        case fixed([UInt8])
        case value(String)
        case this
        case section(String, [Part])
        case unless(String, [Part])
    }

    private let parts: [Part]

    /// Reads a template and those that it names.
    ///
    /// - Parameter files: the text of each by its name.
    init(_ name: String, in files: [String: String]) throws(TemplateProblem) {
        var reader = Reader(files: files)
        parts = try reader.template(name)
    }

    /// Reads `page.mustache` and what it names from a folder.
    static func page(in folder: String) throws -> Template {
        var files: [String: String] = [:]
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) where file.hasSuffix(".mustache") {
            let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
            files[String(file.dropLast(".mustache".count))] = text
        }
        return try Template("page", in: files)
    }

    func filled(with values: Values) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64 * 1024)
        Self.fill(parts, values, nil, into: &bytes)
        return bytes
    }

    private static func fill(_ parts: [Part], _ values: Values, _ this: String?, into bytes: inout [UInt8]) {
        for part in parts {
            switch part {
            case .fixed(let text): bytes += text
            case .value(let name):
                if case .text(let text) = values.value(name) { escape(text, into: &bytes) }
            case .this:
                if let this { escape(this, into: &bytes) }
            case .section(let name, let inside):
                if let value = values.value(name) { fill(inside, about: value, values, into: &bytes) }
            case .unless(let name, let inside):
                if !isThere(values.value(name)) { fill(inside, values, this, into: &bytes) }
            }
        }
    }

    private static func fill(
        _ parts: [Part],
        about value: TemplateValue,
        _ around: Values,
        into bytes: inout [UInt8]
    ) {
        switch value {
        case .text(let text): fill(parts, around, text, into: &bytes)
        case .flag(let flag): if flag { fill(parts, around, nil, into: &bytes) }
        case .values(let values): fill(parts, values, nil, into: &bytes)
        case .many(let many): for one in many { fill(parts, about: one, around, into: &bytes) }
        }
    }

    private static func isThere(_ value: TemplateValue?) -> Bool {
        switch value {
        case nil: false
        case .flag(let flag): flag
        case .many(let many): !many.isEmpty
        case .text, .values: true
        }
    }

    /// By octets, not by characters: a quotation mark with an accent behind it ends an attribute all the same.
    private static func escape(_ text: String, into bytes: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "<"): bytes += "&lt;".utf8
            case UInt8(ascii: ">"): bytes += "&gt;".utf8
            case UInt8(ascii: "&"): bytes += "&amp;".utf8
            case UInt8(ascii: "\""): bytes += "&quot;".utf8
            case UInt8(ascii: "'"): bytes += "&#39;".utf8
            default: bytes.append(byte)
            }
        }
    }
}

/// A template that cannot be read.
enum TemplateProblem: Error, Hashable {
    case missing(String)
    /// A tag without its end, or a section that ends otherwise than it began.
    case unbalanced(String, tag: String)
    /// It contains itself.
    case endless(String)
}

extension Template {
    /// Reads templates; each file that is named stands where it is named.
    private struct Reader {
        let files: [String: String]
        private var under: [String] = []

        init(files: [String: String]) {
            self.files = files
        }

        mutating func template(_ name: String) throws(TemplateProblem) -> [Part] {
            guard let text = files[name] else { throw .missing(name) }
            guard !under.contains(name) else { throw .endless(name) }
            under.append(name)
            var rest = (text.hasSuffix("\n") ? text.dropLast() : text[...])
            let parts = try parts(&rest, until: nil, in: name)
            under.removeLast()
            return parts
        }

        private mutating func parts(
            _ rest: inout Substring,
            until end: String?,
            in file: String
        ) throws(TemplateProblem) -> [Part] {
            var parts: [Part] = []
            while let opening = rest.firstRange(of: "{{") {
                if opening.lowerBound > rest.startIndex {
                    parts.append(.fixed(Array(rest[..<opening.lowerBound].utf8)))
                }
                let behind = rest[opening.upperBound...]
                guard let closing = behind.firstRange(of: "}}") else {
                    throw .unbalanced(file, tag: String(behind.prefix(20)))
                }
                let tag = behind[..<closing.lowerBound]
                rest = behind[closing.upperBound...]
                let name = String(tag.dropFirst().filter { $0 != " " })
                switch tag.first {
                case "#": parts.append(.section(name, try self.parts(&rest, until: name, in: file)))
                case "^": parts.append(.unless(name, try self.parts(&rest, until: name, in: file)))
                case ">": parts += try template(name)
                case "/":
                    guard name == end else { throw .unbalanced(file, tag: name) }
                    return parts
                case ".": parts.append(.this)
                default: parts.append(.value(String(tag)))
                }
            }
            guard end == nil else { throw .unbalanced(file, tag: end ?? "") }
            if !rest.isEmpty { parts.append(.fixed(Array(rest.utf8))) }
            return parts
        }
    }
}
