"""Makes PKCS#10 requests that no honest tool makes: broken DER, broken keys, hostile names.

    hostile_requests.py FOLDER

Writes FOLDER/NAME.pem for each. The same keys come out on every run. Where a key allows a signature at all, the
request is signed properly, so that it is the key or the name that is refused and nothing else. Needs Python alone.
"""

import base64
import hashlib
import random
import sys
import textwrap

dice = random.Random("inkan hostile requests")


# --- DER


def tlv(tag, *content):
    content = b"".join(content)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def sequence(*content):
    return tlv(0x30, *content)


def integer(value):
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def bits(content, unused=0):
    return tlv(0x03, bytes([unused]), content)


def oid(text):
    first, second, *rest = map(int, text.split("."))
    octets = b""
    for arc in [first * 40 + second, *rest]:
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        octets += bytes(reversed(groups))
    return tlv(0x06, octets)


NULL = b"\x05\x00"
RSA = "1.2.840.113549.1.1.1"
SHA256_RSA = sequence(oid("1.2.840.113549.1.1.11"), NULL)
MD5_RSA = sequence(oid("1.2.840.113549.1.1.4"), NULL)
SHA256_ECDSA = sequence(oid("1.2.840.10045.4.3.2"))
ED25519 = sequence(oid("1.3.101.112"))


# --- Keys


def is_prime(number):
    if any(number % small == 0 for small in SMALL):
        return False
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in (2, 3, 5, 7, 11, 13):
        power = pow(base, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


SMALL = [n for n in range(2, 2000) if all(n % d for d in range(2, int(n**0.5) + 1))]


def next_prime(number):
    number |= 1
    while not is_prime(number):
        number += 2
    return number


def prime(size):
    """A prime whose two highest bits are set, so that two of them multiply to the full size."""
    return next_prime(dice.getrandbits(size) | 3 << size - 2)


class RSAKey:
    def __init__(self, p, q, e=65537, phi=None):
        self.n, self.e = p * q, e
        self.d = pow(e, -1, phi or (p - 1) * (q - 1))

    def spki(self):
        return rsa_spki(integer(self.n), integer(self.e))

    def sign(self, message):
        size = (self.n.bit_length() + 7) // 8
        info = sequence(sequence(oid("2.16.840.1.101.3.4.2.1"), NULL), tlv(0x04, hashlib.sha256(message).digest()))
        padded = b"\0\1" + b"\xff" * (size - 3 - len(info)) + b"\0" + info
        return pow(int.from_bytes(padded, "big"), self.d, self.n).to_bytes(size, "big")


def rsa_spki(modulus, exponent, algorithm=sequence(oid(RSA), NULL)):
    return sequence(algorithm, bits(sequence(modulus, exponent)))


def ec_spki(point, curve="1.2.840.10045.3.1.7"):
    return sequence(sequence(oid("1.2.840.10045.2.1"), oid(curve)), bits(point))


def roca_prime(size):
    """As the library of CVE-2017-15361 made them: k times a primorial plus a power of 65537."""
    primorial = 1
    for small in SMALL[:126]:
        primorial *= small
    while True:
        k = dice.getrandbits(size - primorial.bit_length()) | 3 << size - primorial.bit_length() - 2
        candidate = k * primorial + pow(65537, dice.getrandbits(60), primorial)
        if candidate.bit_length() == size and is_prime(candidate):
            return candidate


# --- Requests


def name(*attributes):
    """RDNs of one attribute each: (object identifier, tag, octets)."""
    return sequence(*(tlv(0x31, sequence(oid(kind), tlv(tag, value))) for kind, tag, value in attributes))


PLAIN = name(("2.5.4.3", 0x0C, b"ignored"))


def info(spki, subject=PLAIN, attributes=tlv(0xA0), version=integer(0)):
    return sequence(version, subject, spki, attributes)


def request(body, algorithm, signature):
    return sequence(body, algorithm, bits(signature))


def signed(key, **parts):
    body = info(key.spki(), **parts)
    return request(body, SHA256_RSA, key.sign(body))


def unsigned(spki, algorithm=SHA256_RSA, size=256):
    """For keys that cannot sign at all."""
    return request(info(spki), algorithm, b"\x01" * size)


def nested(depth):
    inner = b""
    for _ in range(depth):
        inner = sequence(inner)
    return inner


def broken_encodings(key):
    good = signed(key)
    body = info(key.spki())
    signature = key.sign(body)
    content = good[4:]
    yield "truncated", good[:-7]
    yield "truncated-to-two-octets", good[:2]
    yield "trailing-octets", good + b"\0\0"
    yield "two-in-one", good + good
    yield "indefinite-length", b"\x30\x80" + content + b"\0\0"
    yield "length-not-minimal", b"\x30\x83\x00" + good[2:4] + content
    yield "length-beyond-the-end", b"\x30\x84\x7f\xff\xff\xff" + content
    yield "no-sequence", b"\x31" + good[1:]
    yield "certificate-shaped", sequence(sequence(tlv(0xA0, integer(2)), body), SHA256_RSA, bits(signature))
    yield "version-two", signed(key, version=integer(1))
    yield "version-huge", signed(key, version=integer(1 << 4000))
    yield "attributes-missing", signed(key, attributes=b"")
    yield "attributes-malformed", signed(key, attributes=tlv(0xA0, b"\x30\x05\x06"))
    yield "subject-malformed", signed(key, subject=sequence(b"\x31\x7f"))
    yield "nested-to-death", signed(key, subject=nested(2000))
    yield "signature-missing", sequence(body, SHA256_RSA)
    yield "signature-empty", request(body, SHA256_RSA, b"")
    yield "signature-with-unused-bits", sequence(body, SHA256_RSA, bits(signature[:-1] + b"\0", unused=3))
    yield "signature-changed", request(body, SHA256_RSA, signature[:-1] + bytes([signature[-1] ^ 1]))
    yield "signature-too-long", request(body, SHA256_RSA, b"\0" + signature)
    yield "content-changed-after-signing", request(info(key.spki(), subject=sequence()), SHA256_RSA, signature)
    yield "signature-md5", request(body, MD5_RSA, signature)
    yield "signature-of-another-kind", request(body, SHA256_ECDSA, signature)
    yield "signature-algorithm-unknown", request(body, sequence(oid("1.2.3.4.5")), signature)
    yield "key-algorithm-unknown", unsigned(sequence(sequence(oid("1.2.3.4.5")), bits(b"\0" * 64)))
    yield "key-without-null", unsigned(rsa_spki(integer(key.n), integer(key.e), sequence(oid(RSA))))
    yield "key-for-pss-alone", unsigned(
        rsa_spki(integer(key.n), integer(key.e), sequence(oid("1.2.840.113549.1.1.10")))
    )
    yield "too-long", signed(key, attributes=tlv(0xA0, sequence(oid("1.2.3"), tlv(0x31, tlv(0x0C, b"x" * 17_000)))))
    yield "much-too-long", signed(key, attributes=tlv(0xA0, sequence(tlv(0x0C, b"x" * 1_000_000))))
    negative = tlv(0x02, key.n.to_bytes(256, "big"))
    yield "modulus-negative", unsigned(rsa_spki(negative, integer(key.e)))
    yield "modulus-padded", unsigned(rsa_spki(tlv(0x02, b"\0\0", key.n.to_bytes(256, "big")), integer(key.e)))
    yield "modulus-zero", unsigned(rsa_spki(integer(0), integer(key.e)))


def broken_keys():
    p, q = prime(1024), prime(1024)
    yield "rsa-exponent-1", signed(RSAKey(p, q, e=1))
    yield "rsa-exponent-even", unsigned(rsa_spki(integer(p * q), integer(65536)))
    yield "rsa-exponent-too-large", signed(RSAKey(p, q, e=(1 << 256) + 297))
    yield "rsa-exponent-as-long-as-the-modulus", unsigned(rsa_spki(integer(p * q), integer(p * q - 2)))
    yield "rsa-modulus-even", unsigned(rsa_spki(integer(p * q - 1), integer(65537)))
    yield "rsa-small-factor", signed(RSAKey(509, prime(2039)))
    close = next_prime(p + 2)
    yield "rsa-close-primes", signed(RSAKey(p, close))
    yield "rsa-square", signed(RSAKey(p, p, phi=p * (p - 1)))
    yield "rsa-roca", signed(RSAKey(roca_prime(1024), roca_prime(1024)))
    pattern = (dice.getrandbits(512) | 1 << 511) << 1536
    yield "rsa-repeated-octets", signed(RSAKey(p, next_prime(pattern // p)))
    yield "rsa-2047", signed(RSAKey(prime(1023), prime(1024)))
    yield "rsa-16384", unsigned(rsa_spki(integer(dice.getrandbits(16384) | 1 << 16383 | 1), integer(65537)), size=2048)
    x = 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296
    y = 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5
    x, y = x.to_bytes(32, "big"), y.to_bytes(32, "big")
    yield "ec-point-off-the-curve", unsigned(ec_spki(b"\4" + x + y[:-1] + b"\0"), SHA256_ECDSA, 70)
    yield "ec-point-compressed", unsigned(ec_spki(b"\3" + x), SHA256_ECDSA, 70)
    yield "ec-point-hybrid", unsigned(ec_spki(b"\7" + x + y), SHA256_ECDSA, 70)
    yield "ec-point-at-infinity", unsigned(ec_spki(b"\0"), SHA256_ECDSA, 70)
    yield "ec-point-of-another-curve", unsigned(ec_spki(b"\4" + x + y, "1.3.132.0.34"), SHA256_ECDSA, 70)
    yield "ec-coordinate-beyond-the-field", unsigned(ec_spki(b"\4" + b"\xff" * 64), SHA256_ECDSA, 70)
    identity = b"\1" + b"\0" * 31
    small = sequence(sequence(oid("1.3.101.112")), bits(identity))
    # Under a key of small order this verifies for every message.
    yield "ed25519-small-order", request(info(small), ED25519, identity + b"\0" * 32)
    yield "x25519", unsigned(sequence(sequence(oid("1.3.101.110")), bits(b"\x09" + b"\0" * 31)), ED25519, 64)


def hostile_names(key):
    """Proper requests by their form: nothing of their names may ever be seen again."""
    common, email = "2.5.4.3", "1.2.840.113549.1.9.1"
    values = ["=cmd()", "\r\nBcc: all@evil.example", "{{#x}}", "<script>alert(1)</script>", "../../evil", "a\0b", "%n%n"]
    yield "subject-of-attacks", signed(key, subject=name(*((common, 0x0C, v.encode()) for v in values)))
    yield "subject-not-utf8", signed(key, subject=name((common, 0x0C, b"\xff\xfe\xc0\x80")))
    yield "subject-in-every-string-type", signed(
        key, subject=name(*((email, tag, b"ev@evil.example ") for tag in (0x0C, 0x13, 0x14, 0x16, 0x1C, 0x1E)))
    )
    yield "subject-of-500-names", signed(key, subject=name(*[(common, 0x0C, b"evil")] * 500))
    yield "challenge-password", signed(
        key,
        attributes=tlv(
            0xA0, sequence(oid("1.2.840.113549.1.9.7"), tlv(0x31, tlv(0x0C, b"evil challenge password")))
        ),
    )


def main(folder):
    key = RSAKey(prime(1024), prime(1024))
    for makers in (broken_encodings(key), broken_keys(), hostile_names(key)):
        for title, der in makers:
            text = "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
            with open(f"{folder}/{title}.pem", "w", encoding="ascii") as file:
                file.write(f"-----BEGIN CERTIFICATE REQUEST-----\n{text}\n-----END CERTIFICATE REQUEST-----\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
