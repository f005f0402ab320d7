import Logging
import OfficeMail
import OfficeServices
import ServiceLifecycle

/// Sends the mails that wait, one after the other, until the office ends.
struct OutboxService: Service {
    let desk: OfficeDesk
    let sender: SMTPSender
    let log: Logger

    func run() async throws {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            do {
                switch try await desk.sendDueMail(through: sender) {
                case .sent: break
                case .idle: await pause(.milliseconds(500))
                case .failed(let mail, let words, let isFinal):
                    // The server's words may hold an address; the mail itself is in the list of mails.
                    log.warning(
                        isFinal ? "a mail cannot be delivered" : "a mail is tried again later",
                        metadata: ["mail": "\(mail)", "words": "\(words)"]
                    )
                }
            } catch {
                log.error("the outbox cannot be read or written", metadata: ["error": "\(error)"])
                await pause(.seconds(5))
            }
        }
    }
}

/// Waits, or until the office ends.
func pause(_ time: Duration) async {
    do {
        try await cancelWhenGracefulShutdown { try await Task.sleep(for: time) }
    } catch {
        // It was cancelled, nothing else ends a sleep: the caller's loop looks whether it is over.
        return
    }
}
