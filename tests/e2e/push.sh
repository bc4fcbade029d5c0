#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The push as git delivers it: objects wherever git puts them, every kind of ref, every kind of clone. The names that
# begin a check (T16 …) are attacks of tests/attacks.tsv.
# shellcheck source=tests/e2e/repo_world.sh
. "$(dirname "$0")/repo_world.sh"

repo_world
none=$(printf '%040d' 0)
# mixed: main is three commits ahead of the server's, the one in the middle unsigned.
mixed() {
	refresh
	empty "$dev" before && unsigned "$dev" middle && empty "$dev" after
}

# ---- an empty repository (attack 30) ------------------------------------------------------------

git -C "$dev" checkout -q -b old
unsigned "$dev" ancient
unsigned "$dev" older
old=$(head_of)
refuses SGN-2 "T30 a first push of unsigned history" push old:refs/heads/main
git -C "$dev" tag -s -m v0 v0
refuses SGN-2 "T30 a first tag on it" push v0
assert_exit 0 "staged: to a branch that is not protected" push old:refs/heads/import
refuses SGN-2 "T30 and from there to main, where nothing of it is new" push old:refs/heads/main
write_policy "baseline = $old"
assert_exit 0 "with the baseline" push old:refs/heads/main
assert_rule PSH-13
git -C "$dev" checkout -q -B main
unsigned "$dev" "after the baseline"
refuses SGN-2 "T30 what comes after it needs a signature" push main
git -C "$dev" reset -q --hard "$old"
empty "$dev" signed
assert_exit 0 "which it has" push main
assert_exit 0 "a first tag" push v0
write_policy
empty "$dev" next
assert_exit 0 "what stands is not judged again, without the baseline too" push main
n=$(waiting)
assert_exit 0 "nor on a new branch" push old:refs/heads/release/old
assert_rule SGN-2
assert_says "was accepted but is not attested"
assert_says "push a commit on top of it that is good"
assert_silent_about "then, on the server"
assert_same "  for which nobody vouches" "$n" "$(waiting)"
git -C "$srv" update-ref -d refs/heads/release/old

# ---- where objects are: loose, in a pack, in quarantine (attack 25) ------------------------------

for limit in 1 1000; do
	git -C "$srv" config receive.unpackLimit $limit
	mixed
	objects=$(find "$srv/objects" -type f | sort)
	refuses SGN-2 "T29 an unsigned commit in the middle, unpackLimit $limit" push main
	assert_same "  nothing of it is left" "$objects" "$(find "$srv/objects" -type f | sort)"
	assert_same "  nor of the quarantine" "" "$(find "$srv/objects" -name '*incoming*')"
	refresh
	empty "$dev" "limit $limit"
	assert_exit 0 "  a good one" push main
done
git -C "$srv" config --unset receive.unpackLimit
git -C "$srv" repack -qad && git -C "$srv" prune-packed && git -C "$srv" pack-refs --all
empty "$dev" "after a repack"
assert_exit 0 "everything in one pack, refs too" push main

# ---- alternates, and a path that has to be quoted (attack 16) ------------------------------------

# at_path DIR: a second server there, with its own clone $there; the policy is for it.
at_path() {
	mkdir -p "$(dirname "$1")"
	git init -q --bare -b main "$1"
	git -C "$srv" push -q "$1" main:refs/heads/main
	sed "s|path = .*|path = $1|" "$policy" >"$tmp/etc/there"
	ok "install in $(basename "$1")" pedigree -C "$1" hooks install --server --policy "$tmp/etc/there" --server-key "$tmp/server"
	refresh
}
at_path "$tmp/with:colon/a:p p.git"
empty "$dev" colon
assert_exit 0 "a repository whose path has a colon" git -C "$dev" push -q "$tmp/with:colon/a:p p.git" main
unsigned "$dev" colon
assert_refused "T16 an unsigned commit there" git -C "$dev" push -q "$tmp/with:colon/a:p p.git" main
assert_rule SGN-2
git init -q --bare "$tmp/al:t.git"
git -C "$dev" reset -q --hard HEAD~1
unsigned "$dev" "in the alternate"
empty "$dev" "above it"
git -C "$dev" push -q "$tmp/al:t.git" main:main
at_path "$tmp/borrows.git"
printf '%s/objects\n' "$tmp/al:t.git" >"$tmp/borrows.git/objects/info/alternates"
above=$(git -C "$tmp/al:t.git" rev-parse main)
git -C "$dev" reset -q --hard "$above"
assert_refused "T16 an unsigned parent that only an alternate has" git -C "$dev" push -q "$tmp/borrows.git" "$above:refs/heads/main"
assert_rule SGN-2
assert_refused "T16 its tip, of which nothing has to be sent" git -C "$dev" push -q "$tmp/borrows.git" "$above:refs/heads/release/1"
assert_rule SGN-2
git -C "$dev" reset -q --hard "$above~2"
empty "$dev" "on what the alternate has"
assert_exit 0 "a good one on a parent of the alternate" git -C "$dev" push -q "$tmp/borrows.git" main
refresh

# ---- several refs in one push -------------------------------------------------------------------

mixed
good=$(tip origin/main "$dev")
refuses SGN-2 "one bad ref of three: none of them moves" push main "$good:refs/heads/release/a" "$good:refs/heads/free"
refuses SGN-2 "the same with --atomic" push --atomic main "$good:refs/heads/release/a" "$good:refs/heads/free"
refresh
empty "$dev" several
assert_exit 0 "three good ones" push --atomic main main:refs/heads/release/a main:refs/heads/free
assert_same "  a statement for each protected one" "refs/heads/main refs/heads/release/a" "$(grep -lF "$(head_of)" <(true) 2>/dev/null
	for f in "$srv"/pedigree/outbox/*.json; do jq -r .attestation.payload "$f" | base64 -d | jq -r "select(.predicate.commit == \"$(head_of)\").predicate.ref"; done | sort | xargs)"
assert_exit 0 "a new one, a deleted one and one that moves" push main:refs/heads/new ":refs/heads/free" main:refs/heads/release/b

# ---- deleted, forced (attack 28) ----------------------------------------------------------------

refuses PSH-2 "T28 deleting a protected branch" push :refs/heads/release/a
git -C "$dev" checkout -q -B other "$(tip refs/heads/main)~1"
empty "$dev" another
refuses PSH-3 "T28 forcing one" push --force other:refs/heads/main
refuses PSH-3 "T28 putting one back" push --force "$(tip refs/heads/main)~1:refs/heads/main"
git -C "$dev" tag -s -m v1 v1
assert_exit 0 "a tag" push v1
git -C "$dev" tag -s -f -m again v1 other >/dev/null
refuses PSH-3 "T28 a tag that moves" push --force v1
refuses PSH-2 "T28 a tag that goes" push :refs/tags/v1
write_policy "allowForce = true"
assert_exit 0 "with allowForce, forced" push --force other:refs/heads/release/a
assert_exit 0 "and deleted" push :refs/heads/release/a
unsigned "$dev" "forced and unsigned"
refuses SGN-2 "T28 but judged all the same" push --force other:refs/heads/release/b
write_policy
refresh

# ---- tags (attacks 21, 29) ----------------------------------------------------------------------

mixed
git -C "$dev" tag -s -m signed v2
refuses SGN-2 "T29 a signed tag above an unsigned commit" push v2
git -C "$dev" tag -s -m signed v3 HEAD~1
refuses SGN-2 "T29 a signed tag on an unsigned commit" push v3
git -C "$dev" -c advice.nestedTag=false tag -s -m outer v4 v3
refuses SGN-2 "T29 a tag of that tag" push v4
refresh
git -C "$dev" tag -s -m v5 v5
git -C "$dev" -c advice.nestedTag=false tag -s -m v6 v6 v5
assert_exit 0 "a signed tag of a signed tag" push v6
refuses PSH-5 "T21 a tag under another's name" push v5:refs/tags/v7
git -C "$dev" cat-file tag v5 | sed "s/^object .*/object $(git -C "$dev" rev-parse main~1)/" >"$tmp/raw"
refuses SGN-4 "T21 a tag whose object was swapped" push "$(git -C "$dev" hash-object -t tag -w "$tmp/raw"):refs/tags/v5"
for i in $(seq 12); do
	git -C "$dev" -c advice.nestedTag=false tag -s -m deep "deep$i" "$([ "$i" = 1 ] && echo main || echo "deep$((i - 1))")"
done
refuses PSH-6 "T28 tags of tags of tags" git -C "$dev" push -q origin "deep12:refs/heads/release/deep"
assert_exit 0 "a tag that nobody protects" push deep12

# ---- merges (attack 29) -------------------------------------------------------------------------

git -C "$dev" checkout -q -B side main~1 && empty "$dev" "below" && unsigned "$dev" "in the middle of a side" && empty "$dev" "above"
git -C "$dev" checkout -q main && git -C "$dev" merge -q --no-ff -S -m merge side
refuses SGN-2 "T29 unsigned, reachable by the second parent alone" push main
refresh
git -C "$dev" checkout -q -B a main && empty "$dev" a
git -C "$dev" checkout -q -B b main && empty "$dev" b
git -C "$dev" checkout -q main
git -C "$dev" reset -q --hard "$(git -C "$dev" commit-tree -S -p main -p a -p b -m octopus "main^{tree}")"
assert_exit 0 "an octopus of signed commits" push main
# What a forge's rebase and its squash leave: a person's tree and name, a signature of nobody or of the forge.
echo rebased >"$dev/rebased" && git -C "$dev" add rebased && git -C "$dev" commit -q -m work
git -C "$dev" reset -q --hard "$(git -C "$dev" commit-tree -p origin/main -m work "main^{tree}")"
refuses SGN-2 "T32 a forge's rebase: same tree and author, no signature" push main
git -C "$dev" -c user.signingKey="$tmp/forge" -c user.email=noreply@forge.example commit -q --amend --no-edit -S
refuses SGN-11 "T32 with the forge's own signature" push main
refresh

# ---- names (attack 28) --------------------------------------------------------------------------

empty "$dev" names
# shellcheck disable=SC2016 # a name, not a command
for name in 'release/$(touch x)' 'release/-rf' "release/it's" 'release/"quoted"' 'release/a;b|c&d' $'release/\xc3\xa4\xe2\x80\xae' $'release/\xff' 'release/@' 'release/%s%n'; do
	name=${name// /}
	git check-ref-format "refs/heads/$name" || fail "git does not take $name"
	assert_exit 0 "a name that git takes: ${name//[^ -~]/?}" git -C "$dev" push -q origin "main:refs/heads/$name"
	assert_same "  it stands" "$(head_of)" "$(tip "refs/heads/$name")"
done
unsigned "$dev" "ugly"
refuses SGN-2 "T28 an unsigned commit by such a name" git -C "$dev" push -q origin 'main:refs/heads/release/"quoted"'
for name in refs/heads/Main refs/heads/MAIN refs/heads/Release/x refs/heads/main2; do
	assert_exit 0 "no protected name: $name" push "main:$name"
	git -C "$srv" update-ref -d "$name"
done
refuses PSH-12 "T28 a replace ref" push "main:refs/replace/$(tip refs/heads/main)"
assert_exit 0 "T31 notes are no evidence, and free" push main:refs/notes/attestations
git -C "$srv" update-ref -d refs/notes/attestations
write_policy "protect = refs/notes/*"
refuses SGN-2 "T31 unless somebody protects them" push main:refs/notes/more
write_policy
hook="$srv/hooks/pre-receive"
for line in "$none $none" "$none $(head_of) refs/heads/../main" "$none $(head_of) refs/heads/a	b" "$none $(head_of)  refs/heads/a" "$none $(head_of) HEAD"; do
	assert_exit 3 "T28 a line that is none of git's" env GIT_DIR="$srv" sh -c "printf '%s\n' '$line' | sh '$hook'"
	assert_rule PSH-9
done
refresh

# ---- clones of every kind -----------------------------------------------------------------------

shallow="$tmp/shallow"
git clone -q --depth 1 "file://$srv" "$shallow" 2>/dev/null
sign_with "$shallow" ssh "$tmp/alice" Alice $alice
empty "$shallow" "from a shallow clone"
assert_exit 0 "a shallow clone" git -C "$shallow" push -q origin HEAD:refs/heads/main
git init -q --bare -b main "$tmp/empty.git"
sed "s|path = .*|path = $tmp/empty.git|" "$policy" >"$tmp/etc/empty"
ok "a server that has nothing" pedigree -C "$tmp/empty.git" hooks install --server --policy "$tmp/etc/empty" --server-key "$tmp/server"
git -C "$tmp/empty.git" config receive.shallowUpdate true
assert_refused "T16 a shallow history, where git would take it" git -C "$shallow" push -q "$tmp/empty.git" HEAD:refs/heads/main
assert_rule PSH-7
assert_same "  no ref was made" "" "$(refs_of "$tmp/empty.git")"
git -C "$srv" config uploadpack.allowFilter true
for filter in blob:none tree:0; do
	git clone -q --filter=$filter --no-checkout "file://$srv" "$tmp/partial-$filter" 2>/dev/null
	sign_with "$tmp/partial-$filter" ssh "$tmp/alice" Alice $alice
	git -C "$tmp/partial-$filter" reset -q --soft HEAD
	child=$(git -C "$tmp/partial-$filter" commit-tree -S -p HEAD -m "partial $filter" "HEAD^{tree}")
	assert_exit 0 "a partial clone, $filter" git -C "$tmp/partial-$filter" push -q origin "$child:refs/heads/main"
	child=$(git -C "$tmp/partial-$filter" commit-tree -p "$child" -m unsigned "HEAD^{tree}")
	assert_refused "  an unsigned commit from it" git -C "$tmp/partial-$filter" push -q origin "$child:refs/heads/main"
	assert_rule SGN-2
done
refresh
git -C "$dev" worktree add -q -b tree "$tmp/tree" main
empty "$tmp/tree" "from a work tree"
assert_exit 0 "a work tree of a clone" git -C "$tmp/tree" push -q origin tree:main
git -C "$tmp/tree" -c commit.gpgSign=false commit -q --allow-empty -m unsigned
assert_refused "  an unsigned commit from it" git -C "$tmp/tree" push -q origin tree:main
assert_rule SGN-2
outer="$tmp/outer"
git init -q -b main "$outer"
git -C "$outer" -c protocol.file.allow=always submodule add -q "$srv" sub 2>/dev/null
sign_with "$outer/sub" ssh "$tmp/alice" Alice $alice
empty "$outer/sub" "from a submodule"
assert_exit 0 "a submodule" git -C "$outer/sub" push -q origin HEAD:main
git -C "$outer/sub" -c commit.gpgSign=false commit -q --allow-empty -m unsigned
assert_refused "  an unsigned commit from it" git -C "$outer/sub" push -q origin HEAD:main
assert_rule SGN-2

# A server that is no bare repository: a clone that is pushed into, and a work tree of one.
worked="$tmp/worked"
git clone -q "$srv" "$worked" && git -C "$worked" checkout -q --detach
sed "s|path = .*|path = $worked|" "$policy" >"$tmp/etc/worked"
ok "hooks in a clone that is pushed into" pedigree -C "$worked" hooks install --server --policy "$tmp/etc/worked" --server-key "$tmp/server"
refresh
empty "$dev" "into a clone"
assert_exit 0 "a push into it" git -C "$dev" push -q "$worked" main
git -C "$worked" worktree add -q --detach "$tmp/worked-tree" main
unsigned "$dev" "by a work tree"
assert_refused "a push into its work tree" git -C "$dev" push -q "$tmp/worked-tree" main
assert_rule SGN-2

finish
