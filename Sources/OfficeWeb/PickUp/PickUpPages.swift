import Foundation
import Office
import OfficeServices

/// The subscriber's pages: the mailed link, the password, and the certificate in one of its ways (sections 5.14 to 5.16).
/// No GET spends anything: what a mail scanner opens stays as it was.
extension Routes {
    func pickUpPages() {
        let desk = site.desk
        form("/pick-up/:link", .everybody) { visit, values in
            let order = try await desk.order(link: visit["link"])
            return PickUpPage(order: order, visit: visit, desk: desk).passwordPage
        } submit: { visit in
            let order = try await desk.open(
                link: visit["link"],
                password: visit.form["pickUpPassword"],
                address: visit.address
            )
            let page = PickUpPage(order: order, visit: visit, desk: desk)
            return .page(try await page.wayPage([]))
        }
        post("/pick-up/:link/file", .everybody) { visit in
            try await Self.again(visit, desk) { order in
                let isGenerated = try await desk.profile(of: order).settings.use == .smime
                if !isGenerated {
                    try PickUpPassword.checkMixed(
                        visit.form["password"],
                        again: visit.form["passwordAgain"],
                        shortest: 12
                    )
                }
                try Self.checkTerms(visit)
                let picked = try await desk.pickUpFile(
                    link: visit["link"],
                    password: visit.form["pickUpPassword"],
                    filePassword: isGenerated ? nil : visit.form["password"],
                    address: visit.address
                )
                return try await PickUpPage(order: picked.order, visit: visit, desk: desk).filePage(picked)
            }
        }
        post("/pick-up/:link/request", .everybody) { visit in
            try await Self.again(visit, desk) { _ in
                try Self.checkTerms(visit)
                let picked = try await desk.pickUp(
                    link: visit["link"],
                    password: visit.form["pickUpPassword"],
                    request: visit.form["request"],
                    option: .csr,
                    address: visit.address
                )
                return PickUpPage(order: picked.order, visit: visit, desk: desk).certificatePage(picked)
            }
        }
        post("/pick-up/:link/browser", .everybody) { visit in
            do {
                try Self.checkTerms(visit)
                let picked = try await desk.pickUp(
                    link: visit["link"],
                    password: visit.form["pickUpPassword"],
                    request: visit.form["request"],
                    option: .browser,
                    address: visit.address
                )
                let answer = BrowserAnswer(
                    certificate: picked.certificate.pem,
                    chain: picked.certificate.chain,
                    fileName: picked.certificate.fileName + ".pfx"
                )
                return .json(String(decoding: try JSONEncoder().encode(answer), as: UTF8.self))
            } catch let refusal as Refusal {
                let text = refusal.problems.first?.text(visit.language) ?? ""
                let body = try JSONEncoder().encode(["error": text])
                // 422 says that this very request will never be accepted: the page makes another key.
                let isRequest = refusal.problems.first?.field == "request"
                return .jsonRefusal(String(decoding: body, as: UTF8.self), isRequest ? 422 : 409)
            }
        }
        post("/pick-up/:link/terms", .everybody) { visit in
            try await Self.again(visit, desk) { _ in
                try Self.checkTerms(visit)
                let order = try await desk.acceptTerms(
                    link: visit["link"],
                    password: visit.form["pickUpPassword"],
                    address: visit.address
                )
                return try await PickUpPage(order: order, visit: visit, desk: desk).wayPage([])
            }
        }
        get("/guide", .everybody) { _ in .page(GuidePage.page) }
    }

    private struct BrowserAnswer: Encodable {
        let certificate: String
        let chain: [String]
        let fileName: String
    }

    /// Shows the order's page again where something that was typed is wrong.
    private static func again(
        _ visit: Visit,
        _ desk: OfficeDesk,
        _ act: (Order) async throws -> Page
    ) async throws -> Reply {
        let order = try await desk.open(
            link: visit["link"],
            password: visit.form["pickUpPassword"],
            address: visit.address
        )
        do {
            return .page(try await act(order))
        } catch let refusal as Refusal where refusal.kind == .input {
            return .page(try await PickUpPage(order: order, visit: visit, desk: desk).wayPage(refusal.problems))
        }
    }

    private static func checkTerms(_ visit: Visit) throws(Refusal) {
        guard visit.form.isTicked("acceptsTerms") else {
            throw .input("acceptsTerms", Text("利用約款への同意が必要です。", "The subscriber terms have to be accepted."))
        }
    }
}

/// The pages of one order's pick-up.
struct PickUpPage {
    let order: Order
    let visit: Visit
    let desk: OfficeDesk

    private var base: String { "/pick-up/\(visit["link"])" }

    private static let title = Text("電子証明書の取得", "Pick up your certificate")

    var passwordPage: Page {
        Page(
            Self.title,
            [
                .paragraph(
                    Text(
                        "証明書管理者から受け取った証明書取得用パスワードを入力してください。",
                        "Enter the pick-up password that your certificate manager gave you."
                    )
                ),
                .form(
                    FormView(
                        action: base,
                        fields: [
                            Field(
                                "pickUpPassword",
                                Text("証明書取得用パスワード", "Pick-up password"),
                                .password,
                                hint: Text(
                                    "ご不明な場合は証明書管理者にお問い合わせください。",
                                    "If you do not know it, ask your certificate manager."
                                ),
                                isRequired: true
                            )
                        ],
                        buttons: [.init(Words.next)]
                    )
                ),
            ]
        )
    }

    /// What the opened order offers.
    func wayPage(_ problems: [Refusal.Problem]) async throws -> Page {
        if let certificate = order.certificate { return certificatePage(certificate, [issued]) }
        let settings = try await desk.profile(of: order).settings
        guard settings.allows(order.keyOption) else { return Page(Refusal.exportForbidden) }
        let isGenerated = settings.use == .smime
        let termsText = Self.text(of: SubscriberTerms.shown(by: settings.portal))
        var page: Page
        switch order.keyOption {
        case .pkcs12: page = Page(Self.title, [facts] + termsText + [.form(fileForm(isGenerated))])
        case .csr: page = Page(Self.title, [facts] + termsText + [.form(requestForm)])
        case .browser:
            page = Page(
                Self.title,
                [facts] + termsText + [.paragraph(GuidePage.export), .form(browserForm(isGenerated))],
                scripts: ["/static/pickup-key.js"]
            )
        case .token: page = Page(Self.title, [facts] + station(termsText))
        }
        page.problems = problems
        page.again = Again(path: base, values: FormValues(opened))
        if !problems.isEmpty { page.status = 422 }
        page.blocks.append(.links([Link(Text("インストール方法", "How to install"), "/guide")]))
        return page
    }

    private var facts: Block {
        .facts([
            Fact(Text("オーダーID", "Order ID"), order.id), Fact(Text("CN", "CN"), order.subject.commonName),
            Fact(Text("組織名", "Organisation"), order.organisation),
            Fact(Text("メールアドレス", "Mail address"), order.subject.mail),
        ])
    }

    private var opened: [(name: String, value: String)] { [("pickUpPassword", visit.form["pickUpPassword"])] }

    private var terms: Field {
        Field(
            "acceptsTerms",
            Text("電子証明書の利用約款に同意します。", "I accept the subscriber terms."),
            .checkbox,
            value: visit.form["acceptsTerms"],
            isRequired: true
        )
    }

    private static func text(of terms: [SubscriberTerms]) -> [Block] {
        terms.flatMap { [.heading($0.title), .preformatted($0.body)] }
    }

    private func passwords(_ hint: Text) -> [Field] {
        [
            Field(
                "password",
                Text("鍵保護パスワード", "Key-protection password"),
                .password,
                hint: hint,
                isRequired: true,
                autocomplete: "new-password"
            ),
            Field(
                "passwordAgain",
                Text("鍵保護パスワード(確認)", "Key-protection password again"),
                .password,
                isRequired: true,
                autocomplete: "new-password"
            ),
        ]
    }

    private func fileForm(_ isGenerated: Bool) -> FormView {
        let passwords = passwords(
            Text(
                "半角英字と数字を混在させて12文字以上。忘れると証明書を使用できません。",
                "12 or more letters and digits, mixed. Without it the certificate cannot be used."
            )
        )
        return FormView(
            action: base + "/file",
            fields: (isGenerated ? [] : passwords) + [terms],
            buttons: [.init(Text("証明書を作成", "Make the certificate"))],
            hidden: opened
        )
    }

    private var requestForm: FormView {
        FormView(
            action: base + "/request",
            fields: [
                Field(
                    "request",
                    Text("CSR(PEM)", "CSR (PEM)"),
                    .area,
                    value: visit.form["request"],
                    hint: Text(
                        "-----BEGIN CERTIFICATE REQUEST----- から貼り付けてください。",
                        "Paste from -----BEGIN CERTIFICATE REQUEST----- on."
                    ),
                    isRequired: true
                ), terms,
            ],
            buttons: [.init(Text("証明書を発行", "Issue the certificate"))],
            hidden: opened
        )
    }

    /// - Parameter isGenerated: the page makes the file's password, and nobody types one (PKP-06).
    private func browserForm(_ isGenerated: Bool) -> FormView {
        let passwords = passwords(
            Text(
                "鍵はこのブラウザで作られ、外に出ません。半角英字と数字を混在させて12文字以上。",
                "The key is made in this browser and never leaves it. 12 or more letters and digits, mixed."
            )
        )
        let generated = [("password", Text(verbatim: "generated"))]
        return FormView(
            action: base + "/browser",
            fields: (isGenerated ? [] : passwords) + [terms],
            buttons: [.init(Text("鍵を作成して証明書を取得", "Make the key and get the certificate"), isDisabled: true)],
            hidden: opened,
            data: [
                ("pickup-key", Text("", "")), ("key-algorithm", Text(verbatim: desk.settings.issuing.keyAlgorithm)),
                ("common-name", Text(verbatim: order.subject.commonName)),
            ] + (isGenerated ? generated : []) + BrowserTexts.all
        )
    }

    /// The key is made in a USB token at the officers' station, once the terms are accepted here.
    private func station(_ termsText: [Block]) -> [Block] {
        guard order.pickUp.acceptedTerms == nil else {
            return [
                .notice(.ok, Text("利用約款への同意を受け付けました。", "The terms are accepted.")),
                .paragraph(
                    Text(
                        "証明書はUSBトークンに発行されます。証明書管理者の案内に従い、発行窓口でオーダーID \(order.id) をお伝えのうえ、トークンをお受け取りください。",
                        "The certificate is made in a USB token at the token station. Go there as your certificate manager tells you, and name the order \(order.id)."
                    )
                ),
            ]
        }
        return [
            .paragraph(
                Text(
                    "この証明書はUSBトークンに発行されます。秘密鍵はトークンの中で作られ、取り出せません。利用約款に同意いただくと、発行窓口での発行が可能になります。",
                    "This certificate is made in a USB token: the private key is made inside it and never leaves it. Once you accept the terms, the token station can make it."
                )
            )
        ] + termsText + [
            .form(
                FormView(
                    action: base + "/terms",
                    fields: [terms],
                    buttons: [.init(Text("同意する", "Accept"))],
                    hidden: opened
                )
            )
        ]
    }

    func filePage(_ picked: PickedUp) async throws -> Page {
        var blocks: [Block] = [issued]
        if let password = picked.password {
            blocks += [
                .notice(
                    .warn,
                    Text(
                        "鍵保護パスワードは一度だけ表示されます。必ず控えてください。",
                        "The key-protection password is shown this once. Keep it."
                    )
                ), .facts([Fact(Text("鍵保護パスワード", "Key-protection password"), password)]),
            ]
        }
        if let file = picked.file {
            let data = "data:application/x-pkcs12;base64," + Data(file).base64EncodedString()
            blocks.append(
                .download(Text("証明書ダウンロード", "Download the certificate"), data, picked.order.fileName + ".pfx")
            )
        }
        blocks.append(.links([Link(Text("インストール方法", "How to install"), "/guide")]))
        return Page(Text("電子証明書の取得 完了", "Certificate picked up"), blocks)
    }

    func certificatePage(_ picked: PickedUp) -> Page {
        certificatePage(picked.certificate, [issued])
    }

    private func certificatePage(_ certificate: OrderCertificate, _ before: [Block]) -> Page {
        Page(
            Text("電子証明書の取得 完了", "Certificate picked up"),
            before + [
                .heading(Text("証明書", "Certificate")), .preformatted(Text(verbatim: certificate.pem)),
                .heading(Text("中間証明書1", "Intermediate certificate 1")),
                .preformatted(Text(verbatim: certificate.chain.first ?? "")),
                .links([Link(Text("インストール方法", "How to install"), "/guide")]),
            ]
        )
    }

    private var issued: Block {
        .notice(.ok, Text("証明書が発行されました。", "The certificate was issued."))
    }
}

/// The words of `pickup-key.js`.
enum BrowserTexts {
    static let all: [(name: String, value: Text)] = [
        ("text-making", Text("鍵を作成しています…", "The key is being made…")),
        ("text-sending", Text("証明書を申請しています…", "The certificate is being asked for…")),
        ("text-packing", Text("ファイルを作成しています…", "The file is being made…")),
        (
            "text-done",
            Text(
                "証明書ができました。ダウンロードしてください。鍵保護パスワードは取り込みの際に必要です。",
                "The certificate is ready. Download it; importing it needs the key-protection password."
            )
        ),
        ("text-download", Text("証明書ダウンロード", "Download the certificate")),
        ("text-again", Text("もう一度送信", "Send again")),
        (
            "text-password-weak",
            Text("半角英字と数字を混在させ、12文字以上117文字以内で入力してください。", "12 to 117 letters and digits, both of them.")
        ),
        ("text-password-differs", Text("確認用のパスワードが一致しません。", "The two passwords differ.")),
        ("text-terms", Text("利用約款への同意が必要です。", "The subscriber terms have to be accepted.")),
        ("text-lost", Text("応答がありませんでした。もう一度送信しても安全です。", "No answer came. It is safe to send again.")),
        (
            "text-refused",
            Text("証明書を発行できませんでした。証明書管理者にお問い合わせください。", "The certificate was not issued. Ask your certificate manager.")
        ),
        (
            "text-wrong-certificate",
            Text(
                "受け取った証明書がこの鍵のものではありません。証明書管理者にお問い合わせください。",
                "The certificate that came is not for this key. Ask your certificate manager."
            )
        ),
        (
            "text-unsupported",
            Text("このブラウザでは鍵を作成できません。別のブラウザをご利用ください。", "This browser cannot make the key. Use another one.")
        ),
    ]
}
