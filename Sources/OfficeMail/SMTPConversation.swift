/// Follows what client and server say, to know which command a refusal belongs to. Lines of the log-in are not kept.
struct SMTPConversation {
    enum Stage: Equatable {
        case greeting, recipient(String), envelope, content, farewell
    }

    struct Reply: Equatable {
        let stage: Stage
        let code: Int
        let words: String

        /// 530, 534, 535, 538: the server does not like our log-in; that says nothing about the mail.
        var isAboutLogIn: Bool { [530, 534, 535, 538].contains(code) }
    }

    private var stage = Stage.greeting
    private var words: [String] = []
    /// The server's last word before the farewell.
    private(set) var last: Reply?
    private(set) var refused: [SMTPRefusal] = []
    private(set) var firstRefusal: Reply?

    mutating func weSay(_ line: String) {
        if line.hasPrefix("MAIL FROM:") {
            stage = .envelope
        } else if line.hasPrefix("RCPT TO:<"), let end = line.firstIndex(of: ">") {
            stage = .recipient(String(line[..<end].dropFirst("RCPT TO:<".count)))
        } else if line.hasPrefix("DATA") {
            stage = .content
        } else if line.hasPrefix("QUIT") {
            stage = .farewell
        }
    }

    mutating func serverSays(_ line: String) {
        guard line.utf8.count >= 3, let code = Int(line.prefix(3)), (200...599).contains(code) else { return }
        words.append(printable(String(line.dropFirst(min(4, line.count)))))
        guard line.dropFirst(3).first != "-" else { return }
        let said = String(words.joined(separator: " ").prefix(500))
        words = []
        let reply = Reply(stage: stage, code: code, words: said)
        if stage != .farewell { last = reply }
        guard code >= 400, stage != .farewell else { return }
        if case .recipient(let address) = stage {
            refused.append(SMTPRefusal(address: address, code: code, words: said))
        } else if firstRefusal == nil {
            firstRefusal = reply
        }
    }
}
