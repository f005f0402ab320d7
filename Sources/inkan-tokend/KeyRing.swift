import PKCS11
import Synchronization
import Tokens

/// The keys that this worker signs with, by the numbers that the supervisor gave them. Searching costs time with every
/// object in the token, so a handle is looked for once an epoch and afterwards only checked.
final class KeyRing: Sendable {
    private struct Entry {
        let spki: [UInt8]
        var place: (key: LocatedKey, epoch: Int)?
        /// The last epoch that the key was seen in.
        var seen: Int?
    }

    /// Handles with what they are good for.
    struct LocatedKey {
        let handles: FoundKey
        let type: KeyType
    }

    private let link: TokenLink
    private let entries = Mutex<[Int: Entry]>([:])

    init(_ link: TokenLink) {
        self.link = link
    }

    func define(_ number: Int, spki: [UInt8]) {
        entries.withLock { entries in
            if entries[number] == nil { entries[number] = Entry(spki: spki) }
        }
    }

    /// The handles of a key, for a session that has not used it yet: read back and compared with the key's
    /// SubjectPublicKeyInfo, and searched for where they do not fit.
    func locate(_ number: Int, _ session: Session, epoch: Int) throws(OperationFailure) -> LocatedKey {
        guard let entry = entries.withLock({ $0[number] }) else {
            throw OperationFailure(
                TokenError(.workerUnusable, "key \(number) was never named", mend: "restart the service"),
                .permanent
            )
        }
        let key = try parse(entry.spki)
        if let place = entry.place, place.epoch == epoch, try isStill(place.key.handles, key, session) {
            return place.key
        }
        let handles: FoundKey
        do throws(PKCS11Error) {
            handles = try session.findKey(key)
        } catch {
            if error == .keyMissing { try calling { () throws(PKCS11Error) in try link.checkLogin(session) } }
            // A key that was here a moment ago does not go away by itself: that is the connection's fault, not the key's.
            let wasHere = error == .keyMissing && entry.seen == epoch
            throw wasHere ? OperationFailure(TokenError(error), .transient) : OperationFailure(error)
        }
        try KeyProof.prove(handles, key, session, link)
        let located = LocatedKey(handles: handles, type: key.keyType)
        entries.withLock { entries in
            entries[number]?.place = (located, epoch)
            entries[number]?.seen = epoch
        }
        WorkerLog.write("key-found", ["key": KeyIdentity(spki: entry.spki).description, "epoch": "\(epoch)"])
        return located
    }

    private func parse(_ spki: [UInt8]) throws(OperationFailure) -> SubjectPublicKeyInfo {
        do throws(PKCS11Error) {
            return try SubjectPublicKeyInfo(derEncoded: spki)
        } catch {
            throw OperationFailure(
                TokenError(.requestRefused, error.description, mend: "name the key by its SubjectPublicKeyInfo in DER"),
                .permanent
            )
        }
    }

    /// Looks for a key again although it was found: the caller wants to know how things stand now.
    func forget(_ number: Int) {
        entries.withLock { $0[number]?.place = nil }
    }

    private func isStill(
        _ place: FoundKey,
        _ key: SubjectPublicKeyInfo,
        _ session: Session
    ) throws(OperationFailure) -> Bool {
        do throws(PKCS11Error) {
            return try session.isKey(place, key)
        } catch {
            if error.answer == .objectHandleInvalid || error.answer == .keyHandleInvalid { return false }
            throw OperationFailure(error)
        }
    }
}
