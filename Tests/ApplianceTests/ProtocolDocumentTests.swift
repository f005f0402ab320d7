import Foundation
import Testing

@Suite("docs/protocol.md and the interface files")
struct ProtocolDocumentTests {
    @Test("each interface's table names its methods, all of them and no others")
    func methods() throws {
        let document = try String(contentsOfFile: "\(Stage.checkout)/docs/protocol.md", encoding: .utf8)
        let folder = "\(Stage.checkout)/Sources/SignerAPI"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".varlink") }
        #expect(files.count >= 4)
        for file in files {
            let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
            let methods = text.split(separator: "\n").filter { $0.hasPrefix("method ") }
                .map { String($0.dropFirst("method ".count).prefix { $0 != "(" }) }
            #expect(!methods.isEmpty)
            let table = try #require(document.range(of: "| `\(file.dropLast(".varlink".count))` | |\n"), "\(file)")
            let rows = document[table.upperBound...].split(separator: "\n", omittingEmptySubsequences: false)
                .prefix { $0.hasPrefix("|") }.dropFirst()
            let named = rows.flatMap { row in
                row.split(separator: "|")[0].split(separator: "`").filter { $0.first?.isLetter ?? false }.map(
                    String.init
                )
            }
            #expect(named.sorted() == methods.sorted(), "\(file)")
        }
    }
}
