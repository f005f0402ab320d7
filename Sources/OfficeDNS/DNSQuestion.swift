internal import CAres
import Clocks
import Glibc

/// One question to the name servers by c-ares: the name as it is (no search list, no hosts file), over UDP and, where
/// the answer is long, TCP.
struct DNSQuestion {
    enum Kind: Int32 {
        case address4 = 1
        case text = 16
        case address6 = 28
    }

    /// A reply in wire form, or why there is none.
    enum Reply {
        case octets([UInt8])
        /// The name exists and has nothing of the kind.
        case nothing
        case noSuchName
        case noAnswer(String)
    }

    private final class Answer {
        var reply: Reply?
    }

    /// Once a process; c-ares wants it before the first channel.
    private static let started: Int32 = ares_library_init(ARES_LIB_INIT_ALL)

    /// Whether the text can be asked: labels of 1 to 63 letters, digits, hyphens and underscores, 253 octets at most.
    static func isName(_ name: String) -> Bool {
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return name.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.count)
                    && label.allSatisfy { octet in
                        switch octet {
                        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                            true
                        default: false
                        }
                    }
            }
    }

    /// Asks and waits for the reply, until `deadline` on the monotonic clock.
    static func ask(_ name: String, _ kind: Kind, _ settings: DNSSettings, until deadline: UInt64) -> Reply {
        guard started == ARES_SUCCESS else { return .noAnswer("c-ares cannot be started") }
        var options = ares_options()
        options.timeout = Int32(clamping: max(250, settings.milliseconds / 4))
        options.tries = 3
        var channel: ares_channel?
        let opened = ares_init_options(&channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES)
        guard opened == ARES_SUCCESS, let channel else { return .noAnswer(words(of: opened)) }
        defer { ares_destroy(channel) }
        if !settings.servers.isEmpty {
            let list = settings.servers.map(\.text).joined(separator: ",")
            let chosen = ares_set_servers_ports_csv(channel, list)
            guard chosen == ARES_SUCCESS else { return .noAnswer(words(of: chosen)) }
        }
        let answer = Answer()
        // The internet's class is 1.
        ares_query(
            channel,
            name,
            1,
            kind.rawValue,
            { context, status, _, octets, count in
                guard let context else { return }
                let answer = Unmanaged<Answer>.fromOpaque(context).takeUnretainedValue()
                answer.reply = DNSQuestion.reply(status, UnsafeBufferPointer(start: octets, count: Int(count)))
            },
            Unmanaged.passUnretained(answer).toOpaque()
        )
        while answer.reply == nil {
            let now = monotonicNanoseconds()
            if now >= deadline {
                // Calls back at once, with the status of a cancelled question.
                ares_cancel(channel)
                answer.reply = .noAnswer("no answer within \(settings.milliseconds) ms")
            } else {
                pump(channel, milliseconds: Int((deadline - now) / 1_000_000) + 1)
            }
        }
        return answer.reply ?? .noAnswer("no answer")
    }

    private static func reply(_ status: Int32, _ octets: UnsafeBufferPointer<UInt8>) -> Reply {
        switch status {
        case ARES_SUCCESS: .octets(Array(octets))
        case ARES_ENODATA: .nothing
        case ARES_ENOTFOUND: .noSuchName
        default: .noAnswer(words(of: status))
        }
    }

    static func words(of status: Int32) -> String {
        String(cString: ares_strerror(status))
    }

    /// Waits for the channel's sockets, no longer than its next repetition is due, and lets it go on.
    private static func pump(_ channel: ares_channel, milliseconds: Int) {
        var sockets = [ares_socket_t](repeating: ARES_SOCKET_BAD, count: Int(ARES_GETSOCK_MAXNUM))
        let wanted = UInt32(bitPattern: ares_getsock(channel, &sockets, Int32(sockets.count)))
        var watched: [pollfd] = []
        for (index, socket) in sockets.enumerated() {
            var events: Int32 = 0
            if wanted & (1 << UInt32(index)) != 0 { events |= POLLIN }
            if wanted & (1 << UInt32(index + Int(ARES_GETSOCK_MAXNUM))) != 0 { events |= POLLOUT }
            if events != 0 { watched.append(pollfd(fd: socket, events: Int16(events), revents: 0)) }
        }
        var most = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        var next = timeval()
        let due = ares_timeout(channel, &most, &next)?.pointee ?? most
        poll(&watched, nfds_t(watched.count), Int32(clamping: due.tv_sec * 1000 + Int(due.tv_usec) / 1000 + 1))
        for entry in watched where entry.revents != 0 {
            let isWritable = entry.revents & Int16(POLLOUT) != 0
            let isReadable = entry.revents & ~Int16(POLLOUT) != 0
            ares_process_fd(channel, isReadable ? entry.fd : ARES_SOCKET_BAD, isWritable ? entry.fd : ARES_SOCKET_BAD)
        }
        // Repetitions that are due.
        ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD)
    }
}
