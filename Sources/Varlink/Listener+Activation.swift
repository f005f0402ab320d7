internal import CLinux
internal import Glibc

extension Listener {
    /// Takes over the sockets that systemd opened for this process (sd_listen_fds(3)), and clears the variables so that
    /// no child process takes them for its own.
    ///
    /// - Returns: nothing when the process was not started by socket activation.
    public static func inherited() throws(ListenerError) -> [Listener] {
        let listeners = try inherited(process: getpid(), firstDescriptor: 3) { name in
            getenv(name).map { String(cString: $0) }
        }
        for variable in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(variable) }
        return listeners
    }

    /// The same with everything given: `LISTEN_PID` must name `process`, the descriptors begin at `firstDescriptor`.
    static func inherited(
        process: Int32,
        firstDescriptor: Int32,
        environment: (String) -> String?
    ) throws(ListenerError) -> [Listener] {
        guard let meantFor = environment("LISTEN_PID") else { return [] }
        guard let meantFor = Int32(meantFor) else { throw .activationMalformed(variable: "LISTEN_PID") }
        guard meantFor == process else { return [] }
        guard let text = environment("LISTEN_FDS"), let count = Int32(text), (0...1024).contains(count) else {
            throw .activationMalformed(variable: "LISTEN_FDS")
        }
        let names = environment("LISTEN_FDNAMES").map { $0.split(separator: ":", omittingEmptySubsequences: false) }
        if let names, names.count != Int(count) { throw .activationMalformed(variable: "LISTEN_FDNAMES") }
        var listeners: [Listener] = []
        for index in 0..<count {
            let name = names.map { String($0[Int(index)]) } ?? "unknown"
            listeners.append(try adopt(firstDescriptor + index, name: name))
        }
        return listeners
    }

    private static func adopt(_ descriptor: Int32, name: String) throws(ListenerError) -> Listener {
        guard option(SO_DOMAIN, of: descriptor) == AF_UNIX,
            option(SO_TYPE, of: descriptor) == Int32(SOCK_STREAM.rawValue),
            option(SO_ACCEPTCONN, of: descriptor) == 1
        else { throw .notListening(descriptor: descriptor) }
        guard inkan_set_close_on_exec(descriptor, 1) == 0, inkan_set_nonblocking(descriptor, 1) == 0 else {
            throw .system(operation: "fcntl", path: name, code: errno)
        }
        return Listener(name: name, descriptor: descriptor, file: nil)
    }

    private static func option(_ option: Int32, of descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, option, &value, &size) == 0 else { return nil }
        return value
    }
}
