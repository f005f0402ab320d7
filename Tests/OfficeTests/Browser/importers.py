"""Other implementations that open a PKCS#12 file: OpenSSL, NSS, GnuTLS, Java. Each raises an error with its reason."""

import re
import tempfile

from browser import run

PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def squeezed(text):
    return "".join(text.split())


def openssl(path, password, certificate, name, certificates):
    """The key is the certificate's, and the algorithms are what they should be."""
    opened = run("openssl", "pkcs12", "-in", str(path), "-nodes", "-passin", f"pass:{password}")
    found = [squeezed(each) for each in PEM.findall(opened)]
    assert found == [squeezed(each) for each in certificates], f"other certificates: {opened}"
    assert found[0] == squeezed(certificate)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(opened)
        file.flush()
        of_key = run("openssl", "pkey", "-in", file.name, "-pubout")
        of_certificate = run("openssl", "x509", "-in", file.name, "-noout", "-pubkey")
        run("openssl", "pkey", "-in", file.name, "-check", "-noout")
    assert of_key == of_certificate and "PUBLIC KEY" in of_key, "the key is not the certificate's"
    described = run("sh", "-c", 'openssl pkcs12 -in "$0" -info -noout -passin "pass:$1" 2>&1', str(path), password)
    assert "MAC: sha256, Iteration 100000" in described, described
    assert described.count("PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256") == 2, described


def nss(path, password, certificate, name, certificates):
    with tempfile.TemporaryDirectory() as folder:
        database = ["-d", f"sql:{folder}"]
        run("certutil", "-N", "--empty-password", *database)
        run("pk12util", "-i", str(path), "-W", password, "-K", "", *database)
        assert name in run("certutil", "-K", *database), "NSS has no key of that name"
        kept = run("certutil", "-L", "-n", name, "-a", *database)
        assert squeezed(kept) == squeezed(certificate), kept


def gnutls(path, password, certificate, name, certificates):
    opened = run("certtool", "--p12-info", "--inder", "--infile", str(path), "--password", password)
    assert len(PEM.findall(opened)) == len(certificates), opened
    assert "PRIVATE KEY" in opened and name in opened, opened


def java(path, password, certificate, name, certificates):
    locale = {"LC_ALL": "C.UTF-8"}
    with tempfile.TemporaryDirectory() as folder:
        store = ["-keystore", f"{folder}/store.p12", "-storepass", "another-password"]
        run(
            "keytool", "-J-Xshare:auto", "-importkeystore", "-noprompt", "-srckeystore", str(path),
            "-srcstoretype", "PKCS12", "-srcstorepass", password, "-destkeystore", store[1],
            "-deststoretype", "PKCS12", "-deststorepass", store[3], environment=locale,
        )  # fmt: skip
        listing = run("keytool", "-list", "-v", *store, environment=locale)
        assert "PrivateKeyEntry" in listing, listing
        assert f"Certificate chain length: {len(certificates)}" in listing, listing
        assert f"Alias name: {name}" in listing, listing


ALL = [openssl, nss, gnutls, java]
