import ArgumentParser
import SignerAPI
import SignerService
import Varlink

/// Orders for keys in a file: CSV (RFC 4180), or JSON Lines when it begins with a brace, which no header does.
enum KeyOrderFile {
    /// What stands in one column, or one member. A password is never a string here when it comes as JSON.
    private enum Field {
        case text(String)
        case password(ConfidentialText)
    }

    private typealias Fields = [(name: String, value: Field)]

    /// - Throws: `ValidationError`, with the row's or the line's number.
    static func read(_ path: String) throws -> [KeyOrder] {
        let text = try readText(path)
        let first = text.unicodeScalars.first { $0 != "\u{feff}" && !$0.properties.isWhitespace }
        let rows = first == "{" ? try jsonLines(text) : try csv(text, path)
        guard try rows.allSatisfy({ $0.password == nil }) || KeyFiles.isPrivate(path) else {
            throw ValidationError("\(path) has passwords and can be read by group or others; chmod it to 0600")
        }
        var names: Set<String> = []
        for order in rows where !names.insert(order.order.order).inserted {
            throw ValidationError("the order “\(order.order.order)” stands there twice")
        }
        return rows
    }

    // MARK: The two forms

    private static func csv(_ text: String, _ path: String) throws -> [KeyOrder] {
        var rows = try CSVText.rows(of: text)
        guard !rows.isEmpty else { throw ValidationError("\(path) has no header line") }
        let header = rows.removeFirst()
        return try rows.enumerated().map { number, row in
            guard row.count == header.count else {
                throw ValidationError("row \(number + 2) has \(row.count) fields, the header has \(header.count)")
            }
            let fields = zip(header, row).filter { !$0.1.isEmpty }.map { (name: $0.0, value: Field.text($0.1)) }
            return try order(fields, place: "row \(number + 2)")
        }
    }

    private static func jsonLines(_ text: String) throws -> [KeyOrder] {
        var limits = JSONLimits()
        limits.confidentialMembers = ["password"]
        var orders: [KeyOrder] = []
        let lines = text.drop { $0 == "\u{feff}" }.split(omittingEmptySubsequences: false) {
            $0 == "\n" || $0 == "\r\n"
        }
        for (number, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
            let place = "line \(number + 1)"
            let value: JSONValue
            do throws(JSONError) {
                value = try JSONParser.parse(Array(line.utf8), limits: limits)
            } catch {
                throw ValidationError("\(place): \(error)")
            }
            guard let object = value.objectValue else { throw ValidationError("\(place) is no object") }
            orders.append(try order(fields(of: object, place: place), place: place))
        }
        return orders
    }

    private static func fields(of object: JSONObject, place: String) throws -> Fields {
        try object.members.flatMap { member throws -> Fields in
            let name = member.name
            switch member.value {
            case .null: return []
            case .string(let text): return [(name, .text(text))]
            case .integer(let number) where name == "days": return [(name, .text(String(number)))]
            case .confidential(let password): return [(name, .password(password))]
            case .array(let values) where name.hasPrefix("subject.") || name.hasPrefix("san."):
                return try values.map { value in
                    guard let text = value.stringValue else { throw wrongType(name, place) }
                    return (name, .text(text))
                }
            default: throw wrongType(name, place)
            }
        }
    }

    private static func wrongType(_ name: String, _ place: String) -> ValidationError {
        ValidationError("\(place): \(name) is neither a text nor, where that may be, a number or a list of texts")
    }

    // MARK: One order

    private static func order(_ fields: Fields, place: String) throws -> KeyOrder {
        var order = CertificateOrder(order: "", profile: "", request: "")
        var (key, variant, password) = ("p-256", "modern", ConfidentialText?.none)
        for (name, field) in fields {
            guard case .text(let value) = field else {
                if case .password(let given) = field { password = given }
                continue
            }
            switch name {
            case "order": order.order = value
            case "profile": order.profile = value
            case "issuer": order.issuer = value
            case "key": key = value
            case "variant": variant = value
            case "sid": order.securityIdentifier = value
            case "password": password = ConfidentialText(value)
            case "days":
                guard let days = Int(value) else { throw ValidationError("\(place): days is no number: \(value)") }
                order.validityDays = days
            case _ where name.hasPrefix("subject."):
                order.subject.append(.init(String(name.dropFirst(8)), value))
            case _ where name.hasPrefix("san."):
                order.alternativeNames.append(.init(String(name.dropFirst(4)), value))
            default: throw ValidationError("\(place): there is no column “\(name)”; inkan help issue-keys names them")
            }
        }
        // It becomes a file's name.
        guard !order.order.isEmpty, !order.order.contains("/"), !order.order.hasPrefix(".") else {
            throw ValidationError("\(place): the order's identifier is missing, or is no name for a file")
        }
        return KeyOrder(order, keyAlgorithm: key, variant: variant, password: password)
    }
}

/// Comma-separated values as RFC 4180 has them.
enum CSVText {
    static func rows(of text: String) throws -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var field = ""
        var isQuoted = false
        var characters = Array(text.unicodeScalars.drop { $0 == "\u{feff}" })[...]
        func endRow() {
            row.append(field)
            if row != [""] { rows.append(row) }
            row = []
            field = ""
        }
        while let character = characters.popFirst() {
            switch character {
            case "\"" where isQuoted && characters.first == "\"":
                characters.removeFirst()
                field.unicodeScalars.append("\"")
            case "\"" where isQuoted: isQuoted = false
            case "\"" where field.isEmpty: isQuoted = true
            case "," where !isQuoted:
                row.append(field)
                field = ""
            case "\n" where !isQuoted: endRow()
            case "\r" where !isQuoted && characters.first == "\n": break
            default: field.unicodeScalars.append(character)
            }
        }
        guard !isQuoted else { throw ValidationError("a quotation mark is not closed") }
        endRow()
        return rows
    }
}
