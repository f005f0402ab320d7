import Foundation
import Testing
import Workbench

/// Other implementations that open the PKCS#12 files which the appliance has packed.
enum Importers {
    /// A file on disk with everything that must be found in it.
    struct Sealed {
        var path: String
        var password: String
        /// PEM.
        var certificate: String
        /// What importers show the key as.
        var name: String
        /// How many certificates are in it.
        var certificates: Int
    }

    /// OpenSSL, without its legacy provider: the key must be the certificate's.
    static func openSSL(_ file: Sealed) throws {
        let opened = try run(
            file,
            "openssl",
            ["pkcs12", "-in", file.path, "-nodes", "-passin", "pass:\(file.password)"]
        )
        #expect(opened.components(separatedBy: "BEGIN CERTIFICATE").count == file.certificates + 1)
        #expect(opened.contains(file.certificate), "\(file.path)")
        let pem = Data(opened.utf8)
        let fromKey = try ChildProgram.run("openssl", ["pkey", "-pubout"], input: pem)
        let fromCertificate = try ChildProgram.run(
            "openssl",
            ["x509", "-noout", "-pubkey"],
            input: Data(file.certificate.utf8)
        )
        #expect(fromKey.status == 0 && fromKey.output == fromCertificate.output, "\(file.path)")
        #expect(fromKey.output.contains("PUBLIC KEY"))
    }

    /// What OpenSSL says of the algorithms in a file.
    static func algorithms(_ file: Sealed) throws -> String {
        try ChildProgram.run(
            "openssl",
            ["pkcs12", "-in", file.path, "-info", "-noout", "-passin", "pass:\(file.password)"]
        ).complaints
    }

    /// NSS, into a new database: certificate and key must be in it, under the name.
    static func nss(_ file: Sealed) throws {
        let folder = try TemporaryFolder("inkan-nss")
        let database = ["-d", "sql:\(folder.path)"]
        try ChildProgram.check("certutil", ["-N", "--empty-password"] + database)
        _ = try run(file, "pk12util", ["-i", file.path, "-W", file.password, "-K", ""] + database)
        let keys = try ChildProgram.check("certutil", ["-K"] + database)
        #expect(keys.contains(file.name), "\(file.path): \(keys)")
        let nickname = try #require(file.name.isEmpty ? nil : file.name)
        let kept = try ChildProgram.check("certutil", ["-L", "-n", nickname, "-a"] + database)
        #expect(kept.filter { !$0.isWhitespace } == file.certificate.filter { !$0.isWhitespace }, "\(file.path)")
    }

    /// GnuTLS.
    static func gnuTLS(_ file: Sealed) throws {
        let opened = try run(
            file,
            "certtool",
            ["--p12-info", "--inder", "--infile", file.path, "--password", file.password]
        )
        #expect(opened.components(separatedBy: "BEGIN CERTIFICATE").count == file.certificates + 1, "\(file.path)")
        #expect(opened.contains("PRIVATE KEY") && opened.contains(file.name), "\(file.path): \(opened.prefix(800))")
    }

    /// Java's keytool, into a new key store.
    static func java(_ file: Sealed) throws {
        let folder = try TemporaryFolder("inkan-java")
        let store = folder.file("store.p12")
        _ = try run(
            file,
            "keytool",
            [
                "-importkeystore", "-noprompt", "-srckeystore", file.path, "-srcstoretype", "PKCS12",
                "-srcstorepass", file.password, "-destkeystore", store, "-deststoretype", "PKCS12",
                "-deststorepass", "another-password",
            ]
        )
        let listing = try ChildProgram.check(
            "keytool",
            ["-list", "-v", "-keystore", store, "-storepass", "another-password"]
        )
        #expect(listing.contains("PrivateKeyEntry"), "\(file.path): \(listing)")
        #expect(listing.contains("Certificate chain length: \(file.certificates)"), "\(file.path): \(listing)")
    }

    private static func run(_ file: Sealed, _ program: String, _ arguments: [String]) throws -> String {
        let outcome = try ChildProgram.run(program, arguments)
        #expect(outcome.status == 0, "\(program), \(file.path): \(outcome.complaints)\(outcome.output.suffix(600))")
        return outcome.output
    }
}
