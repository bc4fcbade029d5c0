#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes tests/data/ssh_certs with ssh-keygen and git: throw-away CAs, certificates of every type,
# signatures and commits made with them, the allowed_signers of a policy that names the CAs, and
# revocation lists (KRLs and text) against one certificate. Security keys are OpenSSL's, as in
# make-ssh.sh. The private keys are gone when it ends. Run by hand: the tests read what is kept.
set -eu
umask 077

here=$(cd "$(dirname "$0")" && pwd)
out=$here/ssh_certs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$out"
mkdir "$out"
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null TZ=UTC
export GIT_AUTHOR_NAME='Ann Author' GIT_AUTHOR_EMAIL=ann@example.com GIT_AUTHOR_DATE='1706738400 +0200'
export GIT_COMMITTER_DATE='1706745600 +0100'
cp "$here/ssh/message" "$out/message"

new() { # name, type, bits
	ssh-keygen -q -N '' -C "$1" -t "$2" ${3:+-b "$3"} -f "$work/$1"
}
# certify CA KEY AS OPTION...: KEY.pub into AS-cert.pub, in use as AS
certify() {
	ca=$1 key=$2 as=$3
	shift 3
	if [ "$key" != "$as" ]; then
		cp "$work/$key" "$work/$as" 2>>"$work/log" || true
		cp "$work/$key.pub" "$work/$as.pub"
	fi
	ssh-keygen -q -s "$work/$ca" "$@" "$work/$as.pub" 2>>"$work/log"
	cp "$work/$as-cert.pub" "$out/$as-cert.pub"
}
valid='20240101:20240401'

for name in ca team-ca file-ca stranger-ca plain-ca alice listed forge ed25519; do new $name ed25519; done
new ca-ecdsa ecdsa 384
new ca-rsa rsa 3072
for bits in 256 384 521; do new ecdsa$bits ecdsa $bits; done
new rsa3072 rsa 3072

# What a policy would name, and the CA's key for tests of it alone.
key() {
	cut -d' ' -f1,2 "$work/$1.pub"
}
cat >"$out/allowed_signers" <<END
# made by make-ssh-certs.sh
*@example.com,alice@work.example,!eve@example.com cert-authority,namespaces="git" $(key ca)
*@example.com cert-authority,namespaces="git",valid-after="20240115Z",valid-before="20240215Z" $(key ca-ecdsa)
*@example.com cert-authority $(key ca-rsa)
*@team.example cert-authority,namespaces="git" $(key team-ca)
*@example.com cert-authority,namespaces="file" $(key file-ca)
*@example.com namespaces="git" $(key plain-ca)
alice@example.com namespaces="git" $(key listed)
END
cat "$work/forge.pub" >"$out/forge.pub"
for name in ca ca-ecdsa ca-rsa alice; do cp "$work/$name.pub" "$out/"; done
ssh-keygen -l -f "$work/alice.pub" | cut -d' ' -f2 >"$out/alice.fingerprint"

# A certificate and a signature over the message for each type of key and of CA.
for name in ed25519 ecdsa256 ecdsa384 ecdsa521 rsa3072; do
	certify ca $name $name -I $name -n "$name@example.com" -z 1 -V $valid
done
certify ca-ecdsa ed25519 by-ecdsa -I by-ecdsa -n ed25519@example.com -V $valid
certify ca-rsa ed25519 by-rsa512 -t rsa-sha2-512 -I by-rsa -n ed25519@example.com -V $valid
certify ca-rsa ed25519 by-rsa256 -t rsa-sha2-256 -I by-rsa -n ed25519@example.com -V $valid
certify ca-rsa ed25519 by-sha1 -t ssh-rsa -I by-rsa -n alice@example.com,ed25519@example.com -V $valid
for name in ed25519 ecdsa256 ecdsa384 ecdsa521 rsa3072 by-ecdsa by-rsa512 by-rsa256 by-sha1; do
	ssh-keygen -q -Y sign -n git -f "$work/$name-cert.pub" \
		<"$out/message" >"$out/$name.sig" 2>>"$work/log"
done

# Commits, as git makes them with user.signingKey = KEY-cert.pub.
repo=$work/repo
git init -q -b main --bare "$repo"
tree=$(git -C "$repo" hash-object -w -t tree /dev/null)
as() {
	export GIT_COMMITTER_NAME="$1" GIT_COMMITTER_EMAIL="$2"
}
as Alice alice@example.com
base=$(echo base | git -C "$repo" commit-tree "$tree")
side=$(echo side | git -C "$repo" commit-tree -p "$base" "$tree")
# commit FILE KEY-FILE [PARENT]: signed by git, into FILE.raw
commit() {
	id=$(printf 'Change %s\n' "$1" | git -C "$repo" -c gpg.format=ssh \
		commit-tree -S"$work/$2" -p "$base" ${3:+-p "$3"} "$tree")
	git -C "$repo" cat-file commit "$id" >"$out/$1.raw"
}
two=alice@example.com,alice@work.example
certify ca alice good -I alice-1 -n $two -z 7 -V $valid
commit good good-cert.pub
git -C "$repo" -c gpg.format=ssh -c user.signingKey="$work/good-cert.pub" tag -s -m 'A release' tag "$base"
git -C "$repo" cat-file tag tag >"$out/tag.raw"
certify ca alice forever -I alice-2 -n $two -z 18446744073709551615 -V always:forever
commit forever forever-cert.pub
certify ca alice host -h -I alice-1 -n $two -V $valid
commit host host-cert.pub
certify ca alice nobody -I alice-1 -V $valid
commit nobody nobody-cert.pub
certify ca alice star -I alice-1 -n '*,*@example.com,*@*' -V $valid
commit star star-cert.pub
certify ca alice command -I alice-1 -n $two -O force-command=/bin/true -V $valid
commit command command-cert.pub
certify ca alice address -I alice-1 -n $two -O source-address=192.0.2.0/24 -V $valid
commit address address-cert.pub
certify ca alice unknown -I alice-1 -n $two -O critical:unknown@example.com=x -V $valid
commit unknown unknown-cert.pub
certify ca alice extension -I alice-1 -n $two -O extension:unknown@example.com=x -V $valid
commit extension extension-cert.pub
certify ca alice verify -I alice-1 -n $two -O verify-required -V $valid
commit verify verify-cert.pub
certify stranger-ca alice stranger -I alice-1 -n $two -z 7 -V $valid
commit stranger stranger-cert.pub
certify plain-ca alice plainly -I alice-1 -n $two -V $valid
commit plainly plainly-cert.pub
certify file-ca alice files -I alice-1 -n $two -V $valid
commit files files-cert.pub
certify stranger-ca listed listed-stranger -I alice-1 -n $two -V $valid
commit listed-stranger listed-stranger-cert.pub
certify team-ca alice team-alice -I alice-1 -n $two -V $valid
commit team-alice team-alice-cert.pub
certify ca-ecdsa alice ecdsa -I alice-1 -n $two -V $valid
commit ecdsa ecdsa-cert.pub
commit by-sha1 by-sha1-cert.pub
commit ca-itself ca.pub
as Dave dave@team.example
certify team-ca alice team -I dave-1 -n dave@team.example -V $valid
commit team team-cert.pub
as Eve eve@example.com
certify ca alice eve -I eve-1 -n eve@example.com,alice@example.com -V $valid
commit eve eve-cert.pub
as Bob bob@example.com
commit other-committer good-cert.pub
as Work alice@work.example
commit second-address good-cert.pub
as Forge noreply@forge.example
certify stranger-ca forge forge-cert -I forge-1 -n noreply@forge.example -V $valid
commit forge-merge forge-cert-cert.pub "$side"
commit forge-plain forge.pub "$side"

# The second signature of a commit in two forms: by the same certificate, and by another one of the
# same key.
awk '!body && /^gpgsig/ { skip = 1; next } !body && skip && /^ / { next } { skip = 0 }
	/^$/ { body = 1 } { print }' "$out/good.raw" |
	sed 's/^tree .*/tree 11111111111111111111111111111111111111112222222222222222222222222222222222222222/' \
		>"$work/other"
for name in good forever; do
	ssh-keygen -q -Y sign -n git -f "$work/$name-cert.pub" <"$work/other" >"$work/other.sig" 2>>"$work/log"
	awk -v file="$work/other.sig" '{ print } !done && /^committer / {
			done = 1
			lead = "gpgsig-sha256 "
			while ((getline line < file) > 0) { print lead line; lead = " " }
		}' "$out/good.raw" >"$out/dual-$name.raw"
done

# What revokes good-cert.pub (serial number 7, key id alice-1), and what does not.
# krl FILE OPTION... reads a specification
krl() {
	file=$1
	shift
	cat >"$work/spec"
	ssh-keygen -q -k -f "$out/$file.krl" "$@" "$work/spec" 2>>"$work/log"
}
echo 'serial: 7' | krl serial -s "$work/ca.pub"
echo 'serial: 7' | krl serial-any -s none
printf 'serial: 7\nserial: 900000000000\nserial: 18446744073709551615\n' | krl serials -s "$work/ca.pub"
echo 'serial: 5-9000' | krl range -s "$work/ca.pub"
awk 'BEGIN { for (i = 1; i < 200; i += 2) print "serial: " i }' | krl bitmap -s "$work/ca.pub"
echo 'id: alice-1' | krl id -s "$work/ca.pub"
echo 'id: alice-1' | krl id-any -s none
printf 'id: zed\nid: alice\nid: alice-1\nid: alice-10\n' | krl ids -s "$work/ca.pub"
krl key <"$work/alice.pub"
echo "key: $(key alice)" | krl explicit
echo "sha1: $(key alice)" | krl sha1
echo "sha256: $(key alice)" | krl sha256
echo "hash: $(cat "$out/alice.fingerprint")" | krl hash
krl cert <"$work/good-cert.pub"
krl authority <"$work/ca.pub"
echo "sha256: $(key ca)" | krl authority-sha256
{
	for name in rsa3072 ecdsa256 listed; do cat "$work/$name.pub"; done
	echo "sha1: $(key ecdsa384)"
	echo "sha256: $(key ecdsa521)"
} | krl others
printf 'serial: 6\nserial: 8-100\nid: alice\nid: alice-11\n' | krl other-serials -s "$work/ca.pub"
echo 'serial: 7' | krl other-ca -s "$work/ca-ecdsa.pub"
awk 'BEGIN { for (i = 2; i < 200; i += 2) print "serial: " i }' | krl other-bitmap -s "$work/ca.pub"
krl empty </dev/null
# ssh-keygen's own word on each.
for file in "$out"/*.krl; do
	ssh-keygen -Q -f "$file" "$out/good-cert.pub" || true
done

python3 - "$work" "$out" <<'PYTHON'
"""Security keys: their certificates are ssh-keygen's, their signatures OpenSSL's (PROTOCOL.u2f)."""
import base64, hashlib, struct, subprocess, sys

work, out = sys.argv[1:]

def string(b):
    return struct.pack('>I', len(b)) + b

def run(*args):
    return subprocess.run(args, check=True, capture_output=True).stdout

def mpint(der):
    return string(der[2:2 + der[1]]), der[2 + der[1]:]

def sign_ed25519():
    return run('openssl', 'pkeyutl', '-sign', '-inkey', work + '/sk1', '-rawin', '-in', work + '/wrapped')

def sign_ecdsa():
    r, rest = mpint(run('openssl', 'dgst', '-sha256', '-sign', work + '/sk2', work + '/wrapped')[2:])
    return r + mpint(rest)[0]

run('openssl', 'genpkey', '-algorithm', 'ed25519', '-out', work + '/sk1')
run('openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', work + '/sk2')
spki = [run('openssl', 'pkey', '-in', work + f'/sk{i}', '-pubout', '-outform', 'DER') for i in (1, 2)]
kinds = {
    'sk-ed25519': (b'sk-ssh-ed25519@openssh.com', string(spki[0][-32:]), sign_ed25519),
    'sk-ecdsa': (b'sk-ecdsa-sha2-nistp256@openssh.com', string(b'nistp256') + string(spki[1][-65:]), sign_ecdsa),
}

def certify(kind, name, *options):
    sk_type, fields, _ = kinds[kind]
    blob = base64.b64encode(string(sk_type) + fields + string(b'ssh:')).decode()
    open(f'{work}/{name}.pub', 'w').write(f'{sk_type.decode()} {blob} {name}\n')
    run('ssh-keygen', '-q', '-s', work + '/ca', '-I', name, '-n', 'alice@example.com', '-V', '20240101:20240401',
        *options, f'{work}/{name}.pub')
    line = open(f'{work}/{name}-cert.pub').read()
    open(f'{out}/{name}-cert.pub', 'w').write(line)
    return base64.b64decode(line.split()[1])

def armored(kind, cert, message, flags):
    sk_type, _, sign = kinds[kind]
    tail = string(b'git') + string(b'') + string(b'sha512')
    signed = b'SSHSIG' + tail + string(hashlib.sha512(message).digest())
    extra = bytes([flags]) + struct.pack('>I', 7)
    open(work + '/wrapped', 'wb').write(hashlib.sha256(b'ssh:').digest() + extra + hashlib.sha256(signed).digest())
    blob = b'SSHSIG' + struct.pack('>I', 1) + string(cert) + tail + string(string(sk_type) + string(sign()) + extra)
    text = base64.b64encode(blob).decode()
    lines = [text[i:i + 70] for i in range(0, len(text), 70)]
    return ['-----BEGIN SSH SIGNATURE-----'] + lines + ['-----END SSH SIGNATURE-----']

message = open(out + '/message', 'rb').read()
payload = b'''tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904
author Ann Author <ann@example.com> 1706738400 +0200
committer Alice <alice@example.com> 1706745600 +0100

By a security key
'''
head, body = payload.split(b'\n\n', 1)
for kind in kinds:
    cert = certify(kind, kind)
    with open(f'{out}/{kind}.sig', 'w') as f:
        f.write('\n'.join(armored(kind, cert, message, 1) + ['']))
    strict = certify(kind, kind + '-verify', '-O', 'verify-required')
    for name, blob, flags in (('', cert, 1), ('-verified', strict, 5), ('-unverified', strict, 1), ('-untouched', cert, 0)):
        header = '\n '.join(armored(kind, blob, payload, flags)).encode()
        open(f'{out}/{kind}{name}.raw', 'wb').write(head + b'\ngpgsig ' + header + b'\n\n' + body)
PYTHON
chmod 644 "$out"/*
