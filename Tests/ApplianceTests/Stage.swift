import Foundation
import SignerAPI
import SignerClient
import Testing
import Workbench

/// What the tests of the whole appliance share: the programs, and an establishment that is made once and copied.
enum Stage {
    /// Where the programs are: beside the test bundle.
    static let binaries = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().path

    /// The repository.
    static let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    private static let original = Result { try Establishment(binaries: binaries, checkout: checkout) }

    /// Tokens, authorities and a ledger of this test's own.
    static func establishment() throws -> Establishment {
        try original.get().copy()
    }

    /// A service of this test's own, ready.
    static func appliance() throws -> RunningAppliance {
        try RunningAppliance(establishment())
    }

    /// A PKCS#10 request made by OpenSSL, PEM.
    ///
    /// - Parameter key: arguments of `openssl req` that make the key.
    static func request(_ key: [String] = ["-newkey", "rsa:2048"], subject: String = "/CN=ignored") throws -> String {
        let folder = try TemporaryFolder("inkan-request")
        return try ChildProgram.check(
            "openssl",
            ["req", "-new", "-nodes", "-keyout", folder.file("key.pem"), "-subj", subject] + key
        )
    }

    /// A request that many tests can share, because one key may serve one subject many times.
    static let sharedRequest = Result { try request(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]) }

    /// An order that the appliance fulfils: access-1y, P-256 throughout.
    static func order(_ id: String, request: String? = nil, subject name: String = "山田 太郎") throws -> CertificateOrder {
        var order = CertificateOrder(
            order: id,
            profile: "access-1y",
            request: try request ?? sharedRequest.get(),
            subject: [
                .init("countryName", "JP"), .init("organizationName", "Inkan Example"), .init("commonName", name),
            ]
        )
        order.issuer = "access-p256"
        return order
    }
}

/// The error that a call is refused with; a test's failure when it is not.
func refusal(
    of body: () throws -> some Any,
    sourceLocation: SourceLocation = #_sourceLocation
) -> ServiceError? {
    do {
        let answer = try body()
        Issue.record("not refused: \(answer)", sourceLocation: sourceLocation)
        return nil
    } catch SignerClientError.refused(let error) {
        return error
    } catch {
        Issue.record("not refused but failed: \(error)", sourceLocation: sourceLocation)
        return nil
    }
}
