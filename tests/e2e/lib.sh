# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the end-to-end tests are written with: a folder of their own, keys, checks.
#
# Sourced by a script that was given PEDIGREE_BIN, the folder of the programs. Each check prints one
# line; finish() prints how many there were and is the script's exit status. Nothing of the
# caller's home, keyring or git configuration is read or changed.

set -u

: "${PEDIGREE_BIN:?the folder of the built programs}"
test -x "$PEDIGREE_BIN/pedigree" || { echo "no pedigree in $PEDIGREE_BIN" >&2; exit 1; }

for name in $(env | sed -n 's/^\(GIT_[A-Z_0-9]*\)=.*/\1/p'); do
	unset "$name"
done
unset SSH_AUTH_SOCK GPG_AGENT_INFO XDG_CONFIG_HOME XDG_CACHE_HOME PEDIGREE_SERVICE
export LC_ALL=C TZ=UTC NO_COLOR=1

tmp=$(mktemp -d "${TMPDIR:-/tmp}/pdg-e2e-XXXXXX")
export HOME="$tmp/home" GNUPGHOME="$tmp/gpg" GIT_CONFIG_NOSYSTEM=1
mkdir -m 700 "$HOME" "$GNUPGHOME"
export PATH="$PEDIGREE_BIN:/usr/local/bin:/usr/bin:/bin"

passed=0
failed=0
out="$tmp/out"
status=0

# Run at the end, however that comes: agents of our own keyring are ended, by their own folder.
clean_up() {
	type stop_all >/dev/null 2>&1 && stop_all
	gpgconf --homedir "$GNUPGHOME" --kill all >/dev/null 2>&1
	rm -rf "$tmp"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

pass() {
	passed=$((passed + 1))
	echo "ok   $*"
}

fail() {
	failed=$((failed + 1))
	echo "FAIL $*"
	sed 's/^/     | /' "$out" 2>/dev/null | head -n 40
}

# run CMD…: its exit status in $status, all that it printed in the file $out.
run() {
	"$@" >"$out" 2>&1 </dev/null
	status=$?
	# A sanitizer's finding is never an expected end.
	if grep -Eq 'ERROR: (Address|Leak)Sanitizer|runtime error:' "$out"; then
		fail "sanitizer finding in: $*"
	fi
}

# assert_exit WANT WHAT CMD…
assert_exit() {
	local want=$1 what=$2
	shift 2
	run "$@"
	if [ "$status" = "$want" ]; then pass "$what"; else fail "$what: exit $status, wanted $want"; fi
}

# assert_refused WHAT CMD…: any failing end; for git, whose status is its own.
assert_refused() {
	local what=$1
	shift
	run "$@"
	if [ "$status" != 0 ]; then pass "$what"; else fail "$what: exit 0"; fi
}

# assert_rule ID…: what was run last named these rules.
assert_rule() {
	local id
	for id; do
		if grep -qF "[$id]" "$out"; then pass "  by $id"; else fail "  rule $id is not named"; fi
	done
}

# assert_says TEXT, assert_silent_about TEXT: what was run last printed it, or did not.
assert_says() {
	if grep -qF -- "$1" "$out"; then pass "  says: $1"; else fail "  does not say: $1"; fi
}
assert_silent_about() {
	if grep -qF -- "$1" "$out"; then fail "  says: $1"; else pass "  is silent about: $1"; fi
}

# assert_same WHAT A B
assert_same() {
	if [ "$2" = "$3" ]; then pass "$1"; else echo "$2 | $3" >"$out"; fail "$1"; fi
}

# pgp_key NAME ADDRESS: a signing key without passphrase; prints its fingerprint.
pgp_key() {
	gpg --batch --quiet --pinentry-mode loopback --passphrase '' \
		--quick-generate-key "$1 <$2>" ed25519 sign never >/dev/null 2>&1
	gpg --batch --with-colons --list-keys "<$2>" | awk -F: '$1 == "fpr" { print $10; exit }'
}

# ssh_key FILE: an Ed25519 key pair.
ssh_key() {
	ssh-keygen -q -t ed25519 -N '' -C '' -f "$1"
}

# sign_with DIR pgp FINGERPRINT | ssh FILE | none, as NAME ADDRESS: how commits are made in a clone.
sign_with() {
	git -C "$1" config user.name "$4"
	git -C "$1" config user.email "$5"
	case $2 in
	pgp)
		git -C "$1" config gpg.format openpgp
		git -C "$1" config user.signingKey "$3!"
		git -C "$1" config commit.gpgSign true
		;;
	ssh)
		git -C "$1" config gpg.format ssh
		git -C "$1" config user.signingKey "$3"
		git -C "$1" config commit.gpgSign true
		;;
	none)
		git -C "$1" config commit.gpgSign false
		;;
	esac
}

# commit DIR TEXT [git's options]: one commit with a change.
commit() {
	local dir=$1 text=$2
	shift 2
	echo "$text" >>"$dir/file"
	git -C "$dir" add file && git -C "$dir" commit -q -m "$text" "$@"
}

# server_key FILE: FILE (private, 0600) and FILE.pub.
server_key() {
	(umask 077 && openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null ||
		openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null)
	openssl pkey -in "$1" -pubout -out "$1.pub" 2>/dev/null
}

# A folder as text: each file's name, mode and content.
snapshot() {
	(cd "$1" && find . \( -type f -o -type l -o -type d \) -printf '%p %m %y\n' | sort &&
		find . -type f -print0 | sort -z | xargs -0 -r sha256sum)
}

finish() {
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
	exit $?
}
