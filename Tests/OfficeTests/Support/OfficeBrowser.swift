import Foundation
import Testing
import Threads
import Workbench

/// Visits the office's pages as a browser would: cookies, forms with what they carry unseen, a client certificate.
final class OfficeBrowser: Sendable {
    let office: OfficeFixture
    private let jar: TemporaryFolder
    private let certificate = Guarded<(file: String, password: String)?>(nil)

    init(_ office: OfficeFixture) throws {
        self.office = office
        jar = try TemporaryFolder("inkan-browser")
    }

    /// Another browser with the same cookies and certificate: two that are used at once must not write one file.
    func copy() throws -> OfficeBrowser {
        let copy = try OfficeBrowser(office)
        try FileManager.default.copyItem(atPath: jar.file("cookies"), toPath: copy.jar.file("cookies"))
        copy.certificate.withLock { $0 = certificate.withLock { $0 } }
        return copy
    }

    /// What a page answered.
    struct Answer: Sendable {
        let status: Int
        let location: String
        let body: String
        /// The file, where one was downloaded.
        let file: String

        /// The value of a hidden or shown field.
        func value(_ name: String) -> String? {
            firstGroup("<input[^>]* name=\"\(NSRegularExpression.escapedPattern(for: name))\"[^>]*? value=\"([^\"]*)\"")
        }

        /// What is said beside a field; nil where nothing is.
        func error(_ field: String) -> String? {
            firstGroup("id=\"\(field)-error\">([^<]*)<")
        }

        /// The first group of the pattern in the page.
        func firstGroup(_ pattern: String) -> String? {
            Self.groups(pattern, in: body).first?.first?.unescaped
        }

        /// What stands in the main part of the page.
        var main: String {
            body.range(of: "<main").map { String(body[$0.lowerBound...]) } ?? ""
        }

        /// The groups of each place that the pattern finds; a pattern that is none is the test's fault.
        static func groups(_ pattern: String, in text: String) -> [[String]] {
            do {
                let expression = try NSRegularExpression(pattern: pattern, options: .dotMatchesLineSeparators)
                return expression.matches(in: text, range: NSRange(text.startIndex..., in: text)).map { match in
                    (1..<match.numberOfRanges).map { number in
                        Range(match.range(at: number), in: text).map { String(text[$0]) } ?? ""
                    }
                }
            } catch {
                Issue.record(error, "\(pattern)")
                return []
            }
        }

        /// What the form of this page carries unseen.
        var hidden: [(String, String)] {
            let pattern = "<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\">"
            return Self.groups(pattern, in: main).map { ($0[0].unescaped, $0[1].unescaped) }
        }
    }

    /// Shows a PKCS#12 file's certificate to the certificate area from now on.
    func use(certificate file: String, password: String) {
        certificate.withLock { $0 = (file, password) }
    }

    /// The certificate that it shows to the certificate area.
    var shownCertificate: (file: String, password: String)? { certificate.withLock { $0 } }

    /// - Parameter path: of the console, or a whole address.
    func get(_ path: String) async throws -> Answer {
        try await visit(path, nil)
    }

    func post(_ path: String, _ values: [String: String]) async throws -> Answer {
        try await visit(path, values.map { ($0.key, $0.value) })
    }

    func post(_ path: String, pairs: [(String, String)]) async throws -> Answer {
        try await visit(path, pairs)
    }

    /// Fills in the form of a page and sends it: what the form carries unseen, the values, and the button.
    func send(
        _ page: Answer,
        to path: String,
        _ values: [String: String],
        go: String = "next"
    ) async throws -> Answer {
        let own = page.hidden.filter { values[$0.0] == nil }
        return try await visit(path, own + values.map { ($0.key, $0.value) } + [("go", go)])
    }

    /// The same with a file, as a browser sends it.
    func upload(
        _ page: Answer,
        to path: String,
        _ values: [String: String],
        file: (field: String, path: String)
    ) async throws -> Answer {
        let own = page.hidden.filter { values[$0.0] == nil }
        return try await visit(path, own + values.map { ($0.key, $0.value) } + [("go", "next")], file: file)
    }

    /// Walks a flow: each dictionary is one step's values; the last step's answer comes back.
    func walk(_ path: String, _ steps: [[String: String]]) async throws -> Answer {
        var page = try await get(path)
        for step in steps { page = try await send(page, to: path, step) }
        return page
    }

    private func visit(
        _ path: String,
        _ form: [(String, String)]?,
        file: (field: String, path: String)? = nil
    ) async throws -> Answer {
        let address = path.hasPrefix("https:") ? path : office.consoleURL + path
        let body = jar.file(UUID().uuidString)
        var arguments = [
            "-sk", "--max-time", "60", "-b", jar.file("cookies"), "-c", jar.file("cookies"), "-o", body,
            "-w", "%{http_code} %{redirect_url}",
        ]
        if address.hasPrefix(office.areaURL), let certificate = certificate.withLock({ $0 }) {
            arguments += ["--cert-type", "P12", "--cert", "\(certificate.file):\(certificate.password)"]
        }
        if let form, let file {
            for (name, value) in form { arguments += ["--form-string", "\(name)=\(value)"] }
            arguments += ["--form", "\(file.field)=@\(file.path);type=text/plain"]
        } else if let form {
            arguments += ["--data", form.map { "\($0.0.formEncoded)=\($0.1.formEncoded)" }.joined(separator: "&")]
        }
        arguments.append(address)
        let complete = arguments
        // The tests' few shared threads are not to wait for programs.
        let outcome = try await withCheckedThrowingContinuation { continuation in
            startThread(named: "curl") {
                continuation.resume(with: Result { try ChildProgram.run("curl", complete) })
            }
        }
        let parts = outcome.output.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        let content = FileManager.default.contents(atPath: body) ?? Data()
        return Answer(
            status: Int(parts.first ?? "") ?? 0,
            location: parts.count > 1 ? String(parts[1]) : "",
            body: String(decoding: content, as: UTF8.self),
            file: body
        )
    }
}

extension String {
    /// As a form's values travel; every octet can.
    var formEncoded: String {
        utf8.map { octet in
            let character = Character(Unicode.Scalar(octet))
            let isPlain = octet < 128 && (character.isLetter || character.isNumber)
            return isPlain ? String(character) : (octet < 16 ? "%0" : "%") + String(octet, radix: 16)
        }.joined()
    }

    /// Without HTML's escapes, whatever accents follow them.
    var unescaped: String {
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")].reduce(self) { text, escape in
            text.replacingOccurrences(of: escape.0, with: escape.1, options: .literal)
        }
    }
}
