import Foundation
import SignerAPI

/// What a certificate can look like under one profile: which of the optional parts are there, and how they are filled.
struct Shape: Sendable {
    var name: String
    var profile: String
    var subject: [CertificateOrder.Item]
    var alternativeNames: [CertificateOrder.Item] = []
    var securityIdentifier: String?
    var extendedKeyUsages: [String] = []

    /// Every shape of every profile of the development set.
    static let all: [Shape] = access + smartCard + administrator + personalMail + organizationMail + mailboxMail

    /// Kinds of subject keys, as the profiles call them.
    static let keys = ["rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384", "ed25519"]

    /// How long: the profile's default, one day, and as long as the profile allows.
    enum Validity: CaseIterable, Sendable {
        case byDefault, shortest, longest
    }

    /// The longest validity of a profile in days.
    static let longestDays = [
        "access-1y": 397, "access-2y": 762, "access-4y": 1492, "access-short": 31, "access-1y-mail": 397,
        "access-2y-mail": 762, "access-4y-mail": 1492, "access-short-mail": 31, "access-smartcard-1y": 397,
        "access-1y-pss": 397, "access-1y-mail-pss": 397, "smime-organization-1y-pss": 397,
        "administrator-1y": 397, "smime-personal": 825, "smime-personal-1y-pss": 397, "smime-organization": 825,
        "smime-mailbox": 825,
    ]

    private static let sid = "S-1-5-21-1004336348-1177238915-682003330-1105"
    private static let place: [CertificateOrder.Item] = [
        .init("stateOrProvinceName", "東京都"), .init("localityName", "千代田区"),
    ]
    private static let departments: [CertificateOrder.Item] = [
        .init("organizationalUnitName", "営業部"), .init("organizationalUnitName", "Sales, \"East\" + <West>"),
        .init("organizationalUnitName", String(repeating: "課", count: 64)),
    ]

    private static func organization(_ name: String) -> [CertificateOrder.Item] {
        [.init("countryName", "JP"), .init("organizationName", name)]
    }

    // MARK: Log-in

    private static let access = [
        "access-1y", "access-2y", "access-4y", "access-short", "access-1y-pss", "access-1y-mail", "access-2y-mail",
        "access-4y-mail", "access-short-mail", "access-1y-mail-pss",
    ].flatMap { profile -> [Shape] in
        let mail = "taro.yamada@example.jp"
        let hasMail = profile.contains("-mail")
        let address: [CertificateOrder.Item] = hasMail ? [.init("emailAddress", mail)] : []
        let names: [CertificateOrder.Item] = hasMail ? [.init("rfc822Name", mail)] : []
        let plain = organization("Inkan Example") + [.init("commonName", "Taro Yamada")] + address
        let japanese = organization("株式会社 印鑑") + [.init("commonName", "山田 太郎 (ヤマダ タロウ)")] + address
        let longest =
            [.init("countryName", "US"), .init("organizationName", String(repeating: "O", count: 64))]
            + [.init("commonName", String(repeating: "名", count: 64))] + address
        return [
            Shape(name: "plain", profile: profile, subject: plain, alternativeNames: names),
            Shape(name: "japanese", profile: profile, subject: japanese, alternativeNames: names),
            Shape(name: "longest", profile: profile, subject: longest, alternativeNames: names),
            Shape(name: "place", profile: profile, subject: plain + place, alternativeNames: names),
            Shape(
                name: "full",
                profile: profile,
                subject: japanese + place + departments,
                alternativeNames: names,
                securityIdentifier: sid,
                extendedKeyUsages: ["encryptingFileSystem"]
            ),
            Shape(
                name: "sid",
                profile: profile,
                subject: plain,
                alternativeNames: names,
                securityIdentifier: "S-1-5-21-0-4294967295-1-4294967295"
            ),
            Shape(
                name: "efs",
                profile: profile,
                subject: plain + departments.prefix(1),
                alternativeNames: names,
                extendedKeyUsages: ["encryptingFileSystem", "clientAuth"]
            ),
        ]
    }

    private static let smartCard = [
        Shape(
            name: "plain",
            profile: "access-smartcard-1y",
            subject: organization("Inkan Example") + [.init("commonName", "Taro Yamada")],
            alternativeNames: [.init("userPrincipalName", "taro@corp.example")],
            securityIdentifier: sid
        ),
        Shape(
            name: "full",
            profile: "access-smartcard-1y",
            subject: organization("株式会社 印鑑") + [.init("commonName", "山田 太郎")] + place + departments,
            alternativeNames: [.init("userPrincipalName", "o'taro-y.1_2#3&4+5@a.b.corp.example")],
            securityIdentifier: sid,
            extendedKeyUsages: ["smartCardLogon", "encryptingFileSystem"]
        ),
    ]

    private static let administrator = ["Admin 1", "admin_2 (night shift) <x>"].map { name in
        Shape(
            name: "administrator",
            profile: "administrator-1y",
            subject: organization("株式会社 印鑑") + [
                .init("commonName", name), .init("emailAddress", "admin+1@example.jp"),
            ],
            alternativeNames: [.init("rfc822Name", "admin+1@example.jp")]
        )
    }

    // MARK: Mail

    private static let mail = CertificateOrder.Item("rfc822Name", "taro.yamada@example.jp")
    private static let otherMail = CertificateOrder.Item("rfc822Name", "o'hara+tag=1@xn--wgv71a119e.jp")
    private static let japaneseMail = CertificateOrder.Item("rfc822Name", "山田@example.jp")

    private static let personalMail = ["smime-personal", "smime-personal-1y-pss"].flatMap { profile -> [Shape] in
        func person(
            _ title: String,
            _ more: [CertificateOrder.Item],
            names: [CertificateOrder.Item] = [mail],
            registration: String = "VATJP-1234567890123",
            usages: [String] = []
        ) -> Shape {
            let subject = organization("株式会社 印鑑") + [.init("organizationIdentifier", registration)] + more
            return Shape(
                name: title,
                profile: profile,
                subject: subject,
                alternativeNames: names,
                extendedKeyUsages: usages
            )
        }
        let taro: [CertificateOrder.Item] = [.init("surname", "山田"), .init("givenName", "太郎")]
        return [
            person("surname", [.init("surname", "Yamada"), .init("commonName", "Yamada")]),
            person("person", taro + [.init("commonName", "山田 太郎")], usages: ["clientAuth"]),
            person("mailbox", taro + [.init("commonName", mail.value)], registration: "NTRJP-1234-56-789012"),
            person("pseudonym", [.init("pseudonym", "窓口１"), .init("commonName", "窓口１")], registration: "GOVJP"),
            person(
                "full",
                taro + [.init("commonName", "太郎 山田"), .init("emailAddress", mail.value)] + place,
                names: [mail, otherMail, japaneseMail],
                registration: "LEIXG-549300MLUDYVRQOOXS22"
            ),
            person("smtp-utf8", taro + [.init("commonName", "山田太郎")], names: [japaneseMail]),
            person("smtp-utf8-name", taro + [.init("commonName", japaneseMail.value)], names: [japaneseMail]),
        ]
    }

    private static let organizationMail = ["smime-organization", "smime-organization-1y-pss"].flatMap { profile in
        organizations.map { organization($0, profile: profile) }
    }

    private static let organizations:
        [(place: [CertificateOrder.Item], names: [CertificateOrder.Item], common: String)] =
            [
                ([], [mail], "株式会社 印鑑"), ([], [mail], mail.value), (place, [mail, otherMail, japaneseMail], "株式会社 印鑑"),
            ]

    private static func organization(
        _ filled: (place: [CertificateOrder.Item], names: [CertificateOrder.Item], common: String),
        profile: String
    ) -> Shape {
        Shape(
            name: "organization",
            profile: profile,
            subject: organization("株式会社 印鑑") + [
                .init("organizationIdentifier", "VATJP-1234567890123"), .init("commonName", filled.common),
                .init("emailAddress", mail.value),
            ] + filled.place,
            alternativeNames: filled.names
        )
    }

    private static let mailboxMail = [
        Shape(
            name: "mailbox",
            profile: "smime-mailbox",
            subject: [.init("commonName", mail.value)],
            alternativeNames: [mail]
        ),
        Shape(
            name: "mailbox-full",
            profile: "smime-mailbox",
            subject: [.init("commonName", mail.value), .init("emailAddress", mail.value)],
            alternativeNames: [mail, otherMail, japaneseMail],
            extendedKeyUsages: ["clientAuth"]
        ),
    ]
}
