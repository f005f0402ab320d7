"""The office as people see it, in Chromium: from the log-in to a certificate in somebody's hands, each page judged by axe.

    office.py LANGUAGE FOLDER BINARIES SIGNER AUTHORITIES

LANGUAGE is ja or en; BINARIES has the programs; SIGNER is a running appliance's socket for front ends, AUTHORITIES the
folder with its certificates. Every page's picture is put into FOLDER/pictures, to be looked at.
"""

import json
import os
import pathlib
import re
import select
import socket
import sqlite3
import subprocess
import sys
import time

from authority import Authority
from browser import PATIENCE, Browser, run

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
        ports = free_ports(2)
        self.console, self.area = (f"https://localhost:{port}" for port in ports)
        self.authority = Authority(self.folder / "tls")
        self.write("password", FIRST_PASSWORD)
        self.write("vault.key", "0123456789abcdef" * 3)
        self.write("office.yaml", self.settings(ports, signer, pathlib.Path(authorities)))
        self.take_in()
        self.start()

    def file(self, name):
        return str(self.folder / name)

    def write(self, name, text):
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o600)

    def settings(self, ports, signer, authorities):
        certificate, key = self.authority.server()
        catalogue = (CHECKOUT / "provisioning" / "office" / "catalogue.yaml").read_text().replace("\n", "\n  ")
        return f"""
database: "{self.file("office.sqlite")}"
signer: "{signer}"
vaultKey: "{self.file("vault.key")}"
console: {{ host: 127.0.0.1, port: {ports[0]}, url: "{self.console}" }}
area: {{ host: 127.0.0.1, port: {ports[1]}, url: "{self.area}" }}
publisher: {{ host: 127.0.0.1, port: 0 }}
tls:
  certificates: "{certificate}"
  key: "{key}"
  clientAuthorities: ["{authorities / "access-rsa.pem"}", "{authorities / "root-rsa.pem"}"]
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


class Person:
    """Somebody before a browser, who looks at every page."""

    def __init__(self, office, folder, language, name, identity=None):
        self.office, self.folder, self.language = office, pathlib.Path(folder), language
        trust = office.authority.path("root.crt")
        self.browser = Browser(self.folder / name, language=language, authority=trust, identity=identity)
        self.name, self.count = name, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.browser.driver.quit()

    def look(self, name, refused=False):
        """Judges the page that is open; a refused one may have been answered with an error's status."""
        browser = self.browser
        self.count += 1
        place = f"{self.language}-{self.name}-{self.count:02}-{name}"
        browser.screenshot(self.folder / "pictures" / f"{place}.png")
        assert browser.run("return document.documentElement.lang") == self.language, place
        assert browser.violations() == [], (place, browser.violations())
        complaints = [each for each in browser.complaints() if not (refused and "status of 4" in each)]
        assert complaints == [], (place, complaints)
        wide, seen = browser.run("return [document.documentElement.scrollWidth, innerWidth]")
        assert wide <= seen, f"{place}: the page is {wide} wide, and {seen} of it can be seen"
        if not refused:
            errors = [each.text for each in browser.all("main .error") if each.text]
            assert errors == [], (place, errors)

    def open(self, address, name, refused=False):
        self.browser.open(address if address.startswith("https:") else self.office.console + address)
        self.look(name, refused)

    def fill(self, values):
        """Fills in fields by name; what can only be chosen is chosen by its value."""
        for name, value in values.items():
            fields = self.browser.all(f'main [name="{name}"]:not([type=hidden])')
            assert fields, f"there is no field {name} on {self.browser.driver.current_url}"
            kind = fields[0].get_attribute("type")
            if kind in ("radio", "checkbox"):
                (box,) = [field for field in fields if field.get_attribute("value") == value]
                if not box.is_selected():
                    box.click()
            elif fields[0].tag_name == "select":
                self.browser.press(f'main [name="{name}"] option[value="{value}"]')
            else:
                self.browser.fill(name, value)

    def send(self, values, name, button="button", refused=False):
        """Fills the form in, sends it, and looks at what comes."""
        self.fill(values)
        page = self.browser.find("html")
        self.browser.press(f"main form:last-of-type {button}")
        self.browser.wait_for(lambda: self.browser.find("html") != page and self.browser.all("h1"), name)
        self.look(name, refused)

    def step(self, values, name, refused=False):
        self.send(values, name, "button[name=go][value=next]", refused)

    def text(self):
        return self.browser.text("main")

    def menu(self, origin):
        """Every page that the menu leads to on this server."""
        links = [each.get_attribute("href") for each in self.browser.all("nav.menu a")]
        paths = [link[len(origin) :] for link in links if link.startswith(origin + "/")]
        for path in dict.fromkeys(paths):
            self.open(origin + path, "menu-" + path.strip("/").replace("/", "-"))


def log_in(person, path="/log-in", user=f"{TENANT}_hanako", is_first=True):
    # What the browser says counts until somebody logs in; then it is the user's own language, unless one was chosen.
    person.open(f"{path}?lang={person.language}", "log-in")
    person.send({"user": user, "password": "wrong"}, "log-in-refused", refused=True)
    person.send({"user": user, "password": FIRST_PASSWORD if is_first else PASSWORD}, "password" if is_first else "home")
    if is_first:
        person.send({"former": FIRST_PASSWORD, "password": "short", "passwordAgain": "other"}, "password-refused", refused=True)
        values = {"former": FIRST_PASSWORD, "password": PASSWORD, "passwordAgain": PASSWORD}
        person.send(values, "password-changed")
        person.open(path.replace("log-in", ""), "home")


def apply(person):
    """The first application: a licence and a profile."""
    person.open("/licences/purchase", "purchase")
    person.step({"product": "personal-10"}, "details")
    person.step({"term": "oneYear", "coupon": "WELCOME"}, "information")
    person.step({"confirmsInformation": "yes"}, "names")
    wrong = {"use": "smime", "unit": "情報システム部", "state": "Tokyo", "locality": "Chiyoda-ku"}
    person.step(wrong, "names-refused", refused=True)
    assert len(person.browser.all("[aria-invalid=true]")) >= 2, person.text()
    person.step({"use": "access"}, "payment")
    person.step({"payment": "transferAfter", "memo": "よろしく"}, "confirmation")
    person.step({"acknowledgesYear": "yes", "acceptsTerms": "yes"}, "done")
    licence, profile = (re.search(rf"{kind}\d{{12}}", person.text()).group() for kind in ("ML", "MP"))
    person.open("/licences", "licences")
    assert licence in person.text()
    person.open(f"/licences/{licence}", "licence")
    return licence, profile


def approve(person, licence, profile):
    """The operator's side."""
    log_in(person, "/operator/log-in", "operator")
    person.open("/operator/licences", "licences")
    person.open(f"/operator/licences/{licence}", "licence")
    person.send({}, "licences-after", "button[value=approve]")
    person.open(f"/operator/profiles/{profile}", "profile")
    person.send({}, "profile-refused", "button[value=approve]", refused=True)
    source = person.browser.find("[name=numberSource]").get_attribute("value")
    facts = {
        "numberSource": source, "numberEvidence": "電話帳 2026-10-01", "telephone": "03-1234-5678",
        "employmentConfirmedBy": "佐藤", "applicantConfirmed": "yes",
    }  # fmt: skip
    person.send(facts, "profiles-after", "button[value=approve]")
    person.menu(person.office.console)


def get_certificate(person):
    """The administrator certificate, by the link in the mail."""
    person.open(person.office.area + "/", "gate", refused=True)
    person.open("/administrator-certificate", "certificate")
    person.send({"password": "abc", "passwordAgain": "abd"}, "certificate-refused", refused=True)
    person.send({"password": PASSWORD, "passwordAgain": PASSWORD}, "certificate-applied")
    person.open(person.office.mailed_link("/administrator-certificate/pick-up/"), "certificate-pick-up")
    values = {"password": PASSWORD, "passwordAgain": PASSWORD, "acceptsTerms": "yes"}
    person.send({"pickUpPassword": "wrong", **values}, "certificate-pick-up-refused", refused=True)
    person.fill({"pickUpPassword": PASSWORD, **values})
    person.browser.press("main form button")
    (file,) = person.browser.downloaded()
    return file


def order(person, profile, licence, name, mail, option):
    """One certificate ordered; the first page that is refused shows its words beside the fields."""
    person.open(person.office.area + "/orders/new", "order")
    person.step({"profile": profile, "licence": licence}, "order-form")
    values = {"commonName": name, "mail": mail, "keyOption": option, "password": PASSWORD}
    person.step({**values, "mail": "nowhere", "passwordAgain": "other"}, "order-refused", refused=True)
    assert len(person.browser.all("[aria-invalid=true]")) == 2, person.text()
    person.step({**values, "passwordAgain": PASSWORD}, "order-confirmation")
    person.step({}, "ordered")
    return re.search(r"MPS\d{14}", person.text()).group()


def pick_up(person, option):
    """The subscriber's way, to a file that OpenSSL opens."""
    person.open(person.office.mailed_link("/pick-up/"), "password")
    person.send({"pickUpPassword": "wrong"}, "password-refused", refused=True)
    person.send({"pickUpPassword": PASSWORD}, option)
    values = {"password": PASSWORD, "passwordAgain": PASSWORD}
    if option == "pkcs12":
        person.send({**values, "acceptsTerms": "yes"}, "picked-up")
    else:
        person.browser.wait_for(lambda: person.browser.all("main form button:enabled"), "the page's script")
        person.fill(values)
        person.browser.press("main form button:enabled")
        assert person.browser.all("#acceptsTerms-error"), "the key was made without the terms"
        person.fill({"acceptsTerms": "yes"})
        person.browser.press("main form button:enabled")
        person.browser.wait_for(lambda: person.browser.all("main a[download]"), "the file")
        person.look("picked-up")
    count = len(list(person.browser.downloads.iterdir()))
    person.browser.press("main a[download]")
    file = person.browser.downloaded(count + 1)[-1]
    opened = run("openssl", "pkcs12", "-in", str(file), "-noenc", "-passin", f"pass:{PASSWORD}")
    assert "BEGIN PRIVATE KEY" in opened and "BEGIN CERTIFICATE" in opened, "the file is not whole"
    person.open("/guide", "guide")


def manage(person, first, second):
    """The list, one order, and what can be done with it."""
    area = person.office.area
    person.open(f"{area}/orders?text={first}", "orders-found")
    assert first in person.text() and second not in person.text(), person.text()
    person.open(f"{area}/orders/{first}", "order-issued")
    person.open(f"{area}/orders/{first}/hold", "hold")
    person.send({}, "order-held")
    person.open(f"{area}/orders/{first}/revoke", "revoke")
    person.send({"reason": "superseded"}, "order-revoked")
    person.open(f"{area}/orders/bulk?action=revoke", "bulk-candidates")
    assert person.browser.all("td .button") == [], "the form's buttons stand in the table"
    person.send({"order": second}, "bulk-confirmation")
    person.send({"reason": "superseded"}, "bulk-done")
    person.open(f"{area}/orders/{second}", "order-revoked-by-bulk")


def main(language, folder, *parts):
    office = Office(folder, *parts)
    try:
        with Person(office, folder, language, "console") as person:
            log_in(person)
            licence, profile = apply(person)
            with Person(office, folder, language, "operator") as vetting:
                approve(vetting, licence, profile)
            person.open(f"/profiles/{profile}", "profile")
            person.menu(office.console)
            file = get_certificate(person)
        with (
            Person(office, folder, language, "area", identity=(file, PASSWORD)) as person,
            Person(office, folder, language, "subscriber") as subscriber,
        ):
            log_in(person, is_first=False)
            person.open(office.area + "/", "area")
            first = order(person, profile, licence, "山田 太郎", "taro@example.com", "pkcs12")
            person.open(f"{office.area}/orders/{first}", "order-waiting")
            person.open(f"{office.area}/orders/{first}/password", "password")
            person.send({}, "password-shown")
            assert PASSWORD in person.text()
            pick_up(subscriber, "pkcs12")
            second = order(person, profile, licence, "佐藤 三郎", "saburo@example.com", "browser")
            pick_up(subscriber, "browser")
            person.menu(office.area)
            manage(person, first, second)
    finally:
        office.stop()
    print("office done")


if __name__ == "__main__":
    main(sys.argv[1], *sys.argv[2:])
