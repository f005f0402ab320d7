"""A headless Chromium for tests of pages.

    with Browser(folder, language="ja") as browser:
        browser.open("https://localhost:8443/")
        browser.fill("userID", "yamada")
        browser.press("button.primary")
        assert browser.violations() == []

Everything that the browser keeps (profile, NSS database, downloads) lies in `folder`, which is its home. A server's
certificate is checked against `authority`, as for anybody; nothing is ignored. With `identity`, a PKCS#12 file and its
password, the browser logs in with that certificate wherever a server asks for one. `hosts` gives names addresses.
"""

import base64
import importlib.util
import os
import pathlib
import subprocess

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE = 20.0
LANGUAGES = {"ja": "ja-JP,ja", "en": "en-GB,en"}
# Everything that WCAG 2.2 asks for at levels A and AA.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def run(*command, environment=None):
    """What a program wrote; an error with its complaints when it fails."""
    ended = subprocess.run(command, capture_output=True, env={**os.environ, **(environment or {})}, timeout=60)
    # OpenSSL writes the names of keys in no encoding that this could be decoded by.
    output, complaints = (text.decode(errors="replace") for text in (ended.stdout, ended.stderr))
    if ended.returncode != 0:
        raise AssertionError(f"{command[0]} ended with {ended.returncode}: {complaints}{output}")
    return output


class Browser:
    def __init__(
        self,
        folder,
        language="en",
        dark=False,
        size=(1280, 900),
        scripts=True,
        authority=None,
        identity=None,
        hosts=None,
    ):
        self.home = pathlib.Path(folder)
        self.downloads = self.home / "downloads"
        self.downloads.mkdir(parents=True, exist_ok=True)
        self._make_database(authority)
        if identity:
            self._take(*identity)
        self._start(language, dark, size, scripts, identity is not None, hosts or {})

    def _start(self, language, dark, size, scripts, has_identity, hosts):
        options = self._options(language, size, scripts, has_identity, hosts)
        service = Service("/usr/bin/chromedriver", env={**os.environ, "HOME": str(self.home)})
        self.driver = webdriver.Chrome(options=options, service=service)
        self.driver.set_page_load_timeout(PATIENCE)
        self.driver.set_script_timeout(PATIENCE)
        self.started, self.touch = (language, dark, size, scripts), False
        self.resize(*size)
        self.emulate(dark=dark)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def import_identity(self, path, password):
        """Ends the browser, takes a PKCS#12 file into its NSS database, and starts it again with its profile."""
        self.driver.quit()
        self._take(path, password)
        self._start(*self.started, True, {})

    # What the browser knows before it starts

    @property
    def database(self):
        """The browser's NSS database, as the arguments of NSS's tools."""
        return ["-d", f"sql:{self.home / '.pki' / 'nssdb'}"]

    def _make_database(self, authority):
        (self.home / ".pki" / "nssdb").mkdir(parents=True, exist_ok=True)
        run("certutil", "-N", "--empty-password", *self.database)
        if authority:
            run("certutil", "-A", "-n", "authority", "-t", "C,,", "-a", "-i", str(authority), *self.database)

    def _take(self, path, password):
        run("pk12util", "-i", str(path), "-W", password, "-K", "", *self.database)

    def _options(self, language, size, scripts, has_identity, hosts):
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        options.unhandled_prompt_behavior = "accept"
        for argument in [
            "--headless=new",
            # Root has no sandbox to give, and a container's /dev/shm is small.
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            f"--user-data-dir={self.home / 'profile'}",
            f"--window-size={size[0]},{size[1]}",
            f"--lang={language}",
            f"--accept-lang={LANGUAGES[language]}",
        ]:
            options.add_argument(argument)
        if hosts:
            rules = ",".join(f"MAP {name} {address}" for name, address in hosts.items())
            options.add_argument(f"--host-resolver-rules={rules}")
        preferences = {
            "download.default_directory": str(self.downloads),
            "download.prompt_for_download": False,
            "intl.accept_languages": LANGUAGES[language],
            "credentials_enable_service": False,
        }
        if not scripts:
            preferences["profile.managed_default_content_settings.javascript"] = 2
        if has_identity:
            # Without this a headless browser waits for somebody to choose. An empty filter takes what there is.
            preferences["profile.content_settings.exceptions.auto_select_certificate"] = {
                "*,*": {"setting": {"filters": [{}]}}
            }
        options.add_experimental_option("prefs", preferences)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        return options

    # Looks

    def resize(self, width, height, touch=None):
        """The size of the page, whatever the window's frame; narrow ones are a telephone's, with a finger."""
        touch = width < 600 if touch is None else touch
        self._command(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 2 if touch else 1, "mobile": touch},
        )
        if touch != self.touch:
            self._command("Emulation.setTouchEmulationEnabled", {"enabled": touch})
            self.touch = touch

    def emulate(self, dark=False, forced=False, reduced=False, medium=""):
        """What the person has asked the system for: a dark page, colours of their own, less motion; or paper."""
        features = [
            ("prefers-color-scheme", "dark" if dark else "light"),
            ("forced-colors", "active" if forced else "none"),
            ("prefers-reduced-motion", "reduce" if reduced else "no-preference"),
        ]
        features = [{"name": name, "value": value} for name, value in features]
        self._command("Emulation.setEmulatedMedia", {"features": features, "media": medium})

    def _command(self, name, parameters):
        return self.driver.execute_cdp_cmd(name, parameters)

    def screenshot(self, path, whole=True):
        """A picture of the page, by default of all of it."""
        picture = self._command("Page.captureScreenshot", {"captureBeyondViewport": whole, **self._clip(whole)})
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(path).write_bytes(base64.b64decode(picture["data"]))

    def _clip(self, whole):
        if not whole:
            return {}
        size = self._command("Page.getLayoutMetrics", {})["cssContentSize"]
        return {"clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}}

    def print_to(self, path):
        """The page as a PDF, as it would be printed on A4."""
        options = {"printBackground": False, "paperWidth": 8.27, "paperHeight": 11.69}
        pathlib.Path(path).write_bytes(base64.b64decode(self._command("Page.printToPDF", options)["data"]))

    # What a person does

    def open(self, address):
        self.driver.get(address)

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def fill(self, name, text):
        field = self.find(f'[name="{name}"]:not([type=hidden])')
        field.clear()
        field.send_keys(text)

    def press(self, selector):
        self.find(selector).click()

    def text(self, selector):
        return self.find(selector).text

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def wait_for(self, condition, what):
        """Waits until `condition()` is true, and answers it."""
        wait = WebDriverWait(self.driver, PATIENCE, poll_frequency=0.02)
        return wait.until(lambda _: condition(), f"waited for {what}")

    def downloaded(self, count=1):
        """The files that have come, once there are `count` whole ones."""

        def whole():
            try:
                found = [(file.stat(), file) for file in self.downloads.iterdir()]
            except FileNotFoundError:
                # One got its last name while we looked.
                return False
            files = [file for _, file in sorted(found, key=lambda each: each[0].st_mtime_ns)]
            # A file on its way has its name taken by an empty one, and comes under a hidden name and then another.
            arrived = all(
                not file.name.startswith(".") and file.suffix != ".crdownload" and status.st_size > 0
                for status, file in found
            )
            return len(files) >= count and arrived and files

        return self.wait_for(whole, f"{count} files in the download folder")

    # Judgements

    def complaints(self):
        """What the page wrote to the console as an error, violations of its own security policy among it."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def violations(self):
        """What axe finds wrong by WCAG 2.2 A and AA: a line each, with the elements it is about."""
        self.run(axe())
        found = self.driver.execute_async_script(
            """
            const done = arguments[arguments.length - 1];
            axe.run(document, { runOnly: { type: "tag", values: arguments[0] }, resultTypes: ["violations"] })
                .then((result) => done(result.violations), (reason) => done(String(reason)));
            """,
            RULES,
        )
        if isinstance(found, str):
            raise AssertionError(f"axe could not judge the page: {found}")
        return [
            f"{rule['id']}: {rule['help']}: {node['target']} {node['failureSummary']}"
            for rule in found
            for node in rule["nodes"]
        ]


def axe():
    """axe-core, as the package axe-playwright-python carries it; Playwright itself has no part in it."""
    place = importlib.util.find_spec("axe_playwright_python")
    if place is None:
        raise AssertionError("axe-playwright-python is missing; Tests/run installs it from Tests/requirements.txt")
    return (pathlib.Path(place.submodule_search_locations[0]) / "axe.min.js").read_text()
