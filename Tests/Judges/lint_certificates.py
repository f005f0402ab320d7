"""Has pkilint judge certificates, many in one process (its start alone takes most of a second).

    lint_certificates.py FILE.pem ...

A subscriber's certificate with a reserved S/MIME policy is judged by the CA/Browser Forum's S/MIME rules, any other, and
a CA's, by RFC 5280.
Prints a line a finding: file, severity, code, message. Exits 1 when any finding is an error or worse.
"""

import multiprocessing
import sys

from pkilint import loader
from pkilint.cabf import smime
from pkilint.pkix import certificate, extension, name
from pkilint.validation import ValidationFindingSeverity


def rfc5280_validators():
    return certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
        [
            certificate.create_issuer_validator_container([]),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container([]),
            certificate.create_extensions_validator_container([]),
            certificate.create_spki_validator_container([]),
        ],
    )


def smime_validators(level, generation):
    return certificate.create_pkix_certificate_validator_container(
        smime.create_decoding_validators(), smime.create_subscriber_validators(level, generation)
    )


def judge(path):
    """The findings, a line each, and whether one of them is an error."""
    with open(path, "rb") as file:
        document = loader.RFC5280CertificateDocumentLoader().load_pem_file(file, path)
    detected = None if document.is_ca else smime.determine_validation_level_and_generation(document)
    validators = smime_validators(*detected) if detected else rfc5280_validators()
    lines = []
    bad = False
    for result in validators.validate(document.root):
        for described in result.finding_descriptions:
            severity = described.finding.severity
            if severity > ValidationFindingSeverity.NOTICE:
                continue
            bad = bad or severity <= ValidationFindingSeverity.ERROR
            lines.append(
                f"{path}: {severity.name} {described.finding.code} {described.message or ''} at {result.node.path}"
            )
    return lines, bad


def main(paths):
    if not paths:
        sys.exit("name at least one certificate")
    pool = multiprocessing.Pool()
    outcomes = pool.map(judge, paths, chunksize=16)
    # Closed, not terminated: whoever runs this may have blocked the signal that ends workers.
    pool.close()
    pool.join()
    for lines, _ in outcomes:
        for line in lines:
            print(line)
    bad = sum(is_bad for _, is_bad in outcomes)
    print(f"{len(outcomes)} certificates judged, {bad} with errors")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
