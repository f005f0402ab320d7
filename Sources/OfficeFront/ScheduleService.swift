import Logging
import OfficeServices
import ServiceLifecycle

/// Does what is due, at the start and whenever the office's clock shows another minute.
struct ScheduleService: Service {
    let desk: OfficeDesk
    let log: Logger

    func run() async throws {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            let minute = desk.now.seconds / 60
            for failure in await desk.runDueWork() {
                log.error(
                    "a part of the schedule failed; the next run tries it again",
                    metadata: ["work": "\(failure.work)", "error": "\(failure.words)"]
                )
            }
            while desk.now.seconds / 60 == minute, !Task.isShuttingDownGracefully, !Task.isCancelled {
                await pause(.seconds(1))
            }
        }
    }
}
