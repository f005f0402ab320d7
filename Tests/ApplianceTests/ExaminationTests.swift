import Foundation
import SignerAPI
import SignerClient
import Testing
import Varlink
import Workbench

@Suite("A token is examined while it is being served (TOK-05)", .sharedAppliance)
struct ExaminationTests {
    @Test("inkan doctor asks a running service what its tokens can do, and the ledger says which keys signed for it")
    func doctor() throws {
        let appliance = try SharedAppliance.current
        let folder = appliance.establishment.folder
        let outcome = try ChildProgram.run(
            "\(Stage.binaries)/inkan",
            ["doctor", "--config", folder.file("signer.yaml"), "--socket", appliance.socket, "--json"]
        )
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.complaints)")
        let answer = try #require(JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        let token = try #require((answer["tokens"] as? [[String: Any]])?.first)
        #expect((token["mechanisms"] as? [[String: Any]])?.contains { $0["name"] as? String == "CKM_EDDSA" } == true)
        let keys = try #require(token["keys"] as? [[String: Any]])
        // Four issuers and their responders.
        #expect(keys.count == 8)
        for key in keys {
            let signatures = try #require(key["signatures"] as? [[String: Any]])
            #expect(!signatures.isEmpty && signatures.allSatisfy { $0["verified"] as? Bool == true })
        }
        let entries = try ChildProgram.check(
            "\(Stage.binaries)/inkan",
            ["ledger", "list", "--kind", "token-examined", "--json", "--ledger", folder.file("ledger.sqlite")]
        )
        for key in keys { #expect(try entries.contains(#require(key["key"] as? String))) }
    }

    @Test("Only an officer may ask for it, and only of a token that is there")
    func refusals() throws {
        let appliance = try SharedAppliance.current
        let outside = refusal { try appliance.client().examineToken("issuing") }
        #expect(outside?.name == "io.inkan.Officer.NotAuthorised")
        let officer = try SignerClient(socket: appliance.officerSocket, timeout: .seconds(30))
        #expect(refusal { try officer.examineToken("nobody") }?.name == "io.inkan.Officer.NotFound")
    }

    @Test("A token that is not ready is told as such")
    func notReady() throws {
        let establishment = try Stage.establishment()
        let uri = try establishment.issuingURI
        let settings = try establishment.settings().replacingOccurrences(
            of: uri,
            with: uri.replacing(/serial=[0-9a-f]+/, with: "serial=0000")
        )
        let appliance = try RunningAppliance(establishment, settings: settings, waitReady: false)
        let client = try Self.connect(appliance.officerSocket)
        let error = refusal { try client.examineToken("issuing") }
        #expect(error?.name == "io.inkan.Officer.TokenUnavailable" && error?.rule == "token.tokenMissing")
    }

    /// The socket of a service that has just been started.
    private static func connect(_ socket: String) throws -> SignerClient {
        for _ in 0..<200 {
            do { return try SignerClient(socket: socket, timeout: .seconds(30)) } catch SignerClientError.connection {
                usleep(20_000)
            }
        }
        return try SignerClient(socket: socket, timeout: .seconds(30))
    }
}
