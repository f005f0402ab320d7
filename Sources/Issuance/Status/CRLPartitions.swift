import Ledger
import Policy
import X509Building

/// One of the parts that an issuer's certificates are spread over.
package struct CRLPartition: Sendable, Hashable {
    /// From 0.
    package let index: Int
    /// All addresses that certificates of this part have ever named, the present one first. The CRL repeats them.
    package let addresses: [String]
    private let whole: CRLPartitions

    fileprivate init(index: Int, of whole: CRLPartitions) {
        self.index = index
        self.whole = whole
        addresses = whole.addresses(ofPart: index)
    }

    /// Whether a certificate with this serial belongs to the part.
    package func contains(_ serial: some Collection<UInt8>) -> Bool {
        whole.index(of: serial) == index
    }
}

/// How an issuer's certificates are spread over parts, at each time since the first was issued.
///
/// A certificate's part is told by its serial number alone: the time in it (`SerialSource`) says how many parts there
/// were when it was made, and its last two octets, which are random, which of them it fell to. So a certificate stays in
/// its part, and its CRL stays where the certificate says, however often the number of parts is changed: the changes are
/// in the ledger, and none counts for serials made before it.
package struct CRLPartitions: Sendable, Hashable {
    /// From one moment until the next period begins.
    package struct Period: Sendable, Hashable {
        /// In steps of a serial's time.
        package let firstStep: UInt32
        /// nil: certificates name the issuer's one CRL.
        package let rules: CRLPartitionRules?

        package init(firstStep: UInt32, rules: CRLPartitionRules?) {
            self.firstStep = firstStep
            self.rules = rules
        }
    }

    /// In the order in which they came.
    package private(set) var periods: [Period]

    /// An issuer whose certificates have always named one CRL.
    package static let none = CRLPartitions([])

    package init(_ periods: [Period]) {
        self.periods = periods
    }

    /// The rules that hold for certificates made from now on.
    package var present: CRLPartitionRules? { periods.last?.rules }

    /// Every part that a certificate may be in.
    package var all: [CRLPartition] {
        let count = periods.compactMap(\.rules?.count).max() ?? 0
        return (0..<count).map { CRLPartition(index: $0, of: self) }
    }

    /// The part of a serial number; nil for one whose certificate names the issuer's one CRL.
    package func index(of serial: some Collection<UInt8>) -> Int? {
        rules(of: serial).map { Self.index(of: serial, among: $0.count) }
    }

    /// Where the CRL of a serial number's part is.
    package func address(of serial: [UInt8]) -> String? {
        rules(of: serial).map { Self.address($0, Self.index(of: serial, among: $0.count)) }
    }

    private func rules(of serial: some Collection<UInt8>) -> CRLPartitionRules? {
        guard !periods.isEmpty, let step = SerialSource.step(of: serial) else { return nil }
        return periods.last { $0.firstStep <= step }?.rules
    }

    private static func index(of serial: some Collection<UInt8>, among count: Int) -> Int {
        serial.suffix(2).reduce(0) { $0 << 8 | Int($1) } % count
    }

    private static func address(_ rules: CRLPartitionRules, _ index: Int) -> String { "\(rules.base)-\(index).crl" }

    fileprivate func addresses(ofPart index: Int) -> [String] {
        var addresses: [String] = []
        for rules in periods.reversed().compactMap(\.rules) where index < rules.count {
            let address = Self.address(rules, index)
            if !addresses.contains(address) { addresses.append(address) }
        }
        return addresses
    }
}

// MARK: - In the ledger

extension CRLPartitions {
    /// What the ledger has of an issuer's key, and with it, durably, what the profile set says now, if that is new.
    ///
    /// - Parameter seconds: the present, by the clock. It may be behind the ledger: then nothing is issued before the
    ///   ledger's last entry, and that is what counts.
    package static func current(
        _ rules: CRLPartitionRules?,
        issuer: String,
        issuerKeyHash: [UInt8],
        in ledger: LedgerStore,
        at seconds: Int64
    ) throws(IssuanceError) -> CRLPartitions {
        do throws(LedgerError) {
            var partitions = CRLPartitions(try periods(of: issuerKeyHash, in: ledger.reader))
            guard partitions.present != rules else { return partitions }
            try partitions.checkPlaces(issuer, rules)
            // The step after this one: serials of this one may be under way.
            let last = max(seconds, try ledger.reader.head()?.time.seconds ?? 0)
            let period = Period(firstStep: SerialSource.step(at: last) + 1, rules: rules)
            var fields: [(String, EventValue)] = [
                ("issuer", .text(issuer)), ("issuerKey", .bytes(issuerKeyHash)),
                ("firstStep", .number(Int64(period.firstStep))), ("count", .number(Int64(rules?.count ?? 0))),
            ]
            if let rules { fields.append(("base", .text(rules.base))) }
            let event = LedgerEvent(kind: LedgerReader.crlPartitionsKind, fields: fields)
            _ = try answer { ledger.append(event, completion: $0) }
            partitions.periods.append(period)
            return partitions
        } catch {
            throw IssuanceError(error)
        }
    }

    private static func periods(of issuerKeyHash: [UInt8], in reader: LedgerReader) throws(LedgerError) -> [Period] {
        var periods: [Period] = []
        for entry in try reader.crlPartitionsEntries() {
            let fields = try EntryFields(body: entry.body)
            guard let key = fields.hex("issuerKey"),
                let step = fields.number("firstStep").flatMap(UInt32.init(exactly:)),
                let count = fields.number("count"), count == 0 || CRLPartitionRules.counts.contains(Int(count))
            else { throw LedgerError.damaged("the CRL's parts in entry \(entry.sequence) are not complete") }
            guard key == issuerKeyHash else { continue }
            let rules = fields.text("base").map { CRLPartitionRules(count: Int(count), base: $0) }
            periods.append(Period(firstStep: step, rules: count == 0 ? nil : rules))
        }
        return periods
    }

    /// A CRL names at most 16 places (`Extension.issuingDistributionPoint`).
    private func checkPlaces(_ issuer: String, _ rules: CRLPartitionRules?) throws(LedgerError) {
        let bases = Set((periods.map(\.rules) + [rules]).compactMap { $0?.base })
        guard bases.count <= 16 else {
            throw .invalid("the parts of the CRL of \(issuer) have had 16 bases, and a CRL can name no more; keep one")
        }
    }
}
