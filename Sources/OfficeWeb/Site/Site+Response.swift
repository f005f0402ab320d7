import HTTPTypes
import Foundation
import Hummingbird
import Office
import OfficeServices

extension Site {
    func response(_ target: String) -> Response {
        Response(status: .seeOther, headers: [.location: target])
    }

    func response(_ reply: Reply, _ visit: Visit, _ context: OfficeRequestContext) throws -> Response {
        switch reply {
        case .page(let page): return try response(page, visit)
        case .redirect(let target): return response(target)
        case .signedIn(let cookie, let target):
            var response = response(target)
            response.setCookie(cookie)
            return response
        case .file(let file):
            let ascii = String(file.name.map { $0.isASCII && !"\"\\".contains($0) ? $0 : "_" })
            return Response(
                status: .ok,
                headers: [
                    .contentType: file.type, .cacheControl: "no-store",
                    .contentDisposition:
                        "attachment; filename=\"\(ascii)\"; filename*=UTF-8''\(file.name.urlEncoded)",
                ],
                body: .init(byteBuffer: ByteBuffer(bytes: file.content))
            )
        case .json(let text): return json(text, status: .ok)
        case .jsonRefusal(let text, let status): return json(text, status: .init(code: status))
        }
    }

    private func json(_ text: String, status: HTTPResponse.Status) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: text))
        )
    }

    private func response(_ page: Page, _ visit: Visit) throws -> Response {
        let language = visit.language
        let rendering = PageRendering(language: language, csrf: visit.session?.formSecret)
        let other: Language = language == .japanese ? .english : .japanese
        var context: Values = [
            "language": language.rawValue,
            "title": (page.problems.isEmpty ? "" : Words.problem(language)) + page.title(language),
            "pageHeading": page.title(language), "skip": Words.skip(language),
            "blocks": rendering.contexts(page), "scripts": page.allScripts,
            "home": visit.person == nil ? "/" : "/operator",
        ]
        addLanguageSwitch(page, visit, to: other, &context)
        let name = visit.user?.id ?? visit.person?.id
        if let name, let session = visit.session {
            context["user"] =
                [
                    "name": name, "csrf": session.formSecret, "logOut": Words.logOut(language),
                    "logOutTarget": visit.person == nil ? "/log-out" : "/operator/log-out",
                ] as Values
        }
        if let menu = menu(visit) { context["menu"] = menu }
        var response = Response(
            status: .init(code: page.status),
            headers: [.contentType: "text/html; charset=utf-8", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: template.filled(with: context)))
        )
        if visit.query.has("lang") {
            response.setCookie(
                Cookie(
                    name: Self.languageCookie,
                    value: language.rawValue,
                    maxAge: 365 * 86_400,
                    path: "/",
                    secure: true,
                    httpOnly: true,
                    sameSite: .lax
                )
            )
        }
        return response
    }

    /// The way to the same page in another language. An answer that cannot be had twice has none.
    private func addLanguageSwitch(_ page: Page, _ visit: Visit, to language: Language, _ context: inout Values) {
        let kept = visit.query.pairs.filter { $0.name != "lang" }
        let query = (kept + [("lang", language.rawValue)]).map { "\($0.name.urlEncoded)=\($0.value.urlEncoded)" }
        var words: Values = [
            "otherLanguage": Words.otherLanguage(visit.language), "otherCode": language.rawValue,
            "otherTarget": (page.again?.path ?? visit.path) + "?" + query.joined(separator: "&"),
        ]
        if let again = page.again {
            let secret = visit.session.map { [("csrf", $0.formSecret)] } ?? []
            words["hidden"] = (again.values.pairs + secret).map { pair -> Values in
                ["name": pair.0, "value": pair.1]
            }
            context["languageForm"] = words
        } else if visit.form.pairs.isEmpty || page.status == 422 {
            context["languageLink"] = words
        }
    }

    private func menu(_ visit: Visit) -> Values? {
        let groups: [MenuGroup]
        if let user = visit.user {
            groups = server == .console ? Menu.console(user, desk.settings) : Menu.area(user, desk.settings)
        } else if visit.person != nil {
            groups = Menu.operators
        } else {
            return nil
        }
        return [
            "label": Words.menu(visit.language),
            "groups": groups.map { group -> Values in
                [
                    "title": group.title(visit.language),
                    "items": group.items.map { item -> Values in
                        [
                            "text": item.text(visit.language), "target": item.target,
                            "isCurrent": item.target == visit.path,
                        ]
                    },
                ]
            },
        ]
    }
}

/// Headers that every answer carries: nothing from elsewhere, nothing inline, never in a frame, TLS only.
struct SecurityHeaders: RouterMiddleware {
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

    func handle(
        _ request: Request,
        context: OfficeRequestContext,
        next: (Request, OfficeRequestContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as any HTTPResponseError {
            // Such as a body that is too long: what the server answers by itself is no exception.
            response = try error.response(from: request, context: context)
        }
        // Pages are somebody's own, and so is where a form leads to. Stylesheet and scripts say otherwise.
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        response.headers[.contentSecurityPolicy] = Self.policy
        response.headers[.strictTransportSecurity] = "max-age=63072000; includeSubDomains"
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[HTTPField.Name("Referrer-Policy")!] = "no-referrer"
        response.headers[HTTPField.Name("Cross-Origin-Opener-Policy")!] = "same-origin"
        response.headers[HTTPField.Name("Permissions-Policy")!] = "camera=(), microphone=(), geolocation=()"
        return response
    }
}
