package import Office
import OfficeServices

/// Several pages that lead to one act: each step's fields, then a confirmation, then the act (確認 → 完了する).
///
/// What was typed travels with the pages, so that nothing is kept on the way, `戻る` loses nothing, and a restart of the
/// office neither. Every step is checked again before the confirmation and before the act. Each confirmation is a form with
/// a token of its own, by which an act knows it when it is sent again.
package struct Flow: Sendable {
    /// One page of the flow.
    package struct Step: Sendable {
        package let name: Text
        let show: @Sendable (Visit, FormValues) async throws -> View
        let check: @Sendable (Visit) async throws -> Void
        /// Whether the step is part of this flow, given what is known.
        let isNeeded: @Sendable (Visit) async throws -> Bool
        /// Makes values of the files that were sent: a file does not travel with the pages.
        let take: @Sendable (FormValues) throws(Refusal) -> FormValues

        package init(
            _ name: Text,
            isNeeded: @escaping @Sendable (Visit) async throws -> Bool = { _ in true },
            take: @escaping @Sendable (FormValues) throws(Refusal) -> FormValues = { $0 },
            show: @escaping @Sendable (Visit, FormValues) async throws -> View,
            check: @escaping @Sendable (Visit) async throws -> Void
        ) {
            (self.name, self.show, self.check, self.isNeeded, self.take) = (name, show, check, isNeeded, take)
        }
    }

    /// What a step or the confirmation shows: blocks above the form, and the form's fields.
    package struct View: Sendable {
        package var blocks: [Block]
        package var fields: [Field]
        /// Buttons that show the step again with what they change, such as 適用; the value of `go`.
        package var buttons: [FormView.Button]

        package init(blocks: [Block] = [], fields: [Field] = [], buttons: [FormView.Button] = []) {
            (self.blocks, self.fields, self.buttons) = (blocks, fields, buttons)
        }
    }

    let title: Text
    let path: String
    let steps: [Step]
    let confirm: @Sendable (Visit) async throws -> View
    let complete: @Sendable (Visit) async throws -> Page

    package init(
        _ title: Text,
        path: String,
        steps: [Step],
        confirm: @escaping @Sendable (Visit) async throws -> View,
        complete: @escaping @Sendable (Visit) async throws -> Page
    ) {
        (self.title, self.path, self.steps) = (title, path, steps)
        (self.confirm, self.complete) = (confirm, complete)
    }
}

extension Routes {
    /// Puts a flow at its address.
    package func flow(_ flow: Flow, _ access: Access) {
        get(.init(flow.path), access) { visit in .page(try await flow.page(visit, visit.query, at: 0, [])) }
        let desk = site.desk
        post(.init(flow.path), access) { visit in
            // What the steps check may not hold any more because of what the form itself has done.
            if visit.form["go"] == "next", try await desk.wasSent(form: visit.form["form"], by: visit.caller) {
                return .page(try await flow.complete(visit))
            }
            return .page(try await flow.turn(visit))
        }
    }
}

extension Flow {
    /// The page that follows what was sent.
    func turn(_ visit: Visit) async throws -> Page {
        let steps = try await needed(visit)
        let current = min(max(0, Int(visit.form["step"]) ?? 0), steps.count)
        var visit = visit
        do {
            if current < steps.count { visit.form = try steps[current].take(visit.form) }
            switch visit.form["go"] {
            // The same page, in another language.
            case "same": return try await page(visit, visit.form, at: current, [])
            case "back": return try await page(visit, visit.form, at: max(0, current - 1), [])
            case "next":
                for step in steps.prefix(current + 1) { try await step.check(visit) }
                guard current == steps.count else { return try await page(visit, visit.form, at: current + 1, []) }
                return try await complete(visit)
            default:
                if current < steps.count { try await steps[current].check(visit) }
                return try await page(visit, visit.form, at: current, [])
            }
        } catch let refusal as Refusal where refusal.kind == .input {
            var page = try await page(visit, visit.form, at: current, refusal.problems)
            page.status = 422
            return page
        }
    }

    func page(
        _ visit: Visit,
        _ values: FormValues,
        at index: Int,
        _ problems: [Refusal.Problem]
    ) async throws -> Page {
        let steps = try await needed(visit)
        let isConfirmation = index == steps.count
        let view = isConfirmation ? try await confirm(visit) : try await steps[index].show(visit, values)
        let own = Set(view.fields.map(\.name)).union(["step", "go", "csrf", "lang", "form"])
        var buttons = view.buttons
        // The first button is what the Enter key presses.
        let next = FormView.Button(isConfirmation ? Words.complete : Words.next, name: "go", value: "next")
        buttons.insert(next, at: 0)
        if index > 0 { buttons.append(.init(Words.back, name: "go", value: "back", look: .quiet)) }
        let form = FormView(
            action: path,
            fields: view.fields,
            buttons: buttons,
            hidden: [("step", "\(index)")] + (isConfirmation ? [("form", OfficeDesk.formToken())] : [])
                + values.pairs.filter { !own.contains($0.name) },
            takesFiles: view.fields.contains(where: \.isFile)
        )
        let names = steps.map(\.name) + [Words.confirm]
        var page = Page(title, [.steps(names, current: index)] + view.blocks + [.form(form)])
        page.problems = problems
        let sent = values.pairs.filter { !["step", "go", "csrf", "lang", "form"].contains($0.name) }
        page.again = Again(path: path, values: FormValues([("step", "\(index)")] + sent))
        return page
    }

    private func needed(_ visit: Visit) async throws -> [Step] {
        var needed: [Step] = []
        for step in steps where try await step.isNeeded(visit) { needed.append(step) }
        return needed
    }
}
