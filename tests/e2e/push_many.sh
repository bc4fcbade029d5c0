#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Pushes of many: commits with an unsigned one among them, ten thousand refs at once, one commit in a repository that has
# ten thousand. PEDIGREE_SOAK=1: ten thousand commits in place of two. What took how long is printed with
# PEDIGREE_VERBOSE=1; what is asserted is only that it ended well within the time that a person waits.
# shellcheck source=tests/e2e/repo_world.sh
. "$(dirname "$0")/repo_world.sh"

repo_world
n_commits=2000
[ -z "${PEDIGREE_SOAK:-}" ] || n_commits=10000
n_refs=10000
helper=$BIN/../tests/sign_history
[ -x "$helper" ] || fail "no sign_history beside the programs"
ok "a key" pedigree key generate --type ed25519 "$tmp/many.pem"

# history NAME PARENT N [UNSIGNED…]: that many commits into the clone, as the branch NAME.
history() {
	local name=$1 last
	shift
	rm -rf "$tmp/objects" && mkdir "$tmp/objects"
	last=$("$helper" "$tmp/many.pem" "$tmp/objects" "$@") || fail "sign_history"
	cp "$tmp/objects/allowed" "$tmp/many.allowed" && rm "$tmp/objects/allowed"
	git -C "$dev" hash-object -t tree -w /dev/null >/dev/null
	find "$tmp/objects" -type f | git -C "$dev" hash-object -t commit -w --stdin-paths >/dev/null
	git -C "$dev" branch -f "$name" "$last"
}
timed() { # timed SECONDS WHAT COMMAND…: its end does not matter
	local start=$EPOCHREALTIME took
	run "${@:3}"
	took=$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }')
	awk -v t="$took" -v most="$1" 'BEGIN { exit !(t < most) }' || fail "$2 took $took s, more than $1"
	pass "$2: $took s"
}
unchanged() { assert_same "  no ref moved" "$before" "$(refs_of)"; }

# ---- thousands of commits, one of them unsigned (attack 29) ---------------------------------------

history good - 2
cat "$tmp/many.allowed" >>"$tmp/allowed"
assert_exit 0 "two signed ones" push good:refs/heads/main
base=$(tip refs/heads/main)
history bad "$base" $n_commits $((n_commits / 2))
before=$(refs_of)
timed 60 "T29 one unsigned among $n_commits" push bad:refs/heads/main
[ "$status" != 0 ] || fail "it was accepted"
assert_rule SGN-2 PSH-4
assert_says "1 of $n_commits objects"
unchanged
merge=$(git -C "$dev" commit-tree -S -p "$base" -p bad -m merge "bad^{tree}")
timed 60 "T29 reachable by the second parent alone" push "$merge:refs/heads/main"
assert_rule SGN-2
assert_says "1 of $((n_commits + 1)) objects"
unchanged
git -C "$dev" tag -s -m many v1 bad
timed 60 "T29 under an annotated tag" push v1
assert_rule SGN-2
unchanged
# All of it is here already, by a branch that nobody protects.
ok "pushed to another branch first" push bad:refs/heads/any
timed 60 "T29 where nothing of it is new" push bad:refs/heads/main
assert_rule SGN-2
git -C "$srv" update-ref -d refs/heads/any
history all "$base" $n_commits
timed 60 "$n_commits signed ones" push all:refs/heads/main
assert_same "  are accepted" 0 "$status"
history unsigned "$(tip refs/heads/main)" 300 $(seq 0 299)
before=$(refs_of)
timed 60 "T29 three hundred unsigned ones" push unsigned:refs/heads/main
assert_same "  twenty lines" 20 "$(grep -c '\[SGN-2\]' "$printed")"
assert_says "and 280 more, of 300 in all"
unchanged

# ---- parents without end (attack 22) --------------------------------------------------------------

# octopus PARENTS PARENT…: an unsigned commit that names the first of these so many times, in some bytes of a pack.
octopus() {
	local parents=$1
	{
		echo "tree $(git -C "$dev" rev-parse "$base^{tree}")"
		printf 'parent %s\n' "${@:2}"
		yes "parent $2" | head -n "$parents"
		printf 'author A <a@b> 1800000000 +0000\ncommitter A <a@b> 1800000000 +0000\n\nm\n'
	} | git -C "$dev" hash-object -t commit --literally -w --stdin
}
before=$(refs_of)
base=$(tip refs/heads/main)
last=$base
for _ in 1 2 3 4 5; do
	last=$(octopus 87000 "$base" "$last")
done
git -C "$dev" branch -f octopus "$last"
timed 60 "T22 five commits of 4 MiB, all parents" push octopus:refs/heads/main
[ "$status" != 0 ] || fail "it was accepted"
assert_rule COM-6 PSH-4
assert_says "commit ${last:0:12} is malformed"
# Nothing behind it is looked at, the unsigned ones neither.
assert_says "1 of 1 objects"
assert_silent_about "git rebase"
unchanged
above=$(git -C "$dev" commit-tree -p "$last" -m above "$base^{tree}")
timed 60 "T22 one unsigned above them" push "$above:refs/heads/main"
assert_rule COM-6 SGN-2 PSH-4
assert_says "2 of 2 objects"
unchanged
assert_exit 0 "another branch is not judged" push "$last:refs/heads/octopus"
git -C "$srv" update-ref -d refs/heads/octopus
# What stands cannot be followed: that nothing would be lost is not known, so it is refused. Forcing is allowed elsewhere.
git -C "$srv" update-ref refs/heads/release/octopus "$last"
before=$(refs_of)
timed 60 "T22 where it stands on a protected ref already" push "$last:refs/heads/main"
assert_rule COM-6
assert_says "may lose its present value"
unchanged
git -C "$srv" update-ref -d refs/heads/release/octopus
{
	echo "tree $(git -C "$dev" rev-parse "$base^{tree}")"
	printf 'parent %s\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\n' "$base"
	head -c 5000000 /dev/zero
} >"$tmp/large"
large=$(git -C "$dev" hash-object -t commit --literally -w "$tmp/large")
before=$(refs_of)
timed 60 "T22 a commit of 5 MB" push "$large:refs/heads/main"
assert_rule COM-6 PSH-4
assert_says "commit ${large:0:12} is malformed: the commit has more than 4194304 bytes"
unchanged
git -C "$dev" branch -D octopus >/dev/null

# ---- ten thousand refs ----------------------------------------------------------------------------

git -C "$dev" checkout -q main 2>/dev/null || git -C "$dev" checkout -q -B main
refresh
tip=$(tip refs/heads/main)
seq -f "create refs/heads/release/%.0f $tip" $n_refs | git -C "$dev" update-ref --stdin
before=$(refs_of)
unsigned "$dev" "for one of them"
git -C "$dev" update-ref refs/heads/release/$((n_refs / 2)) HEAD
timed 120 "T28 $n_refs refs, one of them bad" push 'refs/heads/release/*:refs/heads/release/*'
[ "$status" != 0 ] || fail "it was accepted"
assert_rule SGN-2
unchanged
git -C "$dev" update-ref refs/heads/release/$((n_refs / 2)) "$tip"
# A statement for each would be ten thousand times the same commit by another name: unprotected ones have none.
timed 120 "$n_refs refs that nobody protects" push 'refs/heads/release/*:refs/heads/free/*'
assert_same "  are accepted" 0 "$status"
seq -f "create refs/heads/release/%.0f $tip" $n_refs | git -C "$srv" update-ref --stdin
git -C "$srv" pack-refs --all
refresh
empty "$dev" "one more"
timed 30 "one commit where $n_refs protected refs are" push main
assert_same "  is accepted" 0 "$status"
before=$(refs_of)
unsigned "$dev" "one bad"
timed 30 "one unsigned there" push main
assert_rule SGN-2
unchanged
git -C "$dev" reset -q --hard HEAD~1
timed 30 "a new branch there" push main:refs/heads/release/new
assert_same "  is accepted" 0 "$status"

finish
