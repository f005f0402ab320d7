package import Hummingbird
import Office
import Synchronization

/// The addresses of a server, each with who may come and what answers.
package struct Routes {
    package let site: Site
    package let router: Router<OfficeRequestContext>
    private let book = RouteBook()

    /// Every address of the server with who may come to it, in the order in which they were put there.
    package var pages: [PageEntry] { book.entries }

    package init(_ site: Site) {
        self.site = site
        router = Router(context: OfficeRequestContext.self)
        router.add(middleware: SecurityHeaders())
    }

    package func get(_ path: RouterPath, _ access: Access, _ handler: @escaping Site.Handler) {
        let site = site
        book.add(PageEntry(server: site.server, method: "GET", path: path.description, access: access))
        router.get(path) { request, context in
            try await site.answer(request, context, access, form: FormValues(), handler)
        }
    }

    package func post(_ path: RouterPath, _ access: Access, _ handler: @escaping Site.Handler) {
        let site = site
        book.add(PageEntry(server: site.server, method: "POST", path: path.description, access: access))
        router.post(path) { request, context in
            guard site.isOwnOrigin(request) else { return try await site.refuse(request, context, .foreignForm) }
            let length = request.headers[.contentLength].flatMap { Int($0) } ?? 0
            guard length <= FormValues.longest else {
                var response = try await site.refuse(request, context, .largeForm)
                response.status = .contentTooLarge
                return response
            }
            var request = request
            let body = try await request.collectBody(upTo: FormValues.longest)
            let type = request.headers[.contentType] ?? ""
            guard let form = FormValues(body: Array(body.readableBytesView), type: type) else {
                return try await site.refuse(request, context, .unreadableForm)
            }
            return try await site.answer(request, context, access, form: form, handler)
        }
    }

    /// A form at one address: shown by GET, sent by POST, and shown again with what was typed and what is wrong with it.
    ///
    /// - Parameter submitting: who may send it, where that is not everybody who may see it.
    package func form(
        _ path: RouterPath,
        _ access: Access,
        submitting: Access? = nil,
        show: @escaping @Sendable (Visit, FormValues) async throws -> Page,
        submit: @escaping Site.Handler
    ) {
        get(path, access) { visit in .page(try await show(visit, visit.query)) }
        post(path, submitting ?? access) { visit in
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

/// An address of the office and who may come to it.
package struct PageEntry: Sendable {
    package let server: Site.Server
    package let method: String
    /// Its changing parts begin with a colon.
    package let path: String
    package let access: Access

    /// `console GET /users console userManagement`: one line for people who look the permissions through.
    package var line: String {
        let (kind, function): (String, Function?) =
            switch access {
            case .everybody: ("everybody", nil)
            case .operators: ("operators", nil)
            case .console(let function): ("console", function)
            case .area(let function): ("area", function)
            }
        return "\(server) \(method) \(path) \(kind) \(function?.rawValue ?? "-")"
    }
}

/// The list that grows while the routes are made.
private final class RouteBook: Sendable {
    private let list = Mutex<[PageEntry]>([])

    var entries: [PageEntry] { list.withLock { $0 } }

    func add(_ entry: PageEntry) {
        list.withLock { $0.append(entry) }
    }
}
