import Ledger
import Threads
import X509Building

/// A key pair that a user's token has made for an order.
package struct TokenKey: Hashable, Sendable {
    /// The order as the office and the officers call it.
    package let order: String
    /// 1; one more each time that a certificate of the order was revoked so that it could go on with another token.
    package let attempt: Int
    /// The token's serial number.
    package let token: String
    /// The token's label, for modules that give every token the same serial number.
    package let tokenLabel: String
    /// SubjectPublicKeyInfo in DER.
    package let spki: [UInt8]
    /// `CKA_ID`.
    package let ckaID: [UInt8]

    package init(order: String, attempt: Int, token: String, tokenLabel: String, spki: [UInt8], ckaID: [UInt8]) {
        self.order = order
        self.attempt = attempt
        self.token = token
        self.tokenLabel = tokenLabel
        self.spki = spki
        self.ckaID = ckaID
    }

    /// What the ledger knows the certificate's order by.
    package var ledgerOrder: String { Self.ledgerOrder(order, attempt: attempt) }

    package static func ledgerOrder(_ order: String, attempt: Int) -> String {
        attempt == 1 ? order : "\(order):again-\(attempt)"
    }
}

/// Which keys users' tokens have made, for which orders, as the ledger has it: read when the service starts, added to
/// with each key. What is here decides the key's origin, and so is no caller's word.
package final class TokenKeyBook: Sendable {
    /// The kind of entry that tells of a key.
    package static let entryKind = "token-key-generated"

    private struct State {
        var byKey: [[UInt8]: TokenKey] = [:]
        var byOrder: [String: [TokenKey]] = [:]
        var byToken: [String: [TokenKey]] = [:]
    }

    private let state = Guarded(State())

    package init() {}

    /// Reads a ledger's entries.
    package convenience init(_ ledger: LedgerReader) throws(LedgerError) {
        self.init()
        for entry in try ledger.tokenEntries() where entry.kind == Self.entryKind {
            let fields = try EntryFields(body: entry.body)
            guard let order = fields.text("order"), let attempt = fields.number("attempt"),
                let token = fields.text("token"), let label = fields.text("label"), let spki = fields.hex("publicKey"),
                let ckaID = fields.hex("ckaID")
            else { throw LedgerError.damaged("the token's key of entry \(entry.sequence) is not complete") }
            add(
                TokenKey(order: order, attempt: Int(attempt), token: token, tokenLabel: label, spki: spki, ckaID: ckaID)
            )
        }
    }

    /// Puts a key in; its ledger entry must be durable. A later key of an order takes the place of the earlier ones.
    package func add(_ key: TokenKey) {
        state.withLock { state in
            state.byKey[key.spki] = key
            state.byOrder[key.order, default: []].append(key)
            state.byToken[key.token, default: []].append(key)
        }
    }

    /// The key that an order goes on with.
    package func latest(order: String) -> TokenKey? {
        state.withLock { $0.byOrder[order]?.last }
    }

    /// The key of a SubjectPublicKeyInfo, if a user's token made it.
    package func key(spki: [UInt8]) -> TokenKey? {
        state.withLock { $0.byKey[spki] }
    }

    /// Every key that a token has made; of all tokens with that serial number where no label is given.
    package func keys(token: String, label: String? = nil) -> [TokenKey] {
        state.withLock { $0.byToken[token] ?? [] }.filter { label == nil || $0.tokenLabel == label }
    }

    /// Whether a token has made the key, for this order of the ledger. Throws when it was for another order, or when
    /// the order has gone on with another key since.
    func holds(_ key: SubjectPublicKey, for ledgerOrder: String) throws(IssuanceError) -> Bool {
        let found = state.withLock { state -> (key: TokenKey, latest: TokenKey?)? in
            guard !state.byKey.isEmpty, let found = state.byKey[key.derEncoded] else { return nil }
            return (found, state.byOrder[found.order]?.last)
        }
        guard let found else { return false }
        guard found.key.ledgerOrder == ledgerOrder else {
            throw IssuanceError(
                .requestRejected,
                rule: "key.of-other-order",
                message: "a user's token made this key for another order",
                mend: "order with the identifier that the key was made for, or have a key made for this order"
            )
        }
        guard found.latest == found.key else {
            throw IssuanceError(
                .requestRejected,
                rule: "key.superseded",
                message: "the order has gone on with the key of another token",
                mend: "send the request of the order's latest key"
            )
        }
        return true
    }
}

extension IssuanceError {
    /// The order has its certificate, for the key of a token that it was continued without.
    package static func certificateForOtherToken(order: String) -> IssuanceError {
        IssuanceError(
            .orderConflict,
            rule: "order.certificate-for-other-token",
            message: "the order “\(order)” has its certificate, and it is for another token's key",
            mend: "go on with the first token, or revoke that certificate and ask again"
        )
    }
}
