"""An SMTP server on 127.0.0.1 that keeps what it gets: one JSON file a mail in the folder named.

Prints its port, then serves until its standard input ends. Options are a JSON object in the second argument:
cert, key: offers STARTTLS with them and demands it (with "implicit": speaks TLS from the first octet);
user, password: demands this log-in.
Recipients later@... are refused with 450, never@... with 550, senders nobody@... with 553; subjects that begin with
LATER or NEVER with 451 or 554 after the content.
"""

import asyncio
import base64
import json
import os
import ssl
import sys
import threading

from aiosmtpd.smtp import SMTP, AuthResult


class Keeper:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    async def handle_MAIL(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "553 5.1.8 unknown sender"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("later@"):
            return "450 4.2.1 mailbox busy"
        if address.startswith("never@"):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        content = envelope.original_content
        if b"\r\nSubject: LATER" in content:
            return "451 4.3.0 disk full"
        if b"\r\nSubject: NEVER" in content:
            return "554 5.7.1 not wanted"
        self.count += 1
        kept = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "helo": session.host_name,
            "tls": session.ssl is not None,
            "authenticated": bool(session.authenticated),
            "content": base64.b64encode(content).decode(),
        }
        part = os.path.join(self.folder, "part")
        with open(part, "w") as file:
            json.dump(kept, file)
        os.rename(part, os.path.join(self.folder, f"{self.count:04}.json"))
        return "250 2.0.0 kept"


async def serve(folder, options):
    keeper = Keeper(folder)
    context = None
    if "cert" in options:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options["cert"], options["key"])
    implicit = options.get("implicit", False)

    def authenticate(server, session, envelope, mechanism, data):
        right = data.login == options["user"].encode() and data.password == options["password"].encode()
        return AuthResult(success=right, handled=False)

    def protocol():
        settings = {"hostname": "mail.example.test", "loop": loop}
        if context and not implicit:
            settings |= {"tls_context": context, "require_starttls": True}
        if "user" in options:
            settings |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": not implicit}
        return SMTP(keeper, **settings)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=context if implicit else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()

    def wait_for_end():
        sys.stdin.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait_for_end, daemon=True).start()
    await ended.wait()
    server.close()


asyncio.run(serve(sys.argv[1], json.loads(sys.argv[2])))
