import Clocks
import Threads

/// Workers of one module start one after the other. SoftHSM rewrites a token's file at each log-in, and a process that
/// reads it at that moment sees no token. Other modules are not kept waiting.
struct StartTurn {
    private static let taken = Guarded<Set<String>>([])

    private let place: String?

    /// Waits for the turn, at most as long as a start may take.
    ///
    /// - Parameter attend: called about twenty times a second; `false` gives up waiting.
    static func take(_ settings: TokenSettings, attend: () -> Bool) -> StartTurn {
        let surroundings = settings.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let place = (surroundings + [modulePath(in: settings.uri)]).joined(separator: "\n")
        let end = monotonicNanoseconds() + settings.startDeadline
        while true {
            let tick = min(end, monotonicNanoseconds() + 50_000_000)
            let isMine: Void? = taken.wait(until: tick) { places in places.insert(place).inserted ? () : nil }
            if isMine != nil { return StartTurn(place: place) }
            // One that waited too long goes without its turn: better a failed start than none.
            if !attend() || monotonicNanoseconds() >= end { return StartTurn(place: nil) }
        }
    }

    func giveBack() {
        guard let place else { return }
        StartTurn.taken.withLock { _ = $0.remove(place) }
        StartTurn.taken.broadcast()
    }

    private static func modulePath(in uri: String) -> String {
        uri.split(whereSeparator: { "?&".contains($0) }).first { $0.hasPrefix("module-path=") }.map(String.init) ?? uri
    }
}
