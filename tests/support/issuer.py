#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An issuer of tokens for the end-to-end tests: a real HTTP server with discovery and keys, and the tokens themselves.

issuer.py key DIR NAME rsa|ec        make a key and publish it
issuer.py withdraw DIR NAME          publish it no longer
issuer.py serve DIR PORT             answer on loopback; what DIR/mode says, read at each request
issuer.py token DIR NAME [HEADER]    sign the claims on standard input; HEADER: JSON instead of the usual header
issuer.py none|hmac DIR NAME         the same without a signature; with an HMAC over the public key

The openssl program makes keys and signatures. Each request is a line of DIR/requests: its path, and "credential" when it
carries one. Any path before /.well-known/openid-configuration is an issuer of its own, all with the same keys.
"""
import base64
import hashlib
import hmac
import http.server
import json
import os
import re
import subprocess
import sys
import time

DOCUMENT = "/.well-known/openid-configuration"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*args, data=None):
    return subprocess.run(["openssl", *args], input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout


def published(folder):
    try:
        with open(os.path.join(folder, "keys.json"), encoding="utf-8") as f:
            return json.load(f)
    except FileNotFoundError:
        return []


def publish(folder, keys):
    path = os.path.join(folder, "keys.json")
    with open(path + ".new", "w", encoding="utf-8") as f:
        json.dump(keys, f)
    os.rename(path + ".new", path)


def jwk(pem, name, kind):
    der = openssl("pkey", "-in", pem, "-pubout", "-outform", "DER")
    if kind == "ec":
        return {"kty": "EC", "crv": "P-256", "kid": name, "use": "sig", "x": b64(der[-64:-32]), "y": b64(der[-32:])}
    modulus = openssl("rsa", "-in", pem, "-modulus", "-noout").decode().strip().split("=")[1]
    return {"kty": "RSA", "kid": name, "use": "sig", "alg": "RS256", "n": b64(bytes.fromhex(modulus)), "e": "AQAB"}


def key(folder, name, kind):
    pem = os.path.join(folder, name + ".pem")
    options = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
    if kind == "ec":
        options = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    openssl("genpkey", *options, "-out", pem)
    publish(folder, published(folder) + [jwk(pem, name, kind)])


def raw_signature(der):
    """r and s as 32 bytes each, from the SEQUENCE of two INTEGERs."""
    at, numbers = 2, []
    for _ in range(2):
        length = der[at + 1]
        numbers.append(int.from_bytes(der[at + 2:at + 2 + length], "big"))
        at += 2 + length
    return b"".join(n.to_bytes(32, "big") for n in numbers)


def is_ec(pem):
    return b"prime256v1" in openssl("pkey", "-in", pem, "-noout", "-text")


def token(folder, name, how, header=None):
    pem = os.path.join(folder, name + ".pem")
    ec = is_ec(pem)
    usual = {"alg": "ES256" if ec else "RS256", "kid": name, "typ": "JWT"}
    usual["alg"] = {"none": "none", "hmac": "HS256"}.get(how, usual["alg"])
    head = header.encode() if header else json.dumps(usual).encode()
    text = b64(head) + "." + b64(sys.stdin.buffer.read())
    if how == "none":
        signature = b"none"
    elif how == "hmac":
        signature = hmac.new(openssl("pkey", "-in", pem, "-pubout"), text.encode(), hashlib.sha256).digest()
    else:
        signature = openssl("dgst", "-sha256", "-sign", pem, data=text.encode())
        signature = raw_signature(signature) if ec else signature
    print(text + "." + b64(signature))


class Handler(http.server.BaseHTTPRequestHandler):
    folder = ""
    base = ""

    def log_message(self, *args):
        pass

    def answer(self, status, kind, body, **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def keys(self, mode):
        if mode == "endless":
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "1000000000")
            self.end_headers()
            for _ in range(1000):
                self.wfile.write(b" " * 1000000)
            return
        self.answer(200, "application/json", json.dumps({"keys": published(self.folder)}).encode())

    def document(self, mode):
        issuer = self.base + self.path[:-len(DOCUMENT)]
        elsewhere = re.sub(r":\d+$", ":" + mode.partition(" ")[2], self.base)
        said = {"issuer": issuer, "jwks_uri": self.base + "/keys"}
        if mode == "other-issuer":
            said["issuer"] = "https://issuer.example"
        if mode.startswith("other-host "):
            said["jwks_uri"] = elsewhere + "/keys"
        self.answer(200, "application/json", json.dumps(said).encode())

    def do_GET(self):
        credential = self.headers.get("Authorization") or self.headers.get("Cookie")
        with open(os.path.join(self.folder, "requests"), "a", encoding="utf-8") as f:
            f.write(self.path + (" credential" if credential else "") + "\n")
        try:
            with open(os.path.join(self.folder, "mode"), encoding="utf-8") as f:
                mode = f.read().strip()
        except FileNotFoundError:
            mode = ""
        if mode.startswith("redirect "):
            elsewhere = re.sub(r":\d+$", ":" + mode.partition(" ")[2], self.base)
            self.answer(302, "application/json", b"{}", Location=elsewhere + self.path)
        elif mode == "html":
            self.answer(200, "text/html", b"<html></html>")
        elif mode == "error":
            self.answer(502, "application/json", b"{}")
        elif mode == "slow":
            time.sleep(20)
        elif self.path.endswith(DOCUMENT):
            self.document(mode)
        elif self.path == "/keys":
            self.keys(mode)
        else:
            self.answer(404, "application/json", b"{}")


def serve(folder, port):
    Handler.folder = folder
    Handler.base = f"http://127.0.0.1:{port}"
    http.server.ThreadingHTTPServer.daemon_threads = True
    http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()


def main(argv):
    what, folder = argv[0], argv[1]
    if what == "key":
        key(folder, argv[2], argv[3])
    elif what == "withdraw":
        publish(folder, [k for k in published(folder) if k["kid"] != argv[2]])
    elif what == "serve":
        serve(folder, argv[2])
    else:
        token(folder, argv[2], what, argv[3] if len(argv) > 3 else None)


if __name__ == "__main__":
    main(sys.argv[1:])
