#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# pedigree check, for CI without server hooks: its JSON, its order, its exit statuses, what it shows on a terminal,
# and how it ends when nobody reads on, the disk is full, or somebody interrupts it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

uri=https://git.example/app
alice=alice@example.com

ssh_key "$tmp/alice"
ssh_key "$tmp/mallory"
allowed_signer $alice "$tmp/alice" >"$tmp/allowed"
cat >"$tmp/policy" <<EOP
[policy]
	version = 1
[repository "$uri"]
	protect = refs/heads/main
	sshAllowedSigners = allowed
EOP
dev=$tmp/dev
git init -q -b main "$dev"
check() { pedigree -C "$dev" check --policy "$tmp/policy" --repository "$uri" "$@"; }
# Standard output alone, in $tmp/out.
out_of() { check "$@" >"$tmp/out" 2>"$tmp/err" </dev/null; }

sign_with "$dev" ssh "$tmp/alice" Alice $alice
commit "$dev" one
commit "$dev" two
first=$(git -C "$dev" rev-parse HEAD)
sign_with "$dev" ssh "$tmp/mallory" Mallory mallory@example.com
commit "$dev" three
sign_with "$dev" none - Alice $alice
commit "$dev" four

# ---- exit statuses -----------------------------------------------------------------------------

assert_exit 0 "all are good" check "$first"
assert_says "2 commits: 2 good, 0 not"
assert_exit 1 "two are not" check HEAD
assert_says "4 commits: 2 good, 2 not"
assert_exit 2 "an empty range" check HEAD..HEAD
assert_rule GIT-5
assert_exit 2 "a range of nothing" check nowhere
assert_exit 2 "no range" check
# A tag called as an object that is not here: git takes the name for the object's, and so do we.
absent=00112233445566778899aabbccddeeff00112233
git -C "$dev" update-ref refs/tags/$absent HEAD
git -C "$dev" update-ref refs/tags/${absent^^} HEAD
for range in $absent..HEAD "^$absent HEAD" "$absent^!" "$absent~1..HEAD" "$absent^{commit}..HEAD" ${absent^^}..HEAD; do
	# shellcheck disable=SC2086 # two words of one of them
	assert_exit 2 "$range" check $range
	assert_rule GIT-4
done
git -C "$dev" tag -d $absent ${absent^^} >"$tmp/out"
obj=$(git -C "$dev" rev-parse HEAD~1)
mv "$dev/.git/objects/${obj:0:2}/${obj:2}" "$tmp/kept"
assert_exit 3 "history with a hole" check --json HEAD
assert_rule GIT-3
mv "$tmp/kept" "$dev/.git/objects/${obj:0:2}/${obj:2}"

# ---- what mends it ------------------------------------------------------------------------------

run check HEAD
assert_says "[SGN-2]; git commit --amend --no-edit --allow-empty -S"
unsigned=$(git -C "$dev" rev-parse HEAD)
echo five >"$dev/file"
git -C "$dev" add file
git -C "$dev" commit -q --allow-empty-message -m ''
run check HEAD
command=$(sed -n "s/^unsigned ${unsigned:0:12} .*\\[SGN-2\\]; //p" "$printed")
[[ $command == "git rebase --rebase-merges --exec 'git commit --amend --no-edit --allow-empty --allow-empty-message -S' "* ]] ||
	fail "the command is: $command"
git -C "$dev" branch -q before
sign_with "$dev" ssh "$tmp/alice" Alice $alice
assert_exit 0 "$command" env -C "$dev" GIT_EDITOR=true sh -c "$command"
assert_exit 0 "it helped" check HEAD~2..HEAD
git -C "$dev" reset -q --hard "$unsigned"

# ---- refs that --all leaves out -------------------------------------------------------------------

for ref in refs/notes/attestations refs/notes/commits refs/stash; do
	git -C "$dev" update-ref $ref "$(git -C "$dev" commit-tree -m "git's own" "HEAD^{tree}")"
done
git init -q -b main "$tmp/all"
git -C "$tmp/all" pull -q "$dev" "$first" 2>/dev/null
git -C "$tmp/all" fetch -q "$dev" "refs/notes/*:refs/notes/*" refs/stash:refs/stash
all() { pedigree -C "$tmp/all" check --policy "$tmp/policy" --repository "$uri" --all; }
assert_exit 0 "notes and the stash" all
assert_says "2 commits: 2 good, 0 not"
for ref in refs/heads/side refs/tags/side refs/remotes/origin/side refs/stashes/1 refs/other; do
	git -C "$tmp/all" fetch -q "$dev" "$unsigned:$ref"
	assert_exit 1 "$ref is not" all
	git -C "$tmp/all" update-ref -d $ref
done
git -C "$tmp/all" checkout -q --detach "$(git -C "$tmp/all" rev-parse refs/notes/commits)"
assert_exit 1 "nor is HEAD, wherever it is" all

# ---- a shallow clone --------------------------------------------------------------------------------

git clone -q --depth 1 -b main "file://$tmp/all" "$tmp/shallow" 2>/dev/null
shallow() { pedigree -C "$tmp/shallow" check --policy "$tmp/policy" --repository "$uri" "$@"; }
assert_exit 0 "what is here is good" shallow HEAD
assert_rule PSH-7
assert_says "cut at 1 commit, and nothing behind it is judged [PSH-7]; git fetch --unshallow"
shallow --json HEAD >"$tmp/out" 2>"$tmp/err"
assert_same "nothing of that is in the JSON" 1 "$(wc -l <"$tmp/out")"
grep -q '\[PSH-7\]' "$tmp/err" || fail "it is not said beside the JSON"
assert_exit 2 "a commit that is behind it" shallow HEAD~1..HEAD
assert_rule GIT-4
assert_says "git fetch --unshallow"
sign_with "$tmp/shallow" ssh "$tmp/alice" Alice $alice
commit "$tmp/shallow" more
assert_exit 0 "a range that does not reach it" shallow HEAD~1..HEAD
assert_silent_about PSH-7
git -C "$tmp/shallow" fetch -q --unshallow
assert_exit 0 "the whole history" shallow HEAD
assert_silent_about PSH-7

# ---- JSON: one object a commit, one a line, in the order of the walk ----------------------------

out_of --json HEAD
assert_same "exit status with --json" 1 $?
assert_same "as rev-list" "$(git -C "$dev" rev-list HEAD)" "$(jq -r .commit "$tmp/out")"
assert_same "a line each" 4 "$(wc -l <"$tmp/out")"
assert_same "exactly these members" '["commit","result","format","fingerprint","signer"]' \
	"$(jq -c keys_unsorted "$tmp/out" | sort -u)"
assert_same "results" "unsigned unknown-key good good" "$(jq -r .result "$tmp/out" | xargs)"
assert_same "unsigned" '{"commit":"'"$(git -C "$dev" rev-parse HEAD)"'","result":"unsigned","format":null,"fingerprint":null,"signer":null}' \
	"$(head -n 1 "$tmp/out")"
print=$(ssh-keygen -lf "$tmp/alice.pub" | cut -d' ' -f2)
assert_same "good" '{"commit":"'"$first"'","result":"good","format":"ssh","fingerprint":"'"$print"'","signer":"'$alice'"}' \
	"$(sed -n 3p "$tmp/out")"
assert_same "nothing on a pipe's other side" "" "$(cat "$tmp/err" | grep -v baseline)"

# ---- long work ---------------------------------------------------------------------------------

# A long history that nobody signed; the last commits of it are a branch of their own.
seq 1700000000 1700059999 | sed 's/.*/commit refs\/heads\/long\ncommitter A <a@example.com> & +0000\ndata 2\nx\n/' |
	git -C "$dev" fast-import --quiet || fail "fast-import"
out_of --json long
assert_same "exit status of a long one" 1 $?
assert_same "every commit, in order" "$(git -C "$dev" rev-list long | sha256sum)" "$(jq -r .commit "$tmp/out" | sha256sum)"
assert_same "nothing but advice without a terminal" 1 "$(wc -l <"$tmp/err")"
cp "$tmp/out" "$tmp/out.all"
if tool taskset "one core"; then
	run taskset -c "$(taskset -pc $$ | sed 's/.*: *//; s/[-,].*//')" bash -c "$(declare -f check); check() { pedigree -C '$dev' check --policy '$tmp/policy' --repository '$uri' \"\$@\"; }; check --json long >'$tmp/out'"
	assert_same "the same on one core" "$(sha256sum <"$tmp/out.all")" "$(sha256sum <"$tmp/out")"
fi

# Nobody reads on: a failed write ends it, soon and told.
{ check --json long 2>"$tmp/err"; echo "status $?" >>"$tmp/err"; } | head -n 1 >"$tmp/out"
assert_same "one line was read" 1 "$(wc -l <"$tmp/out")"
grep -q 'status 3' "$tmp/err" || fail "a closed pipe: $(cat "$tmp/err")"
pass "a closed pipe is exit 3"
grep -q 'output was lost' "$tmp/err" || fail "a closed pipe is not told"
pass "and told"
check --json HEAD >/dev/full 2>"$tmp/err"
assert_same "a full disk" 3 $?
check HEAD >/dev/full 2>"$tmp/err"
assert_same "a full disk, in words" 3 $?
grep -q 'output was lost' "$tmp/err" || fail "a full disk is not told"

# On a terminal: how far it is, and nothing of it is left at the end.
if tool script "progress on a terminal"; then
	script -qec "pedigree -C '$dev' check --policy '$tmp/policy' --repository '$uri' --json long >'$tmp/out'" "$tmp/tty" >/dev/null </dev/null
	assert_same "the file has it all" "$(sha256sum <"$tmp/out.all")" "$(sha256sum <"$tmp/out")"
	grep -Eq 'checked [0-9]+, [0-9]+ a second' "$tmp/tty" || fail "no progress: $(head -c 300 "$tmp/tty")"
	pass "progress is shown"
	tr '\r' '\n' <"$tmp/tty" | grep -a -A1 'a second' | tail -n 1 | grep -aq '^.\[K' || fail "progress is left standing"
	pass "and erased"
	script -qec "pedigree -C '$dev' check --policy '$tmp/policy' --repository '$uri' --json long '^long~59000' >'$tmp/out'" "$tmp/tty" >/dev/null </dev/null
	grep -Eq 'checked [0-9]+ of 59000, [0-9]+ a second' "$tmp/tty" || fail "no total: $(head -c 300 "$tmp/tty")"
	pass "with the total where it is known"
	script -qec "pedigree -C '$dev' check --policy '$tmp/policy' --repository '$uri' long" "$tmp/tty" >/dev/null </dev/null
	! grep -q 'a second' "$tmp/tty" || fail "progress comes between the lines of one terminal"
	pass "none between the lines of one terminal"
fi

# Ctrl-C ends it at once, here in the middle of a write that nobody reads.
mkfifo "$tmp/fifo"
exec 5<>"$tmp/fifo"
env --default-signal=INT "$BIN/pedigree" -C "$dev" check --policy "$tmp/policy" --repository "$uri" --json long >"$tmp/fifo" 2>/dev/null 3>&- 5>&- &
pid=$!
PIDS+=("$pid")
sleep 0.5
ended "$pid" && fail "it did not wait for its reader"
stop "$pid" INT
assert_same "an interrupt ends it" 130 $?
exec 5>&-

finish
