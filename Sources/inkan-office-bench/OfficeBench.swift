import ArgumentParser

/// Measures the office through its own pages: `fill` makes a database of many orders, `run` sends it visitors.
@main
struct OfficeBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inkan-office-bench",
        abstract: "How long the office's pages take with many orders and many users, over HTTPS.",
        subcommands: [Fill.self, Run.self]
    )
}

/// Where the database and the people's certificates are kept between runs.
struct FolderOption: ParsableArguments {
    @Option(help: "The folder of database and certificates.")
    var folder: String

    var database: String { "\(folder)/office.sqlite" }
    /// PEM: key and certificate of a person for the certificate area.
    func person(_ number: Int) -> String { "\(folder)/person-\(number).pem" }
}
