import CLinux
import Confinement
import ForbiddenActs
import Glibc
import SignerService

// inkan-confinement-probe free|service|spawner SETTINGS FOREIGN-FILE FOREIGN-FOLDER VICTIM
//
// Confines itself as a program of the appliance does, by the same calls, and then tries what that must not do; “free”
// tries it without, to show what the fences are good for. Reports on standard output.
let arguments = CommandLine.arguments
guard arguments.count == 6, let victim = Int32(arguments[5]) else { exit(64) }
do {
    let settings = try SignerSettings(file: arguments[2])
    switch arguments[1] {
    case "service":
        guard inkan_forbid_dumps() == 0 else { exit(1) }
        _ = try settings.confinement(sockets: [], workersSocket: nil).enforce()
    case "spawner":
        guard inkan_forbid_dumps() == 0 else { exit(1) }
        let program = Confinement.program(at: try siblingExecutable("inkan-tokend"))
        _ = try Confinement(.spawner(allowsSockets: false, allowsNetwork: false), grants: program).enforce()
    default: break
    }
} catch {
    print("not confined: \(error)")
    exit(1)
}
inkan_try_forbidden_acts(STDOUT_FILENO, arguments[3], arguments[4], victim)
