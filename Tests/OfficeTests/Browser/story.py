"""The office's whole story in Chromium, from a company's first application to a certificate that others accept and that
is revoked in the end. Every page is judged by axe, in both languages wherever it can be switched.

    story.py LANGUAGE FOLDER BINARIES SIGNER AUTHORITIES [PICTURES]

LANGUAGE, ja or en, is the story's; BINARIES has the programs; SIGNER is a running appliance's socket for front ends,
AUTHORITIES the folder with its certificates. Into PICTURES go pictures of every page: light and dark, wide and narrow.
"""

import pathlib
import re
import sys

from browser import run
from office import FIRST_PASSWORD, PASSWORD, TENANT, Office
from outside import Outside
from person import Person


def log_in_again(person):
    person.browser.open(f"{person.office.console}/log-in")
    person.fill({"user": f"{TENANT}_hanako", "password": PASSWORD})
    person.follow("main form button", "the first page")


def log_in(person, path="/log-in", user=f"{TENANT}_hanako"):
    # What the browser says counts until somebody logs in; then it is the user's own language, unless one was chosen.
    person.open(f"{path}?lang={person.language}", "log-in")
    person.send({"user": user, "password": "wrong"}, "log-in-refused", refused=True)
    person.send({"user": user, "password": FIRST_PASSWORD}, "first-password")
    wrong = {"former": FIRST_PASSWORD, "password": "short", "passwordAgain": "other"}
    person.send(wrong, "first-password-refused", refused=True)
    person.send({"former": FIRST_PASSWORD, "password": PASSWORD, "passwordAgain": PASSWORD}, "password-changed")
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
    assert person.browser.find("[name=unit]").get_attribute("value") == wrong["unit"], "what was typed is gone"
    person.step({"use": "access"}, "payment")
    person.step({"payment": "transferAfter", "memo": "よろしく"}, "confirmation")
    person.step({"acknowledgesYear": "yes", "acceptsTerms": "yes"}, "done")
    licence, profile = (re.search(rf"{kind}\d{{12}}", person.text()).group() for kind in ("ML", "MP"))
    person.open(person.browser.find("main .actions .button").get_attribute("href"), "application-form")
    person.open("/licences", "licences")
    assert licence in person.text()
    person.open(f"/licences/{licence}", "licence")
    return licence, profile


def approve(person, licence, profile):
    """The operator's side."""
    log_in(person, "/operator/log-in", "operator")
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
    """The administrator certificate, by the link in the mail; then the browser has it."""
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
    person.browser.import_identity(file, PASSWORD)
    assert f"{TENANT}_hanako" in run("certutil", "-K", *person.browser.database)


def order(person, profile, licence):
    """A PKCS#12 file ordered; what is refused has its words beside the fields."""
    person.open(person.office.area + "/orders/new", "order")
    person.step({"profile": profile, "licence": licence}, "order-form")
    values = {"commonName": "山田 太郎", "mail": "taro@example.com", "keyOption": "pkcs12", "password": PASSWORD}
    person.step({**values, "mail": "nowhere", "passwordAgain": "other"}, "order-refused", refused=True)
    assert len(person.browser.all("[aria-invalid=true]")) == 2, person.text()
    person.step({**values, "passwordAgain": PASSWORD}, "order-confirmation")
    person.step({}, "ordered")
    return re.search(r"MPS\d{14}", person.text()).group()


def order_by_keyboard(person, profile, licence):
    """The key made in the browser, ordered without a mouse, and by somebody whose browser draws in colours of its own."""
    person.open(person.office.area + "/orders/new", "keyboard-order")
    person.skip()
    person.tab_to("profile", profile)
    person.tab_to("licence", licence)
    person.tab_to("go", "next")
    person.wish(forced=True, reduced=True)
    person.enter("keyboard-form")
    moving = "return [...document.querySelectorAll('*')].filter((e) => getComputedStyle(e).transitionDuration != '0s').length"
    assert person.browser.run(moving) == 0, "there is motion for who has asked for less"
    person.skip()
    person.tab_to("commonName")
    person.press("佐藤 三郎")
    person.tab_to("mail")
    person.press("saburo")
    person.tab_to("keyOption", "browser")
    # The page's own button makes the password, which stands in both fields then.
    person.tab_to("password")
    person.tab_to("")
    person.press(" ")
    made = [person.browser.find(f"[name={name}]").get_attribute("value") for name in ("password", "passwordAgain")]
    assert len(made[0]) >= 8 and made[0] == made[1], made
    person.tab_to("go", "next")
    person.enter("keyboard-refused", refused=True)
    # From the summary to the field, which has what was typed.
    person.tab_to("")
    person.press("\ue007")
    assert person.focused["name"] == "mail" and person.focused["value"] == "saburo", person.focused
    person.type_over("saburo@example.com")
    person.tab_to("go", "next")
    person.enter("keyboard-confirmation")
    person.skip()
    person.tab_to("go", "next")
    person.enter("keyboard-ordered")
    person.wish()
    return re.search(r"MPS\d{14}", person.text()).group(), made[0]


def pick_up(person):
    """The subscriber's way to a file that the service has made."""
    person.open(person.office.mailed_link("/pick-up/"), "password")
    person.send({"pickUpPassword": "wrong"}, "password-refused", refused=True)
    person.send({"pickUpPassword": PASSWORD}, "pkcs12")
    values = {"password": PASSWORD, "passwordAgain": PASSWORD}
    person.send({**values, "passwordAgain": "other"}, "pkcs12-refused", refused=True)
    person.send({**values, "acceptsTerms": "yes"}, "picked-up")
    person.browser.press("main a[download]")
    (file,) = person.browser.downloaded()
    person.open("/guide", "guide")
    return file


def pick_up_by_keyboard(person, password):
    """The subscriber's way to a key of the browser's own, without a mouse."""
    person.open(person.office.mailed_link("/pick-up/"), "keyboard-password")
    person.skip()
    person.tab_to("pickUpPassword")
    person.press("wrong")
    person.enter("keyboard-password-refused", refused=True)
    person.tab_to("pickUpPassword")
    person.press(password)
    person.enter("browser")
    person.browser.wait_for(lambda: person.browser.all("main form button.primary:enabled"), "the page's script")
    person.skip()
    person.tab_to("password")
    person.press(PASSWORD)
    person.tab_to("passwordAgain")
    person.press(PASSWORD)
    person.press("\ue007")
    assert person.focused["name"] == "acceptsTerms", "the key was made without the terms"
    person.press(" ")
    person.press("\ue007")
    person.browser.wait_for(lambda: person.browser.all("main a[download]:not([hidden])"), "the file")
    file = person.browser.downloaded(2)[-1]
    assert person.focused["tag"] == "a", "the focus is not where the file is"
    person.look("picked-up")
    return file


def manage(person, outside, first, second):
    """The list, one order, and what can be done with it; whoever asks outside hears of it at once."""
    area = person.office.area
    (first, certificate), (second, other) = first, second
    outside.expect_status(certificate)
    person.open(f"{area}/orders?text=nobody", "orders-none")
    person.open(f"{area}/orders?text={first}", "orders-found")
    assert first in person.text() and second not in person.text(), person.text()
    person.open(f"{area}/orders/{first}", "order-issued")
    person.open(f"{area}/orders/{first}/hold", "hold")
    person.send({}, "order-held")
    outside.expect_status(certificate, "certificateHold")
    person.open(f"{area}/orders/{first}/release", "release")
    person.send({}, "order-released")
    outside.expect_status(certificate)
    person.open(f"{area}/orders/{first}/revoke", "revoke")
    person.send({"reason": "superseded"}, "order-revoked")
    outside.expect_status(certificate, "superseded")
    outside.expect_status(other)
    person.open(f"{area}/orders/bulk?action=revoke", "bulk-candidates")
    assert person.browser.all("td .button") == [], "the form's buttons stand in the table"
    person.browser.press("[data-select-all]")
    person.send({}, "bulk-confirmation")
    assert second in person.text() and first not in person.text(), person.text()
    person.send({"reason": "superseded"}, "bulk-done")
    person.open(f"{area}/orders/{second}", "order-revoked-by-bulk")
    outside.expect_status(other, "superseded")


def main(language, folder, binaries, signer, authorities, pictures=None):
    folder = pathlib.Path(folder)
    office = Office(folder, binaries, signer, authorities)
    outside = Outside(office, folder)
    try:
        with (
            Person(office, folder, language, "console", pictures) as person,
            Person(office, folder, language, "subscriber", pictures) as subscriber,
        ):
            log_in(person)
            person.open("/profiles", "profiles-none")
            licence, profile = apply(person)
            # Operators have a log-in of their own, which any browser can have besides.
            approve(Person(office, folder, language, "operator", pictures, person.browser), licence, profile)
            person.open(f"/profiles/{profile}", "profile")
            person.menu(office.console)
            get_certificate(person)
            log_in_again(person)
            person.open(office.area + "/", "area")
            person.open(office.area + "/orders", "orders-empty")
            first = order(person, profile, licence)
            person.open(f"{office.area}/orders/{first}", "order-waiting")
            person.open(f"{office.area}/orders/{first}/password", "password")
            person.send({}, "password-shown")
            assert PASSWORD in person.text()
            file = pick_up(subscriber)
            outside.expect_usable(file, PASSWORD, "山田 太郎")
            second, password = order_by_keyboard(person, profile, licence)
            other = pick_up_by_keyboard(subscriber, password)
            outside.expect_usable(other, PASSWORD, "佐藤 三郎")
            outside.expect_logs_in(other, PASSWORD, "佐藤 三郎")
            person.open(office.area + "/orders", "orders")
            certificates = [outside.certificate(each, PASSWORD) for each in (file, other)]
            manage(person, outside, (first, certificates[0]), (second, certificates[1]))
    finally:
        office.stop()
    print("story done")


if __name__ == "__main__":
    main(*sys.argv[1:])
