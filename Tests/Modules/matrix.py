#!/usr/bin/env python3
"""Writes the rows that the proofs of modules left into the table between the marks of a page.

    matrix.py ROWS PAGE
"""
import json
import pathlib
import sys

BEGIN, END = "<!-- matrix: written by hsm/prove -->", "<!-- end of matrix -->"
ORDER = ["SoftHSM2", "opencryptoki", "tpm2-pkcs11", "OpenSC"]
HEADS = ["module", "token, interface", "keys made in it", "signatures proven", "CA key", "user's token", "remarks"]


def time(microseconds):
    return f"{microseconds / 1000:.1f} ms" if microseconds >= 1000 else f"{microseconds} µs"


def cells(rows):
    """One module's row out of what its proofs wrote."""
    whole = {}
    for row in rows:
        whole.update({name: value for name, value in row.items() if value})
    signs = sorted({algorithm for row in rows for algorithm in row["signs"]})
    slowest = [f"{kind} {time(took)}" for row in rows for kind, took in sorted(row["microseconds"].items())]
    refused = ", ".join(sorted(whole.get("refuses", {})))
    made = ", ".join(sorted({kind for row in rows for kind in row["makes"]}))
    certificates = whole.get("certificates")
    return [
        f"{whole['module']} {whole['version']}",
        f"{whole['model']}, {whole['interface']}",
        made + (f"; refused: {refused}" if refused else ""),
        f"{', '.join(signs)} ({', '.join(dict.fromkeys(slowest))})",
        f"{certificates} certificates, verified by OpenSSL" if certificates else "no",
        whole.get("personalised", "no"),
        "; ".join(dict.fromkeys(row["remarks"] for row in rows if row["remarks"])),
    ]


def main():
    folder, page = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    modules = {}
    for file in sorted(folder.glob("*.json")):
        row = json.loads(file.read_text(encoding="utf-8"))
        modules.setdefault(row["module"], []).append(row)
    missing = [name for name in ORDER if name not in modules]
    if missing:
        sys.exit(f"nothing was proven of {', '.join(missing)}; the page stays as it is")
    table = [f"| {' | '.join(HEADS)} |", "|" + "---|" * len(HEADS)]
    table += [f"| {' | '.join(cells(modules[name]))} |" for name in ORDER]
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n" + "\n".join(table) + f"\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
