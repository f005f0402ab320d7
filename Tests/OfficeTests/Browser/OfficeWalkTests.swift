import Foundation
import Testing
import Workbench

/// The real office over a real appliance, before a real browser: pages are looked at as people meet them.
@Suite("The office in a browser", .serialized)
struct OfficeWalkTests {
    private static let binaries = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().path

    @Test(
        "log-in, application, vetting, administrator certificate, orders, two pick-ups, list and revocation: each page keeps to WCAG 2.2 A and AA",
        arguments: ["ja", "en"]
    )
    func walk(language: String) throws {
        let establishment = try Establishment(binaries: Self.binaries, checkout: BrowserWalk.checkout)
        let appliance = try RunningAppliance(establishment)
        try BrowserWalk.expectDone(
            "office.py",
            [language, Self.binaries, appliance.socket, establishment.folder.file("authorities")],
            done: "office",
            // A hundred pages, each judged; on a busy machine a second or two for each.
            seconds: 420
        )
    }
}
