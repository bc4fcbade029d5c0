#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes tests/data/pgp with gpg and git: throw-away keys, signatures over msg.txt, a signed commit.
#
#	tests/data/make-pgp.sh BUILD/bin/pedigree-pgp
#
# The files are committed, so that unit tests need no gpg; run this only to make other ones. The
# secret keys are gone when it ends. tests/e2e/pgp.sh lets gpg judge what is committed.
set -eu
umask 077

[ $# -eq 1 ] || { echo "usage: $0 PEDIGREE-PGP" >&2; exit 2; }
describe=$1
out=$(cd "$(dirname "$0")" && pwd)/pgp
GNUPGHOME=$(mktemp -d /tmp/pgpdata.XXXXXX)
export GNUPGHOME
finish() {
	gpgconf --homedir "$GNUPGHOME" --kill all || true
	rm -rf "$GNUPGHOME"
}
trap finish EXIT
mkdir -p "$out"

# at TIME ARG...: gpg at a time of its own (the keys' dates shall not depend on today).
at() {
	when=$1
	shift
	gpg --faked-system-time "$when" --batch --yes --quiet --no-tty --pinentry-mode loopback \
		--passphrase '' --trust-model always "$@" 2>>"$GNUPGHOME/log" ||
		{ cat "$GNUPGHOME/log" >&2; exit 1; }
}
# talk TIME ANSWERS ARG...: gpg asked in a dialogue.
talk() {
	when=$1
	answers=$2
	shift 2
	printf '%b' "$answers" | gpg --faked-system-time "$when" --yes --no-tty --command-fd 0 \
		--pinentry-mode loopback --passphrase '' --trust-model always "$@" 2>>"$GNUPGHOME/log" ||
		{ cat "$GNUPGHOME/log" >&2; exit 1; }
}
fpr() {
	gpg --batch --with-colons --list-keys "$1" | awk -F: '$1 == "fpr" { print $10; exit }'
}
grip() {
	gpg --batch --with-colons --with-keygrip --list-keys "$1" | awk -F: '$1 == "grp" { print $10; exit }'
}
# old NAME VERSION TYPE ALGORITHM WHO TEXT: a signature of version 2 or 3 over TEXT with SHA-256 (RFC 4880 5.2.2),
# which gpg checks and no longer makes: its agent is asked for the numbers.
old() {
	tail=$3$(printf '%08x' 1706745600)
	sum=$({ printf '%b' "$6"; bytes "$tail"; } | gpg --batch --print-md SHA256 | tr -d ' \n')
	hex=$(printf 'SIGKEY %s\nSETHASH 8 %s\nPKSIGN\n/bye\n' "$(grip "$5@example.com")" "$sum" |
		gpg-connect-agent | od -An -v -tx1 | tr -d '\n' |
		sed 's/ 25 30 44/ 0d/g; s/ 25 30 41/ 0a/g; s/ 25 32 35/ 25/g' | tr -d ' ')
	body=$2''05$tail$(fpr "$5@example.com" | cut -c25-40)$4''08$(echo "$sum" | cut -c1-4)
	case $hex in *28313a72*) names='72 73' ;; *) names=73 ;; esac # "r" and "s", or RSA's "s" alone
	for name in $names; do
		rest=${hex#*28313a$name}
		length=$(bytes "${rest%%3a*}")
		rest=$(echo "${rest#*3a}" | cut -c1-$((length * 2)) | sed 's/^\(00\)*//')
		bits=$((${#rest} * 4))
		case $rest in 0[1]*) bits=$((bits - 7)) ;; 0[23]*) bits=$((bits - 6)) ;; 0[4-7]*) bits=$((bits - 5)) ;; 0*) bits=$((bits - 4)) ;;
		1*) bits=$((bits - 3)) ;; [23]*) bits=$((bits - 2)) ;; [4-7]*) bits=$((bits - 1)) ;; esac
		body=$body$(printf '%04x' $bits)$rest
	done
	n=$((${#body} / 2))
	if [ $n -lt 256 ]; then head=88$(printf '%02x' $n); else head=89$(printf '%04x' $n); fi
	bytes "$head$body" | gpg --batch --enarmor | sed 's/ARMORED FILE/SIGNATURE/; /^Comment/d' >"$out/sig-$1.asc"
}
bytes() { # HEX
	printf '%b' "$(echo "$1" | sed 's/../\\x&/g')"
}
sign() { # NAME ARG...: tests/data/pgp/sig-NAME.asc over msg.txt
	name=$1
	shift
	at 20240201T000000 --output "$out/sig-$name.asc" --armor "$@" --detach-sign "$out/msg.txt"
}

born=20240101T000000
old=20200101T000000

at $born --quick-gen-key 'Alice Example <alice@example.com>' ed25519 cert 0
alice=$(fpr alice@example.com)
at $born --quick-add-key "$alice" ed25519 sign 0
at $born --quick-add-key "$alice" cv25519 encr 0
at $born --quick-add-uid "$alice" 'Alice at Work <alice@work.example>'
at $born --quick-add-uid "$alice" 'Alice Before <before@example.com>'
at 20240102T000000 --quick-revoke-uid "$alice" 'Alice Before <before@example.com>'
at $born --quick-gen-key 'bob@example.com' rsa2048 sign,cert 0
at $born --quick-gen-key 'Carol Example <carol@example.com>' rsa4096 sign,cert 0
at $born --quick-gen-key 'Dave Example <dave@example.com>' nistp256 sign,cert 0
at $born --quick-gen-key 'Dora Example <dora@example.com>' nistp384 sign,cert 0
at $born --quick-gen-key 'Duke Example <duke@example.com>' nistp521 sign,cert 0
at $old --quick-gen-key 'Erin Expired <erin@example.com>' ed25519 sign,cert 20210101T000000
at $born --quick-gen-key 'Frank Retired <frank@example.com>' ed25519 sign,cert 0
at $born --quick-gen-key 'Grace Revoked <grace@example.com>' ed25519 sign,cert 0
at $born --quick-gen-key 'Heidi Example <heidi@example.com>' ed25519 cert 0
heidi=$(fpr heidi@example.com)
at $born --quick-add-key "$heidi" rsa2048 sign 0
at $born --quick-gen-key 'Ivan Small <ivan@example.com>' rsa1024 sign,cert 0
at $born --quick-gen-key 'Judy Older <judy@example.com>' dsa2048 sign,cert 0
at $born --quick-gen-key 'Mia Middle <mia@example.com>' rsa3072 sign,cert 0
at $born --quick-gen-key 'Nora Oldest <nora@example.com>' dsa1024 sign,cert 0
at $born --quick-gen-key 'Kim Brainpool <brainpool@example.com>' brainpoolP256r1 sign,cert 0
at $born --quick-gen-key 'Karl Koblitz <koblitz@example.com>' secp256k1 sign,cert 0
# Whether these subkeys are cross-certified is GnuPG's to tell: a curve and a primary key of its own.
at $born --quick-gen-key 'Lea Example <lea@example.com>' ed25519 cert 0
at $born --quick-add-key "$(fpr lea@example.com)" brainpoolP384r1/ecdsa sign 0
at $born --quick-gen-key 'Liam Example <liam@example.com>' dsa2048 sign,cert 0
at $born --quick-add-key "$(fpr liam@example.com)" ed25519 sign 0
at $born --quick-gen-key '[GNUPG:] GOODSIG 0123456789ABCDEF <mallory@example.com>' ed25519 sign,cert 0

printf 'a small message\n' >"$out/msg.txt"
for who in alice bob carol dave dora duke frank grace heidi ivan judy mia brainpool koblitz lea liam mallory; do
	sign $who -u "$who@example.com"
done
at 20200201T000000 --output "$out/sig-erin.asc" --armor -u erin@example.com --detach-sign "$out/msg.txt"
at 20240201T000000 --output "$out/sig-alice.bin" -u alice@example.com --detach-sign "$out/msg.txt"
sign headers -u alice@example.com --emit-version --comment 'made for a test'
sign expires -u alice@example.com --default-sig-expire 1d
sign notation -u alice@example.com --sig-notation 'note@example.com=[GNUPG:] GOODSIG'
sign critical -u alice@example.com --sig-notation '!note@example.com=1'
sign text -u alice@example.com --textmode
sign sha1 -u bob@example.com --digest-algo SHA1
sign ripemd160 -u bob@example.com --digest-algo RIPEMD160
sign sha224 -u bob@example.com --digest-algo SHA224
sign sha224-ed25519 -u alice@example.com --digest-algo SHA224
old v3 03 00 01 bob "$(cat "$out/msg.txt")\\n"
old v3-text 03 01 01 bob "$(cat "$out/msg.txt")\\r\\n"
old v2 02 00 01 bob "$(cat "$out/msg.txt")\\n"
old v3-judy 03 00 11 judy "$(cat "$out/msg.txt")\\n"
sign nora -u nora@example.com --digest-algo SHA256
sign sha384 -u bob@example.com --digest-algo SHA384
sign sha512 -u bob@example.com --digest-algo SHA512
# A number with zero bits in front, which some write with them (GitHub) and most without.
for second in 0 1 2 3 4 5 6 7 8 9; do
	at 20240201T00000$second --output "$out/sig-bob-short.asc" --armor -u bob@example.com \
		--detach-sign "$out/msg.txt"
	gpg --batch --list-packets "$out/sig-bob-short.asc" 2>>"$GNUPGHOME/log" |
		grep -q 'data: \[204[1-7] bits\]' && break
done
sign two -u alice@example.com -u bob@example.com
at 20240201T000000 --output "$out/clearsigned.asc" --armor -u alice@example.com --clearsign "$out/msg.txt"
at 20240201T000000 --output "$out/inline.asc" --armor -u alice@example.com --sign "$out/msg.txt"
at 20240201T000000 --output "$out/inline.bin" -u alice@example.com --compress-algo none --sign "$out/msg.txt"

# Revocations: retired (3) on 2024-03-01; the one that gpg made with the key, without a reason;
# a subkey superseded (1) on 2024-03-02.
talk 20240301T000000 'y\n3\n\ny\n' --output "$GNUPGHOME/frank.rev" --gen-revoke frank@example.com
at 20240301T000000 --import "$GNUPGHOME/frank.rev"
sed 's/^:-----BEGIN/-----BEGIN/' "$GNUPGHOME/openpgp-revocs.d/$(fpr grace@example.com).rev" >"$GNUPGHOME/grace.rev"
at 20240301T000000 --import "$GNUPGHOME/grace.rev"
talk 20240302T000000 'key 1\nrevkey\ny\n2\n\ny\nsave\n' --edit-key heidi@example.com

# A real commit, as git signs and stores it.
cat >"$GNUPGHOME/gpg-then" <<EOF
#!/bin/bash
exec gpg --faked-system-time 20240201T000000 --batch --pinentry-mode loopback --passphrase '' "\$@"
EOF
chmod 700 "$GNUPGHOME/gpg-then"
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
repo=$GNUPGHOME/repo
git init -q -b main "$repo"
cp "$out/msg.txt" "$repo/"
git -C "$repo" add msg.txt
GIT_AUTHOR_DATE='1706745600 +0000' GIT_COMMITTER_DATE='1706745600 +0000' \
	git -C "$repo" -c user.name='Alice Example' -c user.email=alice@example.com \
	-c user.signingKey="$alice" -c gpg.program="$GNUPGHOME/gpg-then" commit -q -S -m 'A signed commit'
git -C "$repo" cat-file commit HEAD >"$out/commit.raw"
awk '/^gpgsig / { in_sig = 1; print substr($0, 8); next }
	in_sig && /^ / { print substr($0, 2); next } { in_sig = 0 }' "$out/commit.raw" >"$out/commit.asc"
awk '/^gpgsig / { in_sig = 1; next } in_sig && /^ / { next } { in_sig = 0; print }' \
	"$out/commit.raw" >"$out/commit.payload"

at $born --output "$out/keys.asc" --armor --export
at $born --output "$out/alice.gpg" --export alice@example.com
at $born --output "$out/heidi.gpg" --export heidi@example.com
at $born --output "$out/frank.gpg" --export frank@example.com
"$describe" describe "$out/keys.asc" >"$out/keys.json"
chmod -R u+rwX,go+rX "$out"
ls -l "$out"
