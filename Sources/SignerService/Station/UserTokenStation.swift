import Clocks
import Issuance
import Ledger
import PKCS12
import Policy
import SignerAPI
import Threads
import Tokens
import Varlink

/// Users' tokens at the officers' desks (`io.inkan.TokenStation`). Each reader has one thread: a card does one thing at
/// a time. Every call starts a worker of its own for the reader's module, and ends it.
package final class UserTokenStation: Sendable {
    /// A reader with its thread.
    struct Place: Sendable {
        let settings: ReaderSettings
        let queue: WorkerPool
        /// Whom PINs are sealed to, whatever the caller wishes.
        let pinRecipient: SealRecipient?
    }

    let line: IssuanceLine
    let status: StationStatus
    let launcher: WorkerLauncher
    private let ownTokens: [TokenWorkerSupervisor]
    private let places: [Place]
    /// For what needs no reader.
    private let records: WorkerPool?

    /// Calls that may wait for one reader.
    private static let mostWaiting = 16

    /// - Parameters:
    ///   - changes: revokes certificates.
    ///   - ownTokens: the service's tokens, which no officer reaches from here.
    ///   - launcher: starts the readers' workers.
    package init(
        readers: [ReaderSettings],
        line: IssuanceLine,
        changes: StatusLine,
        ownTokens: [TokenWorkerSupervisor],
        launcher: WorkerLauncher
    ) throws(StartError) {
        self.line = line
        self.ownTokens = ownTokens
        self.launcher = launcher
        status = StationStatus(line: line, changes: changes)
        places = try readers.map { (reader) throws(StartError) in
            let recipient = try reader.pinRecipient.map { (path) throws(StartError) in
                try SealRecipient(file: path, reader: reader.name)
            }
            return Place(settings: reader, queue: WorkerPool(threads: 1), pinRecipient: recipient)
        }
        records = readers.isEmpty ? nil : WorkerPool(threads: 1)
    }

    /// Lets the threads end once their work is done.
    package func stop() {
        for place in places { place.queue.stop() }
        records?.stop()
    }

    func handle(_ method: TokenStationInterface.Method, _ call: Call) {
        let work = StationWork(station: self, call: call, method: method)
        let name = call.parameters["reader"]?.stringValue
        switch method {
        case .listTokens: list(name, work)
        case .retireToken where name == nil:
            guard let records else { return work.refuse(.noReader("")) }
            enqueue(records, work) { work in try work.retireLostToken() }
        default:
            guard let place = places.first(where: { $0.settings.name == name }) else {
                return work.refuse(.noReader(name ?? ""))
            }
            enqueue(place.queue, work) { work in try work.perform(in: place) }
        }
    }

    /// Runs a call's work on a thread of its own, and answers what goes wrong.
    private func enqueue(
        _ queue: WorkerPool,
        _ work: StationWork,
        _ body: @escaping @Sendable (StationWork) throws -> Void
    ) {
        let isTaken = queue.run(ifFewerThan: Self.mostWaiting) {
            do {
                guard !work.call.isAbandoned else { throw StationError.callerGone }
                try body(work)
            } catch let error as StationError {
                work.refuse(error)
            } catch {
                work.refuse(
                    StationError(.internalError, rule: "service.internal", message: "\(type(of: error))", mend: "")
                )
            }
        }
        if !isTaken { work.refuse(StationError(.busy())) }
    }

    // MARK: Own tokens

    /// Whether a token in a reader is one that the service itself signs with.
    func isOwn(_ token: DeskToken) -> Bool {
        guard token.description.isInitialized else { return false }
        return ownTokens.contains { $0.isToken(serial: token.description.serial, label: token.description.label) }
    }

    // MARK: Listing

    /// One reader after the other, each on its own thread.
    private func list(_ name: String?, _ work: StationWork) {
        let chosen = places.filter { name == nil || $0.settings.name == name }
        if chosen.isEmpty, let name { return work.refuse(.noReader(name)) }
        list(chosen[...], TokenListing(), work)
    }

    private func list(_ rest: ArraySlice<Place>, _ listing: TokenListing, _ work: StationWork) {
        guard let place = rest.first else {
            work.call.reply { listing.write(to: &$0) }
            return
        }
        enqueue(place.queue, work) { [self] work in
            var listing = listing
            listing.add(place.settings, station: self)
            list(rest.dropFirst(), listing, work)
        }
    }
}

extension TokenWorkerSupervisor {
    /// Whether this is the token that is served here, as far as it is known: by what it said of itself, or by its URI.
    fileprivate func isToken(serial: String, label: String) -> Bool {
        if let token = status.token { return token.serial == serial && token.label == label }
        // Not each URI names both; some modules give all their tokens one serial number.
        let named = (serial: settings.uriAttribute("serial"), label: settings.uriAttribute("token"))
        return (named.serial ?? serial) == serial && (named.label ?? label) == label
    }
}

extension TokenSettings {
    /// An attribute of the URI's path (RFC 7512), decoded.
    fileprivate func uriAttribute(_ name: String) -> String? {
        let path = uri.dropFirst("pkcs11:".count).prefix { $0 != "?" }
        for part in path.split(separator: ";") where part.hasPrefix("\(name)=") {
            return Self.decoded(part.dropFirst(name.count + 1))
        }
        return nil
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let value = UInt8(digits, radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
