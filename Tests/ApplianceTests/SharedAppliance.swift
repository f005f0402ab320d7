import Testing
import Workbench

/// One running appliance for all tests of a suite: started with the suite, stopped with it.
struct SharedAppliance: SuiteTrait, TestScoping {
    @TaskLocal private static var running: RunningAppliance?

    private let start: @Sendable () throws -> RunningAppliance

    init(_ start: @escaping @Sendable () throws -> RunningAppliance) {
        self.start = start
    }

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        let appliance = try start()
        defer { appliance.stop() }
        try await Self.$running.withValue(appliance) { try await function() }
    }

    /// The appliance of the suite that the running test belongs to.
    static var current: RunningAppliance {
        get throws { try #require(running, "the suite has no shared appliance") }
    }
}

extension Trait where Self == SharedAppliance {
    /// The suite's tests share an appliance with the development profiles.
    static var sharedAppliance: Self {
        SharedAppliance { try Stage.appliance() }
    }

    /// The suite's tests share an appliance that is made in a way of their own.
    static func sharedAppliance(_ start: @escaping @Sendable () throws -> RunningAppliance) -> Self {
        SharedAppliance(start)
    }
}
