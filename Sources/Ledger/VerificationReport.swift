/// What a complete check of a ledger found.
package struct VerificationReport: Sendable, Hashable {
    /// One contradiction.
    package struct Finding: Sendable, Hashable, CustomStringConvertible {
        package enum Kind: String, Sendable, Hashable {
            /// SQLite's own check of its file.
            case file
            /// Entries are missing, moved or too many.
            case sequence
            /// A body does not give its leaf's hash.
            case leaf
            /// A body is not what the ledger writes, or does not agree with its row.
            case body
            /// Times go backwards.
            case time
            /// A stored tree head is not the entries'.
            case treeHead = "tree-head"
            /// A stored tile is not the entries'.
            case tile
            /// A checkpoint is not the log's, or not of the tree.
            case checkpoint
            /// Somebody has seen more of the log than is there, or another history.
            case older
            /// A file of a copy is missing, malformed or not its.
            case copy
            /// An index table does not agree with the entries.
            case index
            /// What the entries say can't have happened: a certificate without intent, a serial number twice.
            case history
        }

        package let kind: Kind
        /// The entry concerned, if it is one.
        package let sequence: Int64?
        package let message: String

        package var description: String {
            sequence.map { "\(kind.rawValue), entry \($0): \(message)" } ?? "\(kind.rawValue): \(message)"
        }
    }

    /// Findings beyond this number are counted, not kept.
    static let mostFindings = 1_000

    package internal(set) var entries: Int64 = 0
    package internal(set) var certificates: Int64 = 0
    /// Checkpoints that were found good.
    package internal(set) var checkpoints: Int64 = 0
    /// The last stored tree head.
    package internal(set) var head: TreeHead?
    /// Intents with neither certificate nor closing entry. In a ledger in use they are being signed; opening closes
    /// what a crash left.
    package internal(set) var openIntents: [Int64] = []
    package internal(set) var findings: [Finding] = []
    package internal(set) var findingCount = 0

    package var isSound: Bool { findingCount == 0 }

    mutating func add(_ kind: Finding.Kind, _ sequence: Int64? = nil, _ message: String) {
        findingCount += 1
        guard findings.count < VerificationReport.mostFindings else { return }
        findings.append(Finding(kind: kind, sequence: sequence, message: message))
    }
}
