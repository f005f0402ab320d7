/// Why the office does not do what it was asked. Nothing was changed.
package struct Refusal: Error, Hashable, Sendable {
    /// What kind of no it is; the page's status follows it.
    package enum Kind: Sendable {
        /// What was typed breaks a rule.
        case input
        /// The state of things does not allow it (any more).
        case state
        /// The person's role or grants do not allow it.
        case permission
        /// There is no such thing, or it belongs to somebody else, which looks the same (OTH-08).
        case notFound
        /// Another part of the office, or the appliance, cannot do it at this moment.
        case unavailable
    }

    /// One rule that was broken, and the field beside which it is said; empty for the whole form.
    package struct Problem: Hashable, Sendable {
        package let field: String
        package let text: Text

        package init(_ field: String, _ text: Text) {
            self.field = field
            self.text = text
        }
    }

    package let kind: Kind
    package let problems: [Problem]

    package init(_ kind: Kind, _ problems: [Problem]) {
        self.kind = kind
        self.problems = problems
    }

    package init(_ kind: Kind, _ text: Text) {
        self.init(kind, [Problem("", text)])
    }

    package static func input(_ field: String, _ text: Text) -> Refusal {
        Refusal(.input, [Problem(field, text)])
    }

    package static let notFound = Refusal(
        .notFound,
        Text("該当するデータがありません。番号をご確認ください。", "There is no such record. Check the number.")
    )

    /// A form that names no decision that its page offers: nothing is decided by default.
    package static let undecided = Refusal(
        .input,
        Text("決定が選ばれていません。ボタンで選んでください。", "No decision was chosen. Choose one by its button.")
    )

    package static let notPermitted = Refusal(
        .permission,
        Text(
            "この操作を行う権限がありません。管理者に権限の設定を依頼してください。",
            "You may not do this. Ask an administrator for the permission."
        )
    )
}

/// Collects what is wrong with a form, so that everything is said at once.
package struct FormCheck: Sendable {
    package private(set) var problems: [Refusal.Problem] = []

    package init() {}

    package mutating func note(_ field: String, _ text: Text) {
        problems.append(.init(field, text))
    }

    /// Notes the text where the condition does not hold.
    package mutating func require(_ condition: Bool, _ field: String, _ text: @autoclosure () -> Text) {
        if !condition { note(field, text()) }
    }

    /// Runs a check that throws, and notes what it says under the field.
    package mutating func value<Value>(_ field: String, _ read: () throws(Refusal) -> Value) -> Value? {
        do throws(Refusal) {
            return try read()
        } catch {
            for problem in error.problems {
                problems.append(.init(problem.field.isEmpty ? field : problem.field, problem.text))
            }
            return nil
        }
    }

    package func finish() throws(Refusal) {
        guard problems.isEmpty else { throw Refusal(.input, problems) }
    }
}
