import ArgumentParser

/// Measures what the appliance adds to the bare token, in one run.
@main
struct InkanBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inkan-bench",
        abstract: "Certificates per second through the socket, against the bare C_Sign of the same key.",
        subcommands: [
            IssueBenchmark.self, LedgerBenchmark.self, OCSPBenchmark.self, CRLBenchmark.self, KeysBenchmark.self,
            RawBenchmark.self,
        ]
    )
}
