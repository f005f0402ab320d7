import Foundation
import Workbench

/// PKCS#10 requests that no honest tool makes, by the names that `Tests/Makers/hostile_requests.py` gives them.
enum HostileRequests {
    private static let folder = Result {
        let folder = try TemporaryFolder("inkan-hostile-requests")
        try ChildProgram.check("python3", ["\(Stage.checkout)/Tests/Makers/hostile_requests.py", folder.path])
        return folder
    }

    static func request(_ name: String) throws -> String {
        try String(contentsOfFile: folder.get().file("\(name).pem"), encoding: .utf8)
    }
}
