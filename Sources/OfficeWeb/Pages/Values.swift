/// What a template reads by name.
struct Values: Sendable, ExpressibleByDictionaryLiteral {
    private var all: [String: TemplateValue]

    init(dictionaryLiteral pairs: (String, any TemplateReadable)...) {
        all = Dictionary(pairs.map { ($0, $1.read) }) { _, last in last }
    }

    subscript(name: String) -> (any TemplateReadable)? {
        get { all[name] }
        set { all[name] = newValue?.read }
    }

    func value(_ name: String) -> TemplateValue? { all[name] }
}

/// One of those.
indirect enum TemplateValue: Sendable {
    case text(String)
    case flag(Bool)
    case values(Values)
    case many([TemplateValue])
}

/// What becomes one.
protocol TemplateReadable: Sendable {
    var read: TemplateValue { get }
}

extension TemplateValue: TemplateReadable {
    var read: TemplateValue { self }
}

extension String: TemplateReadable {
    var read: TemplateValue { .text(self) }
}

extension Int: TemplateReadable {
    var read: TemplateValue { .text("\(self)") }
}

extension Bool: TemplateReadable {
    var read: TemplateValue { .flag(self) }
}

extension Values: TemplateReadable {
    var read: TemplateValue { .values(self) }
}

extension Array: TemplateReadable where Element: TemplateReadable {
    var read: TemplateValue { .many(map(\.read)) }
}
