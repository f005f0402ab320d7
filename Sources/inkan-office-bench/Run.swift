import ArgumentParser
import Clocks
import Foundation
import Threads

/// `inkan-office-bench run`
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Starts inkan-frontd over the filled database, and an appliance, and sends visitors.",
        discussion: """
            Three phases. One: a visitor orders, one order after the other. Twenty: visitors look at the list and search, \
            each the next page as soon as the last is there. Many: visitors do everything, with pauses between the \
            pages; before, they have all logged in, as fast as the office lets them. Visitors share the machine with the \
            office.
            """
    )

    @OptionGroup
    var place: FolderOption

    @Option(help: "The repository, for plan, profiles and catalogue.")
    var checkout = FileManager.default.currentDirectoryPath

    @Option(help: "Seconds of each phase.")
    var seconds = 60

    @Option(help: "Orders of the first phase.")
    var orders = 200

    @Option(help: "Visitors of the third phase, at most 200.")
    var many = 200

    @Option(help: "Their pauses, in milliseconds: from half of it to half more.")
    var pause = 2000

    @Option(help: "Only these phases: one, twenty, many.")
    var phase: [String] = ["one", "twenty", "many"]

    @Flag(help: "Writes JSON.")
    var json = false

    private struct Report: Codable {
        struct Phase: Codable {
            var name: String
            var perSecond: Double
            /// Of the office's processor time.
            var millisecondsEach: Double
            var memory: Int
            var peakMemory: Int
        }
        var orders: Int
        var phases: [Phase] = []
        var rows: [LatencyBook.Row] = []
    }

    func run() async throws {
        umask(0o077)
        guard Visitor.isReady else { throw BenchFailure("libcurl cannot be started") }
        let filled = try String(contentsOfFile: "\(place.folder)/filled", encoding: .utf8)
            .split(whereSeparator: \.isWhitespace).compactMap { Int64($0) }
        guard filled.count == 2 else { throw BenchFailure("\(place.folder) was not filled") }
        let made = MadeUpOrders(
            company: try MadeUpCompany(now: Timestamp(seconds: filled[1])),
            count: Int(filled[0]),
            certificate: ""
        )
        guard SystemClock().now.seconds - filled[1] < 4 * 86_400 else { throw BenchFailure("fill another folder") }
        let binaries = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
        let office = try RunningOffice(place, binaries: binaries, checkout: checkout)
        let people = try People(office, made, place, count: phase.contains("many") ? min(many, 200) : 20)
        var report = Report(orders: made.count)
        report.rows += people.logInAll()
        if phase.contains("one") {
            try measure("one", office, people, visitors: 1, &report) { errands, _ in
                for _ in 0..<orders { try errands.order() }
            }
        }
        if phase.contains("twenty") {
            try measure("twenty", office, people, visitors: 20, &report) { errands, end in
                while monotonicNanoseconds() < end {
                    try errands.look(errands.draw.number(4) == 0 ? Errands.lists : Errands.searches)
                }
            }
        }
        if phase.contains("many") {
            let pause = pause
            try measure("many", office, people, visitors: many, &report) { errands, end in
                while monotonicNanoseconds() < end { try errands.story(pause: pause, until: end) }
            }
        }
        try write(report)
        guard report.rows.allSatisfy({ $0.errors == 0 }) else { throw ExitCode(1) }
    }

    private func measure(
        _ name: String,
        _ office: RunningOffice,
        _ people: People,
        visitors: Int,
        _ report: inout Report,
        _ body: @escaping @Sendable (inout Errands, UInt64) throws -> Void
    ) throws {
        let book = LatencyBook()
        let (began, spent) = (monotonicNanoseconds(), try office.processorSeconds)
        people.send(visitors, book, until: began + UInt64(seconds) * 1_000_000_000, body)
        let elapsed = Double(monotonicNanoseconds() - began) / 1e9
        let rows = book.rows(name)
        let count = rows.filter { !$0.kind.hasSuffix(", all") }.map(\.count).reduce(0, +)
        let memory = try office.memory
        report.phases.append(
            .init(
                name: name,
                perSecond: Double(count) / elapsed,
                millisecondsEach: (try office.processorSeconds - spent) * 1000 / Double(max(1, count)),
                memory: memory.now,
                peakMemory: memory.peak
            )
        )
        report.rows += rows
    }

    private func write(_ report: Report) throws {
        guard !json else {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
            return
        }
        print("\(report.orders) orders; times in milliseconds")
        func pad(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        print("phase   kind                              count  errors     p50     p99     max")
        for row in report.rows {
            let numbers = String(format: "%7d %7d %7.1f %7.1f %7.1f", row.count, row.errors, row.p50, row.p99, row.max)
            print(pad(row.phase, 8) + pad(row.kind, 32) + numbers + (row.error.map { "  \($0)" } ?? ""))
        }
        for phase in report.phases {
            let numbers = String(
                format: "%.0f pages/s, %.1f ms of processor each",
                phase.perSecond,
                phase.millisecondsEach
            )
            print("\(phase.name): \(numbers), inkan-frontd has \(phase.memory) MB, at most \(phase.peakMemory) MB")
        }
    }
}

extension Errands {
    /// What somebody does who has come for something, with pauses.
    mutating func story(pause: Int, until end: UInt64) throws {
        func isOver(_ draw: inout Draws) -> Bool {
            usleep(UInt32(1000 * (pause / 2 + draw.number(pause + 1))))
            return monotonicNanoseconds() >= end
        }
        // Now and then somebody begins the day.
        if draw.number(20) == 0 { try logIn() }
        try menu()
        if isOver(&draw) { return }
        for _ in 0..<2 {
            try look(Self.lists)
            if isOver(&draw) { return }
        }
        for _ in 0..<3 {
            try look(Self.searches)
            if isOver(&draw) { return }
        }
        try detail()
        if isOver(&draw) { return }
        if draw.number(2) == 0 { try order() }
        _ = isOver(&draw)
    }
}
