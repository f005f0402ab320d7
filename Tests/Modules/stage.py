#!/usr/bin/env python3
"""A PKCS#11 module with everything that it needs to run, for as long as standard input is open.

    unshare --mount --ipc --net stage.py opencryptoki|tpm2|card FOLDER [card options]

pcscd and pkcsslotd are one to a machine, and so are their sockets, files and shared memory. Here each stage has the
machine to itself: it runs in namespaces of its own, its files lie in FOLDER, and its daemons end when it ends.

When the module is ready one line of JSON is written: the process whose namespaces to enter (nsenter), the module, and
the environment that it wants. A card is then pulled and put in by the lines "pull" and "insert" on standard input, each
answered by "done".
"""
import ctypes
import fcntl
import grp
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

LIBRARIES = "/usr/lib/x86_64-linux-gnu"
PATIENCE = 10.0


class Stage:
    def __init__(self, folder):
        self.folder, self.children = folder, []
        os.makedirs(folder, exist_ok=True)
        self.log = open(self.path("daemons.log"), "ab")

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def start(self, *command, environment=None):
        """A daemon that dies with this process, whatever ends it."""
        libc = ctypes.CDLL(None)
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            env={**os.environ, **(environment or {})},
            preexec_fn=lambda: libc.prctl(1, signal.SIGKILL),
        )
        self.children.append(child)
        return child

    def end(self):
        for child in reversed(self.children):
            child.terminate()
            try:
                child.wait(2)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def mount(self, target, *folders):
        """Puts an empty folder of the stage's in the place of one of the machine's."""
        source = self.path("mounts", target.strip("/").replace("/", "-"))
        for folder in folders or ("",):
            os.makedirs(os.path.join(source, folder), exist_ok=True)
        os.makedirs(target, exist_ok=True)
        subprocess.run(["mount", "--bind", source, target], check=True)
        return source


def wait(what, is_there):
    end = time.monotonic() + PATIENCE
    while not is_there():
        if time.monotonic() > end:
            sys.exit(f"{what} does not come; see daemons.log")
        time.sleep(0.02)


def connects(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def raise_loopback():
    """A new network namespace has a loopback device that is down (SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP)."""
    with socket.socket() as device:
        request = fcntl.ioctl(device, 0x8913, struct.pack("16sH14x", b"lo", 0))
        flags = struct.unpack("16sH14x", request)[1]
        fcntl.ioctl(device, 0x8914, struct.pack("16sH14x", b"lo", flags | 1))


def opencryptoki(stage):
    configuration = stage.mount("/etc/opencryptoki")
    with open(os.path.join(configuration, "opencryptoki.conf"), "w", encoding="ascii") as file:
        file.write("version opencryptoki-3.1\nslot 3\n{\nstdll = libpkcs11_sw.so\n}\n")
    group = grp.getgrnam("pkcs11").gr_gid
    for target, folders in (
        ("/var/lib/opencryptoki", ("swtok/TOK_OBJ",)),
        ("/run/lock/opencryptoki", ("swtok",)),
    ):
        for place, _, _ in os.walk(stage.mount(target, *folders)):
            os.chown(place, 0, group)
            os.chmod(place, 0o770)
    # Its socket and process number lie in /run itself; what is of the machine there stays out of sight.
    stage.mount("/run", "lock/opencryptoki/swtok")
    subprocess.run(["mount", "--bind", stage.path("mounts", "run-lock-opencryptoki"), "/run/lock/opencryptoki"], check=True)
    stage.start("pkcsslotd", "-f")
    wait("pkcsslotd", lambda: os.path.exists("/run/pkcsslotd.socket"))
    return f"{LIBRARIES}/libopencryptoki.so.0", {}


def tpm2(stage):
    for folder in ("tpm", "store"):
        os.makedirs(stage.path(folder), exist_ok=True)
    at = "type=tcp,bindaddr=127.0.0.1,port="
    stage.start(
        "swtpm", "socket", "--tpm2", "--tpmstate", f"dir={stage.path('tpm')}", "--server", f"{at}2321",
        "--ctrl", f"{at}2322", "--flags", "not-need-init,startup-clear",
    )  # fmt: skip
    bus = f"unix:path={stage.path('bus')}"
    stage.start("dbus-daemon", "--session", "--nofork", f"--address={bus}")
    wait("dbus-daemon", lambda: os.path.exists(stage.path("bus")))
    # A connection that only looks would end swtpm, which serves one and then ends; its control channel may be looked at.
    wait("swtpm", lambda: connects(2322))
    environment = {
        "DBUS_SESSION_BUS_ADDRESS": bus,
        "TPM2_PKCS11_TCTI": "tabrmd:bus_type=session",
        "TPM2_PKCS11_STORE": stage.path("store"),
        "TPM2_PKCS11_LOG_LEVEL": "0",
    }
    tools = {**os.environ, **environment, "TPM2TOOLS_TCTI": environment["TPM2_PKCS11_TCTI"]}
    stage.start(
        "tpm2-abrmd", "--allow-root", "--session", "--tcti=swtpm:host=127.0.0.1,port=2321", environment=environment
    )
    # The store's primary key. The broker may not be on the bus yet.
    end = time.monotonic() + PATIENCE
    while subprocess.run(["tpm2_ptool", "init"], env=tools, stdout=stage.log, stderr=stage.log, check=False).returncode:
        if time.monotonic() > end:
            sys.exit("tpm2_ptool init does not succeed; see daemons.log")
        time.sleep(0.1)
    return f"{LIBRARIES}/pkcs11/libtpm2_pkcs11.so", environment


class CardReader:
    PORT = 35963

    def __init__(self, stage, options):
        self.stage, self.options, self.card = stage, options, None
        stage.mount("/run/pcscd")
        readers = stage.path("readers")
        os.makedirs(readers, exist_ok=True)
        shutil.copy("/etc/reader.conf.d/vpcd", readers)
        stage.start("pcscd", "--foreground", "--config", readers)
        wait("pcscd", lambda: os.path.exists("/run/pcscd/pcscd.comm"))

    def insert(self):
        here = os.path.dirname(os.path.abspath(__file__))
        command = [sys.executable, os.path.join(here, "virtual_card.py"), "--port", str(self.PORT)]
        self.card = self.stage.start(*command, "--state", self.stage.path("card.json"), *self.options)
        wait("the card", self.is_in)

    def pull(self):
        self.card.kill()
        self.card.wait()
        self.stage.children.remove(self.card)
        wait("the empty reader", lambda: not self.is_in())

    @staticmethod
    def is_in():
        seen = subprocess.run(["opensc-tool", "--reader", "0", "--atr"], capture_output=True, check=False)
        return seen.returncode == 0 and seen.stdout.strip() != b""


def main():
    kind, folder, options = sys.argv[1], sys.argv[2], sys.argv[3:]
    stage, reader = Stage(folder), None
    try:
        raise_loopback()
        # The tokens of opencryptoki share their objects through it.
        stage.mount("/dev/shm")
        if kind == "opencryptoki":
            module, environment = opencryptoki(stage)
        elif kind == "tpm2":
            module, environment = tpm2(stage)
        elif kind == "card":
            reader = CardReader(stage, options)
            reader.insert()
            module, environment = f"{LIBRARIES}/opensc-pkcs11.so", {}
        else:
            sys.exit(f"there is no stage for {kind}")
        print(json.dumps({"process": os.getpid(), "module": module, "environment": environment}), flush=True)
        for line in sys.stdin:
            getattr(reader, {"pull": "pull", "insert": "insert"}[line.strip()])()
            print("done", flush=True)
    finally:
        stage.end()


if __name__ == "__main__":
    main()
