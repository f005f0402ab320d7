internal import CCurl
import CLinux
import Glibc

/// What libcurl asks and tells while a transfer runs. Each is called on the transfer's own thread.
package final class CurlEvents {
    package enum Speaker: Sendable {
        case us
        case server
    }

    /// Fills the buffer with what is to be sent, and answers how much; 0 is the end.
    package var reads: ((UnsafeMutableRawBufferPointer) -> Int)?
    /// Takes a piece of what was received; `false` ends the transfer.
    package var receives: ((UnsafeRawBufferPointer) -> Bool)?
    /// Hears the lines of the conversation: commands, replies, headers.
    package var hears: ((Speaker, UnsafeRawBufferPointer) -> Void)?
    /// Says whether a connection to this very address may be made: 4 octets of IPv4, 16 of IPv6.
    package var mayConnect: (([UInt8]) -> Bool)?

    package init() {}
}

/// libcurl cannot be used, or does not know an option.
package struct CurlUnavailable: Error, CustomStringConvertible {
    package let description: String
}

/// One transfer by libcurl: options, then `perform`. It follows nothing by itself: no proxy from the environment, no
/// signals, no configuration file, and connections are not kept.
package struct CurlTransfer: ~Copyable {
    private let handle: UnsafeMutableRawPointer
    private var lists: [UnsafeMutablePointer<curl_slist>] = []

    /// The whole library, once a process, with an allocator that overwrites every block it gives back: passwords go
    /// through libcurl's own copies.
    private static let started: CURLcode = curl_global_init_mem(
        Int(CURL_GLOBAL_ALL),
        { inkan_wiping_malloc($0, nil, 0) },
        { inkan_wiping_free($0, nil, 0) },
        { inkan_wiping_realloc($0, $1, nil, 0) },
        { text in
            guard let text else { return nil }
            let count = strlen(text) + 1
            guard let copy = inkan_wiping_malloc(count, nil, 0) else { return nil }
            memcpy(copy, text, count)
            return copy.assumingMemoryBound(to: CChar.self)
        },
        { calloc($0, $1) }
    )

    private init(owning handle: UnsafeMutableRawPointer) {
        self.handle = handle
    }

    /// - Parameters:
    ///   - schemes: the only ones that may be used, separated by commas.
    ///   - milliseconds: the deadline of everything together.
    package static func prepared(
        url: String,
        schemes: String,
        milliseconds: Int
    ) throws(CurlUnavailable) -> CurlTransfer {
        guard started == CURLE_OK, let made = curl_easy_init() else {
            throw CurlUnavailable(description: "libcurl cannot be started")
        }
        let transfer = CurlTransfer(owning: made)
        try transfer.set(CURLOPT_URL, url)
        try transfer.set(CURLOPT_PROTOCOLS_STR, schemes)
        try transfer.set(CURLOPT_PROXY, "")
        try transfer.set(CURLOPT_NOSIGNAL, 1)
        try transfer.set(CURLOPT_TIMEOUT_MS, milliseconds)
        try transfer.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds)
        try transfer.set(CURLOPT_FOLLOWLOCATION, 0)
        try transfer.set(CURLOPT_FORBID_REUSE, 1)
        // A look-up that hangs in the system's resolver must not hold up the end of the transfer.
        try transfer.set(CURLOPT_QUICK_EXIT, 1)
        try transfer.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        return transfer
    }

    deinit {
        curl_easy_cleanup(handle)
        for list in lists { curl_slist_free_all(list) }
    }

    private func set(_ option: CURLoption, _ value: String) throws(CurlUnavailable) {
        try check(inkan_curl_set_text(handle, option, value))
    }

    private func set(_ option: CURLoption, _ value: Int) throws(CurlUnavailable) {
        try check(inkan_curl_set_number(handle, option, value))
    }

    private func check(_ code: CURLcode) throws(CurlUnavailable) {
        guard code == CURLE_OK else { throw CurlUnavailable(description: Self.words(of: code)) }
    }

    private mutating func set(_ option: CURLoption, list texts: [String]) throws(CurlUnavailable) {
        var list: UnsafeMutablePointer<curl_slist>?
        for text in texts {
            guard let longer = curl_slist_append(list, text) else {
                curl_slist_free_all(list)
                throw CurlUnavailable(description: "libcurl has no memory")
            }
            list = longer
        }
        guard let list else { return }
        lists.append(list)
        try check(inkan_curl_set_list(handle, option, list))
    }

    private static func words(of code: CURLcode) -> String {
        String(cString: curl_easy_strerror(code))
    }
}

extension CurlTransfer {
    /// Trusts the certificates of this file alone, in PEM, instead of the system's.
    package func trust(_ path: String) throws(CurlUnavailable) {
        try set(CURLOPT_CAINFO, path)
    }

    /// Asks for TLS by STARTTLS, and goes no further without it.
    package func demandTLS() throws(CurlUnavailable) {
        try set(CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue))
    }

    /// A name and a password, the latter as a text that ends in a zero octet.
    package func logIn(user: String, password: UnsafePointer<CChar>) throws(CurlUnavailable) {
        try set(CURLOPT_USERNAME, user)
        try check(inkan_curl_set_text(handle, CURLOPT_PASSWORD, password))
    }

    /// What is sent as mail: the envelope, and how many octets the message has.
    package mutating func mail(from sender: String, to recipients: [String], count: Int) throws(CurlUnavailable) {
        try set(CURLOPT_UPLOAD, 1)
        try set(CURLOPT_INFILESIZE, count)
        try set(CURLOPT_MAIL_FROM, "<\(sender)>")
        try set(CURLOPT_MAIL_RCPT, list: recipients.map { "<\($0)>" })
        // One refused recipient does not keep the mail from the others.
        try set(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1)
    }

    /// The only addresses that the host of the URL has for this transfer. IPv6 addresses in brackets.
    package mutating func pin(host: String, port: Int, to addresses: [String]) throws(CurlUnavailable) {
        try set(CURLOPT_RESOLVE, list: ["\(host):\(port):\(addresses.joined(separator: ","))"])
    }

    /// The name that the service gives itself to web servers.
    package func callOurselves(_ name: String) throws(CurlUnavailable) {
        try set(CURLOPT_USERAGENT, name)
    }

    /// How the transfer ended.
    package struct Ending: Sendable {
        /// Whether everything was done.
        package let isWhole: Bool
        /// Whether the deadline passed.
        package let isLate: Bool
        /// libcurl's words for it.
        package let words: String
        /// The last status of the server, 0 when it said none.
        package let status: Int
        /// Where the server redirects to, as a whole URL.
        package let redirection: String?
    }

    /// Runs the transfer; blocks until it is over or its deadline has passed.
    package func perform(_ events: CurlEvents) throws(CurlUnavailable) -> Ending {
        let context = Unmanaged.passUnretained(events).toOpaque()
        try setCallbacks(context)
        let code = withExtendedLifetime(events) { Self.withoutBrokenPipes { curl_easy_perform(handle) } }
        var status = 0
        try check(inkan_curl_get_number(handle, CURLINFO_RESPONSE_CODE, &status))
        var redirection: UnsafeMutablePointer<CChar>?
        try check(inkan_curl_get_text(handle, CURLINFO_REDIRECT_URL, &redirection))
        return Ending(
            isWhole: code == CURLE_OK,
            isLate: code == CURLE_OPERATION_TIMEDOUT,
            words: Self.words(of: code),
            status: status,
            redirection: redirection.map { String(cString: $0) }
        )
    }

    private func setCallbacks(_ context: UnsafeMutableRawPointer) throws(CurlUnavailable) {
        try check(
            inkan_curl_set_flow(handle, CURLOPT_READFUNCTION) { buffer, size, count, context in
                guard let events = context.map(Self.events), let reads = events.reads else { return 0 }
                return reads(UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
            }
        )
        try check(
            inkan_curl_set_flow(handle, CURLOPT_WRITEFUNCTION) { buffer, size, count, context in
                guard let events = context.map(Self.events), let receives = events.receives else { return size * count }
                return receives(UnsafeRawBufferPointer(start: buffer, count: size * count)) ? size * count : 0
            }
        )
        try check(
            inkan_curl_set_debug(handle) { _, kind, text, count, context in
                guard let events = context.map(Self.events), let text else { return 0 }
                let bytes = UnsafeRawBufferPointer(start: text, count: count)
                switch kind {
                case CURLINFO_HEADER_IN: events.hears?(.server, bytes)
                case CURLINFO_HEADER_OUT: events.hears?(.us, bytes)
                default: break
                }
                return 0
            }
        )
        try check(
            inkan_curl_set_open_socket(handle) { context, _, address in
                guard let events = context.map(Self.events), let address else { return -1 }
                let family = address.pointee.family
                let kind = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
                let number = address.pointee.protocol
                let place = UnsafeRawPointer(address).advanced(by: MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0)
                let isAllowed = events.mayConnect?(octets(of: place, family: family)) ?? true
                return isAllowed ? socket(family, kind, number) : -1
            }
        )
        for option in [CURLOPT_READDATA, CURLOPT_WRITEDATA, CURLOPT_DEBUGDATA, CURLOPT_OPENSOCKETDATA] {
            try check(inkan_curl_set_place(handle, option, context))
        }
        try set(CURLOPT_VERBOSE, 1)
    }

    private static func events(_ context: UnsafeMutableRawPointer) -> CurlEvents {
        Unmanaged<CurlEvents>.fromOpaque(context).takeUnretainedValue()
    }

    /// A peer that goes away while TLS writes raises SIGPIPE on this thread; it must not end the process.
    private static func withoutBrokenPipes(_ body: () -> CURLcode) -> CURLcode {
        var pipe = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        var before = sigset_t()
        pthread_sigmask(SIG_BLOCK, &pipe, &before)
        let code = body()
        var atOnce = timespec(tv_sec: 0, tv_nsec: 0)
        while sigtimedwait(&pipe, nil, &atOnce) == SIGPIPE {}
        pthread_sigmask(SIG_SETMASK, &before, nil)
        return code
    }
}

/// The address inside a socket address; empty for other families than the internet's.
private func octets(of place: UnsafeRawPointer, family: Int32) -> [UInt8] {
    switch family {
    case AF_INET:
        let address = place.loadUnaligned(as: sockaddr_in.self).sin_addr
        return withUnsafeBytes(of: address) { Array($0) }
    case AF_INET6:
        let address = place.loadUnaligned(as: sockaddr_in6.self).sin6_addr
        return withUnsafeBytes(of: address) { Array($0) }
    default:
        return []
    }
}
