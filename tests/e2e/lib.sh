# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The base of every script here, in ../interop and of bench/run: a temporary folder, a clean environment, checks, keys,
# processes that are ended by their id. Sourced, by world.sh or by a script that makes its own repositories; $1 of
# the script (or PEDIGREE_BIN) is the folder of the built programs.
#
# Everything lies below $tmp, by its other name $W, and is removed at the end (PEDIGREE_KEEP_WORLD=1 keeps it). Nothing of
# the caller's home, keyring or git configuration is read or changed. The first failed check ends the script with status
# 1; its last line is finish. PEDIGREE_VERBOSE=1 prints each check.
set -u -o pipefail

BIN=${1:-${PEDIGREE_BIN:?the folder of the built programs}}
BIN=$(cd "$BIN" && pwd) || exit 3
[ -x "$BIN/pedigree" ] || { echo "no pedigree in $BIN" >&2; exit 3; }

for name in $(env | sed -n 's/^\(GIT_[A-Z_0-9]*\)=.*/\1/p'); do
	unset "$name"
done
unset SSH_AUTH_SOCK GPG_AGENT_INFO XDG_CONFIG_HOME XDG_CACHE_HOME PEDIGREE_SERVICE
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
tmp=$(mktemp -d "${TMPDIR:-/tmp}/pdg.XXXXXX") || exit 3
# shellcheck disable=SC2034 # used by the scripts
W=$tmp
export LC_ALL=C TZ=UTC NO_COLOR=1 PATH=$BIN:$PATH HOME=$tmp/home GNUPGHOME=$tmp/gnupg GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0
# A sanitizer's finding has a status that no test expects.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}:exitcode=99 UBSAN_OPTIONS=${UBSAN_OPTIONS:-}:exitcode=99
export TSAN_OPTIONS=${TSAN_OPTIONS:-}:exitcode=99
mkdir -m 700 "$HOME" "$GNUPGHOME" || exit 3

PIDS=()
checks=0
status=0
printed=$tmp/printed # the file with what was run last printed
exec 3>&2            # where a failure is told, also inside of a check

# ---- the end ----------------------------------------------------------------------------------

# ended PID: it is gone, or waits only for us to take its status.
ended() { ! grep -q '^State:[[:space:]]*[^Z[:space:]]' "/proc/$1/status" 2>/dev/null; }

# stop PID [SIGNAL]: end a process that this script started. Its exit status; 124 when only SIGKILL helped.
stop() {
	local pid=$1 p left=() status
	kill "-${2:-TERM}" "$pid" 2>/dev/null
	wait_for 10 ended "$pid" || { kill -KILL "$pid"; wait "$pid" 2>/dev/null; status=124; }
	[ -n "${status:-}" ] || { wait "$pid" 2>/dev/null; status=$?; }
	for p in "${PIDS[@]}"; do
		[ "$p" = "$pid" ] || left+=("$p")
	done
	PIDS=("${left[@]}")
	return "$status"
}

clean_up() {
	local p
	for p in "${PIDS[@]}"; do
		stop "$p"
	done
	gpgconf --kill all >/dev/null 2>&1
	if [ -n "${PEDIGREE_KEEP_WORLD:-}" ]; then
		echo "kept: $tmp" >&2
	else
		rm -rf "$tmp"
	fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM

fail() {
	printf 'FAILED: %s\n' "$*" >&3
	sed 's/^/     | /' "$printed" 2>/dev/null | head -n 40 >&3
	[ -f "$tmp/pedigreed.log" ] && tail -n 20 "$tmp/pedigreed.log" >&3
	exit 1
}

pass() {
	checks=$((checks + 1))
	[ -z "${PEDIGREE_VERBOSE:-}" ] || echo "ok   $*"
}

# The script's last line: no check at all is a failure.
finish() {
	[ "$checks" -gt 0 ] || fail "nothing was checked"
	[ ! -f "$tmp/pedigreed.log" ] || no_finding "$tmp/pedigreed.log" "pedigreed"
	echo "passed: $checks checks"
	exit 0
}

# ---- checks -----------------------------------------------------------------------------------

no_finding() { # no_finding FILE WHAT
	if grep -Eq 'ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|runtime error:' "$1"; then
		cp "$1" "$printed"
		fail "a sanitizer's finding in: $2"
	fi
}

# run COMMAND…: its exit status in $status, all that it printed in the file $printed and in $out.
run() {
	"$@" >"$printed" 2>&1 </dev/null
	status=$?
	no_finding "$printed" "$*"
	# shellcheck disable=SC2034 # used by the scripts
	out=$(tr -d '\0' <"$printed")
}

# ok WHAT COMMAND…: must succeed.
ok() { exits 0 - "$@"; }

# exits STATUS RULE WHAT COMMAND…: must end with STATUS and name RULE (an id as a whole word, or a text; "-": none asked for).
exits() {
	local want=$1 rule=$2 what=$3 match=-qF
	shift 3
	run "$@"
	[ "$status" = "$want" ] || fail "$what: status $status, not $want"
	[[ ! $rule =~ ^[A-Z]+-[0-9]+$ ]] || match=-qFw
	[ "$rule" = - ] || grep $match -- "$rule" "$printed" || fail "$what: no $rule"
	pass "$what"
}

# The same in words: assert_exit STATUS WHAT COMMAND…; assert_refused WHAT COMMAND…, any failing end (git's is its own).
assert_exit() { exits "$1" - "${@:2}"; }
assert_refused() {
	run "${@:2}"
	[ "$status" != 0 ] || fail "$1: exit 0"
	pass "$1"
}

# Of what was run last: assert_rule ID…, it named these; assert_says TEXT, assert_silent_about TEXT.
assert_rule() {
	local id
	for id; do
		grep -qF "[$id]" "$printed" || fail "rule $id is not named"
		pass "  by $id"
	done
}
assert_says() {
	grep -qF -- "$1" "$printed" || fail "does not say: $1"
	pass "  says: $1"
}
assert_silent_about() {
	! grep -qF -- "$1" "$printed" || fail "says: $1"
	pass "  is silent about: $1"
}

# assert_same WHAT A B
assert_same() {
	[ "$2" = "$3" ] || { printf '%s | %s\n' "$2" "$3" >"$printed"; fail "$1"; }
	pass "$1"
}

# http STATUS RULE WHAT CURL-ARGUMENTS…: an answer with STATUS, and RULE in its problem document. Body in $tmp/answer.
http() {
	local want=$1 rule=$2 what=$3 got
	shift 3
	got=$(curl -sS -o "$tmp/answer" -w '%{http_code}' --max-time 60 "$@" 2>"$printed") || fail "$what: no answer"
	head -c 2000 "$tmp/answer" >"$printed"
	[ "$got" = "$want" ] || fail "$what: HTTP $got, not $want"
	[ "$rule" = - ] || [ "$(jq -r .rule "$tmp/answer")" = "$rule" ] || fail "$what: not $rule"
	pass "$what"
}

# not_checked WHAT WHY: a check is left out; that is said, and under CI=true a failure.
not_checked() {
	[ "${CI:-}" != true ] || fail "not checked: $1 ($2), and CI demands it"
	echo "not checked: $1 ($2)" >&2
}

# tool PROGRAM WHAT: what a check needs; false without it.
tool() {
	command -v "$1" >/dev/null && return
	not_checked "$2" "$1 is not installed"
	return 1
}

# wait_for SECONDS COMMAND…: until it succeeds.
wait_for() {
	local i n=$(($1 * 20))
	shift
	for ((i = 0; i < n; i++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	return 1
}

# ---- the daemon -------------------------------------------------------------------------------

# A port of loopback on which nobody listens, below those that the kernel gives to clients.
free_port() {
	local p
	for p in $(shuf -i 20000-29999 -n 50); do
		(exec 4<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo "$p"; return; }
	done
	return 1
}

# daemon_start CONFIG URL: $DAEMON_PID answers at URL. What it prints is added to $tmp/pedigreed.log.
daemon_start() {
	policy_raise
	"${DAEMON:-pedigreed}" --config "$1" >>"$tmp/pedigreed.log" 2>&1 3>&- &
	DAEMON_PID=$!
	PIDS+=("$DAEMON_PID")
	wait_for 20 daemon_answers "$2" || fail "pedigreed did not start"
	! ended "$DAEMON_PID" || fail "pedigreed ended, and another program answers at $2"
}
daemon_answers() { ended "$DAEMON_PID" || curl -sf --max-time 2 "$1/healthz"; }

# SIGTERM: status 0 within 10 seconds.
daemon_stop() {
	stop "$DAEMON_PID" || fail "pedigreed ended with status $?"
}

# A policy file in $W that was edited since the daemon saw it last is of the next version, unless the script gave it a higher one.
policy_raise() {
	local now version
	[ -f "${W:-}/policy" ] || return 0
	now=$(sha256sum <"$W/policy")
	version=$(sed -n 's/^[[:space:]]*version = //p' "$W/policy" | head -n 1)
	if [ "${POLICY_SEEN:-$now}" != "$now" ] && [ "$version" -le "${POLICY_VERSION:-0}" ]; then
		sed -i "s/^\([[:space:]]*version = \)$version\$/\1$((POLICY_VERSION + 1))/" "$W/policy"
	fi
	POLICY_SEEN=$(sha256sum <"$W/policy")
	POLICY_VERSION=$(sed -n 's/^[[:space:]]*version = //p' "$W/policy" | head -n 1)
}

# SIGHUP: the policy is taken in again.
daemon_reload() {
	local before
	policy_raise
	before=$(grep -c '"event":"reloaded"' "$tmp/pedigreed.log")
	kill -HUP "$DAEMON_PID"
	wait_for 10 daemon_reloaded "$before" || fail "the policy was not taken in again"
}
daemon_reloaded() { [ "$(grep -c '"event":"reloaded"' "$tmp/pedigreed.log")" -gt "$1" ]; }

# ---- keys and repositories ----------------------------------------------------------------------

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

# allowed_signer ADDRESS FILE: FILE.pub as a line of an allowed_signers file, for git alone.
allowed_signer() {
	printf '%s namespaces="git" %s\n' "$1" "$(cut -d' ' -f1,2 "$2.pub")"
}

# server_key FILE: FILE (private, 0600) and FILE.pub.
server_key() {
	(umask 077 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null) &&
		openssl pkey -in "$1" -pubout -out "$1.pub" 2>/dev/null || fail "a key in $1"
}

# sign_with DIR pgp FINGERPRINT | ssh FILE | none - NAME ADDRESS: how commits are made in a clone.
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

# A folder as text: each file's name, mode and content.
snapshot() {
	(cd "$1" && find . \( -type f -o -type l -o -type d \) -printf '%p %m %y\n' | sort &&
		find . -type f -print0 | sort -z | xargs -0 -r sha256sum)
}
