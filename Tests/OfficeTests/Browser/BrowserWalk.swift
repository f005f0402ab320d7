import Foundation
import Testing
import Workbench

/// A walk through pages in headless Chromium: a Python program beside this file, which ends with "<name> done".
enum BrowserWalk {
    /// The sources' folder, wherever the tests are built.
    static let checkout = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .path

    /// Runs a walk in a folder of its own; what it complains of is the test's failure.
    ///
    /// - Parameter seconds: the deadline of all of it.
    static func expectDone(_ program: String, _ walk: [String] = [], done: String, seconds: Int = 180) throws {
        let folder = try TemporaryFolder("inkan-browser")
        let arguments = ["\(checkout)/Tests/OfficeTests/Browser/\(program)"] + walk.prefix(1) + [folder.path]
        let outcome = try ChildProgram.run(
            "timeout",
            // A browser that hangs ends with its walk.
            ["--kill-after=5", "\(seconds)", try python()] + arguments + walk.dropFirst(),
            environment: ["PYTHONDONTWRITEBYTECODE": "1"]
        )
        #expect(outcome.status == 0, "\(outcome.complaints.suffix(4000))")
        #expect(outcome.output.hasSuffix("\(done) done\n"), "\(outcome.output.suffix(4000))")
    }

    /// The interpreter with Selenium and axe, as `Tests/run` makes it.
    private static func python() throws -> String {
        let name = "INKAN_TEST_PYTHON"
        if let python = ProcessInfo.processInfo.environment[name] { return python }
        let made = "\(checkout)/.build/test-python/bin/python3"
        try #require(
            FileManager.default.isExecutableFile(atPath: made),
            "\(made) is missing and \(name) is not set; Tests/run makes it from Tests/requirements.txt"
        )
        return made
    }
}
