#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A forge's merges (rules.md 2.3): each is two parents, judged by the same rules, and the tree that merging them gives; for
# a push, a range, a late statement and the hook after a commit alike, however deep a tampered one lies.
# shellcheck source=tests/e2e/repo_world.sh
. "$(dirname "$0")/repo_world.sh"

repo_world
person() { sign_with "$dev" ssh "$tmp/alice" Alice $alice; }
forge() { sign_with "$dev" ssh "$tmp/forge" Forge noreply@forge.example; }
at() { git -C "$dev" rev-parse "$1"; }
check() { pedigree -C "$dev" check --policy "$policy" --repository $uri "$@"; }
late() { # late COMMIT: as if no hook had seen it come
	git -C "$dev" push -q "$srv" "$1:refs/heads/any" --force
	git -C "$srv" update-ref refs/heads/main "$1"
	pedigree -C "$srv" attest source --late --policy "$policy" --server-key "$tmp/server" --ref refs/heads/main "$1"
}
# request NAME: a branch off main with one commit of a person.
request() {
	person
	git -C "$dev" checkout -q -b "$1"
	echo "$1" >"$dev/$1" && git -C "$dev" add "$1" && git -C "$dev" commit -q -m "$1"
	git -C "$dev" checkout -q main
}
# merge NAME [FILE]: by the forge; with FILE, which is in neither of its parents.
merge() {
	forge
	git -C "$dev" merge -q --no-ff --no-commit "$1" >/dev/null 2>&1
	[ -z "${2:-}" ] || { echo evil >"$dev/$2" && git -C "$dev" add "$2"; }
	git -C "$dev" commit -q -m "Merge $1"
	person
}

person
commit "$dev" first
request one
merge one
whole=$(at HEAD)
request two
merge two
top=$(at HEAD)

# ---- whole merges, one above the other --------------------------------------------------------

assert_exit 0 "a push of whole merges" git -C "$dev" push -q origin main
n=$(waiting)
assert_exit 0 "all of them in a range" check main
assert_exit 0 "one alone, for its parents are judged too" check 'main^!'
assert_exit 0 "a late statement for the upper one" late "$top"
assert_same "is made" $((n + 1)) "$(waiting)"

# ---- a tampered one below ---------------------------------------------------------------------

request three
merge three evil
evil=$(at HEAD)
request four
merge four
above=$(at HEAD)
request five
merge five
highest=$(at HEAD)
n=$(waiting)
for commit in "$evil" "$above" "$highest"; do
	assert_exit 1 "a late statement on a tampered merge" late "$commit"
	assert_rule GIT-6
	assert_exit 1 "and its check alone" check "$commit^!"
	assert_rule GIT-6
done
assert_says "${above:0:12}, which it merges, is not-allowed"
assert_same "no statement was made" "$n" "$(waiting)"
assert_exit 1 "the range says which" check --json "$whole..$highest"
assert_same "and it alone" "$evil" "$(sed -n 's/^{"commit":"\([0-9a-f]*\)","result":"not-allowed".*/\1/p' "$printed")"
assert_exit 0 "a range leaves out what it leaves out" check "$evil..$highest"
git -C "$srv" update-ref refs/heads/main "$top"
assert_refused "a push of all three" git -C "$dev" push -q origin "$highest:refs/heads/main"
assert_rule GIT-6
assert_says "1 of "

# The same where what is below is no forge's, and not good.
git -C "$dev" checkout -q -B main "$top"
sign_with "$dev" none - Alice $alice
commit "$dev" unsigned
lowest=$(at HEAD)
person
commit "$dev" signed
request six
merge six
request seven
merge seven
assert_exit 0 "merges above commits of people" late "$(at HEAD)"
git -C "$dev" checkout -q -B main "$lowest"
request eight
merge eight
n=$(waiting)
assert_exit 1 "a merge into an unsigned commit" late "$(at HEAD)"
assert_rule GIT-6
assert_says "is unsigned"
assert_same "has no statement" "$n" "$(waiting)"
assert_exit 1 "nor is it good" check 'HEAD^!'
assert_rule GIT-6

# ---- what the baseline excuses ----------------------------------------------------------------

write_policy "baseline = $evil"
assert_exit 0 "on what the baseline excuses" late "$highest"
assert_exit 0 "and the check" check "$highest"
assert_exit 0 "one alone" check "$highest^!"
write_policy

# ---- what stood before a push, and nobody judged ----------------------------------------------

stood=$(at HEAD)
git -C "$srv" update-ref refs/heads/main "$stood"
n=$(waiting)
assert_exit 0 "a new name for a merge into an unsigned commit" push "$stood:refs/heads/release/1"
assert_rule GIT-6
assert_says "refs/heads/release/1 was accepted but is not attested"
assert_same "no statement was made" "$n" "$(waiting)"
request nine
merge nine
assert_exit 0 "a merge that the push brings, onto what stood" push main
assert_silent_about GIT-6
assert_same "has a statement" $((n + 1)) "$(waiting)"
git -C "$srv" symbolic-ref refs/heads/release/newest refs/heads/main
request ten
merge ten
assert_exit 0 "brought to two names at once, one with another that is symbolic" push main main:release/2
assert_silent_about GIT-6
assert_same "has two" $((n + 3)) "$(waiting)"
assert_exit 0 "the same under one name more" push main:release/3
assert_rule GIT-6
assert_same "has no other" $((n + 3)) "$(waiting)"
write_policy "baseline = $lowest"
assert_exit 0 "a new name for what the baseline excuses" push "$stood:refs/heads/release/4"
assert_silent_about GIT-6
assert_same "has a statement, too" $((n + 4)) "$(waiting)"
write_policy

# ---- who asks for one commit alone answers for nothing behind it --------------------------------

git -C "$dev" checkout -q -B side "$lowest"
commit "$dev" "signed on unsigned"
first=$(at HEAD)
git -C "$dev" checkout -q -B other "$lowest"
echo other >"$dev/other" && git -C "$dev" add other && git -C "$dev" commit -q -m other
forge
inner=$(git -C "$dev" commit-tree -S -p "$lowest" -p other -m inner "other^{tree}")
person
outer=$(git -C "$dev" commit-tree -S -p "$first" -p "$inner" -m outer "other^{tree}")
assert_exit 1 "its first parent left out by ^-" check "$outer^-"
assert_rule GIT-6
assert_says "${inner:0:12} signed by a forge, but ${lowest:0:12}, which it merges, is unsigned"
assert_exit 0 "by .." check "$first..$outer"
assert_exit 0 "by both" check "$outer^-" "^$first"
assert_exit 0 "in either order" check "^$first" "$outer^-"

# ---- attributes have no say ---------------------------------------------------------------------

git -C "$dev" checkout -q -B here "$top"
echo here >"$dev/line" && git -C "$dev" add line && git -C "$dev" commit -q -m here
git -C "$dev" checkout -q -B there "$top"
echo there >"$dev/line" && git -C "$dev" add line && git -C "$dev" commit -q -m there
echo '* merge=union' >"$dev/.git/info/attributes"
forge
assert_exit 0 "both sides of a conflict are taken" git -C "$dev" merge -q --no-ff -m union here
person
assert_exit 1 "which no merge without conflict gives" check 'HEAD^!'
assert_rule GIT-6
mkdir -p "$tmp/home/git"
mv "$dev/.git/info/attributes" "$tmp/home/git/attributes"
XDG_CONFIG_HOME=$tmp/home assert_exit 1 "nor do the user's attributes say otherwise" check 'HEAD^!'
assert_rule GIT-6

# ---- the hook after a commit ------------------------------------------------------------------

grade=clone
write_policy
work="$tmp/work"
git clone -q "$srv" "$work" 2>/dev/null
git -C "$work" checkout -q -B main "$top"
assert_exit 0 "init" pedigree -C "$work" init --repository $uri --policy "$policy"
sign_with "$work" ssh "$tmp/alice" Alice $alice
made() { find "$work/.git/pedigree/outbox" -name '*.json' 2>/dev/null | wc -l; }
git -C "$work" checkout -q -b mine
echo mine >"$work/mine" && git -C "$work" add mine
assert_exit 0 "a person's commit" git -C "$work" commit -q -m mine
assert_silent_about HOK-5
assert_same "has a statement" 1 "$(made)"
git -C "$work" checkout -q main
sign_with "$work" ssh "$tmp/forge" Forge noreply@forge.example
git -C "$work" merge -q --no-ff --no-commit mine
assert_exit 0 "a whole merge by the forge's key" git -C "$work" commit -q -m whole
assert_silent_about HOK-5
assert_same "is not the clone's to attest" 1 "$(made)"
git -C "$work" reset -q --hard HEAD~1
git -C "$work" merge -q --no-ff --no-commit mine
echo evil >"$work/evil" && git -C "$work" add evil
assert_exit 0 "another tree" git -C "$work" commit -q -m evil
assert_rule HOK-5 GIT-6
assert_same "has no statement" 1 "$(made)"

finish
