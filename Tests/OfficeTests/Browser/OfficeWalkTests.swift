import Foundation
import Testing
import Workbench

/// The real office over a real appliance, before a real browser: pages are looked at as people meet them.
@Suite("The office in a browser", .serialized)
struct OfficeWalkTests {
    private static let binaries = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().path

    @Test(
        "INI-01, ADM-02, ADM-06, ISS-08, PKP-01, PKP-05, PKP-12, CRV-02, CRV-03, CRV-04, CRV-07 The whole story in Chromium, in both languages, half of it by the keyboard alone: from an application to files that NSS and another browser use, and to CRL and OCSP; each page keeps to WCAG 2.2 A and AA"
    )
    func story() throws {
        let establishment = try Establishment(binaries: Self.binaries, checkout: BrowserWalk.checkout)
        let appliance = try RunningAppliance(establishment)
        // Where this names a folder, pictures of every page are put there, to be looked at.
        let pictures = ProcessInfo.processInfo.environment["INKAN_PICTURES"].map { [$0] } ?? []
        try BrowserWalk.expectDone(
            "story.py",
            ["ja", Self.binaries, appliance.socket, establishment.folder.file("authorities")] + pictures,
            done: "story",
            // A hundred pages, each judged; on a busy machine a second or two for each.
            seconds: 420
        )
    }
}
