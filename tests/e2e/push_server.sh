#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A push while the server is not as it should be: races, hooks that refuse late, hooks that are killed, a full disk, a
# repository and an environment that lie. No ref may move that was not judged, and nothing may be half written. The names
# that begin a check (T24 …) are attacks of tests/attacks.tsv.
# shellcheck source=tests/e2e/repo_world.sh
. "$(dirname "$0")/repo_world.sh"

repo_world
empty "$dev" one
ok "a first push" push main
outbox="$srv/pedigree/outbox"

# whole: every file of the outbox is a submission, or is no entry of it yet.
whole() {
	local f
	for f in "$outbox"/*.json; do
		jq -e '.attestation.payload and .commit' "$f" >/dev/null || fail "$1: $f is no submission"
	done
	pass "  what is in the outbox is whole"
}
# put_hook NAME [LINE…]: a hook of the server's own.
put_hook() {
	printf '%s\n' '#!/bin/sh' "${@:2}" >"$srv/hooks/$1"
	chmod 755 "$srv/hooks/$1"
}

# ---- refused after we accepted (attack 24) --------------------------------------------------------

empty "$dev" two
put_hook update 'exit 1'
# refused_late WHAT: the push fails, though we said nothing against it.
refused_late() {
	local before made
	before=$(refs_of)
	made=$(waiting)
	assert_refused "T24 $1" push main
	assert_silent_about "pedigree:"
	assert_same "  no ref moved" "$before" "$(refs_of)"
	assert_same "  no statement was made" "$made" "$(waiting)"
}
refused_late "an update hook refuses"
rm "$srv/hooks/update"
# shellcheck disable=SC2016 # for the hook
put_hook reference-transaction 'test "$1" != prepared'
refused_late "a reference-transaction hook refuses"
rm "$srv/hooks/reference-transaction"
git -C "$srv" config receive.denyCurrentBranch refuse
touch "$srv/refs/heads/main.lock"
refused_late "the ref is locked"
rm "$srv/refs/heads/main.lock"
assert_exit 0 "and then accepted" push main
assert_same "  with its statement" 2 "$(waiting)"

# ---- a hook from before -------------------------------------------------------------------------

ok "uninstall" pedigree -C "$srv" hooks uninstall --server
put_hook pre-receive "cat >>'$tmp/theirs'" "[ ! -e '$tmp/refuse' ] || exit 1" "[ ! -e '$tmp/die' ] || kill -9 \$\$" 'exit 0'
put_hook post-receive "cat >>'$tmp/theirs-after'" "[ ! -e '$tmp/die' ] || kill -9 \$\$"
for when in before after; do
	ok "install, existing $when" install_hooks "$srv" --existing $when
	unsigned "$dev" "bad $when"
	rm -f "$tmp/theirs"
	refuses SGN-2 "ours refuses, existing $when" push main
	assert_same "  theirs was asked first or not at all" "$([ $when = before ] && echo yes || echo no)" "$([ -e "$tmp/theirs" ] && echo yes || echo no)"
	git -C "$dev" reset -q --hard HEAD~1
	empty "$dev" "good $when"
	touch "$tmp/refuse"
	refuses PSH-10 "theirs refuses, existing $when" push main
	rm "$tmp/refuse"
	touch "$tmp/die"
	refuses PSH-10 "theirs dies by a signal, existing $when" push main
	rm "$tmp/die"
	n=$(waiting)
	assert_exit 0 "both are content, existing $when" push main
	assert_same "  theirs got git's lines" 1 "$(grep -c "$(head_of) refs/heads/main" "$tmp/theirs-after")"
	assert_same "  and a statement was made" $((n + 1)) "$(waiting)"
	empty "$dev" "dies $when"
	n=$(waiting)
	put_theirs=$(find "$srv/hooks" -name 'post-receive.pre-pedigree')
	printf '#!/bin/sh\nkill -9 $$\n' >"$put_theirs"
	run push main
	assert_rule PSH-10
	assert_same "  a post-receive that dies takes no statement with it" $((n + 1)) "$(waiting)"
	printf '#!/bin/sh\ncat >>%s\n' "'$tmp/theirs-after'" >"$put_theirs"
done
ok "uninstall" pedigree -C "$srv" hooks uninstall --server
rm "$srv/hooks/pre-receive" "$srv/hooks/post-receive"

# core.hooksPath on the server.
mkdir "$tmp/hooks"
git -C "$srv" config core.hooksPath "$tmp/hooks"
ok "install where core.hooksPath says" install_hooks
assert_same "  it is there" 2 "$(find "$tmp/hooks" -type f | wc -l)"
unsigned "$dev" "by core.hooksPath"
refuses SGN-2 "hooks from core.hooksPath" push main
ok "uninstall" pedigree -C "$srv" hooks uninstall --server
git -C "$srv" config --unset core.hooksPath
ok "install" install_hooks
refresh

# ---- two pushes at once (attack 26) ---------------------------------------------------------------

# Both are judged while the ref is where both believe it: each waits behind our hook for the other.
mv "$srv/hooks/pre-receive" "$tmp/ours"
put_hook pre-receive "sh '$tmp/ours' || exit" "touch '$tmp/judged'.\$\$" "i=0; while [ \$(ls '$tmp' | grep -c '^judged') -lt 2 ] && [ \$i -lt 100 ]; do sleep 0.1; i=\$((i + 1)); done" 'exit 0'
before=$(waiting)
for i in 1 2; do
	git -C "$dev" checkout -q -B "race$i" main && empty "$dev" "race $i"
	git -C "$dev" push -q origin "race$i:refs/heads/main" >"$tmp/race$i" 2>&1 3>&- &
	racers[i]=$!
done
won=
for i in 1 2; do
	wait "${racers[i]}" && won="$won race$i"
done
mv "$tmp/ours" "$srv/hooks/pre-receive"
assert_same "T26 both were judged" 2 "$(find "$tmp" -maxdepth 1 -name 'judged.*' | wc -l)"
assert_same "T26 of two pushes to one ref one is accepted" 1 "$(wc -w <<<"$won")"
assert_same "  and stands" "$(tip "${won# }" "$dev")" "$(tip refs/heads/main)"
assert_same "  with one statement" $((before + 1)) "$(waiting)"
whole race
git -C "$dev" checkout -q main && refresh
old=$(tip refs/heads/main)
empty "$dev" "moved meanwhile"
new=$(head_of)
push "main:refs/heads/any"
git -C "$srv" update-ref refs/heads/main "$new"
assert_exit 1 "T26 the ref moved before we looked" env GIT_DIR="$srv" sh -c "echo $old $new refs/heads/main | sh '$srv/hooks/pre-receive'"
assert_rule PSH-8

# ---- killed, full, read-only (attack 33) --------------------------------------------------------

refresh
cp "$srv/hooks/pre-receive" "$tmp/pre-receive"
cp "$srv/hooks/post-receive" "$tmp/post-receive"
limited() { # limited HOOK LINE…: the hook as it is, behind lines of its own
	printf '%s\n' '#!/bin/sh' "${@:2}" "exec sh '$tmp/$1'" >"$srv/hooks/$1"
}
empty "$dev" limits
limited pre-receive "trap '' XFSZ" 'ulimit -f 4'
refuses HOK-7 "T33 no room for the statement" push main
limited pre-receive 'ulimit -f 4'
before=$(refs_of)
assert_refused "T33 the hook dies of it" push main
assert_same "  no ref moved" "$before" "$(refs_of)"
whole "no room"
assert_same "  nothing of a trial is left" "" "$(find "$outbox" -name '.*.tmp*')"
rm -f "$outbox/.writable"
cp "$tmp/pre-receive" "$srv/hooks/pre-receive"
limited post-receive "trap '' XFSZ" 'ulimit -f 1'
n=$(waiting)
assert_exit 0 "T33 no room only afterwards" push main
assert_says "was accepted but is not attested"
command=$(sed -n 's/^remote: pedigree: then, on the server: //p' "$printed")
assert_same "  nothing half" "$n" "$(waiting)"
whole "no room afterwards"
cp "$tmp/post-receive" "$srv/hooks/post-receive"
assert_exit 0 "  the command that it names makes up for it" sh -c "$command"
assert_same "  with a statement" $((n + 1)) "$(waiting)"

if tool strace "hooks that are killed at a system call"; then
	# A trace and the leak checker both want to be the one who watches.
	killed() { # killed HOOK N: SIGKILL at its N-th system call
		limited "$1" "export ASAN_OPTIONS=detect_leaks=0" \
			"exec strace -f -qq -o /dev/null -e trace=openat,read,pread64,write,rename,fsync,mmap,newfstatat -e inject=all:signal=KILL:when=$2 sh '$tmp/$1'"
	}
	empty "$dev" killed
	before=$(refs_of)
	for at in 1 40 90 150 220 300 400; do
		killed pre-receive $at
		run push main
		# Later than its last call nobody can kill it.
		[ "$status" != 0 ] || [ "$at" -gt 40 ] || fail "T33 killed at call $at, and accepted"
		[ "$status" != 0 ] || break
		assert_same "T33 killed at call $at: no ref moved" "$before" "$(refs_of)"
		whole "killed at $at"
	done
	cp "$tmp/pre-receive" "$srv/hooks/pre-receive"
	run push main
	refresh
	for at in 60 150 250 400; do
		empty "$dev" "killed after $at"
		killed post-receive $at
		run push main
		assert_same "T33 post-receive killed at call $at: the push stands" "$(head_of)" "$(tip refs/heads/main)"
		whole "killed after $at"
		cp "$tmp/post-receive" "$srv/hooks/post-receive"
		assert_exit 0 "  a late statement makes up for it" pedigree -C "$srv" attest source --late --policy "$policy" --server-key "$tmp/server" --ref refs/heads/main "$(head_of)"
		assert_same "  once" 1 "$(for f in "$outbox"/*.json; do jq -r .attestation.payload "$f" | base64 -d | jq -r 'select(.predicate.late).predicate.commit'; done | grep -c "$(head_of)")"
	done
fi

# ---- what the repository says of itself (attacks 16, 17; rules.md 2.1) ---------------------------

refresh
unsigned "$dev" lied
empty "$dev" "above it"
child=$(head_of)
lied() { # lied WHAT [RULE]: with what was just written into the repository
	refuses "${2:-SGN-2}" "T17 $1" push main
}
git -C "$srv" config pedigree.policy /dev/null
git -C "$srv" config pedigree.repository https://elsewhere.example/x
git -C "$srv" config pedigree.serverKey /nonexistent
lied "pedigree.* in the bare repository"
git -C "$srv" config --remove-section pedigree
git -C "$srv" config gpg.program /bin/true
git -C "$srv" config gpg.ssh.program /bin/true
git -C "$srv" config core.bare true
git -C "$srv" config include.path "$tmp/included"
printf '[pedigree]\n\tpolicy = /dev/null\n[core]\n\tcommitGraph = true\n' >"$tmp/included"
lied "programs and files that its configuration names"
git -C "$srv" config --remove-section include
git -C "$srv" config --remove-section gpg
mkdir -p "$srv/info"
echo "$child" >"$srv/info/grafts"
assert_refused "T16 a graft that hides the parent" push main
assert_rule SGN-2
rm "$srv/info/grafts"
good=$(git -C "$dev" commit-tree -S -p origin/main -m good "HEAD^{tree}")
push --force "$child:refs/heads/any" "$good:refs/heads/any2"
git -C "$srv" update-ref "refs/replace/$(git -C "$dev" rev-parse "$child^")" "$good"
lied "a replace ref that stands there"
git -C "$srv" update-ref -d "refs/replace/$(git -C "$dev" rev-parse "$child^")"
echo "$child" >"$srv/shallow"
assert_exit 1 "T16 a shallow boundary that somebody wrote" env GIT_DIR="$srv" sh -c "echo $(tip refs/heads/main) $child refs/heads/main | sh '$srv/hooks/pre-receive'"
grep -q '\[SGN-2\]\|\[PSH-7\]' "$printed" || fail "neither judged nor refused for its boundary"
rm "$srv/shallow"
# A commit graph that says something else of the parents than the commits do.
git -C "$srv" commit-graph write --reachable 2>/dev/null
assert_refused "T16 a commit graph decides nothing" push main
assert_rule SGN-2
rm -rf "$srv/objects/info/commit-graph" "$srv/objects/info/commit-graphs"

# ---- symbolic refs that are symbolic links (attack 28) ------------------------------------------

refresh
git -C "$srv" config core.preferSymlinkRefs true
write_policy "protect = refs/heads/stable"
assert_exit 0 "a branch that nobody protects" push main:refs/heads/dev
mkdir -p "$srv/refs/heads/release"
git -C "$srv" symbolic-ref refs/heads/release/1 refs/heads/dev
git -C "$srv" symbolic-ref refs/heads/alias refs/heads/main
[ -L "$srv/refs/heads/release/1" ] && [ -L "$srv/refs/heads/alias" ] || fail "git made no links"
unsigned "$dev" "behind a link"
refuses SGN-2 "T28 what a protected name is a link to" push HEAD:refs/heads/dev
git -C "$srv" symbolic-ref -d refs/heads/release/1
git -C "$srv" symbolic-ref refs/heads/stable refs/heads/dev
refuses SGN-2 "T28 also of a name that stands in the policy in full" push HEAD:refs/heads/dev
git -C "$srv" symbolic-ref -d refs/heads/stable
# As a client that knows whose value it replaces: git push names the alias's own.
old=$(tip refs/heads/main)
new=$(head_of)
before=$(refs_of)
{
	line="$old $new refs/heads/alias"
	printf '%04x%s\0 report-status0000' $((${#line} + 19)) "$line"
	git -C "$dev" rev-list --objects "$new" --not "$old" | git -C "$dev" pack-objects -q --stdout
} >"$tmp/request"
assert_exit 0 "T28 a link that leads to a protected name" sh -c "git receive-pack '$srv' <'$tmp/request'"
assert_rule SGN-2
assert_same "  no ref moved" "$before" "$(refs_of)"
refresh
empty "$dev" "through a link"
new=$(head_of)
assert_exit 0 "a signed one" push main
git -C "$srv" symbolic-ref -d refs/heads/alias
# A link that git does not call symbolic makes one file of two names.
ln -s dev "$srv/refs/heads/stable"
unsigned "$dev" "behind a link of another kind"
refuses GIT-3 "T28 a protected name that is the file of another" push HEAD:refs/heads/dev
rm "$srv/refs/heads/stable"
ln -s heads "$srv/refs/elsewhere"
refuses GIT-3 "T28 a folder of refs under another name" push HEAD:refs/elsewhere/main
rm "$srv/refs/elsewhere"
assert_exit 0 "and without it" push HEAD:refs/heads/dev
write_policy
git -C "$srv" config --unset core.preferSymlinkRefs
git -C "$srv" update-ref -d refs/heads/dev

# ---- a hook before ours that reads what is ours (rules.md 2.2) ------------------------------------

cp "$srv/hooks/pre-receive" "$tmp/pre-receive"
put_hook pre-receive 'while read -r old new ref; do :; done' "exec sh '$tmp/pre-receive'"
refuses PSH-9 "nothing is told to it" push main
cp "$tmp/pre-receive" "$srv/hooks/pre-receive"

# ---- what the pusher's environment says (attack 17) ----------------------------------------------

# As from an sshd that takes variables from its clients: in front of git receive-pack, behind which our hook stands.
from_environment() { # from_environment VARIABLE=VALUE…
	git -C "$dev" push -q --receive-pack="env $* git-receive-pack" origin main
}
: >"$tmp/gitconfig"
git config --file "$tmp/gitconfig" pedigree.policy /dev/null
for words in \
	"GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=pedigree.policy GIT_CONFIG_VALUE_0=/dev/null" \
	"GIT_CONFIG_PARAMETERS=\"'pedigree.policy=/dev/null'\"" \
	"GIT_CONFIG_GLOBAL=$tmp/gitconfig GIT_CONFIG_SYSTEM=$tmp/gitconfig" \
	"GIT_REPLACE_REF_BASE=refs/x/ GIT_NO_REPLACE_OBJECTS=0" \
	"GIT_GRAFT_FILE=$tmp/graft" \
	"GIT_SHALLOW_FILE=$tmp/graft" \
	"GIT_WORK_TREE=/ GIT_INDEX_FILE=/x GIT_EXEC_PATH_=/x" \
	"GIT_ALTERNATE_OBJECT_DIRECTORIES=$tmp/dev/.git/objects" \
	"PEDIGREE_SERVICE=http://127.0.0.1:1 XDG_CONFIG_HOME=$tmp HOME=$tmp"; do
	echo "$child" >"$tmp/graft"
	before=$(refs_of)
	assert_refused "T17 ${words%%=*}" from_environment "$words"
	grep -q '\[SGN-2\]\|\[PSH-[79]\]\|fatal:\|shallow' "$printed" || fail "refused for no reason of ours or of git's"
	assert_same "  no ref moved" "$before" "$(refs_of)"
done
assert_refused "T17 refs in a namespace" from_environment GIT_NAMESPACE=x
assert_rule PSH-9
other="$tmp/other.git"
git init -q --bare "$other"
assert_exit 3 "T25 objects of another repository" env GIT_DIR="$srv" GIT_QUARANTINE_PATH="$other/objects" GIT_OBJECT_DIRECTORY="$other/objects" \
	sh -c "echo $(tip refs/heads/main) $child refs/heads/main | sh '$srv/hooks/pre-receive'"
assert_rule PSH-9
assert_exit 2 "T25 the hook in another repository" env GIT_DIR="$other" sh -c "echo $(printf '%040d' 0) $child refs/heads/main | sh '$srv/hooks/pre-receive'"
assert_rule PSH-1

# ---- the policy binds repository and place (rules.md 2.4) -----------------------------------------

refresh
empty "$dev" place
sed "s|path = .*|path = $other|" "$policy" >"$tmp/policy.other"
cp "$policy" "$tmp/policy.kept"
cp "$tmp/policy.other" "$policy"
refuses PSH-1 "a section that is for another place" push main
assert_exit 2 "cannot be installed either" install_hooks "$srv" --repository $uri
assert_rule PSH-1
cp "$tmp/policy.kept" "$policy"
ok "fixed for that section" install_hooks "$srv" --repository $uri
assert_exit 0 "and pushed to" push main
assert_exit 2 "fixed for another section" install_hooks "$srv" --repository https://git.example/else
assert_rule PSH-1
git -C "$srv" config pedigree.repository https://git.example/else
assert_exit 2 "pedigree.repository may only agree" pedigree -C "$srv" check --policy "$policy" main
assert_rule PSH-1
git -C "$srv" config pedigree.repository "$uri.git"
assert_exit 0 "and does" pedigree -C "$srv" check --policy "$policy" main~1..main
git -C "$srv" config --unset pedigree.repository
ln -s "$srv" "$tmp/link.git"
empty "$dev" "by a link"
assert_exit 0 "the place is one, by whatever name" git -C "$dev" push -q "$tmp/link.git" main
sed "s|path = .*|path = $tmp/link.git|" "$policy" >"$tmp/policy.link" && cp "$tmp/policy.link" "$policy"
empty "$dev" "by a link in the policy"
assert_exit 0 "also in the policy" push main
cp -r "$srv" "$tmp/copy.git"
unsigned "$dev" "to a copy"
assert_refused "a copy of the repository is another" git -C "$dev" push -q "$tmp/copy.git" main
assert_rule PSH-1
finish
