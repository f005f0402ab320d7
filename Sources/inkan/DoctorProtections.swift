import Glibc
import SignerService
import Varlink

/// What the kernel says of a running process of the appliance (`/proc/PID/status` and `limits`), and what the process
/// says of its Landlock, which the kernel does not tell.
struct ProcessProtections {
    let name: String
    let process: Int
    let landlock: Int
    private let facts: [String: String]
    private let coreLimit: String

    /// `nil` when there is no such process any more, or nothing can be read of it.
    init?(_ told: JSONObject) {
        guard let process = told["process"]?.integerValue.map(Int.init) else { return nil }
        name = told.text("name")
        self.process = process
        landlock = told["landlock"]?.integerValue.map(Int.init) ?? 0
        guard let status = Self.read("/proc/\(process)/status"), let limits = Self.read("/proc/\(process)/limits")
        else { return nil }
        var facts: [String: String] = [:]
        for line in status.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            facts[String(parts[0])] = parts.last.map { String($0.drop { $0 == "\t" || $0 == " " }) }
        }
        self.facts = facts
        // Max core file size     0     0     bytes
        let core = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
        coreLimit = core.map { String($0.split(separator: " ").dropLast().last ?? "") } ?? ""
    }

    private static func read(_ path: String) -> String? {
        do throws(StartError) { return try readText(path) } catch { return nil }
    }

    var userID: Int? { facts["Uid"].flatMap { $0.split(separator: "\t").first }.flatMap { Int($0) } }

    /// What is not in force, each with what brings it back.
    var missing: [(what: String, mend: String)] {
        var missing: [(String, String)] = []
        if facts["NoNewPrivs"] != "1" { missing.append(("no new privileges", Self.reinstall)) }
        if facts["Seccomp"] != "2" { missing.append(("the system call filter", Self.reinstall)) }
        if facts["CapEff"]?.contains(where: { $0 != "0" }) != false {
            missing.append(("no capabilities", Self.reinstall))
        }
        if coreLimit != "0" { missing.append(("no core dumps", Self.reinstall)) }
        if landlock == 0 {
            missing.append(("Landlock", "boot a kernel of 5.13 or later with lsm=landlock among the others"))
        }
        return missing
    }

    private static let reinstall = "stop the service, install the package anew, and start it"
}

extension Examination {
    /// What protects the running service and its workers, and what does not.
    mutating func checkProtections(_ processes: [JSONObject]?) {
        guard let processes else {
            return add(
                .advice,
                "protections",
                "not looked at: the officers' socket does not answer this user",
                "run it as an officer, with --socket naming a socket beside officer.sock"
            )
        }
        var users: [String: Int] = [:]
        for told in processes {
            guard let found = ProcessProtections(told) else {
                add(
                    .advice,
                    "protections",
                    "nothing can be read of \(told.text("name")) (process \(told.number("process")))",
                    "ask again, as root, on the machine and in the name space of the service"
                )
                continue
            }
            users[found.name] = found.userID
            let missing = found.missing
            if missing.isEmpty {
                add(
                    .fine,
                    "protections",
                    "\(found.name) (process \(found.process), user \(found.userID ?? -1)): no new privileges, system call "
                        + "filter, Landlock \(found.landlock), no capabilities, no core dumps"
                )
            }
            for (what, mend) in missing {
                add(.problem, "protections", "\(found.name) (process \(found.process)) runs without: \(what)", mend)
            }
        }
        checkUsers(users)
    }

    private mutating func checkUsers(_ users: [String: Int]) {
        guard let service = users["inkan-signerd"] else { return }
        if service == 0 {
            add(
                .advice,
                "users",
                "the service runs as root",
                "use provisioning/systemd, which gives it a user of its own"
            )
        }
        if users.contains(where: { $0.key.hasPrefix("worker") && $0.value == service }) {
            add(
                .advice,
                "users",
                "workers, and the vendors' modules in them, run as the service's own user",
                "use inkan-workers.service, which gives them a user of their own, and name it with --workers-socket"
            )
        }
    }
}
