package import Office

/// A form: its fields with what was typed, what was wrong with it, and its buttons.
package struct FormView: Sendable {
    package var action: String
    package var fields: [Field]
    package var buttons: [Button]
    /// What the form carries along unseen, in this order.
    package var hidden: [(name: String, value: String)]
    /// `get` for searches; all else is `post`.
    package var isSearch: Bool
    /// `data-` attributes of the form itself, for the scripts.
    package var data: [(name: String, value: Text)]
    package var takesFiles: Bool
    /// A table above the fields, whose boxes belong to the form.
    package var table: TableView?
    /// Words behind which the form is folded away until somebody wants it, or it was used.
    package var folded: Text?

    package init(
        action: String,
        fields: [Field],
        buttons: [Button],
        hidden: [(name: String, value: String)] = [],
        isSearch: Bool = false,
        data: [(name: String, value: Text)] = [],
        takesFiles: Bool = false,
        table: TableView? = nil
    ) {
        (self.action, self.fields, self.buttons, self.hidden) = (action, fields, buttons, hidden)
        (self.isSearch, self.data, self.takesFiles, self.table) = (isSearch, data, takesFiles, table)
    }

    /// Whether something was chosen or typed in a search, beyond what it begins with.
    var isUsed: Bool { fields.contains { !$0.value.isEmpty && $0.value != $0.beginning } }

    package struct Button: Sendable {
        package enum Look: String, Sendable { case primary, plain, quiet, danger }

        package let text: Text
        package let name: String
        package let value: String
        package let look: Look
        package let isDisabled: Bool

        package init(
            _ text: Text,
            name: String = "",
            value: String = "",
            look: Look = .primary,
            isDisabled: Bool = false
        ) {
            (self.text, self.name, self.value, self.look) = (text, name, value, look)
            self.isDisabled = isDisabled
        }
    }
}

/// One field of a form.
package struct Field: Sendable {
    package enum Kind: Sendable {
        case text, mail, password, area, file, date
        case select([Option])
        case radio([Option])
        case checkbox
        /// Several boxes of one name.
        case boxes([Option])
        /// Shown, not typed.
        case fixed
    }

    package struct Option: Sendable {
        package let value: String
        package let text: Text
        package let isDisabled: Bool

        package init(_ value: String, _ text: Text, isDisabled: Bool = false) {
            (self.value, self.text, self.isDisabled) = (value, text, isDisabled)
        }
    }

    package var name: String
    package var label: Text
    package var kind: Kind
    package var value: String
    package var values: [String]
    package var hint: Text?
    package var isRequired: Bool
    package var autocomplete: String
    package var maximumLength: Int?
    package var isDisabled: Bool
    /// How many lines an area shows.
    package var lines = 4
    /// What a search's field holds before anybody has used it.
    package var beginning = ""
    /// A button beside the field that fills it with a random value; the field that repeats it.
    package var generatesInto: String?
    package var data: [(name: String, value: String)]
    /// Buttons below the field, each of which puts its value in at the cursor.
    package var inserts: [(text: Text, value: String)] = []

    package init(
        _ name: String,
        _ label: Text,
        _ kind: Kind = .text,
        value: String = "",
        values: [String] = [],
        hint: Text? = nil,
        isRequired: Bool = false,
        autocomplete: String = "off",
        maximumLength: Int? = nil,
        isDisabled: Bool = false,
        generatesInto: String? = nil,
        data: [(name: String, value: String)] = []
    ) {
        (self.name, self.label, self.kind, self.value, self.values) = (name, label, kind, value, values)
        (self.hint, self.isRequired, self.autocomplete) = (hint, isRequired, autocomplete)
        (self.maximumLength, self.isDisabled) = (maximumLength, isDisabled)
        (self.generatesInto, self.data) = (generatesInto, data)
    }

    var isFile: Bool { if case .file = kind { true } else { false } }

    /// The options of a choice.
    package static func options<Choice: CaseIterable & RawRepresentable & Worded>(
        _ type: Choice.Type,
        without: Set<String> = []
    ) -> [Option] where Choice.RawValue == String {
        type.allCases.filter { !without.contains($0.rawValue) }.map { Option($0.rawValue, $0.text) }
    }
}
