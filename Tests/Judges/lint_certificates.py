"""Has pkilint judge certificates, many in one process (its start alone takes most of a second).

    lint_certificates.py FILE.pem ...

A certificate with a reserved S/MIME policy is judged by the CA/Browser Forum's S/MIME rules, any other by RFC 5280.
Prints a line a finding: file, severity, code, message. Exits 1 when any finding is an error or worse.
"""

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
    with open(path, "rb") as file:
        document = loader.RFC5280CertificateDocumentLoader().load_pem_file(file, path)
    detected = smime.determine_validation_level_and_generation(document)
    validators = smime_validators(*detected) if detected else rfc5280_validators()
    bad = False
    for result in validators.validate(document.root):
        for described in result.finding_descriptions:
            severity = described.finding.severity
            if severity > ValidationFindingSeverity.NOTICE:
                continue
            serious = severity <= ValidationFindingSeverity.ERROR
            bad = bad or serious
            print(f"{path}: {severity.name} {described.finding.code} {described.message or ''} at {result.node.path}")
    return bad


def main(paths):
    if not paths:
        sys.exit("name at least one certificate")
    outcomes = [judge(path) for path in paths]
    print(f"{len(outcomes)} certificates judged, {sum(outcomes)} with errors")
    return 1 if any(outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
