"""Somebody before a browser, who looks at every page."""

import pathlib

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from browser import Browser

WIDE = (1280, 900)
# The narrowest that WCAG names (1.4.10), an ordinary window at a zoom of 400 %.
NARROW = 320
OTHER = {"ja": "en", "en": "ja"}
# How wide the page is and how much of it can be seen; and whether anything of the form is cut off at the side.
EXCESS = """
    const wide = document.documentElement.scrollWidth, seen = innerWidth;
    const cut = [...document.querySelectorAll("main :is(input, select, textarea, button, a, p, dd)")].filter((each) =>
        !each.closest(".scroll, .unseen, pre") && each.getBoundingClientRect().right > seen + 1);
    return wide > seen || cut.length ? [wide, seen, cut.map((each) => each.outerHTML.slice(0, 120))] : null;
"""


class Person:
    """Walks through the office, and judges each page by axe, in their own language and in the other.

    With `pictures` each page is pictured: light and dark, wide and as on a telephone.
    """

    def __init__(self, office, folder, language, name, pictures=None, browser=None):
        self.office, self.language, self.name, self.pictures = office, language, name, pictures
        trust = office.authority.path("root.crt")
        self.browser = browser or Browser(
            pathlib.Path(folder) / name, language=language, authority=trust, size=WIDE
        )
        self.count, self.wishes = 0, {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.browser.driver.quit()

    # Looking

    def look(self, name, refused=False):
        """Judges the page that is open; a refused one may have been answered with an error's status."""
        self.count += 1
        place = f"{self.language}-{self.name}-{self.count:02}-{name}"
        assert self.browser.run("return document.documentElement.lang") == self.language, place
        self._judge(place, refused)
        self._fits(place)
        if self.pictures:
            self._picture(place)
        title = self.browser.driver.title
        if refused:
            assert title.startswith(("エラー: ", "Error: ")) == bool(self.browser.all("main form .error:not(.state)")), title
        else:
            errors = [each.text for each in self.browser.all("main .error:not(.state)") if each.text]
            assert errors == [], (place, errors)
            self._other_language(place)

    def _judge(self, place, refused=False):
        # Folded away, the menu would not be judged.
        self.browser.run("document.querySelectorAll('nav.menu details').forEach((each) => { each.open = true; })")
        assert self.browser.violations() == [], (place, self.browser.violations())
        complaints = [each for each in self.browser.complaints() if not (refused and "status of 4" in each)]
        assert complaints == [], (place, complaints)

    def _fits(self, place):
        """Nobody has to scroll sideways but in a table (WCAG 2.2, 1.4.10)."""
        for width in [NARROW, WIDE[0] // 2] if self.pictures else [NARROW]:
            self.browser.resize(width, WIDE[1], touch=False)
            excess = self.browser.run(EXCESS)
            assert excess is None, f"{place} at {width}: {excess}"
        self.browser.resize(*WIDE)

    def _other_language(self, place):
        """Switches to the other language and back, where the page can be shown twice: nothing that was sent is lost."""
        switch = "header .language, header form button[value=same]:not([hidden])"
        if not self.browser.all(switch):
            return
        before = self._shown()
        for language in [OTHER[self.language], self.language]:
            assert self.browser.all(switch), f"{place}: no way to {language}: {self.browser.text('body')[:400]}"
            self.follow(switch, place)
            assert self.browser.run("return document.documentElement.lang") == language, place
            if language != self.language:
                self._judge(place + "-" + language)
                if self.pictures:
                    self._picture(place + "-" + language)
        assert self._shown() == before, (place, before, self._shown())

    def _shown(self):
        """The heading, and what the fields of the page hold."""
        return self.browser.run(
            """
            return [document.querySelector("h1").textContent, ...[...document.querySelectorAll(
                "main :is(input, select, textarea):not([type=hidden])")].map((field) =>
                    [field.name, /radio|checkbox/.test(field.type) ? field.checked : field.value])];
            """
        )

    def _picture(self, place):
        browser = self.browser
        folder = pathlib.Path(self.pictures)
        # With no motion, none is caught half-way; and each looks are judged, too.
        browser.emulate(**{**self.wishes, "reduced": True})
        browser.screenshot(folder / f"{place}.png")
        # Somebody's own colours are neither light nor dark, and axe knows only those of the page.
        if not self.wishes.get("forced"):
            browser.emulate(**{**self.wishes, "reduced": True, "dark": True})
            browser.screenshot(folder / "dark" / f"{place}.png")
            assert browser.violations() == [], (place, "dark", browser.violations())
            browser.emulate(**{**self.wishes, "reduced": True})
        browser.resize(390, 844)
        browser.run("document.querySelectorAll('nav.menu details').forEach((each) => { each.open = false; })")
        browser.screenshot(folder / "narrow" / f"{place}.png")
        assert browser.violations() == [], (place, "narrow", browser.violations())
        browser.emulate(**self.wishes)
        browser.resize(*WIDE)

    # Doing

    def wish(self, **wishes):
        """What this person has asked their system for from now on, as `Browser.emulate` takes it."""
        self.wishes = wishes
        self.browser.emulate(**wishes)

    def open(self, address, name, refused=False):
        self.browser.open(address if address.startswith("https:") else self.office.console + address)
        self.look(name, refused)

    def follow(self, selector, name):
        """Presses what leads to another page, and waits for it."""
        page = self.browser.find("html")
        self.browser.press(selector)
        self.arrive(page, name)

    def arrive(self, page, name):
        self.browser.wait_for(lambda: self.browser.find("html") != page and self.browser.all("h1"), name)

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
        self.follow(f"main > form:last-of-type {button}", name)
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

    # By the keyboard alone

    def press(self, *keys):
        ActionChains(self.browser.driver).send_keys(*keys).perform()

    @property
    def focused(self):
        """What the keys reach: its tag, name, value, and words."""
        return self.browser.run(
            """
            const at = document.activeElement;
            return { tag: at.tagName.toLowerCase(), id: at.id, name: at.name ?? "", value: at.value ?? "",
                checked: at.checked === true, type: at.type ?? "", className: at.className,
                words: at.textContent.trim(), top: at.getBoundingClientRect().top + scrollY,
                ring: parseFloat(getComputedStyle(at).outlineWidth), style: getComputedStyle(at).outlineStyle };
            """
        )

    def skip(self):
        """From the top of a page: the first stop is the link over everything that is the same on all pages."""
        self.press(Keys.TAB)
        assert "skip" in self.focused["className"], self.focused
        self.press(Keys.ENTER)
        assert self.focused["id"] == "main", self.focused

    def tab_to(self, name, value=None):
        """Tabs to a field or a button; every stop on the way can be seen, and none is above the one before."""
        before = self.focused
        for _ in range(40):
            self.press(Keys.TAB)
            at = self.focused
            assert at["style"] != "none" and at["ring"] >= 2, f"the focus cannot be seen: {at}"
            assert at["top"] >= before["top"] - 4 or before["tag"] == "body", f"{before} is followed by {at}"
            before = at
            if at["name"] == name and (value is None or at["type"] == "radio" or at["value"] == value):
                return self.choose(value) if at["type"] == "radio" and value else None
        raise AssertionError(f"no key reaches {name} on {self.browser.driver.current_url}")

    def choose(self, value):
        """Moves within a group of radio buttons to a value."""
        self.press(Keys.SPACE)
        for _ in range(10):
            if self.focused["value"] == value:
                assert self.focused["checked"], self.focused
                return
            self.press(Keys.ARROW_DOWN)
        raise AssertionError(f"the arrow keys do not reach {value}")

    def type_over(self, text):
        keys = ActionChains(self.browser.driver)
        keys.key_down(Keys.CONTROL).send_keys("a").key_up(Keys.CONTROL).send_keys(text).perform()

    def enter(self, name, refused=False):
        """Presses Enter, and looks at what comes."""
        page = self.browser.find("html")
        self.press(Keys.ENTER)
        self.arrive(page, name)
        if refused:
            assert "notice" in self.focused["className"], f"the keys do not begin at what is wrong: {self.focused}"
        self.look(name, refused)
