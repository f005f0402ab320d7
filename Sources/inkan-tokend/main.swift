import CLinux
import Glibc

// The supervisor ends this process by closing its socket, or by SIGKILL. A terminal's Ctrl-C and systemd's SIGTERM go to
// the whole group; the service first finishes what this process has in hand.
for ignored in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { signal(ignored, SIG_IGN) }

guard inkan_forbid_dumps() == 0, inkan_die_with_parent() == 0 else {
    WorkerLog.write("start-refused", ["reason": "core dumps cannot be forbidden"])
    exit(1)
}
// A signature that begins does not interrupt what the service is doing, and nothing of the service interrupts a signature.
if inkan_let_others_first() != 0 { WorkerLog.write("turns-refused", ["errno": "\(errno)"]) }
exit(Worker.run())
