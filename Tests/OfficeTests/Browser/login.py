"""Logging in with a client certificate in a headless browser: a server that demands one learns the person's name.

    login.py FOLDER
"""

import pathlib
import sys

from selenium.common.exceptions import WebDriverException

from authority import Authority
from browser import Browser
from greeter import greeter


def main(folder):
    folder = pathlib.Path(folder)
    authority = Authority(folder / "authority")
    foreign = Authority(folder / "foreign")
    root = authority.path("root.crt")
    with greeter(authority.server(), [root, authority.path("issuing.crt")]) as server:
        address = f"https://localhost:{server.server_port}/"
        with Browser(folder / "known", authority=root, identity=authority.identity("yamada", "secret")) as browser:
            browser.open(address)
            assert browser.text("h1") == "yamada", browser.driver.page_source
        for name, identity, reason in [
            ("nobody", None, "PEER_DID_NOT_RETURN_A_CERTIFICATE"),
            # Its CA has the same name as ours, so that the browser offers it.
            ("stranger", foreign.identity("suzuki", "secret"), "CERTIFICATE_VERIFY_FAILED"),
        ]:
            server.refusals.clear()
            with Browser(folder / name, authority=root, identity=identity) as browser:
                expect_error(browser, address, "ERR_")
            assert set(server.refusals) == {reason}, server.refusals
        # And the server's own certificate is not taken on trust.
        with Browser(folder / "distrusting", identity=authority.identity("tanaka", "secret")) as browser:
            expect_error(browser, address, "ERR_CERT_AUTHORITY_INVALID")
    print("log-in done")


def expect_error(browser, address, code):
    """The browser shows an error of its own instead of the page."""
    try:
        browser.open(address)
    except WebDriverException as error:
        assert code in error.msg, error.msg
        return
    shown = browser.run("return document.querySelector('.error-code')?.textContent ?? document.title")
    assert code in shown, shown


main(sys.argv[1])
