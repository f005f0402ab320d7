import Hummingbird
import Office
package import OfficeServices
import OfficeStore

/// The office on the web: what every request goes through on the way to its page.
///
/// There are two servers: the console, and the certificate area, whose connections may show a client certificate.
package struct Site: Sendable {
    package enum Server: Sendable { case console, area, publisher }

    package let desk: OfficeDesk
    package let server: Server
    let template: Template
    let limits: RequestLimits

    init(desk: OfficeDesk, server: Server, template: Template, limits: RequestLimits) {
        (self.desk, self.server, self.template, self.limits) = (desk, server, template, limits)
    }

    package typealias Handler = @Sendable (Visit) async throws -> Reply

    func answer(
        _ request: Request,
        _ context: OfficeRequestContext,
        _ access: Access,
        form: FormValues,
        _ handler: Handler
    ) async throws -> Response {
        let (visit, redirect) = try await visit(request, context, access, form: form)
        if let redirect { return response(redirect) }
        do {
            if request.method == .post, let session = visit.session, form["csrf"] != session.formSecret {
                throw Refusal.foreignForm
            }
            if let gate = try await gate(visit, access) { return try response(gate, visit, context) }
            return try response(try await handler(visit), visit, context)
        } catch let refusal as Refusal {
            return try response(.page(Page(refusal)), visit, context)
        } catch {
            // The people who run the office read what happened; visitors read that it did.
            context.logger.error("request-failed", metadata: ["path": "\(visit.path)", "problem": "\(error)"])
            return try response(.page(Page.broken), visit, context)
        }
    }

    func refuse(
        _ request: Request,
        _ context: OfficeRequestContext,
        _ refusal: Refusal
    ) async throws -> Response {
        let (visit, _) = try await visit(request, context, .everybody, form: FormValues())
        return try response(.page(Page(refusal)), visit, context)
    }
}

extension Refusal {
    static let foreignForm = Refusal(
        .permission,
        Text(
            "このフォームは有効ではありません。ページを開き直してもう一度お試しください。何も変更されていません。",
            "This form is not valid any more. Open the page again and retry; nothing was changed."
        )
    )

    static let largeForm = Refusal(
        .input,
        Text(
            "送信された内容が大きすぎます(ファイルを含めて\(FormValues.longest / 1024)KBまで)。何も変更されていません。",
            "What was sent is too large: \(FormValues.longest / 1024) KB are taken, files included. Nothing was changed."
        )
    )

    static let unreadableForm = Refusal(
        .input,
        Text("送信された内容を読み取れませんでした。", "What was sent cannot be read.")
    )
}

extension Page {
    /// Something that cannot happen did.
    static let broken = Page(
        Text("エラー", "Error"),
        [
            .notice(
                .error,
                Text(
                    "処理中に問題が発生しました。記録されましたので、続く場合はお問い合わせください。",
                    "Something went wrong. It was recorded; if it goes on, please write to us."
                )
            )
        ],
        status: 500
    )

    /// What is shown where nothing else can be.
    init(_ refusal: Refusal) {
        let (title, status): (Text, Int) =
            switch refusal.kind {
            case .input: (Text("入力内容の確認", "Please check"), 422)
            case .state: (Text("処理できません", "This cannot be done"), 409)
            case .permission: (Text("権限がありません", "Not permitted"), 403)
            case .notFound: (Text("見つかりません", "Not found"), 404)
            case .unavailable: (Text("ただいま利用できません", "Not available now"), 503)
            }
        self.init(title, refusal.problems.map { .notice(.error, $0.text) }, status: status)
    }
}
