"""An office of a walk's own, before an appliance that is there."""

import json
import os
import pathlib
import re
import select
import socket
import sqlite3
import subprocess
import time

from authority import Authority
from browser import PATIENCE, run

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
PASSWORD = "Kanri2026inkan"
FIRST_PASSWORD = "Hajimete2026inkan"
TENANT = "PAR12345"
ORGANISATION = "株式会社印鑑商事"


def free_ports(count):
    """Ports that nobody uses; they stand in the settings before the office listens on them."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Office:
    """A running office with a company and an operator, and a database to read mails from."""

    def __init__(self, folder, binaries, signer, authorities):
        self.folder, self.binaries = pathlib.Path(folder) / "office", pathlib.Path(binaries)
        self.folder.mkdir(mode=0o700)
        ports = free_ports(3)
        self.console, self.area = (f"https://localhost:{port}" for port in ports[:2])
        self.publisher = f"http://127.0.0.1:{ports[2]}"
        self.authorities = pathlib.Path(authorities)
        self.authority = Authority(self.folder / "tls")
        self.write("password", FIRST_PASSWORD)
        self.write("vault.key", "0123456789abcdef" * 3)
        self.write("office.yaml", self.settings(ports, signer))
        self.take_in()
        self.start()

    def file(self, name):
        return str(self.folder / name)

    def write(self, name, text):
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o600)

    def settings(self, ports, signer):
        certificate, key = self.authority.server()
        catalogue = (CHECKOUT / "provisioning" / "office" / "catalogue.yaml").read_text().replace("\n", "\n  ")
        return f"""
database: "{self.file("office.sqlite")}"
signer: "{signer}"
vaultKey: "{self.file("vault.key")}"
console: {{ host: 127.0.0.1, port: {ports[0]}, url: "{self.console}" }}
area: {{ host: 127.0.0.1, port: {ports[1]}, url: "{self.area}" }}
publisher: {{ host: 127.0.0.1, port: {ports[2]} }}
tls:
  certificates: "{certificate}"
  key: "{key}"
  clientAuthorities: ["{self.authorities / "access-rsa.pem"}", "{self.authorities / "root-rsa.pem"}"]
issuing: {{ accessIssuer: access-rsa, smimeIssuer: smime-rsa, administratorProfile: administrator-1y }}
mail: {{ noReply: no_reply@example.com, approval: approval@example.com, vetting: vetting@example.com }}
links: {{ manual: "https://docs.example.com/", enquiry: "https://example.com/contact" }}
catalogue:
  {catalogue}
""".rstrip(" ")

    def take_in(self):
        program, settings = str(self.binaries / "inkan-frontd"), ["--config", self.file("office.yaml")]
        password = ["--password-file", self.file("password")]
        run(
            program, "open-tenant", *settings, "--id", TENANT, "--organisation", ORGANISATION, "--english",
            "Inkan Trading KK", "--address", "東京都千代田区丸の内1-1-1", "--telephone", "03-1234-5678", "--user",
            "hanako", "--surname", "山田", "--given-name", "花子", "--mail", "hanako@example.com", *password,
        )  # fmt: skip
        run(program, "open-operator", *settings, "--id", "operator", "--name", "審査", *password)

    def start(self):
        self.log = open(self.file("office.log"), "wb")
        self.process = subprocess.Popen(
            [str(self.binaries / "inkan-office-stage"), self.file("office.yaml"), str(int(time.time()))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
        )
        heard = b""
        while heard.count(b"\n") < 3:
            ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
            part = os.read(self.process.stdout.fileno(), 4096) if ready else b""
            assert part, f"the office did not start: {pathlib.Path(self.file('office.log')).read_text()}"
            heard += part

    def stop(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.log.close()

    def mailed_link(self, part):
        """The newest link of its kind among the mails that the office has written."""
        with sqlite3.connect(self.file("office.sqlite")) as database:
            mails = database.execute("SELECT body FROM mails ORDER BY rowid DESC").fetchall()
        for (mail,) in mails:
            found = re.search(rf"https://\S*{re.escape(part)}\S*", json.loads(mail)["body"])
            if found:
                return found.group()
        raise AssertionError(f"no mail has a link to {part}")
