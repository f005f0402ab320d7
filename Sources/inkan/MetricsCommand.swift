import ArgumentParser
import SignerClient

/// `inkan metrics`
struct Metrics: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The service's numbers as OpenMetrics text.",
        discussion: "For a collector on this machine; the service itself speaks to no network."
    )

    @OptionGroup var socket: SocketOptions

    func run() throws {
        let client = try socket.connect()
        let answer = try answering { () throws(SignerClientError) in try client.call(.getMetrics) }
        print(answer.text("openMetrics"), terminator: "")
    }
}
