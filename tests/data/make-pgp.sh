#!/bin/sh
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
at $born --quick-gen-key '[GNUPG:] GOODSIG 0123456789ABCDEF <mallory@example.com>' ed25519 sign,cert 0

printf 'a small message\n' >"$out/msg.txt"
for who in alice bob carol dave dora duke frank grace heidi ivan judy mallory; do
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
#!/bin/sh
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
