"""Reads mails as Python's email package does. Standard input: a JSON list of raw messages in base64. Standard output: a
JSON list of what each one says."""

import base64
import json
import sys
from email import message_from_bytes
from email.header import decode_header
from email.policy import default
from email.utils import getaddresses


def header(message, name):
    """By the older reader too, which knows nothing of the field's structure."""
    return decoded(message[name].replace("\r\n", ""))


def decoded(text):
    parts = decode_header(text)
    return "".join(part.decode(charset or "ascii") if isinstance(part, bytes) else part for part, charset in parts)


def mailboxes(message, name):
    # By the older reader: the newer one leaves blanks between the encoded words of a name (CPython issue 79728).
    pairs = getaddresses([message[name].replace("\r\n", "")]) if message[name] else []
    return [[decoded(text), address] for text, address in pairs]


def read(raw):
    modern = message_from_bytes(raw, policy=default)
    plain = message_from_bytes(raw)
    head = raw.split(b"\r\n\r\n")[0]
    return {
        "names": modern.keys(),
        "subject": header(plain, "Subject"),
        "from": mailboxes(plain, "From"),
        "to": mailboxes(plain, "To"),
        "cc": mailboxes(plain, "Cc"),
        "replyTo": mailboxes(plain, "Reply-To"),
        "date": modern["Date"].datetime.isoformat() if modern["Date"] else None,
        # Text lines end in CRLF on the wire.
        "body": modern.get_content().replace("\r\n", "\n"),
        "charset": modern.get_content_charset(),
        "transfer": modern["Content-Transfer-Encoding"],
        "longest": max(len(line) for line in raw.split(b"\r\n")),
        "longestEncoded": max((len(line) for line in head.split(b"\r\n") if b"=?" in line), default=0),
        "defects": [str(defect) for defect in modern.defects]
        + [f"{name}: {defect}" for name, value in modern.items() for defect in getattr(value, "defects", [])],
    }


json.dump([read(base64.b64decode(text)) for text in json.load(sys.stdin)], sys.stdout)
