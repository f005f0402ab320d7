import Clocks
import Office

/// How a word for a state looks in a table. The word alone says what is meant; the colour is for the eye that looks over
/// many rows.
package enum Tone: String, Sendable {
    /// All is well, and nothing has to be done.
    case ok
    /// Somebody has to do something, or time runs.
    case warn
    /// It does not work (any more), or went wrong.
    case error
    /// It is over.
    case plain
}

extension Order.Status {
    var tone: Tone {
        switch self {
        case .pendingApproval, .waiting: .warn
        case .issued: .ok
        case .cancelled, .autoCancelled, .reissued: .plain
        case .refused: .error
        }
    }
}

extension CertificateState {
    var tone: Tone {
        switch self {
        case .issued: .ok
        case .held: .warn
        case .revoked: .error
        case .cancelled, .expired: .plain
        }
    }
}

extension Licence.Status {
    var tone: Tone {
        switch self {
        case .applied, .awaitingPayment: .warn
        case .issued: .ok
        case .rejected: .error
        case .cancelled: .plain
        }
    }
}

extension Profile {
    func tone(at now: Timestamp) -> Tone {
        switch status {
        case .vetting, .renewalApplied: .warn
        case .approved: isExpired(at: now) ? .error : .ok
        case .suspended, .rejected: .error
        }
    }
}

extension MailDomain {
    func tone(at now: Timestamp) -> Tone {
        switch status {
        case .queued, .underReview, .renewalApplied: .warn
        case .approved: isExpired(at: now) ? .error : .ok
        case .rejected: .error
        }
    }
}

extension HistoryEntry {
    /// Whether it was done, as a cell.
    var outcome: TableView.Cell {
        succeeded
            ? .init(Text("成功", "Success"), .ok) : .init(Text("失敗", "Failure"), .error)
    }
}
