#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a clone brings along in files that git takes for a repository: a bare one has names that a tree may have, and the
# configuration in it is of whoever wrote the tree. Held against git where git has a rule (safe.bareRepository).
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

uri=https://git.example/brought
alice=alice@example.com
ssh_key "$tmp/alice"
ssh_key "$tmp/mallory"
policy() { # policy FILE KEY: for a repository that $KEY may sign in
	allowed_signer $alice "$2" >"$1.allowed"
	printf '[policy]\n\tversion = 1\n[repository "%s"]\n\tprotect = refs/heads/main\n\tsshAllowedSigners = %s\n' "$uri" "$(basename "$1").allowed" >"$1"
}
mkdir -p "$HOME/.config/pedigree"
policy "$HOME/.config/pedigree/policy" "$tmp/alice"

# ---- a tree with a bare repository among its files, whose policy is in it too ---------------------

git init -q -b main "$tmp/theirs"
git init -q --bare -b main "$tmp/theirs/docs"
policy "$tmp/theirs/docs/policy" "$tmp/mallory"
git init -q -b main "$tmp/made"
sign_with "$tmp/made" ssh "$tmp/mallory" Mallory $alice
commit "$tmp/made" "never good"
git -C "$tmp/made" push -q "$tmp/theirs/docs" main
rm -rf "$tmp/theirs/docs/hooks" "$tmp/theirs/docs/info"
touch "$tmp/theirs/docs/refs/tags/.keep" "$tmp/theirs/docs/branches"
git config --file "$tmp/theirs/docs/config" pedigree.policy /proc/self/cwd/policy
git config --file "$tmp/theirs/docs/config" pedigree.repository $uri
git config --file "$tmp/theirs/docs/config" safe.bareRepository all
sign_with "$tmp/theirs" none - Mallory $alice
git -C "$tmp/theirs" add . && git -C "$tmp/theirs" commit -q -m "a tree"
git clone -q "$tmp/theirs" "$tmp/victim"
docs=$tmp/victim/docs
assert_same "git takes it for a repository" "$(cd "$docs" && git rev-parse --git-dir)" .

assert_exit 1 "T17 by the user's own policy" pedigree -C "$tmp/victim" check --repository $uri main
assert_rule SGN-2
in_docs() { (cd "$1" && shift && "$@"); }
assert_exit 2 "T17 in a bare repository that a clone brought along" in_docs "$docs" pedigree check main
assert_rule GIT-7
assert_says "$docs"
assert_exit 2 "T17 below it" in_docs "$docs/objects" pedigree check main
assert_rule GIT-7
assert_exit 2 "T17 by -C, which is no word about a folder of a tree" pedigree -C "$docs" check main
assert_rule GIT-7
assert_exit 2 "T17 by -C and a path below" pedigree -C "$docs/refs" check main
assert_rule GIT-7
for command in "doctor" "digest main" "hooks status" "attest source main"; do
	# shellcheck disable=SC2086 # two words
	assert_exit 2 "T17 $command" in_docs "$docs" pedigree $command
	assert_rule GIT-7
done
git config --file "$docs/config" core.bare false
git config --file "$docs/config" core.worktree ..
assert_exit 2 "T17 one that calls itself none" in_docs "$docs" pedigree check main
assert_rule GIT-7
git config --file "$docs/config" --unset core.worktree
git config --file "$docs/config" core.bare true
printf 'an artifact\n' >"$tmp/artifact"
assert_refused "T17 no policy of its judges an artifact" in_docs "$docs" pedigree verify --from . "$tmp/artifact"
assert_silent_about "chain"
assert_rule GIT-7
assert_exit 2 "T17 nor names the service, and this says why" in_docs "$docs" pedigree submit "$tmp/artifact"
assert_rule GIT-7
assert_says "GIT_DIR="
assert_exit 2 "GIT_DIR of another is no word for it" in_docs "$docs" env GIT_DIR="$tmp/theirs/.git" pedigree check main
assert_rule GIT-7
assert_exit 0 "who asks for it by GIT_DIR has it" in_docs "$docs" env GIT_DIR=. pedigree digest main
assert_exit 2 "GIT_DIR leads nowhere else: in a work tree" in_docs "$tmp/victim" env GIT_DIR="$docs" pedigree digest main
assert_rule GIT-7
assert_exit 2 "nor does a command that writes" in_docs "$tmp/victim" env GIT_DIR="$docs" pedigree hooks uninstall
assert_rule GIT-7
assert_exit 2 "nor the service's" in_docs "$tmp/victim" env GIT_DIR="$docs" pedigree-repo settings
assert_rule GIT-7
assert_exit 2 "one that is not there" in_docs "$tmp/victim" env GIT_DIR=/nonexistent pedigree digest main
assert_rule GIT-7
assert_exit 0 "its own, as git sets it" in_docs "$tmp/victim" env GIT_DIR=.git pedigree digest main
assert_exit 0 "its own, by -C" env GIT_DIR=.git pedigree -C "$tmp/victim" digest main
assert_exit 0 "its work tree, as the timer sets it" env GIT_DIR="$tmp/victim" pedigree -C "$tmp/victim" digest main
# the remedy is the command that it says it is, whatever the folder is called
assert_exit 2 "by -C again" pedigree -C "$docs" digest main
remedy=$(sed -n "s/.*\(GIT_DIR=.* pedigree -C .*\) \.\.\..*/\1/p" "$printed")
assert_exit 0 "as it advises, from anywhere" in_docs / sh -c "$remedy digest main"
assert_same "is of that repository" "$(cut -d' ' -f2 "$printed" | grep -c "$(git -C "$docs" rev-parse main)")" 1
hostile="$tmp/victim/a';touch pwned;'"
cp -r "$docs" "$hostile"
assert_exit 2 "a folder whose name is a command" pedigree -C "$hostile" digest main
remedy=$(sed -n "s/.*\(GIT_DIR=.* pedigree -C .*\) \.\.\..*/\1/p" "$printed")
assert_exit 0 "is pasted as a name" in_docs "$tmp" sh -c "$remedy digest main"
[ ! -e "$tmp/pwned" ] || fail "what is to be pasted runs a command of the folder's"
deep=$tmp/victim/$(printf '%0200d' 0)
cp -r "$docs" "$deep"
assert_exit 2 "a name that is too long to be said whole" pedigree -C "$deep" digest main
assert_silent_about "pedigree -C"
rm -rf "$hostile" "$deep"
# an alias, for which git sets GIT_DIR although nobody named the folder
assert_exit 2 "T17 an alias of git's" git -C "$docs" -c alias.pp='!pedigree' pp digest main
assert_rule GIT-7
assert_exit 0 "and in the work tree" git -C "$tmp/victim/docs/.." -c alias.pp='!pedigree' pp digest main

git clone -q "$tmp/victim" "$tmp/mine"
for path in /proc/self/cwd/docs/policy /dev/../proc/self/cwd/docs/policy //./proc/self/cwd/docs/policy /dev/fd/9; do
	git -C "$tmp/mine" config pedigree.policy "$path"
	assert_exit 2 "T17 a policy below /proc" pedigree -C "$tmp/mine" check --repository $uri main
	assert_rule POL-9
done
git -C "$tmp/mine" config --unset pedigree.policy
git -C "$tmp/mine" config pedigree.service https://127.0.0.1:9
for name in ca clientCertificate clientKey; do
	git -C "$tmp/mine" config pedigree.$name "/proc/self/cwd/docs/config"
	assert_exit 1 "a file of the way below /proc" pedigree -C "$tmp/mine" doctor
	assert_rule CLI-2
	git -C "$tmp/mine" config --unset pedigree.$name
done

# ---- what lies in a ".git", which no tree can hold, is the work tree's ----------------------------

commit "$tmp/made" again
assert_exit 0 "in .git itself" in_docs "$tmp/made/.git" pedigree digest main
assert_exit 0 "below it" in_docs "$tmp/made/.git/refs" pedigree digest main
git -C "$tmp/made" worktree add -q "$tmp/linked" -b linked
assert_exit 0 "a linked work tree" in_docs "$tmp/linked" pedigree digest main
assert_exit 0 "what git keeps of it" in_docs "$tmp/made/.git/worktrees/linked" pedigree digest main
git -C "$tmp/made" -c protocol.file.allow=always submodule --quiet add "$tmp/theirs/.git" sub
assert_exit 0 "a submodule" in_docs "$tmp/made/sub" pedigree digest main
assert_exit 0 "what git keeps of it" in_docs "$tmp/made/.git/modules/sub" pedigree digest main

# ---- a bare repository of one's own ---------------------------------------------------------------

srv=$tmp/srv.git
git clone -q --bare "$tmp/made" "$srv"
git -C "$srv" worktree add -q "$srv/checked-out" linked 2>/dev/null || git -C "$srv" worktree add -q "$srv/checked-out" -b other
assert_exit 0 "named by -C" pedigree -C "$srv" digest main
assert_exit 0 "as . too" in_docs "$srv" pedigree -C . digest main
ln -s srv.git "$tmp/by-a-link"
assert_exit 0 "by a symbolic link" pedigree -C "$tmp/by-a-link" digest main
assert_exit 0 "in two steps" pedigree -C "$tmp" -C srv.git digest main
assert_exit 0 "a work tree in it" in_docs "$srv/checked-out" pedigree digest main
assert_exit 2 "a folder in it is not it" pedigree -C "$srv/refs" digest main
assert_rule GIT-7
assert_exit 2 "nobody named it" in_docs "$srv" pedigree digest main
assert_rule GIT-7
assert_says "pedigree -C '$srv'"
assert_exit 2 "nor did somebody else's -C" in_docs "$srv" env PEDIGREE_NAMED_DIR="$srv" pedigree digest main
assert_rule GIT-7
assert_exit 0 "GIT_DIR, as git sets it for hooks" in_docs "$srv" env GIT_DIR=. pedigree digest main
assert_exit 0 "GIT_DIR by its path" in_docs "$srv/refs" env GIT_DIR="$srv" pedigree digest main

# A clone whose bare repository lies in a folder of its own, to which its .git leads: no tree can hold that.
git init -q "$tmp/proj"
for how in "ln -s .bare" "link"; do
	rm -rf "$tmp/proj/.git" "$tmp/proj/.bare"
	git clone -q --bare "$tmp/made" "$tmp/proj/.bare"
	if [ "$how" = link ]; then echo "gitdir: ./.bare" >"$tmp/proj/.git"; else ln -s .bare "$tmp/proj/.git"; fi
	assert_exit 0 "$how: from the folder" pedigree -C "$tmp/proj" digest main
	assert_exit 0 "$how: the bare one itself" pedigree -C "$tmp/proj/.bare" digest main
	assert_exit 2 "$how: unless nobody named it" in_docs "$tmp/proj/.bare" pedigree digest main
	assert_rule GIT-7
	assert_exit 0 "$how: by GIT_DIR, as git sets it" in_docs "$tmp/proj" env GIT_DIR=.git pedigree digest main
done

# ---- safe.bareRepository: the same answer as git's -------------------------------------------------

# both WHAT YES|NO COMMAND…: whether git and we use $srv, in the surroundings that COMMAND makes.
both() {
	local what=$1 want=$2 git=yes
	shift 2
	"$@" git -C "$srv" rev-parse --git-dir >/dev/null 2>&1 || git=no
	assert_same "git: $what" $want $git
	if [ $want = yes ]; then
		assert_exit 0 "$what" "$@" pedigree -C "$srv" digest main
	else
		assert_exit 2 "$what" "$@" pedigree -C "$srv" digest main
		assert_rule GIT-7
		assert_says "GIT_DIR='$srv'"
	fi
}
by_environment() { local v=$1; shift; env GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.bareRepository GIT_CONFIG_VALUE_0="$v" "$@"; }
both "nothing is said" yes env
both "explicit, by the environment" no by_environment explicit
both "all" yes by_environment all
both "no value of git's" no by_environment Explicit
git config --global safe.bareRepository explicit
both "explicit, by the user" no env
both "but GIT_DIR" yes env GIT_DIR="$srv"
both "but by the environment" yes by_environment all
git -C "$srv" --git-dir=. config safe.bareRepository all
both "its own word does not count" no env
git config --file "$tmp/config" safe.bareRepository all
both "in the file that the environment names" yes env GIT_CONFIG_GLOBAL="$tmp/config"
git config --global --unset safe.bareRepository
git config --global "includeIf.gitdir:$srv/.path" "$tmp/explicit"
git config --file "$tmp/explicit" safe.bareRepository explicit
both "on a condition about the repository" yes env
git config --global --unset "includeIf.gitdir:$srv/.path"
finish
