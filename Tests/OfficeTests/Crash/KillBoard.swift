import Foundation
import Workbench

/// A system call of the office's at which it ends, and where in it: `after flush 2` of what is being done.
struct KillPoint: Hashable, Sendable, CustomStringConvertible {
    /// Flushes and writes of the database; what goes to the appliance and comes from it; the same of the mail server; what
    /// goes to browsers. As `Tests/KillPoints/kill_points.c` numbers them.
    enum Call: Int32, CaseIterable, Sendable { case flush, write, ask, answer, mailSaid, mailHeard, reply }
    enum Moment: Int32, Sendable { case before = 1, after, half }

    let call: Call
    let number: Int
    let moment: Moment

    var description: String { "\(moment) \(call) \(number)" }
}

/// What a test and the office's process share, so that the one can say where the other ends.
struct KillBoard: Sendable {
    private let folder: TemporaryFolder
    private static let size = 15

    init() throws {
        folder = try TemporaryFolder("inkan-kill")
        try Data(count: Self.size * 4).write(to: URL(fileURLWithPath: file))
    }

    private var file: String { folder.file("board") }

    /// What the office's process is started with.
    var environment: [String: String] {
        ["LD_PRELOAD": "\(OfficeFixture.binaries)/libInkanKillPoints.so", "INKAN_KILL_BOARD": file]
    }

    /// From now on calls count, and the one named, if any, is the last.
    func arm(_ point: KillPoint?, mailPort: Int = 0) throws {
        let fields = [
            point?.call.rawValue ?? 0, Int32(point?.number ?? 0), point?.moment.rawValue ?? 0, Int32(mailPort),
        ]
        try write(fields + [Int32](repeating: 0, count: Self.size - 1 - fields.count), at: 1)
        try write([1], at: 0)
    }

    /// Nothing counts any more.
    func disarm() throws {
        try write([0], at: 0)
    }

    /// Whether the office has come to the point.
    var hasEnded: Bool {
        get throws { try numbers()[5] == 1 }
    }

    /// How many calls there were since it was armed.
    func counts() throws -> [KillPoint.Call: Int] {
        let numbers = try numbers()
        return .init(uniqueKeysWithValues: KillPoint.Call.allCases.map { ($0, Int(numbers[8 + Int($0.rawValue)])) })
    }

    private func write(_ values: [Int32], at index: Int) throws {
        let board = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        try board.seek(toOffset: UInt64(index * 4))
        try board.write(contentsOf: values.withUnsafeBytes { Data($0) })
    }

    private func numbers() throws -> [Int32] {
        let data = try Data(contentsOf: URL(fileURLWithPath: file))
        return data.withUnsafeBytes { bytes in Array(bytes.bindMemory(to: Int32.self)) }
    }
}
