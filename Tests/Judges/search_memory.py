"""Looks for secrets where none may be: in the memory of processes and in files.

usage: search_memory.py NEEDLES PROCESS... -- FOLDER...

NEEDLES has a line "label hex" for each. Writes "place: label" for each needle in each place where it is, and at the end
how much was read. Needs the right to read other processes' memory (root).
"""

import os
import sys


def regions(process):
    with open(f"/proc/{process}/maps") as maps:
        for line in maps:
            span, permissions, *_, = line.split()
            name = line.split(None, 5)[5].strip() if len(line.split(None, 5)) > 5 else ""
            if permissions[0] == "r" and not name.startswith(("[vvar", "[vsyscall")):
                start, end = (int(number, 16) for number in span.split("-"))
                yield start, end, name


def memory(process):
    with open(f"/proc/{process}/mem", "rb", 0) as memory:
        for start, end, name in regions(process):
            piece = bytearray()
            memory.seek(start)
            while start + len(piece) < end:
                try:
                    got = memory.read(min(end - start - len(piece), 1 << 22))
                except OSError as error:
                    if piece or name:
                        raise SystemExit(f"{process} {name}: {error}")
                    break
                if not got:
                    break
                piece += got
            yield f"memory of {process} {name or '(anonymous)'}", bytes(piece)


def files(folder):
    for path, _, names in os.walk(folder):
        for name in names:
            full = os.path.join(path, name)
            if os.path.isfile(full) and not os.path.islink(full):
                with open(full, "rb") as file:
                    yield full, file.read()


def main():
    needles = []
    with open(sys.argv[1]) as lines:
        for line in lines:
            label, text = line.split()
            needles.append((label, bytes.fromhex(text)))
    places = sys.argv[2:]
    split = places.index("--")
    read = {"memory": 0, "files": 0}
    for kind, sources in (
        ("memory", (memory(process) for process in places[:split])),
        ("files", (files(folder) for folder in places[split + 1 :])),
    ):
        for source in sources:
            for place, content in source:
                read[kind] += len(content)
                if not content.strip(b"\0"):
                    continue
                for label, needle in needles:
                    if needle in content:
                        print(f"{place}: {label}")
    print(f"read {read['memory']} bytes of memory and {read['files']} of files")


main()
