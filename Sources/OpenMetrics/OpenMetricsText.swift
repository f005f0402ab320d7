/// Writes the OpenMetrics text format, version 1.0: families one after the other, each with its help, type and samples.
package struct OpenMetricsText {
    /// What a family's numbers are.
    package enum Kind: String {
        case counter
        case gauge
        case info
        case histogram
    }

    package typealias Labels = KeyValuePairs<String, String>

    private var lines = ""
    private var family = ""
    private var kind = Kind.gauge

    package init() {}

    /// The whole text, with its end mark.
    package var text: String { lines + "# EOF\n" }

    /// Begins a family. Its samples follow before the next family begins.
    ///
    /// - Parameters:
    ///   - name: without `_total`; ends with the unit where there is one.
    ///   - unit: a base unit, such as `seconds`.
    package mutating func family(_ name: String, _ kind: Kind, unit: String? = nil, help: String) {
        family = name
        self.kind = kind
        lines += "# TYPE \(name) \(kind.rawValue)\n"
        if let unit { lines += "# UNIT \(name) \(unit)\n" }
        lines += "# HELP \(name) \(Self.escaped(help))\n"
    }

    /// A sample of the family that was begun.
    package mutating func sample<Number: BinaryInteger>(_ value: Number, _ labels: Labels = [:]) {
        let suffix =
            switch kind {
            case .counter: "_total"
            case .info: "_info"
            case .gauge, .histogram: ""
            }
        line(suffix, labels.map { ($0.key, $0.value) }, "\(value)")
    }

    /// The only member of an info family.
    package mutating func info(_ labels: Labels) {
        sample(1, labels)
    }

    /// The samples of a histogram.
    package mutating func histogram(_ histogram: DurationHistogram) {
        let (upTo, all) = histogram.cumulative
        for (bound, count) in zip(DurationHistogram.bounds, upTo) {
            line("_bucket", [("le", Self.seconds(bound))], "\(count)")
        }
        line("_bucket", [("le", "+Inf")], "\(all)")
        line("_count", [], "\(all)")
        line("_sum", [], Self.seconds(histogram.sumNanoseconds))
    }

    private mutating func line(_ suffix: String, _ labels: [(String, String)], _ value: String) {
        let inside = labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
        lines += "\(family)\(suffix)\(inside.isEmpty ? "" : "{\(inside)}") \(value)\n"
    }

    private static func seconds(_ nanoseconds: UInt64) -> String {
        "\(Double(nanoseconds) / 1_000_000_000)"
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
