"""Logging in with a client certificate in a headless browser: a server that demands one learns the person's name.

    login.py FOLDER
"""

import http.server
import pathlib
import ssl
import sys
import threading

from selenium.common.exceptions import WebDriverException

from authority import Authority
from browser import Browser


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        subject = dict(field[0] for field in self.connection.getpeercert()["subject"])
        body = f"<!doctype html><html lang=en><title>Hello</title><h1>{subject['commonName']}</h1>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    """TLS is spoken in each connection's own thread, so that one that fails holds up no other."""

    def __init__(self, context):
        super().__init__(("127.0.0.1", 0), Handler)
        self.context = context
        self.refusals = []

    def finish_request(self, request, client_address):
        request.settimeout(10)
        try:
            secured = self.context.wrap_socket(request, server_side=True)
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError):
            # A browser that is asked for a certificate hangs up, looks for one, and comes again.
            return
        except ssl.SSLError as error:
            self.refusals.append(error.reason or str(error))
            return
        with secured:
            self.RequestHandlerClass(secured, client_address, self)


def main(folder):
    folder = pathlib.Path(folder)
    authority = Authority(folder / "authority")
    foreign = Authority(folder / "foreign")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.path("root.crt"))
    context.load_verify_locations(authority.path("issuing.crt"))
    context.load_cert_chain(*authority.server())
    context.verify_mode = ssl.CERT_REQUIRED
    server = Server(context)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    root = authority.path("root.crt")
    try:
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
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
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
