"""A site with the one page that pickup-key.js is for, as the office serves it: the same security policy, the same
contract. It notes everything that it is sent, and can be told to answer badly."""

import html
import http.server
import json
import pathlib
import threading
import urllib.parse

STATIC = pathlib.Path(__file__).resolve().parents[3] / "Sources" / "OfficeWeb" / "Static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
TEXTS = {
    "making": "鍵を作成しています。",
    "sending": "証明書を申請しています。",
    "packing": "ファイルを作成しています。",
    "done": "完了しました。パスワードを保管してください。",
    "download": "ファイルを保存",
    "again": "もう一度試す",
    "password-weak": "半角英字と数字を混ぜて、12文字以上117文字以下で入力してください。",
    "password-differs": "確認用のパスワードが一致しません。",
    "lost": "応答がありませんでした。もう一度お試しください。",
    "refused": "受け付けられませんでした。",
    "wrong-certificate": "この鍵の証明書ではありません。",
    "unsupported": "このブラウザーでは鍵を作成できません。",
}
FIELDS = """
<div class="field">
  <label for="password">パスワード</label>
  <p class="hint" id="password-hint">半角英数字、12文字以上</p>
  <input id="password" name="password" type="password" autocomplete="new-password" aria-describedby="password-hint">
</div>
<div class="field">
  <label for="passwordAgain">パスワード(確認)</label>
  <input id="passwordAgain" name="passwordAgain" type="password" autocomplete="new-password">
</div>
<p><button type="button" class="quiet" data-generate="#password" data-repeat="#passwordAgain" hidden>パスワードを作る</button></p>
"""


def page(kind, name, generated):
    texts = " ".join(f'data-text-{key}="{html.escape(text)}"' for key, text in TEXTS.items())
    return f"""<!doctype html>
<html lang="ja">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>証明書の受け取り</title>
<link rel="stylesheet" href="/static/inkan.css">
<script type="module" src="/static/pickup-key.js"></script>
<script type="module" src="/static/forms.js"></script>
</head>
<body><main id="main"><h1>証明書の受け取り</h1>
<form data-pickup-key method="post" action="/pickup" data-key-algorithm="{kind}" data-common-name="{html.escape(name)}"
  {'data-password="generated"' if generated else ""} {texts}>
<input type="hidden" name="csrf" value="token-of-the-session"><input type="hidden" name="link" value="a&amp;b ç">
{"" if generated else FIELDS}
<p class="actions"><button class="primary" disabled>鍵を作成して受け取る</button></p>
</form></main></body></html>"""


class PickUpSite:
    """`faults` says what to do with the next posts (see `answer`); after them it certifies."""

    def __init__(self, authority, kind="rsa-2048", name="山田 太郎", generated=False, faults=()):
        self.authority, self.faults = authority, list(faults)
        self.page = page(kind, name, generated)
        self.posts, self.certified, self.paths = [], {}, []
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                site.paths.append(self.path)
                file = STATIC / pathlib.PurePosixPath(self.path).name
                if self.path == "/":
                    self.answer(200, "text/html; charset=utf-8", site.page)
                elif self.path.startswith("/static/") and file.is_file():
                    self.answer(200, TYPES[file.suffix], file.read_text())
                else:
                    self.answer(204 if self.path == "/favicon.ico" else 404, "text/plain", "")

            def do_POST(self):
                site.paths.append(self.path)
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                site.posts.append(body)
                status, answer = site.answer(body)
                if status is None:
                    self.close_connection = True
                elif isinstance(answer, str):
                    self.answer(status, "text/html", answer)
                else:
                    self.answer(status, "application/json", json.dumps(answer))

            def answer(self, status, kind, text):
                body = text.encode()
                self.send_response(status)
                for name, value in {
                    "Content-Type": kind, "Content-Length": len(body), "Content-Security-Policy": POLICY,
                    "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
                }.items():  # fmt: skip
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(body)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://localhost:{self.server.server_port}/"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def answer(self, body):
        """Status and answer; no status means that the connection ends without one."""
        fault = self.faults.pop(0) if self.faults else None
        request = urllib.parse.parse_qs(body)["request"][0]
        if fault == "refuse":
            return 403, {"error": "受け取り期間を過ぎています。"}
        if fault == "reject":
            return 422, {"error": "この鍵は使えません。"}
        if fault == "break":
            return 503, "<p>busy</p>"
        if fault == "bare":
            return 400, "<p>no reason</p>"
        if request not in self.certified:
            self.certified[request] = self.authority.certify(request)
        certificate = self.certified[request]
        if fault == "lose":
            return None, None
        if fault == "foreign":
            certificate = self.authority.issuing
        if fault == "garbage":
            certificate = certificate.replace("M", "", 1)
        chain = [self.authority.issuing, self.authority.root]
        return 200, {"certificate": certificate, "chain": chain, "fileName": "yamada-2026.pfx"}
