"""What others make of a certificate from the office: NSS, OpenSSL, and a web server before another browser."""

from browser import Browser, run
from greeter import greeter


def everything(*command):
    """What a program wrote, its complaints included: OpenSSL says there whether a signature is good."""
    return run("sh", "-c", '"$@" 2>&1', "sh", *command)


class Outside:
    """Knows the office's public parts alone: its CA's certificates, and its publisher."""

    def __init__(self, office, folder):
        self.office, self.folder = office, folder / "outside"
        self.folder.mkdir()
        self.root, self.issuer = (office.authorities / f"{name}.pem" for name in ("root-rsa", "access-rsa"))

    def expect_usable(self, file, password, name):
        """A new NSS database takes the file, has its key, and finds the certificate good for a TLS client."""
        folder = self.folder / f"nss-{name}"
        folder.mkdir()
        database = ["-d", f"sql:{folder}"]
        run("certutil", "-N", "--empty-password", *database)
        run("certutil", "-A", "-n", "root", "-t", "CT,C,", "-a", "-i", str(self.root), *database)
        run("pk12util", "-i", str(file), "-W", password, "-K", "", *database)
        assert name in run("certutil", "-L", *database), "NSS does not list it"
        assert name in run("certutil", "-K", *database), "NSS has no key of that name"
        verdict = run("certutil", "-V", "-n", name, "-u", "C", "-e", *database)
        assert "certificate is valid" in verdict, verdict

    def expect_logs_in(self, file, password, name):
        """A browser with another profile logs in elsewhere with it."""
        server = self.office.authority
        with greeter(server.server(), [self.root, self.issuer]) as site:
            with Browser(
                self.folder / "browser", authority=server.path("root.crt"), identity=(file, password)
            ) as browser:
                browser.open(f"https://localhost:{site.server_port}/")
                assert browser.text("h1") == name, browser.text("body")

    def certificate(self, file, password):
        """The certificate in a PKCS#12 file, as a file of its own."""
        kept = self.folder / f"{file.stem}.pem"
        kept.write_text(
            run("openssl", "pkcs12", "-in", str(file), "-passin", f"pass:{password}", "-clcerts", "-nokeys")
        )
        run("openssl", "verify", "-CAfile", str(self.root), "-untrusted", str(self.issuer), str(kept))
        return kept

    def expect_status(self, certificate, reason=None):
        """The responder and the newest CRL agree: good, or revoked for this reason (in OCSP's words)."""
        answer = everything(
            "openssl", "ocsp", "-issuer", str(self.issuer), "-cert", str(certificate), "-CAfile", str(self.root),
            "-url", f"{self.office.publisher}/ocsp/access-rsa", "-no_nonce",
        )  # fmt: skip
        assert "Response verify OK" in answer, answer
        state = "good" if reason is None else "revoked"
        assert f"{certificate}: {state}" in answer, answer
        assert reason is None or f"Reason: {reason}" in answer, answer
        serial = run("openssl", "x509", "-in", str(certificate), "-noout", "-serial").strip().removeprefix("serial=")
        listed = self.folder / "listed.crl"
        run("curl", "-sSf", "--max-time", "10", "-o", str(listed), f"{self.office.publisher}/crl/access-rsa.crl")
        lines = everything(
            "openssl", "crl", "-in", str(listed), "-inform", "DER", "-CAfile", str(self.issuer), "-noout", "-text"
        )
        assert "verify OK" in lines, lines
        assert (serial in lines) == (reason is not None), lines
