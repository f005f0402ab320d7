package import Clocks

/// What can be done with an order, as its state stands (table 5.17). The buttons of the list and every refusal of a
/// forged request follow this one table.
package enum OrderAction: String, CaseIterable, Sendable, Worded {
    case cancel, revoke, hold, release, unlock, showPassword, downloadFile
    /// Another certificate for the order, or the files of its batch anew.
    case reissue, reissueFile

    package var text: Text {
        switch self {
        case .cancel: Text("キャンセル申し込み", "Cancel")
        case .revoke: Text("証明書失効申請", "Revoke")
        case .hold: Text("証明書保留", "Put on hold")
        case .release: Text("証明書保留解除", "Release from hold")
        case .unlock: Text("ロック解除", "Unlock")
        case .showPassword: Text("証明書取得用パスワードを表示", "Show the pick-up password")
        case .downloadFile: Text("PKCS#12ダウンロード", "Download PKCS#12")
        case .reissue: Text("証明書再発行", "Reissue")
        case .reissueFile: Text("PKCS#12証明書再発行", "Reissue PKCS#12")
        }
    }

    /// The permission that it takes, with the order's profile.
    package var function: Function {
        switch self {
        case .cancel, .revoke, .hold, .release: .revocation
        case .unlock: .lockRelease
        case .showPassword: .passwordView
        case .downloadFile: .pkcs12Download
        case .reissue: .reissue
        case .reissueFile: .issueAdministratorBulk
        }
    }
}

extension Order {
    /// The actions that the order's state allows at a moment, whoever asks: table 5.17 (LST-06).
    package func actions(at now: Timestamp, calendar: BusinessCalendar) -> Set<OrderAction> {
        let unlock: Set<OrderAction> = pickUp.isLocked(at: now) ? [.unlock] : []
        switch status {
        case .waiting: return unlock.union([.cancel, .showPassword])
        case .issued, .reissued:
            guard let certificate else { return [] }
            let days = calendar.days(from: certificate.issued, to: now)
            let cancel: Set<OrderAction> = days <= Self.cancellationDays ? [.cancel] : []
            switch certificateStatus(at: now) {
            case .issued: return unlock.union(cancel).union([.revoke, .hold]).union(copies(after: days))
            case .held: return unlock.union(cancel).union([.revoke, .release])
            case .revoked, .cancelled, .expired, nil: return []
            }
        case .pendingApproval, .cancelled, .autoCancelled, .refused: return []
        }
    }

    /// How a certificate in use can be had again: its file within 30 days, and a reissue. What administrator bulk has made
    /// is reissued from its batch, and not before the files are gone.
    private func copies(after days: Int) -> Set<OrderAction> {
        let isKept = keyOption == .pkcs12 && days <= Self.fileDays
        let file: Set<OrderAction> = isKept ? [.downloadFile] : []
        guard status == .issued else { return file }
        guard registration == .administratorBulk else { return file.union([.reissue]) }
        return isKept ? file : [.reissueFile]
    }

    /// - Throws: `.state` where the order does not allow it (any more).
    package func require(_ action: OrderAction, at now: Timestamp, calendar: BusinessCalendar) throws(Refusal) {
        guard actions(at: now, calendar: calendar).contains(action) else {
            throw Refusal(
                .state,
                Text(
                    "オーダー\(id)は現在の状態では「\(action.text.japanese)」を行えません。",
                    "Order \(id) does not allow “\(action.text.english)” in its present state."
                )
            )
        }
    }
}
