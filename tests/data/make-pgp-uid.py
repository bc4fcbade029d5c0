#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/data/pgp/uid-ends.gpg: a certificate of a throw-away Ed25519 key with five user ids. gpg makes no
self-signature with an end (RFC 4880 5.2.3.10), so its packets are put together here and signed by openssl.

	tests/data/make-pgp-uid.py tests/data/pgp/uid-ends.gpg

stays@example.com has no end, ended@example.com's signature lived an hour, renewed@example.com's first one too, and its
second one has no end. critical@example.com is as ended@example.com, with a critical subpacket that GnuPG understands,
foreign@example.com with one that nobody does."""
import hashlib
import os
import struct
import subprocess
import sys
import tempfile

BORN = 1704067200  # 2024-01-01
HOUR = 3600
SIGNATURE, PUBLIC_KEY, USER_ID = 2, 6, 13  # packets
EDDSA, SHA256 = 22, 8
ED25519 = bytes.fromhex("2b06010401da470f01")


def openssl(*words):
    return subprocess.run(("openssl",) + words, check=True, stdout=subprocess.PIPE).stdout


def mpi(value):
    value = value.lstrip(b"\0")
    return struct.pack(">H", 8 * len(value) - 8 + value[0].bit_length()) + value


def packet(tag, body):
    return bytes([0x80 | tag << 2 | 1]) + struct.pack(">H", len(body)) + body


def subpacket(kind, body):
    return bytes([len(body) + 1, kind]) + body


def hashed_key(body):
    return b"\x99" + struct.pack(">H", len(body)) + body


class Key:
    def __init__(self, folder):
        self.folder = folder
        self.file = os.path.join(folder, "key.pem")
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.file)
        point = openssl("pkey", "-in", self.file, "-pubout", "-outform", "DER")[-32:]
        self.body = (b"\x04" + struct.pack(">I", BORN) + bytes([EDDSA, len(ED25519)]) + ED25519 + mpi(b"\x40" + point))
        self.fingerprint = hashlib.sha1(hashed_key(self.body)).digest()

    def certify(self, user_id, made, lifetime, more=b""):
        hashed = (subpacket(33, b"\x04" + self.fingerprint) + subpacket(2, struct.pack(">I", made)) +
                  subpacket(27, b"\x03") + (subpacket(3, struct.pack(">I", lifetime)) if lifetime else b"") + more)
        head = bytes([4, 0x13, EDDSA, SHA256]) + struct.pack(">H", len(hashed)) + hashed
        digest = hashlib.sha256(hashed_key(self.body) + b"\xb4" + struct.pack(">I", len(user_id)) + user_id + head +
                                b"\x04\xff" + struct.pack(">I", len(head))).digest()
        message = os.path.join(self.folder, "digest")
        with open(message, "wb") as out:
            out.write(digest)
        value = openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.file, "-in", message)
        issuer = subpacket(16, self.fingerprint[-8:])
        return packet(SIGNATURE, head + struct.pack(">H", len(issuer)) + issuer + digest[:2] + mpi(value[:32]) + mpi(value[32:]))


def main():
    user_ids = (("stays", ((BORN, 0),)), ("ended", ((BORN, HOUR),)), ("renewed", ((BORN, HOUR), (BORN + HOUR, 0))),
                ("critical", ((BORN, HOUR, subpacket(0x80 | 9, struct.pack(">I", 2**30))),)),
                ("foreign", ((BORN, HOUR, subpacket(0x80 | 100, b"?")),)))
    with tempfile.TemporaryDirectory() as folder:
        key = Key(folder)
        out = packet(PUBLIC_KEY, key.body)
        for name, signatures in user_ids:
            user_id = f"{name} <{name}@example.com>".encode()
            out += packet(USER_ID, user_id) + b"".join(key.certify(user_id, *s) for s in signatures)
    with open(sys.argv[1], "wb") as file:
        file.write(out)


main()
