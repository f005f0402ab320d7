import Clocks
import Office
import TextForms

/// Orders of three years, each computed from its number: names, addresses, states and dates as a company's are.
struct MadeUpOrders: Sendable {
    let company: MadeUpCompany
    let count: Int
    /// PEM of a certificate of the common size.
    let certificate: String

    static let surnames =
        "佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 清水 山崎 森 池田 橋本 阿部 石川 山下 中島 石井 小川"
        .split(separator: " ").map { String($0) }
    static let givenNames = "太郎 花子 一郎 次郎 美咲 陽菜 蓮 大翔 結衣 葵 悠真 健太 翔太 直樹 由美子 恵 真由美 裕子 誠 浩"
        .split(separator: " ").map { String($0) }
    static let spellings =
        "sato suzuki takahashi tanaka ito watanabe yamamoto nakamura kobayashi kato yoshida yamada sasaki"
        .split(separator: " ").map { String($0) }
    static let departments = "営業部 第一営業部 第二営業部 開発部 総務部 人事部 経理部 情報システム部 品質保証部 大阪支店 名古屋支店 福岡営業所"
        .split(separator: " ").map { String($0) }
    private static let years: Int64 = 3 * 365 * 86_400

    func applied(_ number: Int) -> Timestamp {
        let age = Double(Self.years) * Double(count - 1 - number) / Double(count)
        return Timestamp(seconds: company.now.seconds - 60 - Int64(age))
    }

    func id(_ number: Int) -> String {
        let day = MadeUpCompany.calendar.day(of: applied(number))
        return IdentifierFamily.order.make(day: day, number: number &* 7919 % 1_000_000)
    }

    func order(_ number: Int) -> Order {
        var draw = Draws(seed: UInt64(number))
        let applied = applied(number)
        let name = "\(draw.one(of: Self.surnames)) \(draw.one(of: Self.givenNames))"
        let mail = "\(draw.one(of: Self.spellings)).\(draw.number(100_000))@mail\(draw.number(5)).example.co.jp"
        let subject = OrderSubject(
            commonName: name,
            surname: "",
            givenName: "",
            pseudonym: "",
            units: [draw.one(of: Self.departments)],
            mail: mail,
            usesMail: false,
            userPrincipalName: "",
            securityIdentifier: ""
        )
        let period = min(company.licences.count - 2, number * 6 / count)
        var order = Order(
            id: id(number),
            profile: draw.one(of: company.profiles),
            licence: company.licences[period],
            manager: MadeUpCompany.person(draw.number(20)),
            subject: subject,
            keyOption: draw.number(3) == 0 ? .csr : .pkcs12,
            templateLanguage: draw.number(10) == 0 ? "en" : "ja",
            memo: "",
            applied: applied,
            pickUp: PickUp(
                linkHash: draw.bytes(32),
                sealedLink: draw.bytes(60),
                sealedPassword: draw.bytes(40),
                mailed: applied
            )
        )
        settle(&order, &draw)
        return order
    }

    /// What became of it: the youngest wait for their pick-up.
    private func settle(_ order: inout Order, _ draw: inout Draws) {
        let age = company.now.seconds - order.applied.seconds
        if age < 10 * 86_400, draw.number(10) < 6 { return }
        if draw.number(100) < 4 {
            order.status = .autoCancelled
            return
        }
        let issued = Timestamp(seconds: order.applied.seconds + min(age - 1, Int64(draw.number(4 * 86_400))))
        let days: Int64 = draw.number(10) < 3 ? 730 : 365
        var certificate = OrderCertificate(
            serial: HexText.encode(draw.bytes(16)),
            issuer: "access-rsa",
            use: .access,
            issued: issued,
            notAfter: Timestamp(seconds: issued.seconds + days * 86_400 - 1),
            pem: certificate,
            chain: [certificate],
            fileName: order.fileName
        )
        order.status = .issued
        switch draw.number(100) {
        case 0..<5: certificate.state = .revoked
        case 5: certificate.state = .held
        case 6..<9: (certificate.state, order.status) = (.cancelled, .cancelled)
        default: break
        }
        order.certificate = certificate
    }
}

/// Numbers that are the same each time (SplitMix64).
struct Draws {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// From 0 on, less than `limit`.
    mutating func number(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    mutating func one<Element>(of all: [Element]) -> Element { all[number(all.count)] }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 11) } }
}
