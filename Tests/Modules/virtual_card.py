#!/usr/bin/env python3
"""A smart card without the plastic, for the tests: it joins the reader that vsmartcard's vpcd makes for pcscd, and
speaks what OpenSC's isoApplet driver expects of a card (ISO 7816-4, -8, -9: files with security attributes, a user PIN
and its PUK, RSA-2048 keys that are made on the card, PKCS #1 signatures).

    virtual_card.py --port PORT --state FILE [--sign-seconds S] [--pin-per-signature]

The state is kept in FILE, so that a card whose process was killed (pulled out) is the same card when it comes back.
It is no model of a secure card: the keys lie in FILE.
"""
import argparse
import json
import os
import socket
import struct
import sys
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

APPLICATION = bytes.fromhex("F276A288BCFBA69D34F31001")
# What SELECT answers for the application: interface 0.6, extended APDUs (1), a random source (4 would be EC keys).
INTERFACE = bytes([0, 6, 0x01])
MASTER_FILE = 0x3F00
USER_PIN, PUK = 1, 2
TRIES = 3

ALWAYS, NEVER, WITH_PIN = 0x00, 0xFF, 0x90
# Bits of the access mode byte (ISO 7816-4, table 17), from the first condition byte to the last.
DELETE, TERMINATE, ACTIVATE, DEACTIVATE, CREATE_FOLDER, CREATE_FILE, LAST = range(7)
UPDATE, READ = CREATE_FILE, LAST


class Refusal(Exception):
    """A status word other than 9000."""

    def __init__(self, status):
        super().__init__(f"{status:04X}")
        self.status = status


SECURITY, BLOCKED, WRONG_STATE = Refusal(0x6982), Refusal(0x6983), Refusal(0x6986)
WRONG_LENGTH, WRONG_DATA, NO_FILE, NO_ROOM = Refusal(0x6700), Refusal(0x6A80), Refusal(0x6A82), Refusal(0x6A84)
WRONG_P1P2, NO_REFERENCE, EXISTS, NOT_SUPPORTED = Refusal(0x6A86), Refusal(0x6A88), Refusal(0x6A89), Refusal(0x6A81)
BAD_OFFSET, UNKNOWN_INSTRUCTION = Refusal(0x6B00), Refusal(0x6D00)


def encode(tag, content):
    size = len(content)
    if size < 0x80:
        length = bytes([size])
    else:
        octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
        length = bytes([0x80 | len(octets)]) + octets
    return tag.to_bytes(2 if tag > 0xFF else 1, "big") + length + content


def decode(data):
    """BER-TLV objects as a dictionary; a later one of the same tag wins."""
    objects, at = {}, 0
    try:
        while at < len(data):
            tag = data[at]
            at += 1
            if tag & 0x1F == 0x1F:
                tag = tag << 8 | data[at]
                at += 1
            size = data[at]
            at += 1
            if size & 0x80:
                octets = size & 0x7F
                size = int.from_bytes(data[at : at + octets], "big")
                at += octets
            if at + size > len(data):
                raise WRONG_DATA
            objects[tag] = bytes(data[at : at + size])
            at += size
    except IndexError:
        raise WRONG_DATA from None
    return objects


class Node:
    """A file, or a folder ("dedicated file") with others in it."""

    def __init__(self, identifier, is_folder, attributes=b"", name=b"", content=b"", children=()):
        self.identifier, self.is_folder = identifier, is_folder
        self.attributes, self.name = attributes, name
        self.content = bytearray(content)
        self.children = {child.identifier: child for child in children}
        self.parent = None
        for child in self.children.values():
            child.parent = self

    def condition(self, operation):
        if not self.attributes:
            return ALWAYS
        mode, at = self.attributes[0], 1
        for place in range(7):
            if mode & (0x40 >> place):
                if place == operation:
                    return self.attributes[at] if at < len(self.attributes) else NEVER
                at += 1
        return NEVER

    def add(self, child):
        if child.identifier in self.children:
            raise EXISTS
        self.children[child.identifier] = child
        child.parent = self

    def control_information(self):
        fields = encode(0x82, b"\x38" if self.is_folder else b"\x01")
        fields += encode(0x83, self.identifier.to_bytes(2, "big"))
        if not self.is_folder:
            fields = encode(0x80, len(self.content).to_bytes(2, "big")) + fields
        if self.name:
            fields += encode(0x84, self.name)
        if self.attributes:
            fields += encode(0x86, self.attributes)
        return encode(0x6F, fields + encode(0x8A, b"\x05"))

    def named(self, name):
        if self.name and self.name.startswith(name):
            return self
        for child in self.children.values():
            found = child.named(name)
            if found:
                return found
        return None

    def saved(self):
        return {
            "identifier": self.identifier,
            "is_folder": self.is_folder,
            "attributes": self.attributes.hex(),
            "name": self.name.hex(),
            "content": self.content.hex(),
            "children": [child.saved() for child in self.children.values()],
        }

    @classmethod
    def restored(cls, saved):
        return cls(
            saved["identifier"],
            saved["is_folder"],
            bytes.fromhex(saved["attributes"]),
            bytes.fromhex(saved["name"]),
            bytes.fromhex(saved["content"]),
            [cls.restored(child) for child in saved["children"]],
        )


class Card:
    def __init__(self, state, sign_seconds=0.0, pin_per_signature=False):
        self.state, self.sign_seconds, self.pin_per_signature = state, sign_seconds, pin_per_signature
        self.root, self.pins, self.tries, self.keys = Node(MASTER_FILE, True), {}, {}, {}
        if os.path.exists(state):
            self.restore()
        self.reset()

    def reset(self):
        """What power-off forgets."""
        self.selected = self.folder = self.root
        self.is_verified = False
        self.algorithm = self.key_reference = None
        self.chained, self.pending = b"", b""

    # What is kept

    def restore(self):
        with open(self.state, encoding="ascii") as file:
            saved = json.load(file)
        self.root = Node.restored(saved["root"])
        self.pins = {int(reference): bytes.fromhex(pin) for reference, pin in saved["pins"].items()}
        self.tries = {int(reference): left for reference, left in saved["tries"].items()}
        self.keys = {
            int(reference): serialization.load_der_private_key(bytes.fromhex(key), None)
            for reference, key in saved["keys"].items()
        }

    def save(self):
        form = (serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        saved = {
            "root": self.root.saved(),
            "pins": {reference: pin.hex() for reference, pin in self.pins.items()},
            "tries": self.tries,
            "keys": {reference: key.private_bytes(*form).hex() for reference, key in self.keys.items()},
        }
        with open(self.state + ".new", "w", encoding="ascii") as file:
            json.dump(saved, file)
        os.replace(self.state + ".new", self.state)

    # Commands in, answers out

    def answer(self, command):
        if len(command) < 4:
            return b"\x67\x00"
        data, expected = self.body(command[4:])
        try:
            if command[1] == 0xC0:
                response, self.pending = self.pending, b""
            elif command[0] & 0x10:
                self.chained += data
                response = b""
            else:
                data, self.chained = self.chained + data, b""
                response = self.perform(command[1], command[2], command[3], data, expected)
        except Refusal as refusal:
            self.chained = b""
            return refusal.status.to_bytes(2, "big")
        room = expected or 256
        if len(response) > room:
            self.pending = response[room:]
            return response[:room] + bytes([0x61, min(len(self.pending), 0xFF)])
        return response + b"\x90\x00"

    @staticmethod
    def body(rest):
        """Data and expected length, in the short and in the extended form."""
        if not rest:
            return b"", 0
        if len(rest) == 1:
            return b"", rest[0] or 256
        if rest[0]:
            data, tail = rest[1 : 1 + rest[0]], rest[1 + rest[0] :]
            return data, (tail[0] or 256) if tail else 0
        if len(rest) == 3:
            return b"", int.from_bytes(rest[1:], "big") or 65536
        size = int.from_bytes(rest[1:3], "big")
        data, tail = rest[3 : 3 + size], rest[3 + size :]
        return data, (int.from_bytes(tail[-2:], "big") or 65536) if len(tail) >= 2 else 0

    def perform(self, instruction, p1, p2, data, expected):
        commands = {
            0x20: self.verify,
            0x22: self.manage_environment,
            0x24: self.change_pin,
            0x2A: self.security_operation,
            0x2C: self.unblock_pin,
            0x46: self.generate_key,
            0x84: self.challenge,
            0xA4: self.select,
            0xB0: self.read,
            0xD6: self.update,
            0xE0: self.create,
            0xE4: self.delete,
        }
        if instruction not in commands:
            raise UNKNOWN_INSTRUCTION
        return commands[instruction](p1, p2, data, expected) or b""

    def allow(self, node, operation):
        condition = node.condition(operation)
        if condition == NEVER or (condition == WITH_PIN and not self.is_verified):
            raise SECURITY

    # Files

    def select(self, p1, p2, data, _):
        if p1 == 4:
            if data == APPLICATION:
                self.selected = self.folder = self.root
                return INTERFACE
            node = self.root.named(data)
        elif p1 in (8, 9):
            node = self.root if p1 == 8 else self.folder
            for at in range(0, len(data), 2):
                step = int.from_bytes(data[at : at + 2], "big")
                if not (p1 == 8 and at == 0 and step == MASTER_FILE):
                    node = node and node.children.get(step)
        elif p1 == 3:
            node = self.folder.parent
        elif p1 in (0, 1, 2):
            node = self.nearby(int.from_bytes(data, "big") if data else MASTER_FILE)
        else:
            raise WRONG_P1P2
        if node is None:
            raise NO_FILE
        self.selected = node
        self.folder = node if node.is_folder else node.parent
        return b"" if p2 & 0x0C == 0x0C else node.control_information()

    def nearby(self, identifier):
        """The root, this folder, what is in it, or what is beside it."""
        if identifier == MASTER_FILE:
            return self.root
        if identifier == self.folder.identifier:
            return self.folder
        beside = self.folder.parent.children if self.folder.parent else {}
        return self.folder.children.get(identifier) or beside.get(identifier)

    def create(self, p1, p2, data, _):
        outer = decode(data)
        fields = decode(outer.get(0x6F) or outer.get(0x62) or b"")
        if 0x83 not in fields:
            raise WRONG_DATA
        identifier = int.from_bytes(fields[0x83], "big")
        if identifier == MASTER_FILE:
            return
        is_folder = fields.get(0x82, b"\x01")[0] & 0x38 == 0x38
        # Before the card has a PIN it is being made, and belongs to whoever holds it.
        if self.pins:
            self.allow(self.folder, CREATE_FOLDER if is_folder else CREATE_FILE)
        size = int.from_bytes(fields.get(0x80) or fields.get(0x81) or b"", "big")
        node = Node(identifier, is_folder, fields.get(0x86, b""), fields.get(0x84, b""), bytes(0 if is_folder else size))
        self.folder.add(node)
        self.selected = node
        if is_folder:
            self.folder = node
        self.save()

    def delete(self, p1, p2, data, _):
        node = self.folder.children.get(int.from_bytes(data, "big")) if data else self.selected
        if node is None or node.parent is None:
            raise NO_FILE
        self.allow(node, DELETE)
        del node.parent.children[node.identifier]
        self.selected = self.folder = node.parent
        self.save()

    def file(self, operation):
        if self.selected.is_folder:
            raise WRONG_STATE
        self.allow(self.selected, operation)
        return self.selected.content

    def read(self, p1, p2, data, expected):
        content, offset = self.file(READ), (p1 & 0x7F) << 8 | p2
        if offset > len(content):
            raise BAD_OFFSET
        return bytes(content[offset : offset + (expected or 256)])

    def update(self, p1, p2, data, _):
        content, offset = self.file(UPDATE), (p1 & 0x7F) << 8 | p2
        if offset + len(data) > len(content):
            raise NO_ROOM
        content[offset : offset + len(data)] = data
        self.save()

    # PINs: references 1 (user) and 2 (its PUK), padded with zero octets

    def verify(self, p1, p2, data, _):
        if p2 not in self.pins:
            raise NO_REFERENCE
        if not data:
            if self.is_verified and p2 == USER_PIN:
                return
            raise Refusal(0x63C0 | self.tries[p2])
        self.check(p2, data)
        self.is_verified = True

    def check(self, reference, data):
        if not self.tries[reference]:
            raise BLOCKED
        if data.rstrip(b"\0") == self.pins[reference]:
            self.tries[reference] = TRIES
            return
        self.is_verified = False
        self.tries[reference] -= 1
        self.save()
        raise Refusal(0x63C0 | self.tries[reference]) if self.tries[reference] else BLOCKED

    def change_pin(self, p1, p2, data, _):
        if p2 in self.pins:
            # Old and new are padded alike.
            self.check(p2, data[: len(data) // 2])
            data = data[len(data) // 2 :]
        if not data.rstrip(b"\0"):
            raise WRONG_DATA
        self.pins[p2], self.tries[p2] = data.rstrip(b"\0"), TRIES
        self.is_verified = self.is_verified or p2 == USER_PIN
        self.save()

    def unblock_pin(self, p1, p2, data, _):
        if PUK not in self.pins:
            raise NO_REFERENCE
        self.check(PUK, data[: len(data) // 2])
        self.pins[USER_PIN], self.tries[USER_PIN] = data[len(data) // 2 :].rstrip(b"\0"), TRIES
        self.save()

    # Keys

    def manage_environment(self, p1, p2, data, _):
        fields = decode(data)
        self.algorithm = fields.get(0x80, b"\0")[0]
        self.key_reference = fields.get(0x84, b"\0")[0]

    def generate_key(self, p1, p2, data, _):
        if not self.is_verified:
            raise SECURITY
        # F3 means RSA-2048 in this driver's language.
        if self.algorithm != 0xF3:
            raise NOT_SUPPORTED
        key = rsa.generate_private_key(65537, 2048)
        self.keys[self.key_reference] = key
        self.save()
        numbers = key.public_key().public_numbers()
        return encode(0x7F49, encode(0x81, numbers.n.to_bytes(256, "big")) + encode(0x82, b"\x01\x00\x01"))

    def security_operation(self, p1, p2, data, _):
        if (p1, p2) != (0x9E, 0x9A):
            raise WRONG_P1P2
        if not self.is_verified:
            raise SECURITY
        key = self.keys.get(self.key_reference)
        if key is None:
            raise NO_REFERENCE
        # PKCS #1 block type 1; at least eight octets of padding.
        if len(data) > 256 - 11:
            raise WRONG_LENGTH
        time.sleep(self.sign_seconds)
        if self.pin_per_signature:
            self.is_verified = False
        block = b"\x00\x01" + b"\xff" * (253 - len(data)) + b"\x00" + data
        numbers = key.private_numbers()
        signature = pow(int.from_bytes(block, "big"), numbers.d, numbers.public_numbers.n)
        return signature.to_bytes(256, "big")

    def challenge(self, p1, p2, data, expected):
        return os.urandom(expected or 8)


class Reader:
    """vpcd's protocol: each message has a length of two octets; one octet alone is a signal of the reader."""

    OFF, ON, RESET, ASK_ATR = 0, 1, 2, 4

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.settimeout(None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def exactly(self, count):
        octets = b""
        while len(octets) < count:
            # The reader writes length and message apart; a delayed acknowledgement would cost 40 ms a command.
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            part = self.socket.recv(count - len(octets))
            if not part:
                sys.exit(0)
            octets += part
        return octets

    def serve(self, card):
        while True:
            message = self.exactly(struct.unpack("!H", self.exactly(2))[0])
            if len(message) != 1:
                self.send(card.answer(message))
            elif message[0] == self.ASK_ATR:
                self.send(answer_to_reset())
            elif message[0] in (self.OFF, self.ON, self.RESET):
                card.reset()

    def send(self, message):
        self.socket.sendall(struct.pack("!H", len(message)) + message)


def answer_to_reset():
    """Direct convention, T=1, eight historical bytes, check byte (ISO 7816-3)."""
    octets = b"\x3b\x88\x80\x01" + b"INKANTST"
    check = 0
    for octet in octets[1:]:
        check ^= octet
    return octets + bytes([check])


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--state", required=True)
    options.add_argument("--sign-seconds", type=float, default=0.0)
    options.add_argument("--pin-per-signature", action="store_true")
    given = options.parse_args()
    Reader(given.port).serve(Card(given.state, given.sign_seconds, given.pin_per_signature))


if __name__ == "__main__":
    main()
