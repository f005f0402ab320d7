import Office
import OfficeStore
package import SignerClient

/// The appliance behind its socket: a few threads, each with a connection that is made anew when it breaks.
package struct Appliance: Sendable {
    private let crew: Crew<Line>

    struct Line {
        let socket: String
        var client: SignerClient?
    }

    /// - Parameter socket: the path of the appliance's front-end socket.
    package init(socket: String, connections: Int = 4) {
        crew = Crew(named: "appliance", threads: connections, most: 256) { Line(socket: socket) }
    }

    /// Asks the appliance something.
    ///
    /// - Throws: `SignerClientError.refused` as the appliance answered; `Refusal` of kind `unavailable` where it does not.
    package func ask<Answer: Sendable>(
        _ question: @escaping @Sendable (SignerClient) throws(SignerClientError) -> Answer
    ) async throws -> Answer {
        try await crew.run { line in
            do {
                let client = try line.client ?? SignerClient(socket: line.socket)
                line.client = client
                return try question(client)
            } catch let error as SignerClientError {
                if case .refused(let refusal) = error {
                    if refusal.name.hasSuffix(".Busy") || refusal.name.hasSuffix(".TokenUnavailable")
                        || refusal.name.hasSuffix(".LedgerUnavailable")
                    {
                        throw Refusal.applianceUnavailable
                    }
                    throw error
                }
                line.client = nil
                throw Refusal.applianceUnavailable
            }
        }
    }
}

extension Refusal {
    static let applianceUnavailable = Refusal(
        .unavailable,
        Text(
            "認証局の署名装置が一時的に応答していません。何も変更されていません。しばらくしてからもう一度お試しください。",
            "The certificate authority's signer does not answer at this moment. Nothing was changed; try again shortly."
        )
    )
}
