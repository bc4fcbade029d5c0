#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# X.509 signatures as real programs make them: gpgsm and "openssl cms", through git, against the gate, beside what git
# itself (by gpgsm) makes of the same commits. Then a commit's whole way: push, statement, record, verdict.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

tool gpgsm "X.509 signatures by gpgsm" || exit 77

uri=https://git.example/app
alice=alice@example.com
bob=bob@example.com

# ---- authorities and people -------------------------------------------------------------------

# authority NAME: NAME.pem and NAME.key, a root.
authority() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$tmp/$1.key" -out "$tmp/$1.pem" -subj "/O=Test/CN=$1" -days 30 \
		-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null || fail "root $1"
}

# person AUTHORITY NAME ADDRESS USAGE KEY…: NAME.pem and NAME.key below AUTHORITY.
person() {
	local root=$1 name=$2 address=$3 usage=$4
	shift 4
	cat >"$tmp/$name.cnf" <<EOC
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=$usage
subjectAltName=email:$address
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
EOC
	openssl req -new -newkey "$@" -nodes -keyout "$tmp/$name.key" -out "$tmp/$name.csr" -subj "/CN=$name" 2>/dev/null &&
		openssl x509 -req -in "$tmp/$name.csr" -CA "$tmp/$root.pem" -CAkey "$tmp/$root.key" -CAcreateserial \
			-out "$tmp/$name.pem" -extfile "$tmp/$name.cnf" -days 7 2>/dev/null || fail "certificate of $name"
}

authority root
authority other
person root alice $alice emailProtection rsa:2048
person root curve $alice codeSigning ec -pkeyopt ec_paramgen_curve:P-384
person root bob $bob emailProtection rsa:2048
person root server $alice serverAuth rsa:2048
person other stranger $alice emailProtection rsa:2048

# gpgsm's side: keys, and the root that it trusts. Revocation lists are nowhere to be had.
printf 'disable-crl-checks\ndisable-dirmngr\n' >"$GNUPGHOME/gpgsm.conf"
echo allow-loopback-pinentry >"$GNUPGHOME/gpg-agent.conf"
echo secret >"$tmp/passphrase"
import() { # import NAME AUTHORITY
	# gpgsm 2.2 reads none of OpenSSL 3's own choice of ciphers; and of those that it reads it derives a wrong key from about
	# one salt in a hundred ("possibly bad passphrase given"): the file is then written anew, with another salt.
	local try
	for try in 1 2 3 4 5; do
		openssl pkcs12 -export -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1 -inkey "$tmp/$1.key" -in "$tmp/$1.pem" \
			-certfile "$tmp/$2.pem" -out "$tmp/$1.p12" -passout file:"$tmp/passphrase" 2>/dev/null || fail "PKCS #12 of $1"
		gpgsm --batch --quiet --pinentry-mode loopback --passphrase-fd 3 --import "$tmp/$1.p12" 3<"$tmp/passphrase" \
			>/dev/null 2>"$tmp/import.$try" && break
	done
	[ -n "$(sm_key "$1")" ] || {
		cat "$tmp/import.$try" >&2
		fail "gpgsm has no key of $1"
	}
}
# sm_key NAME: the fingerprint by which gpgsm knows a certificate.
sm_key() { openssl x509 -in "$tmp/$1.pem" -noout -fingerprint -sha1 | sed 's/.*=//; s/://g' | grep -xF -f <(gpgsm --batch --with-colons --list-secret-keys 2>/dev/null | awk -F: '$1 == "fpr" { print $10 }'); }
for name in alice bob server; do
	import $name root
done
import stranger other
for name in root other; do
	openssl x509 -in "$tmp/$name.pem" -noout -fingerprint -sha1 | sed 's/.*=//; s/$/ S relax/'
done >"$GNUPGHOME/trustlist.txt"
gpgconf --kill gpg-agent

cat >"$tmp/by-gpgsm" <<EOP
#!/bin/sh
exec gpgsm --batch --pinentry-mode loopback --passphrase-fd 3 "\$@" 3<"$tmp/passphrase"
EOP
# What git asks of such a program: a signature on its output, and a line of status on descriptor 2.
cat >"$tmp/by-openssl" <<EOP
#!/bin/sh
for key; do :; done
openssl cms -sign -binary -outform PEM -md sha384 -signer "$tmp/\$key.pem" -inkey "$tmp/\$key.key" |
	sed 's/ CMS-----/ SIGNED MESSAGE-----/'
echo '[GNUPG:] SIG_CREATED D' >&2
EOP
chmod +x "$tmp/by-gpgsm" "$tmp/by-openssl"

# ---- policy and repositories ------------------------------------------------------------------

server_key "$tmp/git-server"
srv=$tmp/app.git
git init -q --bare -b main "$srv"
policy=$tmp/policy
write_policy() { # write_policy [LINE…]: more of them
	cat >"$policy" <<EOP
[repository "$uri"]
	path = $srv
	protect = refs/heads/main
	protect = refs/tags/*
	x509Roots = root.pem
	sourceFrom = server
	serverKey = git-server.pub
$(printf '%s\n' "$@")
EOP
}
write_policy
assert_exit 0 "install" pedigree -C "$srv" hooks install --server --policy "$policy" --server-key "$tmp/git-server"

dev=$tmp/dev
git init -q -b main "$dev"
git -C "$dev" remote add origin "$srv"
git -C "$dev" config gpg.format x509
git -C "$dev" config commit.gpgSign true
git -C "$dev" config user.name Alice
git -C "$dev" config user.email $alice
by() { # by PROGRAM KEY: who signs from now on
	git -C "$dev" config gpg.x509.program "$tmp/by-$1"
	git -C "$dev" config user.signingKey "$2"
}
make() { ok "commit: $1" git -C "$dev" commit -q --allow-empty -m "$1"; }
check() { pedigree -C "$dev" check --policy "$policy" --repository "$uri" "$@"; }
# What git makes of HEAD, by gpgsm: G good, B bad, E it cannot tell; U of nobody whom it trusts.
letter() { git -C "$dev" -c gpg.x509.program=gpgsm log -1 --format=%G? HEAD 2>/dev/null; }
# told RESULT RULE: what check says of HEAD alone; RULE "-": good
told() {
	run check --json HEAD~1..HEAD
	assert_same "is $1" "$1" "$(jq -r .result "$printed")"
	[ "$2" != - ] || return 0
	run check HEAD~1..HEAD
	assert_rule "$2"
}
undo() { git -C "$dev" reset -q --hard HEAD~1; }
pushed() { git -C "$dev" push -q origin HEAD:main; }

# ---- what real programs sign --------------------------------------------------------------------

by gpgsm "$(sm_key alice)"
make "by gpgsm"
first=$(git -C "$dev" rev-parse HEAD)
assert_same "git, by gpgsm, calls it good" G "$(letter)"
run check --json HEAD
fingerprint=SHA256:$(openssl x509 -in "$tmp/alice.pem" -outform DER | openssl dgst -sha256 -binary | base64 | tr -d =)
assert_same "and so do we" "good x509 $fingerprint $alice" "$(jq -r '"\(.result) \(.format) \(.fingerprint) \(.signer)"' "$printed")"
ok "it may be pushed" pushed

by openssl alice
make "by openssl, RSA"
assert_same "gpgsm reads what openssl wrote" G "$(letter)"
told good -
by openssl curve
make "by openssl, ECDSA P-384 with SHA-384"
told good -
ok "both may be pushed" pushed

by gpgsm "$(sm_key alice)"
ok "a tag" git -C "$dev" tag -s -m one v1
ok "is pushed" git -C "$dev" push -q origin v1

# Each commit that was good, with one byte of its signature changed: by no program of us a good one.
changed() { # changed SED-EXPRESSION: HEAD anew, by a line of its object
	local name
	name=$(git -C "$dev" cat-file commit HEAD | sed "$1" | git -C "$dev" hash-object -t commit -w --stdin) || fail "hash-object"
	[ "$name" != "$(git -C "$dev" rev-parse HEAD)" ] || fail "nothing changed: $1"
	git -C "$dev" reset -q --hard "$name"
}
make "to be changed"
keep=$(git -C "$dev" rev-parse HEAD)
changed 's/^to be changed$/to be Changed/'
assert_same "git: another message is bad" B "$(letter)"
told bad-signature SGN-4
git -C "$dev" reset -q --hard "$keep"
changed '/END SIGNED/{x;s/.*/ AAAA/;G}'
told malformed CMS-1
git -C "$dev" reset -q --hard "$keep"
undo

# ---- where git looks away -------------------------------------------------------------------

by gpgsm "$(sm_key stranger)"
make "by a root that gpgsm trusts, and the policy does not"
assert_same "git: good" G "$(letter)"
told unknown-key SGN-3
assert_refused "no push" pushed
undo
by gpgsm "$(sm_key bob)"
make "by Bob for Alice"
assert_same "git: good" G "$(letter)"
told not-allowed SGN-9
undo
by openssl server
make "with a server's certificate"
told not-allowed SGN-8
undo

# ---- names and revocation ---------------------------------------------------------------------

by gpgsm "$(sm_key alice)"
write_policy "	x509Identity = $bob"
make "by one who is not named"
told not-allowed SGN-13
assert_refused "no push" pushed
write_policy "	x509Identity = $bob" "	x509Identity = $alice"
told good -
write_policy "	x509Issuer = https://accounts.example"
told not-allowed SGN-13
write_policy "[revocation]" "	file = gone"
printf '[key "%s"]\n\trevokedSince = 2020-01-01T00:00:00Z\n' "$fingerprint" >"$tmp/gone"
told revoked-key SGN-5
# The key itself, and that of her authority, by the name that the documentation has them get.
for name in alice root; do
	openssl x509 -in "$tmp/$name.pem" -noout -pubkey >"$tmp/$name.pub"
	key=$(pedigree key show "$tmp/$name.pub" | sed -n 's/^fingerprint *//p')
	printf '[key "%s"]\n\tcompromisedSince = 2020-01-01T00:00:00Z\n' "$key" >"$tmp/gone"
	told revoked-key SGN-5
done
write_policy
told good -
ok "pushed after all" pushed

# ---- mistakes of the policy --------------------------------------------------------------------

write_policy "	requireCommitterMatch = false"
exits 2 POL-8 "everybody as anybody" check HEAD
write_policy "	x509Identity = *@example.com"
exits 2 POL-3 "a pattern" check HEAD
cp "$tmp/root.pem" "$tmp/kept.pem"
cp "$tmp/alice.pem" "$tmp/root.pem"
write_policy
exits 2 POL-5 "no root in the file" check HEAD
cp "$tmp/kept.pem" "$tmp/root.pem"

openssl x509 -in "$tmp/kept.pem" -outform DER -out "$tmp/root.pem"
exits 2 POL-5 "DER" check HEAD
assert_says "openssl x509 -inform DER"
cp "$tmp/kept.pem" "$tmp/root.pem"
told good -

# ---- a root's successor, which the old one certifies too ------------------------------------------

# ca ISSUER NAME CERTIFICATE: NAME's key, by ISSUER, as CERTIFICATE.pem.
ca() {
	[ -e "$tmp/$2.key" ] || openssl ecparam -name prime256v1 -genkey -noout -out "$tmp/$2.key"
	cat >"$tmp/ca.cnf" <<EOC
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
EOC
	openssl req -new -key "$tmp/$2.key" -subj "/O=Test/CN=$2" -out "$tmp/ca.csr" &&
		openssl x509 -req -in "$tmp/ca.csr" -CA "$tmp/$1.pem" -CAkey "$tmp/$1.key" -CAcreateserial -out "$tmp/$3.pem" \
			-extfile "$tmp/ca.cnf" -days 7 2>/dev/null || fail "authority $3"
}
authority new
ca root new cross
ca new sub sub
ca other new forged
person sub carol $alice emailProtection rsa:2048
# chained FILE…: sign as carol, and bring these along.
chained() {
	(cd "$tmp" && cat "$@") >"$tmp/chain.pem"
	sed "s|-signer|-certfile \"$tmp/chain.pem\" -signer|" "$tmp/by-openssl" >"$tmp/by-chain"
	chmod +x "$tmp/by-chain"
	by chain carol
}
roots() { (cd "$tmp" && cat "$@") >"$tmp/roots.pem" && mv "$tmp/roots.pem" "$tmp/root.pem"; }
chained sub.pem cross.pem
make "by one whose program brings a cross certificate along"
told good -
roots kept.pem new.pem
told good -
roots new.pem cross.pem
told good -
roots new.pem
told malformed CMS-4
assert_says "x509Roots"
undo
# Anybody can write such a certificate over the new root's key: it would be his text in her commit.
roots kept.pem new.pem
chained sub.pem forged.pem
make "by her, with something that a stranger wrote"
told malformed CMS-4
undo
chained sub.pem
make "without either"
told good -
undo
roots kept.pem

# ---- a signer named by key identifier -----------------------------------------------------------

sed 's/-binary/-binary -keyid/' "$tmp/by-openssl" >"$tmp/by-keyid"
chmod +x "$tmp/by-keyid"
by keyid alice
make "by key identifier"
told unsupported SGN-10
assert_says "key identifier"
undo
told good -

# ---- the statements of what was pushed ----------------------------------------------------------

assert_same "each accepted tip has its statement" 4 "$(find "$srv/pedigree/outbox" -name '*.json' | wc -l)"
jq -r '.attestation.payload | @base64d | fromjson | .predicate.signature | "\(.format) \(.signer)"' \
	"$srv"/pedigree/outbox/*.json | sort | uniq -c >"$printed"
assert_says "4 x509 $alice"

# The service judges each commit itself, by a policy that names the same root.
for name in service journal; do server_key "$tmp/$name"; done
write_policy "[trust]" "	serviceKey = service.pub" "	journalKey = journal.pub"
port=$(free_port) || fail "no port is free"
url=http://127.0.0.1:$port
cat >"$tmp/pedigreed.conf" <<EOP
[service]
	listen = 127.0.0.1:$port
	store = sqlite:$tmp/store.db
	signingKey = service
	journalKey = journal
	policy = policy
[log]
	directory = $tmp/log
	key = $tmp/log.key
EOP
(umask 077 && openssl genpkey -algorithm ED25519 -out "$tmp/log.key" 2>/dev/null)
daemon_start "$tmp/pedigreed.conf" "$url"
ok "the service takes them" pedigree submit --outbox "$srv/pedigree/outbox" --service "$url"
assert_same "all of them" 0 "$(find "$srv/pedigree/outbox" -name '*.json' | wc -l)"
http 200 - "and knows the first" "$url/api/v1/subjects/gitCommit:$first"
assert_says '"stage":"source"'
daemon_stop

finish
