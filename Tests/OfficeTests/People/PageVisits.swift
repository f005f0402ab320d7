import Foundation
import Testing
import Threads
import Workbench

/// Many requests of one person in one go: curl keeps the connection, which a browser per request would not.
struct PageVisits: Sendable {
    struct Request: Sendable {
        var method = "GET"
        let address: String
        /// Whether the person's administrator certificate is shown.
        var showsCertificate = false
    }

    struct Answer: Sendable {
        let status: Int
        let location: String
        let body: String
    }

    private let folder: TemporaryFolder
    private let certificate: String?
    private let csrf: String

    /// Logs somebody in, or nobody.
    ///
    /// - Parameter logIn: the log-in page, with the name and the password.
    init(
        _ office: OfficeFixture,
        logIn: (page: String, user: String, password: String)? = nil,
        certificate: String? = nil
    ) async throws {
        folder = try TemporaryFolder("inkan-visits")
        self.certificate = certificate
        guard let logIn else {
            csrf = "nobody"
            return
        }
        let home = logIn.page.replacingOccurrences(of: "/log-in", with: "")
        let lines =
            Self.entry(
                "\(office.consoleURL)\(logIn.page)",
                folder,
                0,
                ["data-urlencode = \"user=\(logIn.user)\"", "data-urlencode = \"password=\(logIn.password)\""]
            ) + ["next"] + Self.entry("\(office.consoleURL)\(home.isEmpty ? "/" : home + "/licences")", folder, 1)
        let answers = try await Self.run(lines, folder, 2)
        try #require(answers[0].status == 303, "\(logIn.user) cannot log in: \(answers[0].body)")
        let field = try #require(answers[1].body.range(of: "name=\"csrf\" value=\""))
        csrf = String(answers[1].body[field.upperBound...].prefix { $0 != "\"" })
    }

    func ask(_ requests: [Request]) async throws -> [Answer] {
        var lines: [String] = []
        for (number, request) in requests.enumerated() {
            var more: [String] = []
            if request.method == "POST" { more.append("data = \"csrf=\(csrf)\"") }
            if request.showsCertificate, let certificate {
                more += ["cert-type = \"P12\"", "cert = \"\(certificate):\(People.filePassword)\""]
            }
            lines += (number == 0 ? [] : ["next"]) + Self.entry(request.address, folder, number, more)
        }
        return try await Self.run(lines, folder, requests.count)
    }

    private static func entry(
        _ address: String,
        _ folder: TemporaryFolder,
        _ number: Int,
        _ more: [String] = []
    ) -> [String] {
        [
            "url = \"\(address)\"", "insecure", "silent", "max-time = 60", "cookie = \"\(folder.file("cookies"))\"",
            "cookie-jar = \"\(folder.file("cookies"))\"", "output = \"\(folder.file("\(number).body"))\"",
            "write-out = \"%{http_code} %{redirect_url}\\n\"",
        ] + more
    }

    private static func run(_ lines: [String], _ folder: TemporaryFolder, _ count: Int) async throws -> [Answer] {
        let file = folder.file("requests")
        try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
        let outcome = try await withCheckedThrowingContinuation { continuation in
            startThread(named: "curl") {
                continuation.resume(with: Result { try ChildProgram.run("curl", ["--config", file]) })
            }
        }
        let heads = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
        try #require(heads.count > count - 1, "curl answered \(outcome.output) \(outcome.complaints)")
        return (0..<count).map { number in
            let parts = heads[number].split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            let body = FileManager.default.contents(atPath: folder.file("\(number).body")) ?? Data()
            return Answer(
                status: Int(parts.first ?? "") ?? 0,
                location: parts.count > 1 ? String(parts[1]) : "",
                body: String(decoding: body, as: UTF8.self)
            )
        }
    }
}
