import Clocks
import Foundation
import SignerAPI
import SignerClient
import Synchronization

/// How clients behave.
enum LoadMode: String, CaseIterable {
    /// One client that waits for each answer.
    case one
    /// Sixteen clients, each waiting for its answer.
    case sixteen
    /// Four connections with 64 calls under way on each.
    case pipelined

    var connections: Int {
        switch self {
        case .one: 1
        case .sixteen: 16
        case .pipelined: 4
        }
    }

    var window: Int {
        self == .pipelined ? 64 : 1
    }
}

/// What a load measured.
struct LoadResult {
    var perSecond: Double
    /// What the callers saw, sorted, in milliseconds.
    var latencies: [Double]
    /// What the service said of itself, in microseconds.
    var wait: [Int64]
    var token: [Int64]
    var total: [Int64]
}

/// Orders certificates for some seconds.
struct Load {
    let socket: String
    let profile: String
    let issuer: String
    /// PKCS#10 requests, PEM; used in turn, each with a subject of its own.
    let requests: [String]
    /// Makes the orders of this load different from all others.
    let name: String

    private struct Share {
        var answered = 0
        var latencies: [Double] = []
        var timers: [IssuedCertificate.Timers] = []
        var failure: (any Error)?
    }

    func run(_ mode: LoadMode, seconds: Double) throws -> LoadResult {
        let shares = Mutex<[Share]>([])
        let start = monotonicNanoseconds()
        let end = start + UInt64(seconds * 1e9)
        let group = DispatchGroup()
        for connection in 0..<mode.connections {
            group.enter()
            Thread.detachNewThread {
                let share = drive(connection, mode, until: end)
                shares.withLock { $0.append(share) }
                group.leave()
            }
        }
        group.wait()
        let elapsed = Double(monotonicNanoseconds() - start) / 1e9
        let all = shares.withLock { $0 }
        if let failure = all.compactMap(\.failure).first { throw failure }
        let timers = all.flatMap(\.timers)
        return LoadResult(
            perSecond: Double(all.map(\.answered).reduce(0, +)) / elapsed,
            latencies: all.flatMap(\.latencies).sorted(),
            wait: timers.map(\.wait).sorted(),
            token: timers.map(\.token).sorted(),
            total: timers.map(\.total).sorted()
        )
    }

    private func drive(_ connection: Int, _ mode: LoadMode, until end: UInt64) -> Share {
        var share = Share()
        do {
            let client = try SignerClient(socket: socket)
            let drafts = requests.indices.map(draft)
            var number = 0
            var sentAt: [UInt64] = []
            var next = 0
            while true {
                while monotonicNanoseconds() < end, sentAt.count - next < mode.window {
                    var order = drafts[(connection + number) % drafts.count]
                    order.order = "\(name)-\(connection)-\(number)"
                    client.send(order)
                    sentAt.append(monotonicNanoseconds())
                    number += 1
                }
                guard next < sentAt.count else { return share }
                let issued = try client.receiveIssued()
                share.latencies.append(Double(monotonicNanoseconds() - sentAt[next]) / 1e6)
                share.timers.append(issued.timers)
                share.answered += 1
                next += 1
            }
        } catch {
            share.failure = error
            return share
        }
    }

    /// The order for one of the requests, but for its own name.
    private func draft(_ key: Int) -> CertificateOrder {
        var order = CertificateOrder(
            order: "",
            profile: profile,
            request: requests[key],
            subject: [
                .init("countryName", "JP"), .init("organizationName", "Inkan Benchmark"),
                .init("commonName", "Bench \(key)"),
            ]
        )
        order.issuer = issuer
        return order
    }
}

/// The value below which a share of the sorted values lies.
func percentile<Value>(_ share: Double, of sorted: [Value], none: Value) -> Value {
    sorted.isEmpty ? none : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
}

/// The middle value.
func median(_ values: [Double]) -> Double {
    percentile(0.5, of: values.sorted(), none: 0)
}
