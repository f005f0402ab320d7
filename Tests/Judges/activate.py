"""Starts a program as a service manager does: its sockets are open and listening before it runs (sd_listen_fds(3)).

    activate.py [--seqpacket] NAME=PATH [NAME=PATH ...] -- PROGRAM ARGUMENT ...
"""

import os
import socket
import sys


def main(arguments):
    kind = socket.SOCK_STREAM
    if arguments[0] == "--seqpacket":
        kind, arguments = socket.SOCK_SEQPACKET, arguments[1:]
    end = arguments.index("--")
    names = []
    for number, place in enumerate(arguments[:end]):
        name, path = place.split("=", 1)
        names.append(name)
        listener = socket.socket(socket.AF_UNIX, kind)
        listener.bind(path)
        listener.listen()
        descriptor = listener.detach()
        if descriptor == 3 + number:
            os.set_inheritable(descriptor, True)
        else:
            os.dup2(descriptor, 3 + number, inheritable=True)
            os.close(descriptor)
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(names)), LISTEN_FDNAMES=":".join(names))
    program = arguments[end + 1 :]
    os.execvp(program[0], program)


if __name__ == "__main__":
    main(sys.argv[1:])
