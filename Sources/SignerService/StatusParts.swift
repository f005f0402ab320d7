import Clocks
import Issuance
import Threads

/// What tells of certificates' status, put together: the line of changes, CRLs, OCSP.
final class StatusParts: Sendable {
    let calls: StatusCalls
    let changes: StatusLine
    let crls: CRLPublisher
    let responders: ResponderKeeper
    private let ocsp: OCSPService
    private let workers: WorkerPool

    /// Threads apart from those of issuing, so that status does not stand behind orders (SRV-03).
    private static let threads = 2

    init(
        _ settings: SignerSettings,
        line: IssuanceLine,
        responders: [OCSPResponder],
        clock: any WallClock,
        log: @escaping @Sendable (IssuanceAlarm) -> Void,
        tell: @escaping @Sendable (ResponderKeeper.News) -> Void
    ) throws {
        do throws(IssuanceError) {
            self.responders = try ResponderKeeper(
                line: ResponderLine(authority: line.authority, ledger: line.ledger, clock: clock, log: log),
                responders: responders,
                clock: clock,
                tell: tell
            )
        } catch {
            throw StartError("the certificates of the OCSP responders: \(error.message); \(error.mend)")
        }
        workers = WorkerPool(threads: Self.threads)
        let crls = CRLPublisher(
            line: CRLLine(ledger: line.ledger, shelf: try Self.shelf(settings), clock: clock),
            scopes: line.authority.issuers.values.sorted { $0.name < $1.name }.flatMap(line.authority.crlScopes),
            terms: settings.status.crl,
            clock: clock,
            log: log
        )
        let ocsp = OCSPService(
            responders: responders,
            ledger: line.ledger,
            workers: workers,
            terms: settings.status.ocsp,
            clock: clock,
            log: log
        )
        let changes = StatusLine(issuance: line, workers: workers, clock: clock) { change in
            ocsp.noteChange(issuer: change.issuer, serial: change.serial)
            crls.noteChange(issuer: change.issuer, serial: change.serial)
        }
        self.changes = changes
        self.crls = crls
        self.ocsp = ocsp
        calls = StatusCalls(line: changes, crls: crls, ocsp: ocsp, ledger: line.ledger)
    }

    private static func shelf(_ settings: SignerSettings) throws -> CRLShelf {
        do throws(IssuanceError) {
            return try CRLShelf(folder: settings.statusFolder)
        } catch {
            throw StartError("\(settings.statusFolder): \(error.message)")
        }
    }

    func start() {
        crls.start()
        responders.start()
    }

    /// Ends, once the tokens answer no more. What was signed is in the ledger afterwards.
    func stop() {
        responders.stop()
        crls.stop()
        let isWritten = Guarded(false)
        ocsp.writeAccount {
            isWritten.withLock { $0 = true }
            isWritten.broadcast()
        }
        isWritten.wait { $0 ? () : nil }
        workers.stop()
    }
}
