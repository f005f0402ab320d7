package import Hummingbird
package import Office
package import OfficeServices
package import OfficeStore

/// One request, as the code of a page sees it: who asks, in which language, and what was sent.
package struct Visit: Sendable {
    package let path: String
    package let parameters: [String: String]
    package let query: FormValues
    package var form: FormValues
    package let language: Language
    package let address: String
    package let session: Session?
    package let user: User?
    package let person: Operator?
    /// On the certificate area's server: what the connection has shown.
    package let certificate: ShownCertificate?

    /// The user who is logged in to the console.
    ///
    /// - Throws: `.notPermitted` where nobody is; the routes let nobody through who is not.
    package var caller: Caller {
        get throws(Refusal) {
            guard let user else { throw .notPermitted }
            return Caller(user: user, address: address)
        }
    }

    package var operatorCaller: OperatorCaller {
        get throws(Refusal) {
            guard let person else { throw .notPermitted }
            return OperatorCaller(person: person, address: address)
        }
    }

    /// Whether somebody else set the password of who is logged in.
    var hasFirstPassword: Bool { user?.hasFirstPassword ?? person?.hasFirstPassword ?? false }

    /// A part of the path, as the route names it.
    package subscript(parameter: String) -> String {
        parameters[parameter] ?? ""
    }
}

/// What a request is answered with.
package enum Reply: Sendable {
    case page(Page)
    case redirect(String)
    /// On to a page, with a session's cookie.
    case signedIn(Cookie, String)
    case file(Download)
    /// For scripts of our own pages.
    case json(String)
    /// The same, with the status of a refusal.
    case jsonRefusal(String, Int)
}

/// A file to be saved.
package struct Download: Sendable {
    package let name: String
    package let type: String
    package let content: [UInt8]

    package init(name: String, type: String, content: [UInt8]) {
        (self.name, self.type, self.content) = (name, type, content)
    }
}

/// Who may come to a page.
package enum Access: Sendable {
    case everybody
    /// Logged in to the console, with the permission if one is named.
    case console(Function?)
    /// Besides, with the administrator certificate (ACT-01).
    case area(Function?)
    case operators
}
