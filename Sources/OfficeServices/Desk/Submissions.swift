import Clocks
import Office
import OfficeStore

/// Forms whose act must not happen twice: pressed twice, or sent again when no answer came (the office may have ended
/// between the act and its answer), a form leads to what it has made already. Its own token says which form it is.
extension OfficeDesk {
    /// How long it is remembered what a form has led to; a log-in, without which no form counts, lasts half as long.
    private static let remembered: Int64 = 86_400

    /// The token of a new form.
    package static func formToken() -> String { Draw.token() }

    /// Whether the caller has sent the form before, and it led to something.
    package func wasSent(form token: String, by caller: Caller) async throws -> Bool {
        try await store.read { records in try Self.made(by: token, of: caller, in: records) != nil }
    }

    /// What the caller's form has made; nil where it has made nothing.
    static func made(by token: String, of caller: Caller, in records: OfficeRecords) throws -> [String]? {
        try token.isEmpty ? nil : records.submissions.get(submissionKey(token, caller))?.made
    }

    /// Writes down what the form makes, in the transaction that makes it.
    static func note(
        form token: String,
        of caller: Caller,
        made: [String],
        in records: OfficeRecords,
        at now: Timestamp
    ) throws {
        guard !token.isEmpty else { return }
        let until = Timestamp(seconds: now.seconds + remembered)
        try records.submissions.insert(Submission(id: submissionKey(token, caller), made: made, until: until))
    }

    private static func submissionKey(_ token: String, _ caller: Caller) -> String {
        Draw.key("\(caller.user.id) \(token)")
    }
}
