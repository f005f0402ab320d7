import HTTPTypes
import Hummingbird
import NIOCore
import Office
import OfficeServices
import OfficeStore

extension Site {
    static let consoleCookie = "inkan-console"
    static let operatorCookie = "inkan-operator"
    static let languageCookie = "inkan-language"

    /// Finds out who asks.
    ///
    /// - Returns: the visit, and where to send the visitor instead if nobody is logged in.
    func visit(
        _ request: Request,
        _ context: OfficeRequestContext,
        _ access: Access,
        form: FormValues
    ) async throws -> (Visit, redirect: String?) {
        let side: Session.Side = if case .operators = access { .operators } else { .console }
        let cookie = request.cookies[side == .console ? Self.consoleCookie : Self.operatorCookie]?.value
        var session: Session?
        if let cookie, cookie.utf8.count == 32 { session = try await desk.session(cookie, side: side) }
        var user: User?
        var person: Operator?
        if let session {
            switch side {
            case .console: user = try await desk.user(session.person)
            case .operators: person = try await desk.person(operator: session.person)
            }
        }
        let query = FormValues(encoded: request.uri.query ?? "") ?? FormValues()
        let parameters = context.parameters.reduce(into: [String: String]()) { all, next in
            all[String(next.key)] = next.value.removingPercentEncoding ?? ""
        }
        let visit = Visit(
            // Two slashes at an address's beginning would make a host of what follows.
            path: "/" + request.uri.path.drop { $0 == "/" },
            parameters: parameters,
            query: query,
            form: form,
            language: language(request, query, user),
            address: context.remoteAddress,
            session: session,
            user: user?.isActive == true ? user : nil,
            person: person?.isActive == true ? person : nil,
            certificate: server == .area ? try await context.shownCertificate() : nil
        )
        return (visit, redirect(visit, access))
    }

    private func redirect(_ visit: Visit, _ access: Access) -> String? {
        let (base, isLoggedIn): (String, Bool)
        switch access {
        case .everybody: return nil
        case .console: (base, isLoggedIn) = ("", visit.user != nil)
        case .area: (base, isLoggedIn) = (desk.settings.consoleURL, visit.user != nil)
        case .operators: (base, isLoggedIn) = (Session.Side.operators.base, visit.person != nil)
        }
        guard isLoggedIn else { return base + "/log-in" }
        // Who has a password that somebody else chose changes it before anything else.
        let (change, end) = (base + "/password", base + "/log-out")
        return visit.hasFirstPassword && visit.path != change && visit.path != end ? change : nil
    }

    /// What stands before a page: the permission, and for the certificate area the certificate.
    func gate(_ visit: Visit, _ access: Access) async throws -> Reply? {
        switch access {
        case .everybody, .operators: break
        case .console(let function):
            if let function { try visit.caller.user.require(function) }
        case .area(let function):
            let opens = try await desk.areaAccess(visit.caller, visit.certificate)
            guard case .open = opens else { return .page(GatePage.page(opens, console: desk.settings.consoleURL)) }
            if let function { try visit.caller.user.require(function) }
        }
        return nil
    }

    private func language(_ request: Request, _ query: FormValues, _ user: User?) -> Language {
        if let asked = Language(rawValue: query["lang"]) { return asked }
        if let kept = request.cookies[Self.languageCookie].flatMap({ Language(rawValue: $0.value) }) { return kept }
        if let user { return user.language }
        return request.headers[.acceptLanguage]?.hasPrefix("en") == true ? .english : .japanese
    }

    /// Whether a form was sent by one of our own pages: the browser says where from (Fetch Standard, 3.2; OWASP).
    func isOwnOrigin(_ request: Request) -> Bool {
        if let site = request.headers[HTTPField.Name("Sec-Fetch-Site")!] {
            return site == "same-origin" || site == "none"
        }
        guard let origin = request.headers[.origin] else { return true }
        guard let host = request.head.authority else { return false }
        return origin == "https://\(host)" || origin == "http://\(host)"
    }
}
