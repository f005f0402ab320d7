"""Hostile values in every field of every form, every query and every changing part of an address of the office.

Reads what it needs to know of a running office as JSON from its standard input, finds the forms by itself, and writes a
JSON report: how much was tried, and each thing that was wrong. Pages are read with html.parser, which knows nothing of
how they were made.
"""

import csv
import http.client
import io
import json
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

office = json.load(sys.stdin)
PAYLOADS = {
    "html": "zqx\"'><img src=x onerror=zqx()></textarea></select></title><script>zqx()</script>",
    # To a program that goes by characters, these quotation marks and brackets are others.
    "accents": "zqx\"\u0301 onfocus=zqx() '\u0301 <\u0301script>\u200d<\u200dimg src=x>",
    "template": "zqx{{title}}{{{csrf}}}{{#blocks}}{{/blocks}}{{> page}}$${PassWord}$${OrderID}<%= 1 %>${1}",
    "header": "zqx\r\nBcc: bcc@evil.example\r\nSet-Cookie: zqx=1\r\n\r\n<script>zqx()</script>",
    "mailbox": "=?utf-8?B?enF4?= <bcc@evil.example>, \"zqx\\\" (a);:@[zqx]",
    "formula": "=zqx|'/c'!A1;=zqx\t+zqx\n@zqx\",=zqx",
    "address": "javascript:zqx()//https://evil.example/",
    "elsewhere": "//evil.example/zqx",
    "path": "../../../../etc/passwd%00/..%2f..%2fzqx",
    "unseen": "zqx\u202e\u2066\u200b\u0000\u0001\u001b[31m\u007f\u2028",
    "long": "zqx" * 3000,
}
# What a name may hold and is dangerous elsewhere.
NAMES = ["=zqx+1", "+zqx", "-zqx", "@zqx", "\"><script>zqx", "{{title}}", "../../zqx", "zqx\"\u0301,=zqx", "<\u0301b>"]
# What fields hold beside the one that is tried; passwords differ, so that no pick-up and no change of them comes about.
GOOD = {
    "product": "personal-10", "term": "oneYear", "confirmsInformation": "yes", "use": "access", "country": "JP",
    "organisation": office["organisation"], "signature": "sha256RSA", "payment": "transferAfter",
    "acknowledgesYear": "yes", "acceptsTerms": "yes", "commonName": "山田 太郎", "mail": "taro@example.com",
    "password": "Kanri2026x", "passwordAgain": "Chigau2026", "name": "nobody", "surname": "佐藤", "givenName": "次郎",
    "pickUpPassword": office["pickUpPassword"], "keyOption": "csr", "telephone": "03-1234-5678",
    "bank": "銀行", "testAddress": "taro@example.com", "request": "no request", "address": "東京都港区1-1",
    "profile": office["profile"], "licence": office["licence"], "domainUse": "plain", "method": "mail",
    "approver": "admin",
}
OWN = {"/orders/new": {"passwordAgain": "Kanri2026x"}, "/domains/new": {"name": "example.org"},
       "/profiles/new": {"name": ""}}
TAGS = set("""html head meta title link script body a header span form input button div nav section h1 h2 ul li main p pre
details summary ol dl dt dd table caption thead tr th tbody td label fieldset legend textarea select option output""".split())
ATTRIBUTES = set("""lang charset name content rel href type src class hreflang method action value aria-label aria-current
id tabindex role aria-describedby aria-invalid for checked disabled autocomplete placeholder maxlength aria-required rows
selected enctype novalidate download scope hidden autofocus open""".split())
HEADERS = set("""content-type content-length cache-control location set-cookie content-security-policy date server
strict-transport-security x-content-type-options referrer-policy cross-origin-opener-policy permissions-policy
content-disposition connection transfer-encoding""".split())
wrong = []
lock = threading.Lock()
count = dict.fromkeys(
    ("fields", "posts", "queries", "parts", "names", "pages", "rows", "wire", "files", "foreign"), 0)


def complain(what, *words):
    with lock:
        wrong.append(" ".join([what, *(str(word)[:300] for word in words)]))


class Page(HTMLParser):
    """The forms and links of a page, and whatever in it is no part of the office's own pages."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.forms, self.links, self.odd = [], [], []
        self.select = self.area = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag not in TAGS:
            self.odd.append(f"<{tag}>")
        for name, value in attributes:
            if name not in ATTRIBUTES and not re.fullmatch(r"data-[a-z-]+", name):
                self.odd.append(f"<{tag} {name}>")
            if name in ("href", "src", "action") and not self.is_ours(value or ""):
                self.odd.append(f"<{tag} {name}={value}>")
        if tag == "script" and not values.get("src", "").startswith("/static/"):
            self.odd.append("a script within the page")
        if tag == "a":
            self.links.append(values.get("href", ""))
        if tag == "form":
            self.forms.append({"action": values.get("action", ""), "method": values.get("method"), "fields": [], "buttons": []})
        if self.forms and tag == "button" and values.get("name"):
            self.forms[-1]["buttons"].append((values["name"], values.get("value", "")))
        if self.forms and tag == "input" and values.get("name"):
            self.field(values["name"], values.get("type", "text"), values.get("value", ""), "checked" in values)
        if self.forms and tag == "select":
            self.select = values.get("name", "")
        if tag == "option" and self.select is not None:
            self.field(self.select, "select", values.get("value", ""), "selected" in values)
        if self.forms and tag == "textarea":
            self.area = [values.get("name", ""), ""]

    def handle_endtag(self, tag):
        if tag == "select":
            self.select = None
        if tag == "textarea" and self.area:
            self.field(self.area[0], "textarea", self.area[1].removeprefix("\n"), False)
            self.area = None

    def handle_data(self, data):
        if self.area:
            self.area[1] += data

    def field(self, name, kind, value, chosen):
        self.forms[-1]["fields"].append((name, kind, value, chosen))

    @staticmethod
    def is_ours(address):
        if address.startswith("/"):
            return not address.startswith(("//", "/\\"))
        return address.startswith(("#", "data:,", "data:application/x-pkcs12;base64,")) or any(
            address == own or address.startswith((own + "/", own + "?")) for own in office["addresses"])


class Visitor:
    """Somebody with cookies; a connection for each thread."""

    def __init__(self, base, certificate=None):
        self.base = urlsplit(base)
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        if certificate:
            self.context.load_cert_chain(certificate)
        self.cookies, self.csrf, self.own = {}, "", threading.local()

    def ask(self, method, path, values=None, headers=None):
        headers = dict(headers or {})
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = None
        if values is not None:
            body = urlencode(values)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        for last in (False, True):
            connection = getattr(self.own, "connection", None)
            if connection is None:
                connection = self.own.connection = http.client.HTTPSConnection(
                    self.base.hostname, self.base.port, context=self.context, timeout=30)
            try:
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                content = answer.read()
                break
            except (http.client.HTTPException, OSError) as error:
                connection.close()
                self.own.connection = None
                if last:
                    complain("no answer", method, path[:200], error)
                    return 0, [], b""
        return answer.status, answer.getheaders(), content

    def look(self, method, path, values=None, what="", headers=None):
        """Asks, and judges what came; answers status and page."""
        status, fields, content = self.ask(method, path, values, headers)
        what = f"{method} {path[:120]} {what}:"
        if status in (400, 431) and not content:
            # Refused before anything of the request was looked at: more headers, or a longer address, than is read.
            return status, None, content
        judge_head(what, path, status, fields)
        kind = dict((name.lower(), value) for name, value in fields).get("content-type", "")
        if not kind.startswith("text/html"):
            return status, None, content
        page = Page(content.decode())
        for odd in page.odd:
            complain(what, odd)
        return status, page, content

    def log_in(self, page, user):
        status, fields, _ = self.ask("POST", page, {"user": user, "password": office["password"]})
        if status != 303:
            sys.exit(f"{user} cannot log in: {status}")
        for name, value in fields:
            if name.lower() == "set-cookie":
                key, secret = value.split(";")[0].split("=")
                self.cookies[key] = secret


def judge_head(what, path, status, fields):
    if status >= 500 and status != 503 or status == 0:
        complain(what, status)
    head = {}
    for name, value in fields:
        name = name.lower()
        if name not in HEADERS:
            complain(what, "header", name)
        if name in head and name != "set-cookie":
            complain(what, "header twice", name)
        head[name] = value
        if name == "set-cookie":
            flags = {part.strip().lower() for part in value.split(";")[1:]}
            if not {"secure", "httponly", "path=/"} <= flags or not flags & {"samesite=lax", "samesite=strict"}:
                complain(what, "cookie", value)
    policy = dict((part.strip().split(" ", 1) + [""])[:2] for part in head.get("content-security-policy", "").split(";"))
    if policy.get("default-src") != "'none'" or policy.get("frame-ancestors") != "'none'" or policy.get("base-uri") != "'none'":
        complain(what, "policy", policy)
    if policy.get("script-src") != "'self'" or policy.get("style-src") != "'self'" or policy.get("form-action") != "'self'":
        complain(what, "policy", policy)
    age = re.match(r"max-age=(\d+)", head.get("strict-transport-security", ""))
    if not age or int(age.group(1)) < 31536000:
        complain(what, "no strict transport security")
    if head.get("x-content-type-options") != "nosniff" or head.get("referrer-policy") != "no-referrer":
        complain(what, "nosniff or referrer policy is missing")
    if not path.startswith("/static/") and head.get("cache-control") != "no-store":
        complain(what, "may be kept:", head.get("cache-control"))
    if "location" in head and not Page.is_ours(head["location"]):
        complain(what, "leads to", head["location"])


def filled(form, path):
    """The form as somebody sends it who fills everything in."""
    values = {}
    for name, kind, value, chosen in form["fields"]:
        own = OWN.get(path, {}).get(name, GOOD.get(name))
        if kind in ("radio", "select"):
            if own is not None and own == value or chosen and own is None:
                values[name] = value
            elif value:
                values.setdefault(name, value)
        elif kind == "checkbox":
            values[name] = value
        else:
            values[name] = own if own is not None and kind != "hidden" else value
    if form["buttons"]:
        name, value = form["buttons"][0]
        values[name] = value
    return values


def fill_in(path):
    """The address of a page of the list, with a real record in its changing parts."""
    family = max((key for key in office["records"] if path.startswith(key)), key=len, default=None)
    parts = iter(office["records"][family].split("/")) if family else iter(())
    return "/".join(next(parts, "none") if part.startswith("{") else part for part in path.split("/"))


people = {}
for server in ("console", "area"):
    for person in ("administrator", "operator", "nobody"):
        people[server, person] = Visitor(office[server], office["certificate"] if server == "area" else None)
people["console", "administrator"].log_in("/log-in", office["administrator"])
people["console", "operator"].log_in("/operator/log-in", "operator")
people["area", "administrator"].cookies = people["console", "administrator"].cookies
listed = [line.split() for line in office["pages"]]


def person_for(server, kind, path):
    return people[server, {"operators": "operator", "everybody": "nobody"}.get(kind, "administrator")]


def forms():
    """Each form that the listed pages have, and those that sending them filled in leads to."""
    found, seen = [], set()
    for server, method, path, kind, _ in listed:
        if method != "GET":
            continue
        person, address = person_for(server, kind, path), fill_in(path)
        if path in office["queries"]:
            address += "?" + office["queries"][path]
        _, page, _ = person.look("GET", address)
        todo = [(form, 0) for form in (page.forms if page else [])]
        while todo:
            form, depth = todo.pop(0)
            action = urlsplit(form["action"]).path
            names = tuple(sorted({field[0] for field in form["fields"]}))
            if (server, action, names) in seen or action.endswith("/log-out"):
                continue
            seen.add((server, action, names))
            values = filled(form, action)
            found.append((server, person, action, form["method"], values, sorted({name for name in values})))
            leads = action in office["flows"] or "/pick-up/" in action
            if form["method"] == "post" and leads and depth < 9:
                _, page, _ = person.look("POST", action, values)
                todo += [(next_form, depth + 1) for next_form in (page.forms if page else [])]
    return found


def dribble():
    """A request that never comes to its end has to be cut off."""
    with socket.create_connection((people["console", "nobody"].base.hostname, people["console", "nobody"].base.port)) as plain:
        with people["console", "nobody"].context.wrap_socket(plain) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
            connection.settimeout(1)
            begin = time.monotonic()
            while time.monotonic() - begin < 45:
                try:
                    connection.sendall(b"x")
                    if connection.recv(1) == b"":
                        break
                except TimeoutError:
                    continue
                except OSError:
                    break
            else:
                complain("a request that dribbles was kept for 45 seconds")
            count["wire"] += 1


def wire(name, data, statuses):
    """Bytes that no browser sends: refused with one of the statuses, or cut off (0); never two answers."""
    visitor = people["console", "nobody"]
    with socket.create_connection((visitor.base.hostname, visitor.base.port)) as plain:
        with visitor.context.wrap_socket(plain) as connection:
            connection.settimeout(3)
            answer = b""
            try:
                connection.sendall(data)
                while chunk := connection.recv(65536):
                    answer += chunk
            except OSError:
                pass
    heads = re.findall(rb"HTTP/1\.1 (\d{3})", answer)
    status = int(heads[0]) if heads else 0
    if status not in statuses or len(heads) > 1 or b"evil.example" in answer:
        complain("wire", name, heads, answer[:200])
    count["wire"] += 1


def wires():
    def request(line, *headers, body=b""):
        return "\r\n".join([line, *headers, "Connection: close", "", ""]).encode() + body
    host = "Host: localhost"
    wire("both lengths", request("POST /log-in HTTP/1.1", host, "Content-Length: 4", "Transfer-Encoding: chunked",
                                 body=b"0\r\n\r\nGET /guide HTTP/1.1\r\nHost: localhost\r\n\r\n"), {0, 400})
    wire("two lengths", request("POST /log-in HTTP/1.1", host, "Content-Length: 0", "Content-Length: 38",
                                body=b"GET /guide HTTP/1.1\r\nHost: localhost\r\n\r\n"), {0, 400})
    wire("a length with a sign", request("POST /log-in HTTP/1.1", host, "Content-Length: +4", body=b"a=bc"), {0, 400})
    wire("an unknown coding", request("POST /log-in HTTP/1.1", host, "Transfer-Encoding: xchunked", body=b"4\r\na=bc\r\n0\r\n\r\n"), {0, 400, 501})
    wire("a blank before the colon", request("POST /log-in HTTP/1.1", host, "Content-Length : 4", body=b"a=bc"), {0, 400})
    wire("a folded header", request("GET /log-in HTTP/1.1", host, "X-A: b\r\n c: d"), {0, 200, 400})
    wire("a long header", request("GET /log-in HTTP/1.1", host, "X-A: " + "x" * 40_000), {0, 400, 431})
    wire("many headers", request("GET /log-in HTTP/1.1", host, *[f"X-{n}: x" for n in range(2000)]), {0, 400, 431})
    wire("a long address", request("GET /log-in?x=" + "x" * 100_000 + " HTTP/1.1", host), {0, 400, 414, 431})
    wire("no HTTP", b"\x16\x03\x01zqx\r\n\r\n", {0, 400})
    for line in ("GET / HTTP/1.1", "GET /log-in HTTP/1.1", "GET //log-in HTTP/1.1", "POST /log-in HTTP/1.1",
                 "GET https://evil.example/log-in HTTP/1.1", "GET //evil.example/ HTTP/1.1"):
        for name in ("Host", "X-Forwarded-Host", "X-Forwarded-For", "X-Original-URL", "Forwarded"):
            first = [] if name == "Host" else [host]
            wire(line, request(line, *first, f"{name}: evil.example"), {200, 303, 400, 403, 404, 405, 422, 503})
    for method in ("TRACE", "PUT", "DELETE", "CONNECT", "OPTIONS"):
        wire(method, request(f"{method} /log-in HTTP/1.1", host), {0, 400, 404, 405, 501})
    nobody = people["console", "nobody"]
    status, _, _ = nobody.look("POST", "/log-in", {"user": "x" * 300_000, "password": "x"}, "a long body")
    if status != 413:
        complain("a body of 300,000 octets is answered", status)
    for path in ("//log-in", "///guide?lang=en", "/log-in?lang=%ff", "/pick-up/%ff%fe", "/nothing", "/static/../x",
                 "/static/%2e%2e/Templates/page.mustache"):
        nobody.look("GET", path)
    nobody.look("POST", "/log-in?lang=en", [("user", "zqx")] * 5000, "many fields")
    count["wire"] += 9


def tell_hostile(found):
    jobs = []
    for server, person, action, method, values, names in found:
        for name in names:
            count["fields"] += 1
            for kind, payload in PAYLOADS.items():
                # Each is a form of its own, not the former one sent again.
                sent = {**values, **({"form": ""} if "form" in values else {}), name: payload}
                if method == "get":
                    jobs.append((person, "GET", f"{action}?{urlencode(sent)}", None, f"{name} {kind}"))
                    count["queries"] += 1
                else:
                    jobs.append((person, "POST", action, sent, f"{name} {kind}"))
                    count["posts"] += 1
        if method == "post":
            for head in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
                status, _, _ = person.look("POST", action, values, "from elsewhere", head)
                count["foreign"] += 1
                if status != 403:
                    complain("from elsewhere", action, status)
    for server, method, path, kind, _ in listed:
        person, address = person_for(server, kind, path), fill_in(path)
        if method == "GET":
            for payload_kind, payload in PAYLOADS.items():
                query = urlencode({"lang": payload, "id": payload, "profile": payload, "offset": payload, "zqx": payload})
                jobs.append((person, "GET", f"{address}?{query}", None, f"query {payload_kind}"))
                count["queries"] += 1
        for payload_kind, payload in PAYLOADS.items():
            if "{" in path:
                hostile = re.sub(r"\{\w+\}", lambda _: quote(payload, safe=""), path)
                jobs.append((person, method, hostile, {"csrf": "zqx"} if method == "POST" else None, f"part {payload_kind}"))
                count["parts"] += 1
    with ThreadPoolExecutor(4) as threads:
        for _ in threads.map(lambda job: job[0].look(*job[1:]), jobs):
            pass


def order_hostile(found):
    """Names that are accepted, as orders, so that lists, mails and files carry them."""
    confirmation = max((form for form in found if form[2] == "/orders/new"), key=lambda form: len(form[5]))
    for name in NAMES:
        for field in ("commonName", "memo", "unit2"):
            sent = {**confirmation[4], field: name, "form": "", "go": "next"}
            status, page, content = confirmation[1].look("POST", "/orders/new", sent, f"order {field}")
            if status != 200 or not re.search(rb"MPS\d{14}<", content):
                complain("an order was not taken", field, name, status)
            count["names"] += 1


def read_everything():
    """Every page again, as everybody sees it now, in both languages, and what it links to."""
    seen = set()
    for server, method, path, kind, _ in listed:
        if method != "GET" or path == "/orders.csv":
            continue
        person, address = person_for(server, kind, path), fill_in(path)
        for language in ("ja", "en"):
            _, page, _ = person.look("GET", f"{address}?lang={language}&size=100")
            count["pages"] += 1
            for link in (page.links if page and language == "ja" else []):
                if re.match(r"/(orders|licences|profiles|domains|mails|users|operator/[a-z]+)/[^?]+$", link):
                    seen.add((server, person, link))
    for server, person, link in sorted(seen, key=lambda item: item[2])[:200]:
        person.look("GET", link)
        count["pages"] += 1


def read_table():
    status, _, content = people["area", "administrator"].look("GET", "/orders.csv")
    text = content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    for row in rows:
        if len(row) != 12:
            complain("a row of the table is cut", row)
    count["rows"] = len(rows)
    for delimiter in ",;\t":
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            for cell in row:
                if re.match("[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]", cell):
                    complain("a formula, cells divided by", repr(delimiter), cell)
    if "zqx" not in text:
        complain("the table has none of the hostile names")


def read_files():
    person = people["area", "administrator"]
    for order, password in office["files"].items():
        _, page, _ = person.look("GET", f"/orders/{order}")
        form = next((form for form in page.forms if form["action"] == f"/orders/{order}/file"), None)
        if not form:
            complain("no file to download", order)
            continue
        status, fields, content = person.ask("POST", form["action"], filled(form, form["action"]))
        judge_head("file", form["action"], status, fields)
        value = dict((name.lower(), value) for name, value in fields).get("content-disposition", "")
        if not re.fullmatch(r"attachment; filename=\"[A-Za-z0-9 _.@-]+\"; filename\*=UTF-8''[A-Za-z0-9%._~-]+", value):
            complain("a file's name", value)
        read = subprocess.run(["openssl", "pkcs12", "-nokeys", "-clcerts", "-passin", f"pass:{password}"],
                              input=content, capture_output=True)
        names = [line for line in read.stdout.decode().splitlines() if "friendlyName" in line]
        if read.returncode or len(names) > 1:
            complain("a PKCS#12 file", names, read.stderr)
        count["files"] += 1


slow = threading.Thread(target=dribble)
slow.start()
timings, begin = {}, time.monotonic()


def timed(name, act, *arguments):
    start = time.monotonic()
    result = act(*arguments)
    timings[name] = round(time.monotonic() - start, 1)
    return result


found = timed("forms", forms)
timed("names", order_hostile, found)
timed("matrix", tell_hostile, found)
timed("pages", read_everything)
timed("table", read_table)
timed("files", read_files)
timed("wire", wires)
slow.join()
actions = sorted({f"{server} {action}" for server, _, action, _, _, _ in found})
print(json.dumps({"count": count, "wrong": sorted(set(wrong)), "forms": actions, "seconds": timings}, ensure_ascii=False))
