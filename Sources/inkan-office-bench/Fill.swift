import ArgumentParser
import Clocks
import Foundation
import Office
import OfficeServices
import OfficeStore
import Workbench

/// `inkan-office-bench fill`
struct Fill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a database with a company of 200 people and many orders, through the office's own records.",
        discussion: """
            The orders have no history and no mails. Those that wait for their pick-up are of the last ten days, so use \
            the folder within four: after that the office would begin to remind people.
            """
    )

    @OptionGroup
    var place: FolderOption

    @Option(help: "How many orders.")
    var orders = 1_000_000

    func run() async throws {
        umask(0o077)
        try FileManager.default.createDirectory(atPath: place.folder, withIntermediateDirectories: false)
        let company = try MadeUpCompany(now: SystemClock().now)
        let sample = try Self.certificate("/CN=Sample", serial: "1", key: "rsa:2048", to: "\(place.folder)/sample.pem")
        let made = MadeUpOrders(company: company, count: orders, certificate: sample)
        let store = try OfficeStore(path: place.database)
        try await takeIn(company, store)
        let began = monotonicNanoseconds()
        let batch = 10_000
        for start in stride(from: 0, to: orders, by: batch) {
            let numbers = start..<min(start + batch, orders)
            try await store.write { records in
                for number in numbers { try records.orders.insert(made.order(number)) }
            }
            if numbers.upperBound % 100_000 == 0 {
                print("\(numbers.upperBound) orders, \((monotonicNanoseconds() - began) / 1_000_000_000) s")
            }
        }
        try store.close()
        try "\(orders) \(company.now.seconds)\n".write(
            toFile: "\(place.folder)/filled",
            atomically: true,
            encoding: .utf8
        )
    }

    private func takeIn(_ company: MadeUpCompany, _ store: OfficeStore) async throws {
        let users = company.users(try await PasswordKeeper().hash(MadeUpCompany.password))
        let certificates = try (0..<MadeUpCompany.people).map { number in
            let serial = String(0x4000_0000 + number, radix: 16)
            let pem = try Self.certificate(
                "/CN=\(MadeUpCompany.person(number))",
                serial: serial,
                key: "ec",
                to: place.person(number)
            )
            return try company.certificate(of: number, pem: pem, serial: serial)
        }
        try await store.write { records in
            try records.tenants.insert(company.tenant)
            for user in users { try records.users.insert(user) }
            for profile in company.profiles { try records.profiles.insert(profile) }
            for licence in company.licences { try records.licences.insert(licence) }
            for certificate in certificates { try records.administratorCertificates.insert(certificate) }
        }
    }

    /// A certificate by its own key; key and certificate go to a file.
    ///
    /// - Returns: the certificate alone, PEM.
    private static func certificate(_ subject: String, serial: String, key: String, to file: String) throws -> String {
        let curve = key == "ec" ? ["-pkeyopt", "ec_paramgen_curve:prime256v1"] : []
        let pem = try ChildProgram.check(
            "openssl",
            ["req", "-x509", "-newkey", key, "-nodes", "-days", "300", "-subj", subject, "-set_serial", "0x\(serial)"]
                + curve + ["-keyout", file]
        )
        let key = try String(contentsOfFile: file, encoding: .utf8)
        try (key + pem).write(toFile: file, atomically: true, encoding: .utf8)
        return pem
    }
}
