"""Walks through the pick-up of a key that is made in the browser.

    pickup.py WALK FOLDER [KIND]

Each walk starts a site and a Chromium of its own in FOLDER, and ends with a line "WALK done".
"""

import base64
import pathlib
import sys
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

import importers
from authority import Authority
from browser import Browser
from pickup_site import TEXTS, PickUpSite

PASSWORD = "correcthorse42battery"
BUTTON = "button.primary"


class Stage:
    """A site and a browser that has its page open."""

    def __init__(self, folder, **site):
        folder = pathlib.Path(folder)
        self.site = PickUpSite(Authority(folder / "authority"), **site)
        self.browser = Browser(folder / "home", language="ja")

    def __enter__(self):
        self.site.__enter__()
        self.browser.open(self.site.address)
        self.browser.wait_for(lambda: self.browser.find(BUTTON).is_enabled(), "the script")
        return self

    def __exit__(self, *what):
        self.browser.__exit__(*what)
        self.site.__exit__(*what)

    def type_passwords(self, first=PASSWORD, second=PASSWORD):
        self.browser.fill("password", first)
        self.browser.fill("passwordAgain", second)

    def press(self):
        self.browser.press(BUTTON)

    def wait_for_alert(self, text):
        shown = self.browser.wait_for(lambda: self.browser.find(BUTTON).is_enabled() and self.alert(), "an alert")
        assert shown == text, shown

    def alert(self):
        return self.browser.text("[role=alert]")

    def file(self):
        self.browser.wait_for(lambda: self.browser.text("[role=status]") == TEXTS["done"], self.alert() or "the file")
        assert self.alert() == "", self.alert()
        (file,) = self.browser.downloaded()
        return file

    def requests(self):
        """The requests that were posted; nothing else was but what the page carries along."""
        requests = []
        for post in self.site.posts:
            fields = urllib.parse.parse_qs(post, strict_parsing=True)
            requests += fields.pop("request")
            assert fields == {"csrf": ["token-of-the-session"], "link": ["a&b ç"]}, fields
        return requests

    def expect_nothing_left(self, secrets):
        """Nothing private went out, and the browser has stored nothing."""
        sent = "\n".join(self.site.posts + self.site.paths)
        decoded = urllib.parse.unquote_plus(sent)
        blocks = [base64.b64decode("".join(each.split("\n")[1:-2])) for each in self.requests()]
        for secret in secrets:
            text = secret if isinstance(secret, str) else base64.b64encode(secret).decode()
            assert text not in decoded and text not in sent, "a secret was sent"
            if isinstance(secret, bytes):
                assert not any(secret in block for block in blocks), "a secret was sent inside of a request"
        kept = self.browser.driver.execute_async_script(
            """
            const done = arguments[0];
            Promise.all([indexedDB.databases(), caches.keys()]).then(([databases, names]) => done([
                localStorage.length, sessionStorage.length, databases.length, names.length, document.cookie,
            ]));
            """
        )
        assert kept == [0, 0, 0, 0, ""], kept
        for name in ["password", "passwordAgain"]:
            fields = self.browser.all(f"#{name}")
            assert all(field.get_attribute("value") == "" for field in fields), "a password is left in its field"
        assert self.browser.complaints() == [], self.browser.complaints()


def judge(stage, file, password, kind, name="山田 太郎"):
    """The file holds what it must, for everybody who imports it; answers its secrets."""
    requests = stage.requests()
    assert len(set(requests)) == 1, "another request was posted"
    request = x509.load_pem_x509_csr(requests[0].encode())
    assert request.is_signature_valid and list(request.attributes) == []
    assert [(each.oid._name, each.value) for each in request.subject] == [("commonName", name)]
    certificate = stage.site.certified[requests[0]]
    chain = [certificate, stage.site.authority.issuing, stage.site.authority.root]
    for importer in importers.ALL:
        importer(file, password, certificate, name, chain)
    key = pkcs12.load_pkcs12(file.read_bytes(), password.encode()).key
    assert key.public_key() == request.public_key() == x509.load_pem_x509_certificate(certificate.encode()).public_key()
    numbers = key.private_numbers()
    if kind == "p-256":
        assert key.curve.name == "secp256r1"
        return [password, numbers.private_value.to_bytes(32, "big")]
    assert key.key_size == int(kind.removeprefix("rsa-")) and numbers.public_numbers.e == 65537
    private = (numbers.d, numbers.p, numbers.q)
    return [password] + [each.to_bytes(key.key_size // 8, "big").lstrip(b"\0") for each in private]


def whole(folder, kind):
    """From the empty form to a file that everybody opens."""
    with Stage(folder, kind=kind) as stage:
        stage.type_passwords()
        stage.press()
        file = stage.file()
        assert file.name == "yamada-2026.pfx", file
        stage.expect_nothing_left(judge(stage, file, PASSWORD, kind))
        assert not stage.browser.find(BUTTON).is_displayed()
        # A download that was stopped can be had again, and is the same.
        stage.browser.press("[data-pickup-download]")
        first, second = stage.browser.downloaded(2)
        assert first.read_bytes() == second.read_bytes()


def generated(folder):
    """The page makes the password and shows it."""
    with Stage(folder, kind="p-256", generated=True) as stage:
        stage.press()
        file = stage.file()
        password = stage.browser.text("[data-pickup-password]")
        assert len(password) == 20 and password.isascii(), password
        for each in (str.isupper, str.islower, str.isdigit, lambda character: not character.isalnum()):
            assert any(map(each, password)), password
        stage.expect_nothing_left(judge(stage, file, password, "p-256"))


def button(folder):
    """The button makes a password that the form accepts, in both fields and readable."""
    with Stage(folder, kind="p-256") as stage:
        stage.browser.press("[data-generate]")
        made = stage.browser.find("#password").get_attribute("value")
        assert made == stage.browser.find("#passwordAgain").get_attribute("value")
        assert made.isalnum() and len(made) == 20 and stage.browser.find("#password").get_attribute("type") == "text"
        stage.press()
        stage.expect_nothing_left(judge(stage, stage.file(), made, "p-256"))


def passwords(folder):
    """What is no password is refused beside its field, and nothing is sent."""
    with Stage(folder, kind="p-256") as stage:
        browser = stage.browser

        def expect(first, second, field, text):
            stage.type_passwords(first, second)
            stage.press()
            other = "password" if field == "passwordAgain" else "passwordAgain"
            shown = [(each.get_attribute("id"), each.text) for each in browser.all(".error:not([role])")]
            assert shown == [(f"{field}-error", text)], shown
            assert browser.find(f"#{field}").get_attribute("aria-invalid") == "true"
            assert f"{field}-error" in browser.find(f"#{field}").get_attribute("aria-describedby").split()
            assert browser.find(f"#{other}").get_attribute("aria-invalid") is None
            assert browser.driver.switch_to.active_element.get_attribute("id") == field
            assert browser.find("#password").get_attribute("value") == first, "what was typed is gone"

        for weak in ["", "short1", "elevenchar1", "onlylettersinhere", "123456789012", "twelve chars 12", "a1" * 59]:
            expect(weak, weak, "password", TEXTS["password-weak"])
        # Half-width only: Java takes nothing else.
        expect("パスワードpassword12", "パスワードpassword12", "password", TEXTS["password-weak"])
        expect(PASSWORD, PASSWORD + "x", "passwordAgain", TEXTS["password-differs"])
        expect(PASSWORD, "", "passwordAgain", TEXTS["password-differs"])
        assert browser.find("#password").get_attribute("aria-describedby") == "password-hint"
        assert stage.site.posts == [], "something was posted"
        assert browser.violations() == [], browser.violations()

        stage.type_passwords()
        stage.press()
        stage.file()
        assert browser.all(".error:not([role])") == []


def refusals(folder):
    """The server's words are shown, or the page's own where it has none; the next attempt posts the same request."""
    with Stage(folder, kind="p-256", faults=["refuse", "bare", "refuse"]) as stage:
        stage.type_passwords()
        for text in ["受け取り期間を過ぎています。", TEXTS["refused"], "受け取り期間を過ぎています。"]:
            stage.press()
            stage.wait_for_alert(text)
            assert stage.browser.text(BUTTON) == TEXTS["again"]
            assert list(stage.browser.downloads.iterdir()) == []
        stage.press()
        judge(stage, stage.file(), PASSWORD, "p-256")


def lost(folder):
    """After answers that were lost on the way, the same request brings the certificate that it had."""
    with Stage(folder, kind="rsa-2048", faults=["lose", "break", "garbage", "foreign"]) as stage:
        stage.type_passwords()
        for text in [TEXTS["lost"], TEXTS["lost"], TEXTS["wrong-certificate"], TEXTS["wrong-certificate"]]:
            stage.press()
            stage.wait_for_alert(text)
        stage.press()
        judge(stage, stage.file(), PASSWORD, "rsa-2048")
        assert len(stage.site.posts) == 5 and len(stage.site.certified) == 1


def rejected(folder):
    """A request that will never be accepted is followed by one for a new key."""
    with Stage(folder, kind="p-256", faults=["reject"]) as stage:
        stage.type_passwords()
        stage.press()
        stage.wait_for_alert("この鍵は使えません。")
        stage.press()
        stage.file()
        first, second = stage.requests()
        assert first != second, "the rejected request was sent again"


def unsupported(folder):
    """Where a page is not on https, a browser has no WebCrypto: the page says so, and posts nothing."""
    folder = pathlib.Path(folder)
    with PickUpSite(Authority(folder / "authority"), kind="p-256") as site:
        with Browser(folder / "home", language="ja", hosts={"plain.test": "127.0.0.1"}) as browser:
            browser.open(site.address.replace("localhost", "plain.test"))
            browser.wait_for(lambda: browser.text("[role=alert]") == TEXTS["unsupported"], "the alert")
            assert not browser.find(BUTTON).is_enabled()
            assert site.posts == []


def scriptless(folder):
    """Without scripts nothing can be posted: the button stays off."""
    folder = pathlib.Path(folder)
    with PickUpSite(Authority(folder / "authority"), kind="p-256") as site:
        with Browser(folder / "home", language="ja", scripts=False) as browser:
            browser.open(site.address)
            assert not browser.find(BUTTON).is_enabled()
            browser.fill("password", PASSWORD)
            browser.find("#password").send_keys("\n")
            assert browser.driver.current_url == site.address and site.posts == []


WALKS = [whole, generated, button, passwords, refusals, lost, rejected, unsupported, scriptless]

if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    next(walk for walk in WALKS if walk.__name__ == name)(*arguments)
    print(f"{name} done")
