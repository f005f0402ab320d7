import Glibc
import PKCS11
import Tokens

/// The mark: a data object in which a token remembers something of this service's, such as the last checkpoint of the
/// ledger. There is one of a fixed label; a second one is there only when a worker died between writing the new and
/// destroying the old.
extension SessionThread {
    private static let template: [Attribute] = [
        .objectClass(.data), .bool(.token, true), .text(.application, "inkan"), .text(.label, "inkan-mark"),
    ]

    /// Every mark in the token: their number, then each as a field.
    func readMarks() throws(TokenError) -> [UInt8] {
        let marks = try climbing { (session) throws(OperationFailure) in
            try calling { () throws(PKCS11Error) in
                try link.checkLogin(session)
                var marks: [[UInt8]] = []
                for object in try session.findObjects(Self.template, limit: 16) {
                    marks.append(try session.bytes(of: object, .value) ?? [])
                }
                return marks
            }
        }
        var writer = MessageWriter()
        writer.number(UInt32(marks.count))
        for mark in marks { writer.data(mark) }
        return writer.bytes
    }

    /// Writes a mark, and destroys those before it once the new one is kept.
    func writeMark(_ body: inout MessageReader) throws(TokenError) {
        var request = MessageReader(try body.view())
        let mark = try request.data()
        guard (1...WireLimits.markBytes).contains(mark.count) else {
            throw TokenError(
                .requestRefused,
                "a mark has 1 to \(WireLimits.markBytes) bytes",
                mend: "give the ledger's log a shorter name"
            )
        }
        // Written twice by a second try, it is destroyed with the others by the next mark.
        try climbing { (_) throws(OperationFailure) in
            let session = try link.openSession(readWrite: true)
            defer {
                do throws(PKCS11Error) { try session.close() } catch {
                    WorkerLog.write("session-lost", ["error": error.description])
                }
            }
            try calling { () throws(PKCS11Error) in
                let old = try session.findObjects(Self.template, limit: 16)
                _ = try session.createObject(Self.template + [.bool(.isPrivate, true), .bytes(.value, mark)])
                // Modules that keep their objects in files leave them in the system's cache.
                sync()
                for object in old { try session.destroyObject(object) }
            }
        }
    }
}
