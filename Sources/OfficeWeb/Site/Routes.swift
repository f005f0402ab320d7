package import Hummingbird
import Office

/// The addresses of a server, each with who may come and what answers.
package struct Routes {
    package let site: Site
    package let router: Router<OfficeRequestContext>

    package init(_ site: Site) {
        self.site = site
        router = Router(context: OfficeRequestContext.self)
        router.add(middleware: SecurityHeaders())
    }

    package func get(_ path: RouterPath, _ access: Access, _ handler: @escaping Site.Handler) {
        let site = site
        router.get(path) { request, context in
            try await site.answer(request, context, access, form: FormValues(), handler)
        }
    }

    package func post(_ path: RouterPath, _ access: Access, _ handler: @escaping Site.Handler) {
        let site = site
        router.post(path) { request, context in
            guard site.isOwnOrigin(request) else { return try await site.refuse(request, context, .foreignForm) }
            var request = request
            let body = try await request.collectBody(upTo: FormValues.longest)
            guard let form = FormValues(encoded: String(buffer: body)) else {
                return try await site.refuse(request, context, .unreadableForm)
            }
            return try await site.answer(request, context, access, form: form, handler)
        }
    }

    /// A form at one address: shown by GET, sent by POST, and shown again with what was typed and what is wrong with it.
    package func form(
        _ path: RouterPath,
        _ access: Access,
        show: @escaping @Sendable (Visit, FormValues) async throws -> Page,
        submit: @escaping Site.Handler
    ) {
        get(path, access) { visit in .page(try await show(visit, visit.query)) }
        post(path, access) { visit in
            do {
                return try await submit(visit)
            } catch let refusal as Refusal where refusal.kind == .input {
                var page = try await show(visit, visit.form)
                page.status = 422
                page.problems = refusal.problems
                return .page(page)
            }
        }
    }
}
