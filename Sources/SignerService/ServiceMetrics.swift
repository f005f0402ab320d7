import Clocks
import Issuance
import Ledger
import OpenMetrics
import Tokens

/// The service's numbers as OpenMetrics text. Everything is counted where it happens, with an addition or two; here it is
/// only read.
final class ServiceMetrics: Sendable {
    private let line: IssuanceLine
    private let tokens: [TokenWorkerSupervisor]
    private let ledger: LedgerStore
    private let workers: WorkerPool
    private let reads: WorkerPool
    private let readiness: Readiness
    private let inventory: Inventory
    private let startedAt = monotonicNanoseconds()

    init(
        line: IssuanceLine,
        tokens: [TokenWorkerSupervisor],
        ledger: LedgerStore,
        workers: WorkerPool,
        reads: WorkerPool,
        readiness: Readiness,
        inventory: Inventory
    ) {
        self.line = line
        self.tokens = tokens
        self.ledger = ledger
        self.workers = workers
        self.reads = reads
        self.readiness = readiness
        self.inventory = inventory
    }

    var text: String {
        var text = OpenMetricsText()
        writeService(to: &text)
        writeOrders(to: &text)
        writeTokens(to: &text)
        writeLedger(to: &text)
        return text.text
    }

    private func writeService(to text: inout OpenMetricsText) {
        text.family("inkan_build", .info, help: "The version that runs.")
        text.info(["version": InkanVersion.current])
        text.family("inkan_ready", .gauge, help: "1 when the service can issue, by test signatures.")
        text.sample(inventory.isReady ? 1 : 0)
        text.family("inkan_up_seconds", .gauge, unit: "seconds", help: "Time since the start.")
        text.sample((monotonicNanoseconds() - startedAt) / 1_000_000_000)
        text.family("inkan_queue_length", .gauge, help: "Pieces of work that wait for a thread.")
        text.sample(workers.waiting, ["queue": "work"])
        text.sample(reads.waiting, ["queue": "reads"])
        text.family("inkan_test_signatures", .counter, help: "Test signatures by which readiness is known.")
        text.sample(readiness.succeeded.value, ["outcome": "verified"])
        text.sample(readiness.failed.value, ["outcome": "failed"])
    }

    private func writeOrders(to text: inout OpenMetricsText) {
        let metrics = line.metrics
        text.family(
            "inkan_certificates_issued",
            .counter,
            help: "Certificates that were issued, recorded and released."
        )
        text.sample(metrics.issued.value)
        text.family(
            "inkan_orders_repeated",
            .counter,
            help: "Orders that got the certificate that they had got before."
        )
        text.sample(metrics.repeated.value)
        text.family("inkan_orders_refused", .counter, help: "Orders that were refused, by the rule that refused them.")
        for (rule, count) in metrics.refusedByRule.sorted(by: { $0.key < $1.key }) {
            text.sample(count, ["rule": rule])
        }
        text.family("inkan_orders_in_flight", .gauge, help: "Callers without answer.")
        text.sample(line.ordersInFlight)
        text.family(
            "inkan_order_wait_seconds",
            .histogram,
            unit: "seconds",
            help: "Waiting for a session of the token."
        )
        text.histogram(metrics.wait)
        text.family("inkan_order_token_seconds", .histogram, unit: "seconds", help: "In the token.")
        text.histogram(metrics.token)
        text.family(
            "inkan_order_total_seconds",
            .histogram,
            unit: "seconds",
            help: "From the whole call to the durable certificate."
        )
        text.histogram(metrics.total)
    }

    private func writeTokens(to text: inout OpenMetricsText) {
        let statuses = tokens.map { (name: $0.settings.name, status: $0.status) }
        func each(_ write: (String, TokenStatus) -> Void) {
            for (name, status) in statuses { write(name, status) }
        }
        text.family("inkan_token_ready", .gauge, help: "1 when the token's worker is ready.")
        each { text.sample($1.state == .ready ? 1 : 0, ["token": $0]) }
        text.family("inkan_token_restarts", .counter, help: "Workers that were started after the first.")
        each { text.sample($1.restarts, ["token": $0]) }
        text.family("inkan_token_calls", .counter, help: "Calls that the worker answered.")
        each { text.sample($1.callsAnswered, ["token": $0]) }
        text.family("inkan_token_errors", .counter, help: "Calls that the worker answered with an error.")
        each { text.sample($1.callsFailed, ["token": $0]) }
        text.family("inkan_token_calls_waiting", .gauge, help: "Calls that wait for the worker.")
        each { text.sample($1.callsWaiting, ["token": $0]) }
        text.family("inkan_token_calls_in_worker", .gauge, help: "Calls that the worker has.")
        each { text.sample($1.callsInWorker, ["token": $0]) }
    }

    private func writeLedger(to text: inout OpenMetricsText) {
        let statistics = ledger.statistics
        text.family("inkan_ledger_commits", .counter, help: "Transactions that became durable.")
        text.sample(statistics.commits)
        text.family("inkan_ledger_entries", .counter, help: "Entries that were written since the start.")
        text.sample(statistics.entries)
        text.family("inkan_ledger_largest_batch", .gauge, help: "The most entries of one transaction since the start.")
        text.sample(statistics.largestBatch)
        text.family("inkan_ledger_open_intents", .gauge, help: "Intents that wait for their certificate.")
        text.sample(statistics.openIntents)
        text.family("inkan_ledger_log_pages", .gauge, help: "Pages of the write-ahead log after the last commit.")
        text.sample(statistics.logPages)
    }
}
