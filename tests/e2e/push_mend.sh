#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a refused push is told: each command that is printed is taken as it stands and run, and then the push passes.
# shellcheck source=tests/e2e/repo_world.sh
. "$(dirname "$0")/repo_world.sh"

repo_world
empty "$dev" one
ok "a first push" push main

# mending: the command in the last line of the refused push that names an object or a tag's ref, or of a commit's hooks;
# what has to be set first is left out.
mending() {
	sed -n 's/^\(remote: \)\?pedigree: \(commit\|tag\|refs\/tags\/\|the commit\).*\[[A-Z]*-[0-9]*\]; //p' "$printed" | tail -n 1 | sed 's/^\(set\|let\) .*, then: //; s/ *$//'
}
# mend WHAT [WORDS]: run it in the clone, as somebody would who pastes it, and push again.
mend() {
	local command
	command=$(mending)
	[ -n "$command" ] || fail "$1: no command"
	# shellcheck disable=SC2053 # a pattern
	[[ $command == ${2:-*} ]] || fail "$1: the command is: $command"
	ok "$1: $command" env -C "$dev" GIT_EDITOR=true sh -c "$command"
}
mended() { # mended WHAT PATTERN [REFSPEC…]
	mend "$1" "$2"
	ok "  and then the push passes" push "${@:3}"
	refresh
}

# ---- the tip alone ------------------------------------------------------------------------------

echo change >"$dev/file" && git -C "$dev" add file && unsigned "$dev" "a change"
refuses SGN-2 "an unsigned tip" push main
mended "amend" "git commit --amend --no-edit -S" main
unsigned "$dev" "changes nothing"
refuses SGN-2 "an unsigned tip without a change" push main
mended "amend" "git commit --amend --no-edit --allow-empty -S" main
wordless() { git -C "$dev" -c commit.gpgSign=false commit -q --no-verify --allow-empty --allow-empty-message -m "$1" "${@:2}"; }
wordless ''
refuses SGN-2 "an unsigned tip without a message" push main
mended "amend" "git commit --amend --no-edit --allow-empty --allow-empty-message -S" main
wordless $'\nSigned-off-by: Alice <alice@example.com>\n' --cleanup=verbatim
refuses SGN-2 "one that is only signed off, which git calls empty too" push main
mended "amend" "git commit --amend --no-edit --allow-empty --allow-empty-message -S" main
empty "$dev" good
unsigned "$dev" tip
refuses SGN-2 "an unsigned tip above a good one" push main
mended "amend" "git commit --amend*" main
git -C "$dev" -c user.signingKey="$tmp/mallory" commit -q --allow-empty -m foreign
refuses SGN-3 "a tip by a key of nobody" push main
assert_says "set user.signingKey to a key of yours that the policy names, then: git commit"
mended "amend" "git commit --amend*" main
git -C "$dev" config user.email wrong@example.com
empty "$dev" "wrong address"
refuses SGN-9 "a tip by another committer" push main
mend "the address is named" "git config user.email alice@example.com && git commit --amend --no-edit --reset-author --allow-empty -S"
assert_same "  the author too is mended" $alice "$(git -C "$dev" log -1 --format=%ae)"
ok "  and then the push passes" push main
git -C "$dev" -c user.email=wrong@example.com commit -q --allow-empty --author "Bob <bob@example.com>" -m "for Bob"
refuses SGN-9 "of another's work" push main
mend "amend" "git config user.email alice@example.com && git commit --amend --no-edit --allow-empty -S"
assert_same "  the author stays" bob@example.com "$(git -C "$dev" log -1 --format=%ae)"
ok "  and then the push passes" push main
git -C "$dev" cat-file commit HEAD | sed 's/^for Bob$/for Eve/' >"$tmp/raw"
git -C "$dev" reset -q --hard "$(git -C "$dev" hash-object -t commit -w "$tmp/raw")"
refuses SGN-4 "a tip with a changed message" git -C "$dev" push -q origin HEAD:refs/heads/release/0
mended "amend" "git commit --amend*" HEAD:refs/heads/release/0

# ---- older commits ------------------------------------------------------------------------------

for i in 1 2; do empty "$dev" "good $i"; done
good=$(git -C "$dev" rev-parse --short=12 HEAD)
unsigned "$dev" older
empty "$dev" tip
refuses SGN-2 "an unsigned commit below the tip" push main
assert_same "  one line" 1 "$(grep -c '\[SGN-2\]' "$printed")"
mended "rebase from the last good commit" "git rebase --exec * $good" main
for i in 1 2 3; do unsigned "$dev" "unsigned $i"; done
refuses SGN-2 "three of them" push main
assert_same "  a line each" 3 "$(grep -c '\[SGN-2\]' "$printed")"
mended "one command for all" "git rebase --exec *" main
for i in $(seq 25); do unsigned "$dev" "many $i"; done
refuses SGN-2 "twenty-five" push main
assert_same "  twenty lines" 20 "$(grep -c '\[SGN-2\]' "$printed")"
assert_says "and 5 more, of 25 in all"
mended "rebase" "git rebase --exec *" main
wordless ''
git -C "$dev" commit -q --allow-empty --allow-empty-message -m ''
unsigned "$dev" tip
refuses SGN-2 "some of them without a message" push main
mended "rebase" "git rebase --exec 'git commit --amend --no-edit --allow-empty --allow-empty-message -S' *" main
git -C "$dev" checkout -q --orphan bare && git -C "$dev" rm -q -r -f .
unsigned "$dev" "an empty root"
refuses SGN-2 "a lone root without a file" push bare:refs/heads/release/4
mended "amend" "git commit --amend *" bare:refs/heads/release/4
git -C "$dev" checkout -q -f main
git -C "$dev" checkout -q --orphan lone
unsigned "$dev" root
empty "$dev" "second of a line"
refuses SGN-2 "an unsigned root" push lone:refs/heads/release/1
mended "rebase all of it" "git rebase --exec * --root" lone:refs/heads/release/1

# Two branches at once: each commit's line is for its own.
git -C "$dev" checkout -q -B side
unsigned "$dev" "on a side"
empty "$dev" "above it"
refuses SGN-2 "one of two branches" push main main:refs/heads/release/2 side:refs/heads/release/3
mended "rebase there" "git rebase --exec * $(git -C "$dev" rev-parse --short=12 main)" side:refs/heads/release/3 main:refs/heads/release/2

# ---- merges -------------------------------------------------------------------------------------

merged() { # merged: a topic with an unsigned commit, begun before what the server's main is now
	git -C "$dev" checkout -q -B topic main~1
	echo "$1" >"$dev/topic-$1" && git -C "$dev" add . && unsigned "$dev" "topic $1"
	[ -z "${2:-}" ] || empty "$dev" "above it"
	git -C "$dev" checkout -q main
	git -C "$dev" merge -q --no-ff -S -m "merge $1" topic
}
old=$(git -C "$dev" rev-parse --short=12 main)
merged 1
refuses SGN-2 "a merge whose second parent is unsigned" push main
assert_says "(parent 2 of the merge $(git -C "$dev" rev-parse --short=12 main)) is unsigned"
mended "rebase from what stands" "git rebase --rebase-merges --exec * $old" main
assert_same "  what stood stands" "$old" "$(git -C "$dev" rev-parse --short=12 main^)"
assert_same "  the merge is one" 2 "$(git -C "$dev" rev-list --parents -n 1 main | wc -w | xargs expr -1 +)"
merged 2 more
refuses SGN-2 "one that stands deeper" push main
mended "rebase" "git rebase --rebase-merges *" main
git -C "$dev" checkout -q -B a main && empty "$dev" a
git -C "$dev" checkout -q -B b main && unsigned "$dev" b
git -C "$dev" checkout -q main
octopus=$(git -C "$dev" commit-tree -S -p main -p a -p b -m octopus "main^{tree}")
git -C "$dev" reset -q --hard "$octopus"
refuses SGN-2 "an octopus with an unsigned third parent" push main
assert_says "(parent 3 of the merge ${octopus:0:12}) is unsigned"
git -C "$dev" reset -q --hard origin/main
unsigned "$dev" "then a merge that nobody signs"
git -C "$dev" reset -q --hard "$(git -C "$dev" commit-tree -p origin/main -p a -m unsigned "main^{tree}")"
refuses SGN-2 "a merge that is unsigned itself" push main
mended "amend" "git commit --amend*" main

# A forge's work that is no merge: a person signs it.
git -C "$dev" checkout -q main
echo squash >"$dev/squash" && git -C "$dev" add squash
git -C "$dev" -c user.signingKey="$tmp/forge" -c user.email=noreply@forge.example commit -q -m Squashed
refuses SGN-11 "a forge's squash" push main
git -C "$dev" config user.email $alice
mended "amend" "git commit --amend*" main

# ---- tags ---------------------------------------------------------------------------------------

git -C "$dev" tag -a -m "notes of v1" v1
refuses SGN-2 "an unsigned tag" push v1
mend "git tag" "git tag -s -f v1 'v1^{}'"
assert_same "  with its message" "notes of v1" "$(git -C "$dev" tag -l --format='%(contents:subject)' v1)"
ok "  and then the push passes" push v1
git -C "$dev" tag -a -m '' v1-wordless
refuses SGN-2 "an unsigned tag without a message" push v1-wordless
mended "its name is the message" "git tag -s -f -m v1-wordless v1-wordless 'v1-wordless^{}'" v1-wordless
git -C "$dev" tag v2 HEAD~2
commit=$(git -C "$dev" rev-parse v2)
refuses PSH-5 "a bare name" push v2
mended "it becomes a tag of what was pushed" "git tag -s -f -m v2 v2 '${commit:0:12}^{}'" v2
assert_same "  of that" "$commit" "$(tip 'v2^{}')"
refuses PSH-5 "a tag under another name" push v2:refs/tags/v2b
mended "a tag of that name" "git tag -s -f -m v2b v2b *" v2b
assert_same "  of the same" "$commit" "$(tip 'v2b^{}')"
name='v2;touch${IFS}x'
git -C "$dev" tag "$name"
refuses PSH-5 "a bare and ugly name" push "$name"
mended "is two words" "git tag -s -f -m 'v2;touch*" "$name"
git -C "$dev" tag -a -m inner v3-inner
git -C "$dev" -c advice.nestedTag=false tag -s -m outer v3 v3-inner
refuses SGN-2 "an unsigned tag in a signed one" push v3
mended "the outer one is made again" "git tag -s -f v3 'v3^{}'" v3
name='v4;touch${IFS}x'
git -C "$dev" tag -a -m ugly "$name"
refuses SGN-2 "a tag with an ugly name" push "$name"
mended "its name is one word" "git tag -s -f 'v4;touch*" "$name"
assert_same "  nothing of it was run" no "$(test -e "$dev/x" && echo yes || echo no)"

# ---- what is printed (attack 18) ----------------------------------------------------------------

printf 'tree %s\nparent %s\nauthor \e[2J <a@b> 1 +0000\ncommitter \e[31m\xe2\x80\xae <a@b> 1 +0000\ngpgsigX \e[2J\n\nm\n' \
	"$(git -C "$dev" rev-parse "main^{tree}")" "$(tip main)" >"$tmp/raw"
ugly=$(git -C "$dev" hash-object -t commit -w --literally "$tmp/raw")
git -C "$dev" -c core.hooksPath=/dev/null push -q origin "$ugly:refs/heads/any" 2>/dev/null
ref=$'refs/heads/release/\xe2\x80\xae\xff'
refuses COM-3 "escapes in a commit and in a ref" push "$ugly:$ref"
! LC_ALL=C grep -q $'[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]\|\xe2\x80\xae' <(grep pedigree: "$printed") || fail "a control character is printed"
pass "nothing of it moves a terminal"

# ---- before it goes out -------------------------------------------------------------------------

refresh
ok "init" pedigree -C "$dev" init --policy "$policy" --repository "$uri"
git -C "$dev" -c commit.gpgSign=false commit -q --no-verify --allow-empty -m older 2>/dev/null
git -C "$dev" commit -q --allow-empty -m tip 2>/dev/null
refuses SGN-2 "the clone's own pre-push says the same" push main
assert_silent_about "remote:"
mended "rebase" "git rebase --exec * $(git -C "$dev" rev-parse --short=12 origin/main)" main

# ---- at once, by the hooks around a commit; once for each ------------------------------------------

lines() { assert_same "  $1: lines" "$2" "$(grep -c '^pedigree: ' "$printed")"; }
signed() { assert_same "  $1 is signed" G "$(git -C "$dev" -c gpg.ssh.allowedSignersFile="$tmp/allowed" log -1 --format=%G? "${2:-HEAD}")"; }
refresh
ok "an unsigned commit" git -C "$dev" -c commit.gpgSign=false commit -q --no-verify --allow-empty -m unsigned
assert_rule SGN-2 HOK-5
lines "one commit" 2
mend "amend" "git commit --amend --no-edit --allow-empty -S"
signed "it"
ok "without a message" git -C "$dev" -c commit.gpgSign=false commit -q --no-verify --allow-empty --allow-empty-message -m ''
mend "amend" "git commit --amend --no-edit --allow-empty --allow-empty-message -S"
signed "it"
ok "by a key of nobody" git -C "$dev" -c user.signingKey="$tmp/mallory" commit -q --no-verify --allow-empty -m foreign
assert_rule SGN-3 HOK-5
assert_says "[HOK-5]; set user.signingKey to a key of yours that the policy names, then: git commit --amend"
ok "amended by that key" git -C "$dev" -c user.signingKey="$tmp/mallory" commit -q --amend --no-edit --allow-empty
lines "one commit" 2
mend "amend" "git commit --amend *"
signed "it"
push main
git -C "$dev" -c commit.gpgSign=false commit -q --no-verify --allow-empty -m "dated" 2>/dev/null
GIT_COMMITTER_DATE=2099-01-01T00:00:00Z run git -C "$dev" commit -q --amend --no-edit --allow-empty
assert_rule SGN-12
assert_says "set the clock right, then: git commit --amend"
refresh
for i in 1 2 3; do commit "$dev" "rebased $i" -q; done 2>/dev/null
for backend in merge apply; do
	git -C "$dev" checkout -q -B moved origin/main
	empty "$dev" "what they are put on ($backend)"
	git -C "$dev" checkout -q -B rebased main
	ok "a rebase ($backend) of three commits" git -C "$dev" -c commit.gpgSign=false rebase -q "--$backend" moved
	assert_rule SGN-2 HOK-5
	assert_same "  each is named once" 3 "$(grep -c '\[SGN-2\]' "$printed")"
	mend "all of them" "git rebase --rebase-merges --exec 'git commit --amend --no-edit --allow-empty --allow-empty-message -S' $(git -C "$dev" rev-parse --short=12 moved)"
	for i in 0 1 2; do signed "each" "HEAD~$i"; done
done
refresh
git -C "$dev" config --unset pedigree.policy
ok "where no policy is known" git -C "$dev" -c commit.gpgSign=false commit -q --no-verify --allow-empty -m unsigned
assert_rule HOK-5
lines "one commit" 1
mend "amend" "git commit --amend --no-edit --allow-empty -S"
signed "it"

finish
