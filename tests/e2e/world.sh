# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# A whole small world for end-to-end scripts: keys, policy, pedigreed on loopback, a bare repository with server
# hooks, a clone. Everything lies below $W, a temporary folder that is removed at the end; every process
# started is stopped by its id. Sourced; $1 of the script is the folder with the programs.
set -u -o pipefail

BIN=${1:?usage: SCRIPT FOLDER-WITH-PROGRAMS}
W=$(mktemp -d /tmp/pdg.XXXXXX)
URI=https://git.company.example/myapp
BUILDER=https://ci.company.example/release
PIDS=()
PATH=$BIN:$PATH
export HOME=$W/home GNUPGHOME=$W/gnupg GIT_CONFIG_GLOBAL=$W/gitconfig GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}
unset XDG_CONFIG_HOME XDG_CACHE_HOME SSH_AUTH_SOCK PEDIGREE_SERVICE http_proxy https_proxy HTTP_PROXY HTTPS_PROXY
umask 077
mkdir -p "$HOME" "$GNUPGHOME" "$W/keys"
printf '[init]\n\tdefaultBranch = main\n' >"$GIT_CONFIG_GLOBAL"

world_end() {
	local p
	for p in "${PIDS[@]}"; do
		kill "$p" 2>/dev/null && wait "$p" 2>/dev/null
	done
	gpgconf --kill all >/dev/null 2>&1
	if [ -n "${PEDIGREE_KEEP_WORLD:-}" ]; then
		echo "kept: $W" >&2
	else
		rm -rf "$W"
	fi
}
trap world_end EXIT

fail() {
	printf 'FAILED: %s\n' "$*" >&2
	[ -f "$W/pedigreed.log" ] && tail -n 20 "$W/pedigreed.log" >&2
	exit 1
}

checks=0
# ok WHAT COMMAND…: must succeed. Output in $out.
ok() {
	local what=$1
	shift
	out=$("$@" 2>&1) || { printf '%s\n' "$out" >&2; fail "$what"; }
	checks=$((checks + 1))
}

# exits STATUS RULE WHAT COMMAND…: must end with STATUS and name RULE ("-": none asked for).
exits() {
	local want=$1 rule=$2 what=$3 status
	shift 3
	out=$("$@" 2>&1)
	status=$?
	[ "$status" = "$want" ] || { printf '%s\n' "$out" >&2; fail "$what: status $status, not $want"; }
	[ "$rule" = - ] || grep -qF -- "$rule" <<<"$out" || { printf '%s\n' "$out" >&2; fail "$what: no $rule"; }
	checks=$((checks + 1))
}

# http STATUS RULE WHAT CURL-ARGUMENTS…: an answer with STATUS, and RULE in its problem document. Body in $W/answer.
http() {
	local want=$1 rule=$2 what=$3 status
	shift 3
	status=$(curl -sS -o "$W/answer" -w '%{http_code}' --max-time 60 "$@") || fail "$what: no answer"
	[ "$status" = "$want" ] || { head -c 2000 "$W/answer" >&2; fail "$what: HTTP $status, not $want"; }
	if [ "$rule" != - ]; then
		[ "$(jq -r .rule "$W/answer")" = "$rule" ] || { head -c 2000 "$W/answer" >&2; fail "$what: not $rule"; }
	fi
	checks=$((checks + 1))
}

# The script's last line: zero checks is a failure.
world_passed() {
	[ "$checks" -gt 0 ] || fail "nothing was checked"
	echo "passed: $checks checks"
}

free_port() {
	local p
	for p in $(shuf -i 20000-29999 -n 50); do
		(exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo "$p"; return; }
	done
	return 1
}

wait_for() { # wait_for SECONDS COMMAND…
	local i n=$(($1 * 10))
	shift
	for ((i = 0; i < n; i++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	return 1
}

world_keys() {
	cd "$W/keys" || exit 3
	ok "signing key" pedigree key generate signing.pem
	ok "journal key" pedigree key generate --type ed25519 journal.pem
	ok "git server key" pedigree key generate git-server.pem
	ok "ci key" pedigree key generate ci.pem
	ok "ssh key" ssh-keygen -q -t ed25519 -N '' -C bob@company.example -f bob
	printf 'bob@company.example namespaces="git" %s\n' "$(cut -d' ' -f1,2 bob.pub)" >allowed_signers
	git config --global user.name Bob
	git config --global user.email bob@company.example
	git config --global gpg.format ssh
	git config --global user.signingKey "$W/keys/bob"
	git config --global commit.gpgSign true
	cd "$W" || exit 3
}

world_policy() {
	cat >"$W/policy" <<POLICY
[policy]
	version = 1
[trust]
	serviceKey = keys/signing.pem.pub
	journalKey = keys/journal.pem.pub
[repository "$URI"]
	path = $W/myapp.git
	protect = refs/heads/main
	sshAllowedSigners = keys/allowed_signers
	sourceFrom = server
	serverKey = keys/git-server.pem.pub
[builder "$BUILDER"]
	repository = https://git.company.example/*
	key = keys/ci.pem.pub
	slsaLevel = 2
[require]
	stage = source
	stage = build
POLICY
}

world_config() { # world_config PORT; a [log] section on standard input, else an embedded log
	cat >"$W/pedigreed.conf" <<CONF
[service]
	listen = 127.0.0.1:$1
	store = sqlite:$W/service/pedigree.db
	signingKey = keys/signing.pem
	journalKey = keys/journal.pem
	policy = policy
CONF
	if [ -t 0 ] || [ "${2:-}" = embedded ]; then
		printf '[log]\n\ttype = embedded\n\tdirectory = %s/service/log\n\torigin = localhost\n' "$W" >>"$W/pedigreed.conf"
	else
		cat >>"$W/pedigreed.conf"
	fi
	mkdir -p "$W/service"
	URL=http://127.0.0.1:$1
}

world_start() {
	"${DAEMON:-pedigreed}" --config "$W/pedigreed.conf" >>"$W/pedigreed.log" 2>&1 &
	DAEMON_PID=$!
	PIDS+=("$DAEMON_PID")
	wait_for 20 curl -sf --max-time 2 "$URL/healthz" || fail "pedigreed did not start"
}

world_stop() { # SIGTERM: exit 0 within 10 s
	kill "$DAEMON_PID"
	wait "$DAEMON_PID" || fail "pedigreed ended with status $?"
}

# Take the embedded log's trusted root into the policy, as a person does at the first set-up.
world_trust_log() {
	ok "trusted root" curl -sSf -o "$W/keys/trusted-root.json" "$URL/.well-known/pedigree/trusted-root.json"
	sed -i 's|^\[trust\]$|&\n\ttrustedRoot = keys/trusted-root.json|' "$W/policy"
	kill -HUP "$DAEMON_PID"
}

world_repo() {
	ok "bare repository" git init -q --bare "$W/myapp.git"
	ok "server hooks" pedigree -C "$W/myapp.git" hooks install --server --policy "$W/policy" \
		--server-key "$W/keys/git-server.pem" --service "$URL"
	ok "clone" git clone -q "$W/myapp.git" "$W/myapp"
	cd "$W/myapp" || exit 3
	ok "init" pedigree init --policy "$W/policy" --repository "$URI" --service "$URL"
}

world_commit() { # world_commit NAME: a signed commit that adds a file; its name in $commit
	printf '%s\n' "$1" >"$1"
	git add "$1"
	ok "commit $1" git commit -q -m "Add $1"
	commit=$(git rev-parse HEAD)
}

world_embedded() { # everything, with an embedded log
	world_keys
	world_policy
	world_config "$(free_port)" embedded
	world_start
	world_trust_log
	world_repo
}
