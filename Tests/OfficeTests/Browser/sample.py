"""A page with everything that the stylesheet is for, in both languages, light and dark, on a desk and on a telephone.

    sample.py check FOLDER             axe finds nothing, nothing sticks out, fingers and keyboard reach what they must
    sample.py comforts FOLDER          what forms.js adds to forms
    sample.py pictures FOLDER          writes pictures, and the page as it is printed, to be looked at
"""

import http.server
import pathlib
import sys
import threading

from browser import Browser
from pickup_site import POLICY, STATIC, TYPES

HERE = pathlib.Path(__file__).resolve().parent
SIZES = {"desk": (1280, 900), "telephone": (390, 844)}


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        name = pathlib.PurePosixPath(self.path).name
        file = STATIC / name if self.path.startswith("/static/") else HERE / name
        found = self.path in ("/sample-ja.html", "/sample-en.html") or (STATIC / name).is_file()
        body = file.read_bytes() if found else b""
        self.send_response(200 if found else 204)
        self.send_header("Content-Type", {**TYPES, ".html": "text/html; charset=utf-8"}.get(file.suffix, "text/plain"))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def views(folder):
    """The sample in every language, colour scheme and size: name and browser, with the page open."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        for language in ("ja", "en"):
            with Browser(pathlib.Path(folder) / f"home-{language}", language=language) as browser:
                for size, measures in SIZES.items():
                    for scheme in ("light", "dark"):
                        browser.resize(*measures)
                        browser.emulate(dark=scheme == "dark")
                        browser.open(f"http://localhost:{server.server_port}/sample-{language}.html")
                        yield f"{language}-{size}-{scheme}", browser
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# Links in running text are as small as the text, by WCAG's own exception.
SMALL_TARGETS = """
    const selector = "a, button, input:not([type=hidden]), select, textarea, summary";
    return Array.from(document.querySelectorAll(selector))
        .filter((each) => each.checkVisibility() && !each.matches("p a, main li a, dd a, td a"))
        .map((each) => [each.closest("label")?.getBoundingClientRect() ?? each.getBoundingClientRect(), each])
        .filter(([box]) => box.height < arguments[0] || box.width < 24)
        .map(([box, each]) => `${each.outerHTML.slice(0, 80)} ${box.width} x ${box.height}`);
"""


def check(folder):
    for name, browser in views(folder):
        assert browser.violations() == [], (name, browser.violations())
        assert browser.complaints() == [], (name, browser.complaints())
        wide, seen = browser.run("return [document.documentElement.scrollWidth, innerWidth]")
        assert wide <= seen, f"{name}: the page is {wide} wide, and {seen} of it can be seen"
        small = browser.run(SMALL_TARGETS, 24)
        assert small == [], (name, small)
        if "telephone" in name:
            fingers = "main form > .actions > *, .pager a, .field > select, .field > textarea"
            heights = [each.size["height"] for each in browser.all(fingers)]
            assert len(heights) > 8 and min(heights) >= 44, (name, heights)
        browser.run("document.activeElement.blur()")
        assert "skip" in focus_after_tab(browser), "the first stop of the keyboard is the way past the menu"
        assert browser.run("return document.activeElement.getBoundingClientRect().top") >= 0, "it is not seen"
        seen = browser.run("return document.querySelector('nav.menu li a').checkVisibility()")
        assert seen == ("desk" in name), f"{name}: the menu is open where there is room, and shut where there is none"


def focus_after_tab(browser):
    browser.driver.switch_to.active_element.send_keys("\ue004")
    return browser.run("return document.activeElement.className")


def comforts(folder):
    for name, browser in views(folder):
        # The address is put together as it is typed.
        browser.fill("localPart", "hanako@")
        assert browser.text("#address") == "hanako@example.co.jp", name
        # One box for all, which shows when some are ticked, and when all are.
        state = "const box = document.querySelector('[data-select-all]'); return [box.checked, box.indeterminate]"
        assert browser.run(state) == [False, True], name
        browser.press("[data-select-all]")
        assert all(box.is_selected() for box in browser.all("[name=order]")) and browser.run(state) == [True, False]
        browser.press("[name=order]")
        assert browser.run(state) == [False, True], name
        browser.press("[data-select-all]")
        browser.press("[data-select-all]")
        assert not any(box.is_selected() for box in browser.all("[name=order]")), name
        # A variable goes in where the cursor is, in place of what is marked.
        browser.fill("body", "To and on")
        browser.run("document.querySelector('#body').setSelectionRange(3, 6)")
        browser.press("[data-insert-into]")
        assert browser.find("#body").get_attribute("value") == "To {{name}} on", name
        assert browser.run("return document.querySelector('#body').selectionStart") == 11, name
        # A password is made, in clear.
        browser.press("[data-generate]")
        password = browser.find("#password")
        assert password.get_attribute("type") == "text" and len(password.get_attribute("value")) == 20, name
        assert browser.complaints() == [], name


def pictures(folder):
    for name, browser in views(folder):
        browser.screenshot(pathlib.Path(folder) / f"{name}.png")
        if "desk-light" in name:
            browser.print_to(pathlib.Path(folder) / f"{name}.pdf")


if __name__ == "__main__":
    {"check": check, "comforts": comforts, "pictures": pictures}[sys.argv[1]](sys.argv[2])
    print(f"{sys.argv[1]} done")
