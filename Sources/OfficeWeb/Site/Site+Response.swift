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
        let rendering = PageRendering(
            language: language,
            csrf: visit.session?.formSecret,
            problems: page.problems
        )
        let other: Language = language == .japanese ? .english : .japanese
        var context: Values = [
            "language": language.rawValue, "title": page.title(language), "skip": Words.skip(language),
            "blocks": page.blocks.map(rendering.context), "scripts": page.scripts,
            "otherLanguage": Words.otherLanguage(language), "otherCode": other.rawValue,
            "otherTarget": visit.path + "?lang=" + other.rawValue, "home": visit.person == nil ? "/" : "/operator",
        ]
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
