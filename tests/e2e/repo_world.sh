# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# A bare repository behind a policy, on top of lib.sh: keys, $policy, $srv with server hooks, the clone $dev, in which
# Alice signs with an SSH key. For scripts about pushes alone; world.sh is the one with a service.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

uri=https://git.example/app
alice=alice@example.com
srv=${REPO_WORLD_SRV:-$tmp/srv/app.git}
dev=$tmp/dev
policy=$tmp/etc/policy

# write_policy [LINE…]: with further lines in the section. $grade: where sources come from.
grade=server
write_policy() {
	cat >"$policy" <<POLICY
[policy]
	version = 1
[repository "$uri"]
	path = $srv
	protect = refs/heads/main
	protect = refs/heads/release/*
	protect = refs/tags/v*
	sshAllowedSigners = ../allowed
	forgeKeys = ../forge.pub
	sourceFrom = $grade
	serverKey = ../server.pub
$(printf '\t%s\n' "$@")
POLICY
}

# install_hooks [REPOSITORY [OPTION…]]
install_hooks() {
	pedigree -C "${1:-$srv}" hooks install --server --policy "$policy" --server-key "$tmp/server" "${@:2}"
}

repo_world() {
	ssh_key "$tmp/alice"
	ssh_key "$tmp/mallory"
	ssh_key "$tmp/forge"
	allowed_signer $alice "$tmp/alice" >"$tmp/allowed"
	server_key "$tmp/server"
	mkdir -p "$tmp/etc"
	git init -q --bare -b main "$srv"
	write_policy
	ok "install" install_hooks
	new_clone "$dev"
}

# new_clone DIR: a clone of the server whose main is the server's, and in which Alice signs.
new_clone() {
	git clone -q "$srv" "$1" 2>/dev/null
	git -C "$1" checkout -q -B main 2>/dev/null
	sign_with "$1" ssh "$tmp/alice" Alice $alice
}

# refresh [DIR]: main as on the server; nothing else is checked out, Alice signs.
refresh() {
	local dir=${1:-$dev}
	git -C "$dir" fetch -q origin && git -C "$dir" checkout -q -f -B main origin/main 2>/dev/null
	sign_with "$dir" ssh "$tmp/alice" Alice $alice
}

# unsigned DIR TEXT: a commit that nobody signs. empty DIR TEXT: a signed one without a change, which is faster.
unsigned() { git -C "$1" -c commit.gpgSign=false commit -q --allow-empty -m "$2"; }
empty() { git -C "$1" commit -q --allow-empty -m "$2"; }

push() { git -C "$dev" push -q origin "$@"; }
tip() { git -C "${2:-$srv}" rev-parse -q --verify "$1"; }
head_of() { git -C "${1:-$dev}" rev-parse HEAD; }
waiting() { find "$srv/pedigree/outbox" -name '*.json' 2>/dev/null | wc -l; }

# refs_of [REPOSITORY]: all refs with their values, as one text.
refs_of() { git -C "${1:-$srv}" for-each-ref --format='%(objectname) %(refname)'; }

# refuses RULE WHAT COMMAND…: a push that must fail by RULE, leave every ref where it was and make no statement.
refuses() {
	local before made
	before=$(refs_of)
	made=$(waiting)
	assert_refused "$2" "${@:3}"
	assert_rule "$1"
	assert_same "  no ref moved" "$before" "$(refs_of)"
	assert_same "  no statement was made" "$made" "$(waiting)"
}
