package import Office

/// A file that was sent with a form.
package struct UploadedFile: Sendable {
    package let field: String
    package let content: [UInt8]

    /// The file as text in UTF-8, with or without a byte order mark.
    ///
    /// - Parameter longest: in octets.
    package func text(longest: Int) throws(Refusal) -> String {
        guard content.count <= longest else {
            throw .input(
                field,
                Text(
                    "ファイルが大きすぎます(\(longest)バイトまで)。",
                    "The file is too large; at most \(longest) bytes are taken."
                )
            )
        }
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let body = content.starts(with: mark) ? content.dropFirst(mark.count) : content[...]
        guard let text = String(validating: body, as: UTF8.self) else {
            throw .input(
                field,
                Text(
                    "ファイルの文字コードがUTF-8ではありません。UTF-8のテキストとして保存し直してください。",
                    "The file is not UTF-8. Save it as text in UTF-8 and send it again."
                )
            )
        }
        return text.replacing("\r\n", with: "\n")
    }
}

extension FormValues {
    /// Reads a form's body by its media type.
    ///
    /// - Returns: nil where it cannot be read.
    init?(body: [UInt8], type: String) {
        let parts = type.split(separator: ";").map { String($0).trimmingBlanks }
        guard parts.first?.lowercased() == "multipart/form-data" else {
            self.init(encoded: String(decoding: body, as: UTF8.self))
            return
        }
        let name = "boundary="
        guard let boundary = parts.first(where: { $0.lowercased().hasPrefix(name) })?.dropFirst(name.count) else {
            return nil
        }
        self.init(multipart: body, boundary: String(boundary.filter { $0 != "\"" }))
    }

    /// Reads `multipart/form-data` (RFC 7578), as browsers send forms with files. A file that was not chosen is none.
    init?(multipart body: [UInt8], boundary: String) {
        self.init()
        let first = Array("--\(boundary)".utf8)
        let next = Array("\r\n--\(boundary)".utf8)
        guard !boundary.isEmpty, body.starts(with: first) else { return nil }
        var rest = body[first.count...]
        while !rest.starts(with: "--".utf8) {
            guard pairs.count + files.count < Self.mostFields, rest.starts(with: "\r\n".utf8),
                let end = rest.firstRange(of: next)
            else { return nil }
            let part = rest[(rest.startIndex + 2)..<end.lowerBound]
            rest = rest[end.upperBound...]
            guard let gap = part.firstRange(of: Array("\r\n\r\n".utf8)),
                let head = String(validating: part[..<gap.lowerBound], as: UTF8.self),
                let name = Self.parameter("name", in: head)
            else { return nil }
            let content = Array(part[gap.upperBound...])
            if let fileName = Self.parameter("filename", in: head) {
                if !fileName.isEmpty || !content.isEmpty { files.append(UploadedFile(field: name, content: content)) }
            } else {
                guard let value = String(validating: content, as: UTF8.self) else { return nil }
                pairs.append((name, value))
            }
        }
    }

    /// A parameter of a part's disposition. Browsers write the quotation marks within one as `%22`.
    private static func parameter(_ name: String, in head: String) -> String? {
        guard let start = head.firstRange(of: "; \(name)=\"")?.upperBound else { return nil }
        let rest = head[start...]
        return rest.firstIndex(of: "\"").map { String(rest[..<$0]) }
    }
}
