# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# A whole small world, on top of lib.sh: keys, policy, pedigreed on loopback with an embedded log (or another), a bare
# repository with server hooks, a clone of it, in which the script then stands. For scripts that need a service with
# something in it; those about repositories alone take lib.sh and make their own.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

URI=https://git.company.example/myapp
BUILDER=https://ci.company.example/release
export GIT_CONFIG_GLOBAL=$W/gitconfig
umask 077
mkdir -p "$W/keys"
printf '[init]\n\tdefaultBranch = main\n' >"$GIT_CONFIG_GLOBAL"

world_keys() {
	cd "$W/keys" || exit 3
	ok "signing key" pedigree key generate signing.pem
	ok "journal key" pedigree key generate --type ed25519 journal.pem
	ok "git server key" pedigree key generate git-server.pem
	ok "ci key" pedigree key generate ci.pem
	ok "ssh key" ssh-keygen -q -t ed25519 -N '' -C bob@company.example -f bob
	allowed_signer bob@company.example bob >allowed_signers
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

world_start() { daemon_start "$W/pedigreed.conf" "$URL"; }
world_stop() { daemon_stop; }

# Take the embedded log's trusted root into the policy, as a person does at the first set-up.
world_trust_log() {
	ok "trusted root" curl -sSf -o "$W/keys/trusted-root.json" "$URL/.well-known/pedigree/trusted-root.json"
	sed -i 's|^\[trust\]$|&\n\ttrustedRoot = keys/trusted-root.json|' "$W/policy"
	daemon_reload
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
	# shellcheck disable=SC2034 # used by the scripts
	commit=$(git rev-parse HEAD)
}

# world_sign N: that many builds of HEAD, signed and not sent: $W/artifact-I, $W/todo/I.json
world_sign() {
	local i
	mkdir -p "$W/todo"
	for i in $(seq "$1"); do
		printf 'artifact %s\n' "$i" >"$W/artifact-$i"
		ok "sign $i" pedigree attest build --artifact "$W/artifact-$i" --builder "$BUILDER" --key "$W/keys/ci.pem" \
			--repository "$URI" --commit HEAD --no-submit --output "$W/todo/$i.json"
	done
}

# all_logged [URL]: nothing waits for the log
all_logged() { [ "$(curl -s "${1:-$URL}/metrics" | awk '$1 == "pedigree_pending" { print $2 }')" = 0 ]; }

world_embedded() { # everything, with an embedded log
	world_keys
	world_policy
	world_config "$(free_port)" embedded
	world_start
	world_trust_log
	world_repo
}
