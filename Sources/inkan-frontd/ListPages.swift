import ArgumentParser
import Foundation
import OfficeWeb

/// For who looks the permissions through: nothing is served that is not in this list.
struct ListPages: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pages",
        abstract: "Prints every address of both servers with who may come to it."
    )

    @OptionGroup
    var options: SettingsOption

    func run() async throws {
        umask(0o077)
        for page in try OfficeServer.pages(options.office().desk) { print(page.line) }
    }
}
