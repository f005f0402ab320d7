"""A throw-away CA for tests of pages, by OpenSSL: a root, an issuing CA, and certificates from it."""

import pathlib

from browser import run


class Authority:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.count = 0
        self.root = self._make_ca("root", "Throw-away Root", None)
        self.issuing = self._make_ca("issuing", "Throw-away Issuing CA", "root")

    def path(self, name):
        return self.folder / name

    def _make_ca(self, name, common_name, parent):
        self._make_request(name, f"/C=JP/O=Throw-away/CN={common_name}")
        extensions = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
        return self._sign(self.path(f"{name}.csr"), name, extensions, parent)

    def _make_request(self, name, subject):
        run(
            "openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", str(self.path(f"{name}.key")), "-out", str(self.path(f"{name}.csr")), "-subj", subject,
        )  # fmt: skip

    def _sign(self, request, name, extensions, parent, subject=None):
        certificate, details = self.path(f"{name}.crt"), self.path(f"{name}.ext")
        details.write_text("subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n" + extensions)
        signer = ["-signkey", str(self.path(f"{name}.key"))]
        if parent:
            signer = ["-CA", str(self.path(f"{parent}.crt")), "-CAkey", str(self.path(f"{parent}.key"))]
        run(
            "openssl", "x509", "-req", "-in", str(request), "-out", str(certificate), "-days", "2", "-sha256",
            "-extfile", str(details), *(["-subj", subject] if subject else []), *signer,
        )  # fmt: skip
        return certificate.read_text()

    def certify(self, request, subject="/C=JP/O=Example/CN=yamada"):
        """The certificate for somebody's request, as PEM, with names that are not from the request."""
        self.count += 1
        path = self.path(f"request-{self.count}.csr")
        path.write_text(request)
        extensions = "keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n"
        return self._sign(path, f"person-{self.count}", extensions, "issuing", subject)

    def server(self, name="localhost"):
        """Files of a server's certificate with its chain, and its key."""
        self._make_request("server", f"/CN={name}")
        extensions = f"subjectAltName=DNS:{name}\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"
        chain = self._sign(self.path("server.csr"), "server", extensions, "issuing") + self.issuing
        self.path("server.pem").write_text(chain)
        return self.path("server.pem"), self.path("server.key")

    def identity(self, common_name, password):
        """A person's PKCS#12 file."""
        name = f"identity-{common_name}"
        self._make_request(name, f"/CN={common_name}")
        extensions = "keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n"
        self._sign(self.path(f"{name}.csr"), name, extensions, "issuing")
        file = self.path(f"{name}.p12")
        run(
            "openssl", "pkcs12", "-export", "-inkey", str(self.path(f"{name}.key")),
            "-in", str(self.path(f"{name}.crt")), "-certfile", str(self.path("issuing.crt")),
            "-name", common_name, "-passout", f"pass:{password}", "-out", str(file),
        )  # fmt: skip
        return file, password
