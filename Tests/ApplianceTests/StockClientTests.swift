import Foundation
import Testing
import Workbench

/// A Varlink client that is not ours.
@Suite struct StockClientTests {
    @Test("PyPI's varlink reads the interfaces, meets a typed refusal, and has a certificate issued that verifies")
    func issues() throws {
        let appliance = try Stage.appliance()
        let folder = try TemporaryFolder()
        try Stage.sharedRequest.get().write(toFile: folder.file("request.pem"), atomically: true, encoding: .utf8)
        let certificate = try ChildProgram.check(
            Judges.python(),
            [
                "\(Stage.checkout)/Tests/Judges/stock_client.py", appliance.socket, "stock-1", "access-1y",
                "access-p256",
                folder.file("request.pem"),
            ]
        )
        try certificate.write(toFile: folder.file("leaf.pem"), atomically: true, encoding: .utf8)
        let authorities = appliance.establishment.folder
        try ChildProgram.check(
            "openssl",
            [
                "verify", "-x509_strict", "-CAfile", authorities.file("authorities/root-p256.pem"),
                "-untrusted", authorities.file("authorities/access-p256.pem"), folder.file("leaf.pem"),
            ]
        )
        let signed = try appliance.ledgerEntries().filter {
            $0.kind == "certificate" && $0.order?.hasPrefix("stock-1") == true
        }
        #expect(signed.count == 4)
        #expect(appliance.stop() == 0)
    }
}
