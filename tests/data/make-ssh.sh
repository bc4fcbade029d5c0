#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes tests/data/ssh/ anew with ssh-keygen, and with Python's standard library for the security
# keys: a real one needs a hand to touch it, so here OpenSSL signs what one would sign
# (PROTOCOL.u2f). The private keys live in a temporary folder and are gone afterwards. Run by
# hand, never by the tests: they read what is kept.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=$here/ssh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$out"
mkdir "$out"

# What git signs ends in a newline; the bytes only have to stay the same.
printf 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nA message.\n' >"$out/message"

make() { # name, ssh-keygen's options
	name=$1
	shift
	ssh-keygen -q -N '' -C "$name@example.com" -f "$work/$name" "$@"
	cp "$work/$name.pub" "$out/$name.pub"
	for namespace in git file; do
		ssh-keygen -q -Y sign -n "$namespace" -f "$work/$name" \
			<"$out/message" >"$out/$name.$namespace.sig" 2>"$work/log"
	done
}

make ed25519 -t ed25519
make ecdsa256 -t ecdsa -b 256
make ecdsa384 -t ecdsa -b 384
make ecdsa521 -t ecdsa -b 521
make rsa2048 -t rsa -b 2048
make rsa3072 -t rsa -b 3072
make rsa1024 -t rsa -b 1024
make dsa -t dsa
ssh-keygen -q -Y sign -n git -O hashalg=sha256 -f "$work/ed25519" \
	<"$out/message" >"$out/ed25519.sha256.sig" 2>"$work/log"

# A certificate: its signature names the certificate, not the key.
ssh-keygen -q -s "$work/ed25519" -I id -n dev@example.com -V always:forever "$work/ecdsa256.pub"
cp "$work/ecdsa256-cert.pub" "$out/certificate.pub"
ssh-keygen -q -Y sign -n git -f "$work/ecdsa256-cert.pub" \
	<"$out/message" >"$out/certificate.git.sig" 2>"$work/log"

python3 - "$work" "$out" <<'PYTHON'
import base64, hashlib, struct, subprocess, sys

work, out = sys.argv[1:]
message = open(out + '/message', 'rb').read()

def string(b):
    return struct.pack('>I', len(b)) + b

def openssl(*args):
    return subprocess.run(('openssl',) + args, check=True, capture_output=True).stdout

def mpint(der):
    """The first INTEGER of a DER run, whose rules are an mpint's, and what follows it."""
    return string(der[2:2 + der[1]]), der[2 + der[1]:]

def make(name, sk_type, key_fields, sign):
    key = string(sk_type) + key_fields + string(b'ssh:')
    hashed = hashlib.sha512(message).digest()
    tail = string(b'git') + string(b'') + string(b'sha512')
    signed = b'SSHSIG' + tail + string(hashed)
    for suffix, flags in (('git', 1), ('untouched', 0)):
        extra = bytes([flags]) + struct.pack('>I', 7)
        wrapped = hashlib.sha256(b'ssh:').digest() + extra + hashlib.sha256(signed).digest()
        open(work + '/wrapped', 'wb').write(wrapped)
        inner = string(sk_type) + string(sign()) + extra
        blob = b'SSHSIG' + struct.pack('>I', 1) + string(key) + tail + string(inner)
        text = base64.b64encode(blob).decode()
        lines = [text[i:i + 70] for i in range(0, len(text), 70)]
        with open(f'{out}/{name}.{suffix}.sig', 'w') as f:
            f.write('\n'.join(['-----BEGIN SSH SIGNATURE-----'] + lines
                              + ['-----END SSH SIGNATURE-----', '']))
    with open(f'{out}/{name}.pub', 'w') as f:
        f.write(f'{sk_type.decode()} {base64.b64encode(key).decode()} {name}@example.com\n')

openssl('genpkey', '-algorithm', 'ed25519', '-out', work + '/sk1')
spki = openssl('pkey', '-in', work + '/sk1', '-pubout', '-outform', 'DER')
make('sk-ed25519', b'sk-ssh-ed25519@openssh.com', string(spki[-32:]),
     lambda: openssl('pkeyutl', '-sign', '-inkey', work + '/sk1', '-rawin',
                     '-in', work + '/wrapped'))

openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', work + '/sk2')
spki = openssl('pkey', '-in', work + '/sk2', '-pubout', '-outform', 'DER')
def sign_ecdsa():
    r, rest = mpint(openssl('dgst', '-sha256', '-sign', work + '/sk2', work + '/wrapped')[2:])
    s, rest = mpint(rest)
    return r + s
make('sk-ecdsa', b'sk-ecdsa-sha2-nistp256@openssh.com',
     string(b'nistp256') + string(spki[-65:]), sign_ecdsa)
PYTHON

for name in ed25519 ecdsa256 ecdsa384 ecdsa521 rsa2048 rsa3072 sk-ed25519 sk-ecdsa; do
	printf '%s@example.com namespaces="git" ' "$name" && cut -d' ' -f1,2 "$out/$name.pub"
done >"$out/allowed_signers"
# ssh-keygen's own verdict on each, the made-up security keys among them.
for name in ed25519 ecdsa256 ecdsa384 ecdsa521 rsa2048 rsa3072 sk-ed25519 sk-ecdsa; do
	ssh-keygen -Y verify -f "$out/allowed_signers" -I "$name@example.com" -n git \
		-s "$out/$name.git.sig" <"$out/message"
	ssh-keygen -l -f "$out/$name.pub" | cut -d' ' -f2 >"$out/$name.fingerprint"
done
