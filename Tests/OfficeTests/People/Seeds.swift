import Clocks
import Foundation
import Office
import OfficeStore
import Workbench

/// Records that tests begin with, written as the office writes them.
extension People {
    static let calendar = BusinessCalendar.japan

    /// A usable licence, and a vetted profile beside it so that no first application is due.
    static func licence(_ office: OfficeFixture) async throws -> Licence {
        let product = Product(id: "personal-10", kind: .personal, name: "10 pack", units: 10, prices: [.oneYear: 1])
        let now = Timestamp(seconds: office.start)
        var licence = Licence(
            id: "ML202601010001",
            tenant: OfficeFixture.tenant,
            product: product,
            term: .oneYear,
            applied: now,
            appliedBy: OfficeFixture.administrator,
            amount: 1,
            payment: .transferAfter
        )
        try licence.issue(at: now, calendar: calendar)
        let issued = licence
        let profiles = try ["MP202601010001", "MP202601010002"].map { try profile($0, at: now) }
        return try await office.change { records in
            try records.licences.save(issued)
            for profile in profiles { try records.profiles.save(profile) }
            return issued
        }
    }

    private static func profile(_ id: String, at now: Timestamp) throws -> Profile {
        let subject = ProfileSubject(
            use: .access,
            country: "JP",
            state: "",
            locality: "",
            organisation: OfficeFixture.organisation,
            units: [],
            isExclusive: false,
            identifier: nil,
            signature: .sha256RSA
        )
        var profile = Profile(
            id: id,
            tenant: OfficeFixture.tenant,
            subject: subject,
            created: now,
            appliedBy: OfficeFixture.administrator
        )
        let vetting = ProfileVetting(
            operatorID: "operator",
            subject: subject,
            numberSource: .telephoneBill,
            numberEvidence: "2026-11",
            telephone: "03-1234-5678",
            employmentConfirmedBy: "総務部",
            applicantConfirmed: true,
            completed: now,
            until: calendar.end(of: calendar.day(of: now) + Profile.vettingDays)
        )
        try profile.approve(vetting, calendar: calendar)
        return profile
    }

    /// A certificate that somebody made for themselves.
    static func selfMade(_ office: OfficeFixture, subject: String, serial: String) throws -> String {
        let (key, certificate, file) = (
            office.folder.file("forged.key"), office.folder.file("forged.pem"), office.folder.file("forged.p12")
        )
        try ChildProgram.check(
            "openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", certificate,
                "-subj", subject, "-set_serial", "0x\(serial)",
            ]
        )
        try ChildProgram.check(
            "openssl",
            [
                "pkcs12", "-export", "-inkey", key, "-in", certificate, "-out", file, "-passout",
                "pass:\(filePassword)",
            ]
        )
        return file
    }
}

extension People {
    /// A cancelled order of the first profile.
    static func order(_ id: String, _ office: OfficeFixture) async throws {
        let subject = OrderSubject(
            commonName: "秘密太郎",
            surname: "",
            givenName: "",
            pseudonym: "",
            units: [],
            mail: "himitsu@example.com",
            usesMail: false,
            userPrincipalName: "",
            securityIdentifier: ""
        )
        let now = Timestamp(seconds: office.start)
        try await office.change { records in
            guard let profile = try records.profiles.get("MP202601010001"),
                let licence = try records.licences.get("ML202601010001")
            else { return }
            var order = Order(
                id: id,
                profile: profile,
                licence: licence,
                manager: OfficeFixture.administrator,
                subject: subject,
                keyOption: .pkcs12,
                templateLanguage: "ja",
                memo: "",
                applied: now,
                pickUp: PickUp(linkHash: [1, 2, 3], sealedPassword: [], mailed: now)
            )
            // Nothing can be done with it any more, so that what one person may do changes nothing for the next.
            order.status = .cancelled
            try records.orders.save(order)
        }
    }
}
