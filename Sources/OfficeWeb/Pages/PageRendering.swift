import Office

/// Turns blocks into what the templates read.
struct PageRendering {
    let language: Language
    let csrf: String?

    /// The blocks of a page, from top to bottom.
    func contexts(_ page: Page) -> [Values] {
        let forms = page.blocks.compactMap(\.form)
        // What is about no field of any form stands above the first.
        var general = page.problems.filter { problem in
            !forms.contains { $0.fields.contains { $0.name == problem.field } }
        }
        var above = page.title
        return page.blocks.map { block in
            switch block {
            case .heading(let text):
                above = text
                return context(block)
            case .table(let table): return ["table": context(table, under: above)]
            case .form(let form):
                let own = page.problems.filter { problem in form.fields.contains { $0.name == problem.field } }
                defer { general = [] }
                return ["form": context(form, general + own, under: above)]
            default: return context(block)
            }
        }
    }

    private func context(_ block: Block) -> Values {
        switch block {
        case .paragraph(let text): ["paragraph": text(language)]
        case .heading(let text): ["heading": text(language)]
        case .preformatted(let text): ["preformatted": text(language)]
        case .notice(let kind, let text):
            ["notice": ["kind": kind.rawValue, "text": text(language), "isError": kind == .error] as Values]
        case .facts(let facts):
            [
                "hasFacts": !facts.isEmpty,
                "facts": facts.map { fact -> Values in
                    var context: Values = ["name": fact.name(language), "value": shown(fact.value)]
                    context["link"] = fact.link
                    return context
                },
            ]
        case .steps(let names, let current):
            [
                "steps": [
                    "items": names.enumerated().map { index, name -> Values in
                        ["text": name(language), "isCurrent": index == current, "isDone": index < current]
                    },
                    "label": Words.steps(language),
                ] as Values
            ]
        case .form, .table: [:]
        case .print(let text): ["print": text(language)]
        case .download(let text, let address, let name):
            ["download": ["text": text(language), "target": address, "name": name] as Values]
        case .links(let links): ["hasLinks": !links.isEmpty, "links": links.map(context)]
        }
    }

    private func context(_ link: Link) -> Values {
        [
            "text": link.text(language), "target": link.target, "isButton": link.isButton, "isCurrent": link.isCurrent,
        ]
    }

    /// What is not known has a sign of its own, so that nobody takes it for a fault of the page.
    private func shown(_ value: Text) -> String {
        value(language).isEmpty ? "–" : value(language)
    }

    private func context(_ form: FormView, _ problems: [Refusal.Problem], under heading: Text) -> Values {
        var hidden = form.hidden.map { pair -> Values in ["name": pair.name, "value": pair.value] }
        if !form.isSearch, let csrf { hidden.append(["name": "csrf", "value": csrf]) }
        var context: Values = [
            "action": form.action, "method": form.isSearch ? "get" : "post", "hidden": hidden,
            "takesFiles": form.takesFiles, "fields": form.fields.map { self.context($0, problems) },
            "data": form.data.map { pair -> Values in ["name": pair.name, "value": pair.value(language)] },
            "problems": problems.map { self.context($0, in: form) }, "hasProblems": !problems.isEmpty,
            "problemsTitle": Words.mend(language),
            "buttons": form.buttons.map { button -> Values in
                [
                    "text": button.text(language), "name": button.name, "value": button.value,
                    "look": button.look.rawValue, "isDisabled": button.isDisabled,
                ]
            },
        ]
        context["table"] = form.table.map { self.context($0, under: heading) }
        context["folded"] = form.folded.map { words -> Values in
            ["text": words(language), "isOpen": form.isUsed || !problems.isEmpty]
        }
        return context
    }

    /// A problem in the summary above a form, with the way to its field.
    private func context(_ problem: Refusal.Problem, in form: FormView) -> Values {
        var context: Values = ["text": problem.text(language)]
        context["target"] = form.fields.first { $0.name == problem.field }.map(\.firstControl)
        return context
    }

    private func context(_ field: Field, _ problems: [Refusal.Problem]) -> Values {
        let errors = problems.filter { $0.field == field.name }.map { $0.text(language) }
        var described: [String] = []
        if field.hint != nil { described.append("\(field.name)-hint") }
        if !errors.isEmpty { described.append("\(field.name)-error") }
        var context: Values = [
            "name": field.name, "id": field.name, "label": field.label(language), "value": field.value,
            "isRequired": field.isRequired, "required": Words.required(language), "autocomplete": field.autocomplete,
            "isDisabled": field.isDisabled, "isInvalid": !errors.isEmpty, "errors": errors, "lines": field.lines,
            "describedBy": described.joined(separator: " "), "isDescribed": !described.isEmpty,
            "data": field.data.map { pair -> Values in ["name": pair.name, "value": pair.value] },
        ]
        context["hint"] = field.hint.map { $0(language) }
        context["maximumLength"] = field.maximumLength
        if let repeated = field.generatesInto {
            context["generates"] =
                ["id": field.name, "target": repeated, "text": Words.generate(language)] as Values
        }
        if !field.inserts.isEmpty {
            context["palette"] =
                [
                    "label": Words.variables(language),
                    "inserts": field.inserts.map { insert -> Values in
                        ["id": field.name, "text": insert.text(language), "insert": insert.value]
                    },
                ] as Values
        }
        context["isPlain"] = true
        context["input"] = field.kind.input
        context["hasInput"] = field.kind.input != nil
        switch field.kind {
        case .text, .mail, .password, .file: break
        case .date: context["placeholder"] = "yyyy/mm/dd"
        case .area: context["area"] = true
        case .fixed:
            context["fixed"] = true
            context["isPlain"] = false
        case .checkbox:
            context["checkbox"] = true
            context["isPlain"] = false
            context["isTicked"] = field.value == "yes"
        case .select(let options):
            context["hasSelect"] = true
            context["select"] = options.map { self.context($0, of: field) }
        case .radio(let options): group(options, of: field, "radio", into: &context)
        case .boxes(let options): group(options, of: field, "checkbox", into: &context)
        }
        return context
    }

    private func group(
        _ options: [Field.Option],
        of field: Field,
        _ input: String,
        into context: inout Values
    ) {
        context["isPlain"] = false
        context["hasGroup"] = true
        context["group"] = options.map { option in
            var context = self.context(option, of: field)
            context["input"] = input
            return context
        }
    }

    private func context(_ option: Field.Option, of field: Field) -> Values {
        [
            "value": option.value, "text": option.text(language), "isDisabled": option.isDisabled,
            "isChosen": option.value == field.value || field.values.contains(option.value),
            "id": option.id(in: field), "name": field.name,
        ]
    }

    /// - Parameter heading: what stands above; a table of the same name need not say it once more to the eye.
    private func context(_ table: TableView, under heading: Text) -> Values {
        var context: Values = [
            "caption": table.caption(language), "isNamedAbove": table.caption(language) == heading(language),
            "isEmpty": table.rows.isEmpty, "none": table.empty.text(language),
            "columns": table.columns.map { column -> Values in
                ["text": column.text(language), "isNumber": column.isNumber]
            },
            "rows": table.rows.map { row -> Values in ["cells": zip(row, table.columns).map(self.context)] },
        ]
        context["start"] = table.empty.link.map(self.context)
        if let selects = table.selects, !table.rows.isEmpty {
            context["selects"] = ["name": selects, "text": Words.selectAll(language)] as Values
        }
        if let pager = table.pager {
            var part: Values = ["range": pager.range(language), "label": Words.pages(language)]
            part["previous"] = pager.previous.map { ["target": $0, "text": Words.previous(language)] as Values }
            part["next"] = pager.next.map { ["target": $0, "text": Words.next(language)] as Values }
            context["pager"] = part
        }
        return context
    }

    private func context(_ cell: TableView.Cell, _ column: TableView.Column) -> Values {
        let text = cell.text(language)
        // Most cells of long lists are nothing but a text.
        guard
            cell.link != nil || cell.box != nil || cell.tone != nil || !cell.buttons.isEmpty || column.isNumber
        else {
            return ["isText": true, "text": text]
        }
        var context: Values = [
            "text": text, "isNumber": column.isNumber, "buttons": cell.buttons.map(self.context),
        ]
        context["link"] = cell.link
        context["tone"] = cell.tone?.rawValue
        if let box = cell.box { context["box"] = ["name": box.name, "value": box.value, "text": text] as Values }
        return context
    }
}

extension Field.Kind {
    /// The type of the `input`; nil for what is none.
    fileprivate var input: String? {
        switch self {
        case .text, .date: "text"
        case .mail: "email"
        case .password: "password"
        case .file: "file"
        case .area, .fixed, .checkbox, .select, .radio, .boxes: nil
        }
    }
}

extension Block {
    fileprivate var form: FormView? {
        if case .form(let form) = self { form } else { nil }
    }
}

extension Field {
    /// The identifier of what a person reaches first in it.
    fileprivate var firstControl: String {
        switch kind {
        case .radio(let options), .boxes(let options): options.first { !$0.isDisabled }?.id(in: self) ?? name
        default: name
        }
    }
}

extension Field.Option {
    fileprivate func id(in field: Field) -> String { "\(field.name)-\(value)" }
}

/// Words that every page uses.
enum Words {
    static let required = Text("必須", "required")
    static let steps = Text("手順", "Steps")
    static let mend = Text("入力内容をご確認ください。", "Please check what was entered.")
    static let problem = Text("エラー: ", "Error: ")
    static let generate = Text("自動生成", "Generate")
    static let none = Text("該当するデータはありません。", "Nothing was found.")
    static let selectAll = Text("全て選択", "Select all")
    static let pages = Text("ページ", "Pages")
    static let previous = Text("前へ", "Previous")
    static let next = Text("次へ", "Next")
    static let back = Text("戻る", "Back")
    static let confirm = Text("確認", "Confirm")
    static let complete = Text("完了する", "Complete")
    static let variables = Text("変数の挿入", "Insert a variable")
    static let search = Text("検索", "Search")
    static let skip = Text("本文へ移動", "Skip to the content")
    static let menu = Text("メニュー", "Menu")
    static let logOut = Text("ログアウト", "Log out")
    static let otherLanguage = Text("English", "日本語")
}
