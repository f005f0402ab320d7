"""A stock Varlink client asks the appliance who it is, reads its interfaces, and has a certificate issued.

    stock_client.py SOCKET ORDER PROFILE ISSUER REQUEST.pem

Prints the certificate; everything else goes to the standard error stream.
"""

import sys

import varlink


def main(socket, order, profile, issuer, request_path):
    with open(request_path, encoding="ascii") as file:
        request = file.read()
    with varlink.Client.new_with_address(f"unix:{socket}") as client:
        with client.open("org.varlink.service") as service:
            description = service.GetInfo()
            print(description, file=sys.stderr)
            assert "io.inkan.Signer" in description["interfaces"]
            text = service.GetInterfaceDescription("io.inkan.Signer")["description"]
            assert "method IssueCertificate" in text
        with client.open("io.inkan.Signer") as signer:
            assert signer.GetStatus()["ready"] is True
            wanted = {
                "order": order,
                "profile": profile,
                "issuer": issuer,
                "request": request,
                "subject": [
                    {"type": "countryName", "value": "JP"},
                    {"type": "organizationName", "value": "Inkan Example"},
                    {"type": "commonName", "value": "Stock Client"},
                ],
            }
            issued = signer.IssueCertificate(wanted)["issued"]
            try:
                signer.IssueCertificate({**wanted, "profile": "no-such-profile", "order": order + "-refused"})
            except varlink.VarlinkError as error:
                assert error.error() == "io.inkan.Signer.PolicyViolation", error.error()
                assert error.parameters()["mend"]
            else:
                sys.exit("an unknown profile was not refused")
            batch = [{**wanted, "order": f"{order}-batch-{number}"} for number in range(3)]
            answers = list(signer.IssueCertificates(batch, _more=True))
            assert sorted(answer["index"] for answer in answers) == [0, 1, 2], answers
    sys.stdout.write(issued["certificate"])


if __name__ == "__main__":
    main(*sys.argv[1:])
