import Clocks
import Foundation
import Logging
import OfficeFront
import OfficeServices
import ServiceLifecycle

/// The office as `inkan-frontd` runs it, with a clock that the test moves, and passwords that cost little: half of the
/// tests' time went into them.
///
/// Arguments: the settings file, and the moment to begin with in Unix seconds. It writes `console PORT` and `area PORT`
/// when it listens. Each line of its input is a moment, answered with `ok` when the clock stands there and what is due
/// then was done.
@main
enum OfficeStage {
    static func main() async throws {
        umask(0o077)
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let start = Int64(arguments[2]) else { exit(64) }
        let clock = ManualClock(Timestamp(seconds: start))
        let passwords = PasswordKeeper(rounds: 1_024)
        let front = try Front(FrontSettings(file: arguments[1]), clock: clock, passwords: passwords)
        Thread.detachNewThread {
            while let line = readLine() {
                guard let seconds = Int64(line) else { exit(64) }
                clock.set(Timestamp(seconds: seconds))
                let done = DispatchSemaphore(value: 0)
                Task {
                    for failure in await front.desk.runDueWork() {
                        FileHandle.standardError.write(Data("\(failure.work): \(failure.words)\n".utf8))
                    }
                    done.signal()
                }
                done.wait()
                say("ok")
            }
            exit(0)
        }
        let services = try await front.services(log: Logger(label: "office")) { server, port in
            say("\(server) \(port)")
        }
        try await ServiceGroup(services: services, logger: Logger(label: "office")).run()
    }

    private static func say(_ text: String) {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }
}
