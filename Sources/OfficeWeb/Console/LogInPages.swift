import Hummingbird
import Office
import OfficeServices
import OfficeStore

/// Log-in and log-out, of the console and of the operators' side.
extension Routes {
    func logInPages(_ side: Session.Side) {
        let base = side.base
        let cookie = side == .console ? Site.consoleCookie : Site.operatorCookie
        let access: Access = side == .console ? .console(nil) : .operators
        let site = site
        form(.init(base + "/log-in"), .everybody) { _, values in
            Self.logInPage(base, values)
        } submit: { visit in
            let place = "\(visit.address) \(visit.form["user"])"
            try site.limits.count(place, at: site.desk.now)
            let opened = try await site.desk.logIn(
                visit.form["user"],
                password: visit.form["password"],
                side: side,
                address: visit.address
            )
            site.limits.forget(place)
            return .signedIn(Cookie.kept(cookie, opened.secret), base.isEmpty ? "/" : base)
        }
        post(.init(base + "/log-out"), access) { visit in
            if let session = visit.session { try await site.desk.logOut(session) }
            return .redirect(base + "/log-in")
        }
    }

    private static func logInPage(_ base: String, _ values: FormValues) -> Page {
        Page(
            base.isEmpty ? Text("ログイン", "Log in") : Text("認証局ログイン", "Operator log-in"),
            [
                .form(
                    FormView(
                        action: base + "/log-in",
                        fields: [
                            Field(
                                "user",
                                Text("ユーザID", "User ID"),
                                value: values["user"],
                                isRequired: true,
                                autocomplete: "username"
                            ),
                            Field(
                                "password",
                                Text("パスワード", "Password"),
                                .password,
                                isRequired: true,
                                autocomplete: "current-password"
                            ),
                        ],
                        buttons: [.init(Text("ログイン", "Log in"))]
                    )
                )
            ]
        )
    }
}

extension Session.Side {
    /// What the addresses of the side begin with.
    var base: String { self == .console ? "" : "/operator" }
}

extension Cookie {
    /// A cookie that only our own pages send, over TLS, unseen by scripts.
    static func kept(_ name: String, _ value: String) -> Cookie {
        Cookie(name: name, value: value, path: "/", secure: true, httpOnly: true, sameSite: .lax)
    }
}
