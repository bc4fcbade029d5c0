#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# pedigree-pgp against a real GnuPG: what it describes, refuses and leaves behind; the cache of its
# answers; and gpg's own verdict on the committed signatures beside ours.
#
#	tests/e2e/pgp.sh FOLDER-WITH-PROGRAMS PGP_CHECK TESTS/DATA/PGP
# shellcheck disable=SC1091,SC2154 # lib.sh, which defines $out
set -u -o pipefail
command -v gpg >/dev/null || {
	echo "e2e.pgp needs gpg (Debian: gnupg)" >&2
	[ "${CI:-}" = true ] && exit 1
	exit 77
}
check_program=${2:?} data=$(cd "${3:?}" && pwd)
. "$(dirname "$0")/lib.sh" "$1"

pgp=$BIN/pedigree-pgp
quiet_gpg() { gpg --batch --quiet --no-tty --pinentry-mode loopback --passphrase '' "$@" 2>>"$W/gpg.log"; }

# A description is the same whenever and wherever it is made.
ok "describe" "$pgp" describe "$data/keys.asc"
[ "$out" = "$(cat "$data/keys.json")" ] || fail "keys.asc is described otherwise than in keys.json"
ok "without HOME, with a hostile environment" env -i GNUPGHOME=/nonexistent PATH="$W/evil" TMPDIR="$W/$(printf 'x%.0s' {1..120})" \
	"$pgp" describe "$data/keys.asc"
[ "$out" = "$(cat "$data/keys.json")" ] || fail "the environment changes a description"
from_input() { "$pgp" describe - <"$1"; }
ok "standard input" from_input "$data/keys.asc"
[ "$out" = "$(cat "$data/keys.json")" ] || fail "standard input is described otherwise"
quiet_gpg --dearmor <"$data/keys.asc" >"$W/keys.gpg"
ok "binary" "$pgp" describe "$W/keys.gpg"
[ "$(tail -n +2 <<<"$out")" = "$(tail -n +2 "$data/keys.json")" ] || fail "binary and armor differ"
{ echo "# developers"; quiet_gpg --enarmor <"$data/alice.gpg" | sed 's/ARMORED FILE/PUBLIC KEY BLOCK/; /^Comment/d'
	echo "and another:"; quiet_gpg --enarmor <"$data/heidi.gpg" | sed 's/ARMORED FILE/PUBLIC KEY BLOCK/; s/$/\r/'; } >"$W/two.asc"
ok "two blocks with comments" "$pgp" describe "$W/two.asc"
[ "$(jq -s '.[0].certs, length' <<<"$out" | tr '\n' ' ')" = '2 3 ' ] || fail "two blocks are not two certificates"

# What is refused, with one line on standard error and a reason for the library on standard output.
exits 2 - "no arguments" "$pgp"
exits 2 - "unknown command" "$pgp" frob "$data/keys.asc"
exits 3 - "no file" "$pgp" describe "$W/none"
exits 3 - "a directory" "$pgp" describe "$W"
: >"$W/empty"
exits 3 PGP-4 "empty" "$pgp" describe "$W/empty"
head -c 3000 "$data/keys.asc" >"$W/cut.asc"
exits 3 PGP-4 "cut armor" "$pgp" describe "$W/cut.asc"
head -c 700 "$data/alice.gpg" >"$W/cut.gpg"
exits 3 PGP-4 "cut packets" "$pgp" describe "$W/cut.gpg"
exits 3 PGP-4 "a signature" "$pgp" describe "$data/sig-alice.asc"
exits 3 PGP-4 "text" "$pgp" describe "$data/msg.txt"
quiet_gpg --quick-gen-key 'Secret <secret@example.com>' ed25519 sign,cert 0
quiet_gpg --armor --export-secret-keys >"$W/secret.asc"
quiet_gpg --export-secret-keys >"$W/secret.gpg"
grep -q 'PRIVATE KEY' "$W/secret.asc" || fail "no secret key was exported"
exits 3 "secret key" "a secret key, armoured" "$pgp" describe "$W/secret.asc"
exits 3 "secret key" "a secret key, binary" "$pgp" describe "$W/secret.gpg"
cat "$data/alice.gpg" "$W/secret.gpg" >"$W/mixed.gpg"
exits 3 "secret key" "a secret key behind a public one" "$pgp" describe "$W/mixed.gpg"
# Only the public key packet: no user id, no self-signature.
n=$((0x$(od -An -tx1 -j1 -N1 "$data/frank.gpg" | tr -d ' ') + 2))
head -c "$n" "$data/frank.gpg" >"$W/bare.gpg"
exits 3 PGP-4 "a key that nothing binds" "$pgp" describe "$W/bare.gpg"
cat "$data/alice.gpg" "$W/bare.gpg" >"$W/half.gpg"
exits 3 "does not accept" "one of two that GnuPG does not accept" "$pgp" describe "$W/half.gpg"
# frank.gpg: key packet, then the revocation; one byte of its numbers is another.
at=$((n + $(printf %d "0x$(od -An -tx1 -j$((n + 1)) -N1 "$data/frank.gpg" | tr -d ' ')")))
{ head -c "$at" "$data/frank.gpg"; printf '\123'; tail -c +$((at + 2)) "$data/frank.gpg"; } >"$W/damaged.gpg"
cmp -s "$W/damaged.gpg" "$data/frank.gpg" && fail "damaged.gpg is frank.gpg"
exits 3 "a revocation" "a damaged revocation" "$pgp" describe "$W/damaged.gpg"
reason=$("$pgp" describe "$W/half.gpg" 2>"$W/stderr")
[ "$(jq -r .error.rule <<<"$reason")" = PGP-4 ] || fail "no reason for the library"
[ "$(wc -l <"$W/stderr")" = 1 ] || fail "a refusal is not one line"

# Without a back signature a subkey is not cross-certified, though GnuPG lists it as one that signs:
# subpacket 32 (embedded signature) is called 100, in the part that nothing signs.
at=$(LC_ALL=C grep -obUaP '\x20\x04\x19\x16' "$data/alice.gpg" | head -n 1 | cut -d: -f1)
{ head -c "$at" "$data/alice.gpg"; printf '\144'; tail -c +$((at + 2)) "$data/alice.gpg"; } >"$W/nocross.gpg"
cmp -s "$W/nocross.gpg" "$data/alice.gpg" && fail "nocross.gpg is alice.gpg"
ok "no back signature" "$pgp" describe "$W/nocross.gpg"
[ "$(jq -sc '[.[1].keys[1] | .canSign, .crossCertified, .askGnupg]' <<<"$out")" = '[true,false,false]' ] || fail "cross-certified without a back signature"

# A user id whose self-signature has ended is not the owner's any more: GnuPG shows it so, gpgme does not say it. The one
# that nobody understands GnuPG drops.
ok "user ids that end" "$pgp" describe "$data/uid-ends.gpg"
[ "$(jq -sc '[.[1].uids[] | select(.expires > 0) | .address] | sort' <<<"$out")" = '["critical@example.com","ended@example.com"]' ] ||
	fail "ends: $out"

# What it leaves: nothing. What it writes to: its own folder and its output.
if tool strace "what is written and left"; then
	ASAN_OPTIONS=detect_leaks=0 strace -f -y -qq -e trace=%file,process -o "$W/trace" "$pgp" describe "$data/keys.asc" >"$W/traced" ||
		fail "describe under strace"
	cmp -s "$W/traced" "$data/keys.json" || fail "described otherwise under strace"
	home=$(grep -o '/tmp/pdg-pgp[^/",>]*' "$W/trace" | sort -u)
	[ -n "$home" ] || fail "no GNUPGHOME of its own"
	[ "$(wc -l <<<"$home")" = 1 ] || fail "more than one GNUPGHOME: $home"
	[ ${#home} -le 32 ] || fail "a long GNUPGHOME: $home"
	[ ! -e "$home" ] || fail "$home is left"
	written=$(grep -E 'O_WRONLY|O_RDWR|O_CREAT|mkdir|rename|symlink|link\(' "$W/trace" | grep -v -e ' = -1 ' -e ' resumed>' |
		grep -v -e "$home" -e '"/dev/null"' -e '"/dev/tty"' -e unlink -e readlink || true)
	[ -z "$written" ] || fail "written elsewhere: $written"
	grep -Eq 'execve\("[^"]*(gpg-agent|dirmngr|keyboxd|scdaemon)"' "$W/trace" && fail "a helper of GnuPG was started"
	for p in /proc/[0-9]*; do
		tr '\0' '\n' 2>/dev/null <"$p/environ" | grep -qxF "GNUPGHOME=$home" && fail "a process is left: $(tr '\0' ' ' <"$p/cmdline")"
	done
	checks=$((checks + 6))

	# Stopped in the middle of it, or killed: nothing is left either.
	for sig in TERM INT HUP KILL; do
		ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e trace=execve,mkdir,mkdirat -o "$W/stop.$sig" "$pgp" describe "$data/keys.asc" >/dev/null 2>&1 &
		tracer=$!
		wait_for 20 grep -q 'bin/gpg"' "$W/stop.$sig" || fail "gpg was not run"
		pid=$(head -n 1 "$W/stop.$sig" | cut -d' ' -f1)
		kill -"$sig" "$pid" 2>/dev/null
		wait "$tracer"
		status=$?
		home=$(grep -o '/tmp/pdg-pgp[^/",>]*' "$W/stop.$sig" | sort -u)
		[ -n "$home" ] || fail "no GNUPGHOME before SIG$sig"
		[ ! -e "$home" ] || fail "$home is left after SIG$sig"
		# 0: it had ended before the signal came.
		[ "$status" = 0 ] || [ "$status" = $((128 + $(kill -l "$sig"))) ] || fail "SIG$sig: status $status"
		checks=$((checks + 1))
	done

	# The same for signatures: no helper, nothing written elsewhere, nothing left, also when whoever asks is killed.
	cp "$check_program" "$W/"
	printf '#!/bin/sh\nASAN_OPTIONS=detect_leaks=0 exec %s "$@"\n' "$pgp" >"$W/pedigree-pgp" # a leak check needs ptrace itself
	chmod 755 "$W/pedigree-pgp"
	mkdir -p "$W/canary/.gnupg"
	chmod 700 "$W/canary/.gnupg"
	echo "no-such-option" | tee "$W/canary/.gnupg/gpg.conf" >"$W/canary/.gnupg/common.conf"
	before=$(find "$W/canary" -printf '%p %m %T@ %s\n' | sort)
	HOME=$W/canary ASAN_OPTIONS=detect_leaks=0 strace -f -y -qq -e trace=%file,process -o "$W/asked" \
		"$W/pgp_check" "$data/keys.asc" - "$data/sig-judy.asc" "$data/msg.txt" >/dev/null || fail "a signature by DSA"
	[ "$(find "$W/canary" -printf '%p %m %T@ %s\n' | sort)" = "$before" ] || fail "the user's GNUPGHOME was touched"
	grep -q "$W/canary" "$W/asked" && grep "$W/canary" "$W/asked" | grep -qv -e execve && fail "the user's GNUPGHOME was looked at"
	homes=$(grep -o '/tmp/pdg-pgp[^/",>]*' "$W/asked" | sort -u)
	[ "$(wc -l <<<"$homes")" = 2 ] || fail "not one GNUPGHOME to describe and one to check: $homes"
	for home in $homes; do [ ! -e "$home" ] || fail "$home is left"; done
	written=$(grep -E 'O_WRONLY|O_RDWR|O_CREAT|mkdir|rename|symlink|link\(' "$W/asked" | grep -v -e ' = -1 ' -e ' resumed>' |
		grep -v -e '/tmp/pdg-pgp' -e '"/dev/null"' -e '"/dev/tty"' -e unlink -e readlink || true)
	[ -z "$written" ] || fail "written elsewhere: $written"
	grep -Eq 'execve\("[^"]*(gpg-agent|dirmngr|keyboxd|scdaemon)"' "$W/asked" && fail "a helper of GnuPG was started"
	checks=$((checks + 7))
	for whom in pgp_check pedigree-pgp gpg; do
		ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e trace=execve,mkdir,mkdirat -o "$W/killed.$whom" \
			"$W/pgp_check" "$data/keys.asc" "$W/cache-kill" "$data/sig-judy.asc" "$data/msg.txt" >/dev/null 2>&1 &
		tracer=$!
		wait_for 20 grep -q '"--verify"' "$W/killed.$whom" || fail "gpg --verify was not run"
		pid=$(grep "/$whom\"" "$W/killed.$whom" | tail -n 1 | cut -d' ' -f1)
		kill -KILL "$pid" 2>/dev/null
		wait "$tracer"
		for home in $(grep -o '/tmp/pdg-pgp[^/",>]*' "$W/killed.$whom" | sort -u); do
			[ ! -e "$home" ] || fail "$home is left after $whom was killed"
		done
		checks=$((checks + 1))
	done
fi

# The library: the program beside the running one is asked, its answer kept, a bad one made again.
mkdir "$W/bin"
cp "$pgp" "$check_program" "$W/bin/"
verify() { ok "$1" "$W/bin/pgp_check" "$data/keys.asc" "$2" "$data/sig-alice.asc" "$data/msg.txt"; }
entry=$W/cache/keys/$(sha256sum "$data/keys.asc" | cut -d' ' -f1).json
verify "no cache" -
verify "new cache" "$W/cache/keys"
[ "$(stat -c '%a' "$W/cache/keys" "$entry" | tr '\n' ' ')" = '700 600 ' ] || fail "modes of the cache"
cmp -s "$entry" "$data/keys.json" || fail "the cache holds something else"
inode=$(stat -c %i "$entry")
verify "kept"  "$W/cache/keys"
[ "$(stat -c %i "$entry")" = "$inode" ] || fail "a good entry was made again"
mv "$W/bin/pedigree-pgp" "$W/bin/away"
verify "kept, without the program" "$W/cache/keys"
exits 3 - "without the program and cache" "$W/bin/pgp_check" "$data/keys.asc" - "$data/sig-alice.asc" "$data/msg.txt"
mv "$W/bin/away" "$W/bin/pedigree-pgp"
echo '{"version":1}' >"$entry"
verify "damaged" "$W/cache/keys"
cmp -s "$entry" "$data/keys.json" || fail "a damaged entry was not made again"
chmod 666 "$entry"
verify "writable by others" "$W/cache/keys"
[ "$(stat -c %a "$entry")" = 600 ] || fail "an entry that others may write was kept"
verify "unwritable folder" /dev/null/keys
exits 3 PGP-4 "a refused key file" "$W/bin/pgp_check" "$W/half.gpg" "$W/cache/keys" "$data/sig-alice.asc" "$data/msg.txt"
exits 3 - "a missing key file" "$W/bin/pgp_check" "$W/none" - "$data/sig-alice.asc" "$data/msg.txt"

# Two verdicts on each committed signature, gpg's and ours. gpg judges keys too (expired, revoked): what
# both look at here is the mathematics, GOODSIG, EXPKEYSIG and REVKEYSIG against BADSIG and the rest.
mkdir "$W/judge"
quiet_gpg --homedir "$W/judge" --no-autostart --import "$data/keys.asc" || fail "gpg --import"
gpg_says() { # SIG MSG
	local said
	said=$(gpg --homedir "$W/judge" --no-autostart --batch --no-tty --trust-model always --status-fd 1 --verify "$1" "$2" 2>/dev/null)
	if grep -Eq '^\[GNUPG:\] (GOODSIG|EXPKEYSIG|REVKEYSIG|EXPSIG) ' <<<"$said"; then echo good; else echo bad; fi
}
we_say() { if "$W/bin/pgp_check" "$data/keys.asc" "$W/cache/keys" "$1" "$2" >/dev/null 2>&1; then echo good; else echo bad; fi; }
signatures=0
printf 'another message\n' >"$W/other"
for sig in "$data"/sig-*.asc; do
	case $(basename "$sig") in
	# Forms that gpg accepts and Pedigree does not judge, on purpose (PGP-2, PGP-3).
	sig-two.asc | sig-sha1.asc | sig-v2.asc)
		[ "$(we_say "$sig" "$data/msg.txt")" = bad ] || fail "$sig is judged"
		;;
	sig-critical.asc)
		[ "$(we_say "$sig" "$data/msg.txt")$(gpg_says "$sig" "$data/msg.txt")" = badbad ] || fail "$sig is judged"
		;;
	*)
		[ "$(gpg_says "$sig" "$data/msg.txt")$(we_say "$sig" "$data/msg.txt")" = goodgood ] || fail "$sig: verdicts differ"
		[ "$(gpg_says "$sig" "$W/other")$(we_say "$sig" "$W/other")" = badbad ] || fail "$sig: verdicts differ over another message"
		;;
	esac
	signatures=$((signatures + 1))
done
[ "$(gpg_says "$data/commit.asc" "$data/commit.payload")$(we_say "$data/commit.asc" "$data/commit.payload")" = goodgood ] ||
	fail "the commit: verdicts differ"
[ "$signatures" -ge 30 ] || fail "only $signatures signatures"
checks=$((checks + signatures))

finish
