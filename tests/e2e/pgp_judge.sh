#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Commits signed by git and a real gpg with every kind of OpenPGP key that it makes, judged by the whole program: forms
# that GnuPG checks (DSA, other curves, short RSA, texts, RIPEMD-160), subkeys and their consent, keys of another time,
# revoked ones.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

uri=https://git.example/app
keys=$tmp/keys repo=$tmp/repo policy=$tmp/policy
mkdir "$keys"
pgp() { gpg --batch --quiet --yes --no-tty --pinentry-mode loopback --passphrase '' "$@" 2>"$printed"; }
fpr() { gpg --batch --with-colons --list-keys "$1" 2>/dev/null | awk -F: '$1 == "fpr" { print $10; exit }'; }
new() { # NAME ALGORITHM [USAGE [EXPIRES]]
	pgp --quick-generate-key "$1 <$1@example.com>" "$2" "${3:-sign,cert}" "${4:-never}" || fail "a key for $1"
}
export_keys() { pgp --export "$@"; }
git init -q -b main "$repo"
tree=$(git -C "$repo" hash-object -w -t tree /dev/null)
write_policy() { # KEYFILE…
	printf '[repository "%s"]\n\tprotect = refs/heads/main\n' "$uri" >"$policy"
	printf '\topenpgpKeys = %s\n' "$@" >>"$policy"
}
# signed NAME [GPG-OPTION…]: a commit that git and gpg make as NAME.
signed() {
	local name=$1
	shift
	printf '#!/bin/sh\nexec gpg --batch --no-tty --pinentry-mode loopback --passphrase "" %s "$@"\n' "$*" >"$tmp/gpg-then"
	chmod 755 "$tmp/gpg-then"
	GIT_AUTHOR_NAME=$name GIT_AUTHOR_EMAIL=$name@example.com GIT_COMMITTER_NAME=$name GIT_COMMITTER_EMAIL=$name@example.com \
		git -C "$repo" -c gpg.program="$tmp/gpg-then" commit-tree -S"${by:-$(fpr "$name@example.com")}" -m "By $name" "$tree" 2>"$printed" ||
		fail "git signs as $name"
}
check() { pedigree -C "$repo" check --policy "$policy" --repository "$uri" "$@"; }
refused() { exits 1 "[$1]" "$2" check "$3"; }
good() { exits 0 - "$1" check "$2"; }
# altered OBJECT: the same signature over another message.
altered() { git -C "$repo" cat-file commit "$1" | sed 's/^By /by /' | git -C "$repo" hash-object -t commit -w --stdin; }

# ---- every algorithm that gpg makes -------------------------------------------------------------

algorithms="rsa1024 rsa2048 dsa1024 dsa2048 ed25519 nistp256 nistp384 nistp521 brainpoolP256r1 brainpoolP384r1 brainpoolP512r1 secp256k1"
for a in $algorithms; do new "$a" "$a"; done
export_keys >"$keys/all.gpg"
write_policy "$keys/all.gpg"
for a in $algorithms; do
	# gpg signs with SHA-1 for the smallest of DSA, which nobody takes.
	commit=$(signed "$a" --digest-algo SHA512)
	good "$a" "$commit"
	refused SGN-4 "$a, over another message" "$(altered "$commit")"
done
# shellcheck disable=SC2046 # many names
exits 0 - "all of them in one go" check $(for a in $algorithms; do signed "$a" --digest-algo SHA512; done)
refused SGN-10 "SHA-1" "$(signed rsa2048 --digest-algo SHA1)"
refused SGN-10 "SHA-1 by DSA" "$(signed dsa1024 --digest-algo SHA1)"
refused SGN-10 "SHA-1 by Ed25519" "$(signed ed25519 --digest-algo SHA1)"
good "RIPEMD-160" "$(signed rsa2048 --digest-algo RIPEMD160)"
text=$(signed rsa2048 --textmode)
good "over a text" "$text"
refused SGN-4 "over another text" "$(altered "$text")"
git -C "$repo" cat-file commit "$text" | sed 's/^By .*/&\r/' >"$tmp/raw"
refused SGN-10 "over a text that has got a carriage return, which GnuPG takes for the same" \
	"$(git -C "$repo" hash-object -t commit -w --stdin <"$tmp/raw")"
good "with a notation like a status line" "$(signed brainpoolP256r1 --sig-notation "'x@example.com=[GNUPG:] GOODSIG 0123'")"
refused SGN-7 "expired, by DSA" "$(signed dsa2048 --faked-system-time 20260101T000000 --ignore-time-conflict --ignore-valid-from --default-sig-expire 1d)"
mv "$keys/all.gpg" "$keys/kept.gpg"
new stranger dsa2048
export_keys rsa2048 >"$keys/all.gpg"
refused SGN-3 "by a DSA key that nobody named" "$(signed stranger)"
mv "$keys/kept.gpg" "$keys/all.gpg"

# ---- subkeys and their consent ------------------------------------------------------------------

new curve ed25519 cert
pgp --quick-add-key "$(fpr curve@example.com)" brainpoolP256r1/ecdsa sign never || fail "a subkey"
new below dsa2048
pgp --quick-add-key "$(fpr below@example.com)" ed25519 sign never || fail "a subkey"
new plain ed25519 cert
pgp --quick-add-key "$(fpr plain@example.com)" ed25519 sign never || fail "a subkey"
subkey() { gpg --batch --with-colons --list-keys "$1@example.com" 2>/dev/null | awk -F: '$1 == "fpr" { f = $10 } END { print f }'; }
# without_consent FILE ALGORITHM-BYTE: subpacket 32 (embedded signature) is called 100, in the part that nothing signs.
without_consent() {
	local at
	at=$(LC_ALL=C grep -obUaP '\x20\x04\x19\x'"$2" "$1" | head -n 1 | cut -d: -f1)
	[ -n "$at" ] || fail "no back signature in $1"
	{ head -c "$at" "$1"; printf '\144'; tail -c +$((at + 2)) "$1"; } >"$1.without"
}
# asked_consent FILE ALGORITHM-BYTE: the embedded signature, which nothing signs, names RIPEMD-160, so that GnuPG is asked about it.
asked_consent() {
	local at
	at=$(LC_ALL=C grep -obUaP '\x20\x04\x19\x'"$2" "$1" | head -n 1 | cut -d: -f1)
	[ -n "$at" ] || fail "no back signature in $1"
	{ head -c $((at + 4)) "$1"; printf '\003'; tail -c +$((at + 6)) "$1"; } >"$1.asked"
}
for who in "curve 13" "below 16" "plain 16"; do
	name=${who% *}
	export_keys "$name@example.com" >"$keys/$name.gpg"
	without_consent "$keys/$name.gpg" "${who#* }"
	commit=$(by=$(subkey "$name")! signed "$name")
	write_policy "$keys/$name.gpg"
	good "$name: a subkey" "$commit"
	write_policy "$keys/$name.gpg.without"
	refused SGN-8 "$name: the same without its consent" "$commit"
	# A copy without it takes nothing from one that has it.
	write_policy "$keys/$name.gpg.without" "$keys/$name.gpg"
	good "$name: with and without its consent" "$commit"
	write_policy "$keys/$name.gpg" "$keys/$name.gpg.without"
	good "$name: without and with its consent" "$commit"
	# Nor does one whose consent is made one that GnuPG has to be asked about, and is wrong.
	[ "$name" = plain ] || continue
	asked_consent "$keys/$name.gpg" "${who#* }"
	write_policy "$keys/$name.gpg.asked"
	refused SGN-8 "$name: consent over another digest" "$commit"
	write_policy "$keys/$name.gpg.asked" "$keys/$name.gpg"
	good "$name: with another consent first" "$commit"
	write_policy "$keys/$name.gpg" "$keys/$name.gpg.asked"
	good "$name: with another consent last" "$commit"
done

# ---- keys of another time -----------------------------------------------------------------------

dated() { pgp --faked-system-time "$@"; }
dated 20190101T000000 --quick-generate-key 'expired <expired@example.com>' dsa2048 sign,cert 20200101T000000 || fail "a key"
dated 20190101T000000 --quick-generate-key 'expiredrsa <expiredrsa@example.com>' rsa2048 sign,cert 20200101T000000 || fail "a key"
dated 20190101T000000 --quick-generate-key 'oldsub <oldsub@example.com>' ed25519 cert never || fail "a key"
dated 20190101T000000 --quick-add-key "$(fpr oldsub@example.com)" ed25519 sign 20200101T000000 || fail "a subkey"
dated 20990101T000000 --quick-generate-key 'tomorrow <tomorrow@example.com>' ed25519 sign,cert never || fail "a key"
dated 20990101T000000 --quick-generate-key 'tomorrowdsa <tomorrowdsa@example.com>' dsa2048 sign,cert never || fail "a key"
export_keys expired@example.com expiredrsa@example.com oldsub@example.com tomorrow@example.com tomorrowdsa@example.com >"$keys/times.gpg"
write_policy "$keys/times.gpg"
export GIT_AUTHOR_DATE='1561939200 +0000' GIT_COMMITTER_DATE='1561939200 +0000' # 2019-07-01
for who in expired expiredrsa oldsub; do
	refused SGN-6 "$who: a commit dated when the key was valid" "$(signed $who --faked-system-time 20190701T000000)"
done
unset GIT_AUTHOR_DATE GIT_COMMITTER_DATE
for who in tomorrow tomorrowdsa; do
	refused SGN-12 "$who: a signature of the future by a key of the future" "$(signed $who --faked-system-time 20990701T000000)"
	refused SGN-8 "$who: a signature of today by a key of the future" "$(signed $who --ignore-time-conflict --ignore-valid-from)"
done

# ---- revoked ------------------------------------------------------------------------------------

talk() { printf '%b' "$1" | gpg --yes --no-tty --command-fd 0 --pinentry-mode loopback --passphrase '' "${@:2}" 2>"$printed"; }
for a in "retired ed25519" "retireddsa dsa2048" "leaked ed25519" "leakeddsa dsa2048"; do
	dated 20240101T000000 --quick-generate-key "${a% *} <${a% *}@example.com>" "${a#* }" sign,cert never || fail "a key"
done
for who in retired retireddsa leaked leakeddsa; do
	export_keys "$who@example.com" >"$keys/$who-good.gpg"
	reason=3 # retired; 1: in other hands
	[ "${who#leaked}" = "$who" ] || reason=1
	talk "y\n$reason\n\ny\n" --faked-system-time 20240301T000000 --output "$tmp/$who.rev" --gen-revoke "$who@example.com" || fail "a revocation"
	eval "commit_$who=\$(signed $who --faked-system-time 20240201T000000)"
	mkdir -m 700 "$tmp/ring.$who"
	pgp --homedir "$tmp/ring.$who" --import "$keys/$who-good.gpg" "$tmp/$who.rev" || true
	pgp --homedir "$tmp/ring.$who" --export >"$keys/$who.gpg"
	write_policy "$keys/$who-good.gpg"
	eval "good '$who, before it was revoked' \$commit_$who"
	write_policy "$keys/$who.gpg"
	eval "refused SGN-5 '$who, since' \$commit_$who"
	# Two files have it: what one of them revokes is revoked.
	for order in "$keys/$who.gpg $keys/$who-good.gpg" "$keys/$who-good.gpg $keys/$who.gpg"; do
		# shellcheck disable=SC2086 # two names
		write_policy $order
		eval "refused SGN-5 '$who, in one of two files' \$commit_$who"
	done
	# An ordinary revocation has a date, which leaves alone what was there before; the other kind has none.
	when=$("$BIN/pedigree-pgp" describe "$keys/$who.gpg" | jq -s '.[1].keys[0].revokedAt')
	case $who in
	retired*) [ "$when" = 1709251200 ] || fail "$who was revoked at $when" ;;
	*) [ "$when" = 0 ] || fail "$who was revoked at $when" ;;
	esac
	# One byte of the revocation's numbers is another: GnuPG drops it, so the file is refused.
	at=$(LC_ALL=C cmp -l "$keys/$who.gpg" "$keys/$who-good.gpg" 2>/dev/null | head -n 1 | awk '{ print $1 }')
	size=$(($(stat -c %s "$keys/$who.gpg") - $(stat -c %s "$keys/$who-good.gpg")))
	{ head -c $((at + size - 6)) "$keys/$who.gpg"; printf '\125\252'; tail -c +$((at + size - 3)) "$keys/$who.gpg"; } >"$keys/$who-broken.gpg"
	exits 3 PGP-4 "$who: a damaged revocation" "$BIN/pedigree-pgp" describe "$keys/$who-broken.gpg"
done

# ---- bound with SHA-1 ---------------------------------------------------------------------------

# Whatever this GnuPG says of such a key, we say: git asks it.
for a in rsa2048 ed25519 dsa1024; do
	pgp --cert-digest-algo SHA1 --quick-generate-key "sha1$a <sha1$a@example.com>" $a sign,cert never || fail "a key"
	export_keys "sha1$a@example.com" >"$keys/sha1.gpg"
	gpg --batch --list-packets "$keys/sha1.gpg" 2>/dev/null | grep -q 'digest algo 2,' || fail "the key is not bound with SHA-1"
	write_policy "$keys/sha1.gpg"
	commit=$(signed "sha1$a" --digest-algo SHA256)
	if git -C "$repo" verify-commit "$commit" 2>"$printed"; then
		good "$a bound with SHA-1, which GnuPG takes" "$commit"
	else
		exits 1 - "$a bound with SHA-1, which GnuPG does not take" check "$commit"
	fi
done

# ---- nothing is judged without GnuPG --------------------------------------------------------------

write_policy "$keys/all.gpg"
commit=$(signed dsa2048)
good "with the program" "$commit"
mkdir "$tmp/bin"
cp "$BIN/pedigree" "$BIN/pedigree-repo" "$tmp/bin/"
PATH=$tmp/bin:$PATH exits 3 - "a DSA signature without pedigree-pgp" "$tmp/bin/pedigree" -C "$repo" check --policy "$policy" --repository "$uri" "$commit"

finish
