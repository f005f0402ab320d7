import Clocks

/// Why the ledger refused, in words for people and a code for programs.
package enum LedgerError: Error, Sendable, Hashable {
    /// The order id is known with another request behind it.
    case orderReused(order: String)
    /// The same order is being issued at this moment.
    case orderInFlight(order: String)
    /// The public key was certified for another subject. `subjectHash` is that subject's.
    case keyBelongsToOther(subjectHash: [UInt8])
    /// The public key is one of this service's own authority keys and a certificate holder's; or a CA's key was not
    /// registered as one before its certificate.
    case keyOfAuthority
    /// The serial number stands in the ledger already.
    case serialRepeated
    /// The clock shows a time before the last entry's.
    case clockMovedBack(last: Timestamp, now: Timestamp)
    /// There is no space left for the ledger's file.
    case full
    /// The ledger contradicts itself. Nothing is written to it any more.
    case damaged(String)
    /// The storage failed; what it holds is uncertain until the ledger is opened anew.
    case storageFailed(String)
    /// The ledger was stopped before the request's turn.
    case stopped
    /// Another process has the ledger open for writing.
    case inUse(path: String)
    /// The file is missing or can't be opened.
    case unreadable(String)
    /// The file is no ledger, or one of another version of this software.
    case foreignFormat(String)
    /// There is no such intent.
    case unknownIntent(sequence: Int64)
    /// The intent has its certificate, or was closed.
    case intentSettled(sequence: Int64)
    /// The certificate is not the one that was intended.
    case certificateDiffers(String)
    /// The request itself can't be written down.
    case invalid(String)
    /// A checkpoint, a signature under it, or a public key for it is not what it has to be.
    case checkpointInvalid(String)
    /// The ledger has made no checkpoint of this size.
    case checkpointUnknown(size: Int64)
    /// No configured witness has this key.
    case witnessUnknown(name: String)
    /// What was asked to be proven can't be true.
    case proofImpossible(String)
    /// Somebody has seen a later or another checkpoint of this log than the ledger can answer for. `by` says who.
    case olderThanSeen(by: String, detail: String)
    /// What the log token has seen is not known yet.
    case notCompared(String)
    /// A backup or an export can't be made or taken back like this.
    case copyRefused(String)
    /// No certificate has this serial number.
    case unknownSerial
    /// The certificate of this serial number is being signed at this moment.
    case serialInFlight
    /// The certificate was revoked before, or never released. That is final.
    case alreadyRevoked(since: Timestamp)
    case alreadyHeld(since: Timestamp)
    /// Only a hold can be released.
    case notHeld
    /// The CRL's number is not above that of the key's last one.
    case crlNumberRepeated(last: Int64)
}

extension LedgerError: CustomStringConvertible {
    /// Stable name, for programs.
    package var code: String {
        switch self {
        case .orderReused: "order-reused"
        case .orderInFlight: "order-in-flight"
        case .keyBelongsToOther: "key-belongs-to-other"
        case .keyOfAuthority: "key-of-authority"
        case .serialRepeated: "serial-repeated"
        case .clockMovedBack: "clock-moved-back"
        case .full: "ledger-full"
        case .damaged: "ledger-damaged"
        case .storageFailed: "ledger-storage-failed"
        case .stopped: "ledger-stopped"
        case .inUse: "ledger-in-use"
        case .unreadable: "ledger-unreadable"
        case .foreignFormat: "ledger-foreign-format"
        case .unknownIntent: "intent-unknown"
        case .intentSettled: "intent-settled"
        case .certificateDiffers: "certificate-differs"
        case .invalid: "ledger-request-invalid"
        case .checkpointInvalid: "checkpoint-invalid"
        case .checkpointUnknown: "checkpoint-unknown"
        case .witnessUnknown: "witness-unknown"
        case .proofImpossible: "proof-impossible"
        case .olderThanSeen: "ledger-older-than-seen"
        case .notCompared: "ledger-not-compared"
        case .copyRefused: "ledger-copy-refused"
        case .unknownSerial: "serial-unknown"
        case .serialInFlight: "serial-in-flight"
        case .alreadyRevoked: "already-revoked"
        case .alreadyHeld: "already-held"
        case .notHeld: "not-held"
        case .crlNumberRepeated: "crl-number-repeated"
        }
    }

    /// The rule that was kept by refusing.
    package var rule: String? {
        switch self {
        case .serialRepeated: "SGN-05"
        case .orderReused, .orderInFlight: "SGN-06"
        case .unknownIntent, .intentSettled, .certificateDiffers: "SGN-07"
        case .clockMovedBack: "SGN-09"
        case .damaged, .foreignFormat, .checkpointInvalid: "LDG-02"
        case .proofImpossible: "LDG-03"
        case .witnessUnknown, .checkpointUnknown: "LDG-04"
        case .olderThanSeen, .notCompared, .copyRefused: "LDG-06"
        case .full, .storageFailed: "SGN-07"
        case .keyBelongsToOther, .keyOfAuthority: "SGN-03"
        case .unknownSerial, .serialInFlight, .alreadyRevoked, .alreadyHeld, .notHeld: "STS-01"
        case .crlNumberRepeated: "STS-02"
        case .stopped, .inUse, .unreadable, .invalid: nil
        }
    }

    /// What was wrong.
    package var message: String {
        switch self {
        case .orderReused(let order): "Order \(order) was used before for another request."
        case .orderInFlight(let order): "Order \(order) is being issued at this moment."
        case .keyBelongsToOther: "The public key was certified before for another subject."
        case .keyOfAuthority: "The public key would be both an authority's and a certificate holder's."
        case .serialRepeated: "The serial number was used before."
        case .clockMovedBack(let last, let now):
            "The clock shows \(now.rfc3339), but the ledger's last entry is of \(last.rfc3339)."
        case .full: "There is no space left for the ledger."
        case .damaged(let what): "The ledger is damaged: \(what)."
        case .storageFailed(let what): "The ledger's storage failed: \(what)."
        case .stopped: "The ledger is stopped."
        case .inUse(let path): "Another process writes to the ledger \(path)."
        case .unreadable(let what): "The ledger can't be opened: \(what)."
        case .foreignFormat(let what): "The file is not a ledger that this version can use: \(what)."
        case .unknownIntent(let sequence): "Entry \(sequence) is not an intent."
        case .intentSettled(let sequence): "The intent \(sequence) has its certificate or was closed."
        case .certificateDiffers(let what): "The certificate is not the intended one: \(what)."
        case .invalid(let what): "The entry can't be written: \(what)."
        case .checkpointInvalid(let what): "The checkpoint or key can't be used: \(what)."
        case .checkpointUnknown(let size): "The ledger has no checkpoint of size \(size)."
        case .witnessUnknown(let name): "No witness of the name \(name) with that key is configured."
        case .proofImpossible(let what): "There is no such proof: \(what)."
        case .olderThanSeen(let by, let detail):
            "The ledger is older than what \(by) has seen of it, or another: \(detail)."
        case .notCompared(let what): "What the log token has seen of the ledger is not known: \(what)."
        case .copyRefused(let what): "The copy is refused: \(what)."
        case .unknownSerial: "No certificate has this serial number."
        case .serialInFlight: "The certificate of this serial number is being signed at this moment."
        case .alreadyRevoked(let since): "The certificate is revoked since \(since.rfc3339), and that is final."
        case .alreadyHeld(let since): "The certificate is held since \(since.rfc3339)."
        case .notHeld: "The certificate is not held."
        case .crlNumberRepeated(let last): "The key's last CRL has the number \(last)."
        }
    }

    /// What to do about it.
    package var mend: String {
        switch self {
        case .orderReused: "Give the changed request an order id of its own."
        case .orderInFlight: "Wait for the first answer, or ask again later."
        case .keyBelongsToOther: "Make a new key pair for this subject."
        case .keyOfAuthority: "Make a new key pair; an authority's key certifies and does nothing else."
        case .serialRepeated: "Draw a new serial number; check the random source if it happens again."
        case .clockMovedBack: "Set the clock right; issuing goes on when it has passed the last entry."
        case .full: "Free or add space on the ledger's file system; issuing goes on by itself."
        case .damaged: "Stop the service, keep the file as evidence, restore the last good backup and verify it."
        case .storageFailed: "Check the disk, then start the service again; it verifies the ledger at start."
        case .stopped: "Start the service."
        case .inUse: "Stop the other process, or read with `inkan ledger`."
        case .unreadable: "Check that the path is right and that the service may read and write there."
        case .foreignFormat: "Give the path of a ledger, or use the version of the software that wrote it."
        case .unknownIntent, .intentSettled: "Ask for the certificate by its order id."
        case .certificateDiffers: "Close the intent and look for a fault in the token or the builder."
        case .invalid: "Send a request within the limits that the message names."
        case .checkpointInvalid:
            "Give the text exactly as it was written, and the key of the log or witness that wrote it."
        case .checkpointUnknown: "Ask for the newest checkpoint, and have that one signed."
        case .witnessUnknown: "Name the witness's public key under log.witnesses in the settings."
        case .proofImpossible: "Ask within the entries that the newest checkpoint covers."
        case .olderThanSeen:
            "Find the newer ledger and put it in place. If it is lost, an officer decides with `inkan ledger accept-loss`."
        case .notCompared: "Make the log token ready; issuing begins by itself."
        case .copyRefused: "Choose another place, or another copy; nothing was changed."
        case .unknownSerial: "Check the serial number; write it as the certificate's answer has it."
        case .serialInFlight: "Ask again when the order has been answered."
        case .alreadyRevoked: "Nothing is left to do; issue a new certificate where one is needed."
        case .alreadyHeld: "Release or revoke it."
        case .notHeld: "Only a certificate on hold can be released; a revocation is final."
        case .crlNumberRepeated: "Give the CRL the next number."
        }
    }

    package var description: String {
        "\([rule, code].compactMap { $0 }.joined(separator: ".")): \(message) \(mend)"
    }
}
