import Foundation
import Secrets
package import Tokens

/// SoftHSM2 tokens for a dry run, gone with everything in them when the stage is.
package struct RehearsalStage {
    package let folder: TemporaryFolder
    /// The tokens, as a site file would name them.
    package let tokens: [TokenSettings]

    /// Makes a token of each name.
    package init(tokens names: Set<String>, tokenWorker: String) throws {
        folder = try TemporaryFolder("inkan-dry-run")
        try FileManager.default.createDirectory(atPath: folder.file("softhsm"), withIntermediateDirectories: false)
        try """
        directories.tokendir = \(folder.file("softhsm"))
        objectstore.backend = file
        log.level = ERROR
        slots.removable = false

        """.write(toFile: folder.file("softhsm2.conf"), atomically: true, encoding: .utf8)
        let environment = ["SOFTHSM2_CONF": folder.file("softhsm2.conf")]
        let station = TokenStation(workerExecutable: tokenWorker, environment: environment)
        var tokens: [TokenSettings] = []
        for name in names.sorted() {
            let pin = folder.file("\(name).pin")
            let officerPIN = folder.file("\(name).so-pin")
            for file in [pin, officerPIN] { try SecretFile.makeRandom(file, characters: 20) }
            let token = try station.initializeToken(
                modulePath: Establishment.softHSM,
                label: "dry-run-\(name)",
                securityOfficerPINFile: officerPIN,
                userPINFile: pin
            )
            let uri = "\(token.uri)&pin-source=file:\(pin)"
            tokens.append(TokenSettings(name: name, uri: uri, environment: environment))
        }
        self.tokens = tokens
    }
}
