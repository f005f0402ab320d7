"""Has pkilint judge CRLs and OCSP responses, many in one process (its start alone takes most of a second).

    lint_status.py KIND:FILE ...

KIND is crl (by RFC 5280), br-crl (and by the CA/Browser Forum's limits on dates and reasons), arl (a root's) or ocsp
(RFC 6960). Prints what pkilint says of each; exits 1 when any finding is an error or worse.
"""

import sys

from pkilint.bin import lint_crl, lint_ocsp_response

ARGUMENTS = {
    "crl": (lint_crl, ["-t", "CRL", "-p", "PKIX"]),
    "br-crl": (lint_crl, ["-t", "CRL", "-p", "BR"]),
    "arl": (lint_crl, ["-t", "ARL", "-p", "PKIX"]),
    "ocsp": (lint_ocsp_response, []),
}


def main(names):
    if not names:
        sys.exit("name at least one file")
    bad = 0
    for name in names:
        kind, path = name.split(":", 1)
        linter, arguments = ARGUMENTS[kind]
        print(f"{kind} {path}")
        if linter.main(["lint", *arguments, "-s", "ERROR", path]) != 0:
            bad += 1
    print(f"{len(names)} files judged, {bad} with errors")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
