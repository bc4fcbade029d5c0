#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The hooks of a clone in every kind of place that git makes commits in: each time, that they ran and what they said. Where
# clones give the sources, a statement in the outbox shows that post-commit or post-rewrite saw the commit.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

uri=https://git.example/places
bob=bob@example.com
ssh_key "$tmp/bob"
allowed_signer $bob "$tmp/bob" >"$tmp/allowed"
cat >"$tmp/policy" <<EOP
[policy]
	version = 1
[repository "$uri"]
	protect = refs/heads/*
	sshAllowedSigners = allowed
	sourceFrom = clone
EOP
git config --global user.name Bob
git config --global user.email $bob
git config --global gpg.format ssh
git config --global user.signingKey "$tmp/bob"
git config --global commit.gpgSign true
git config --global init.defaultBranch main
git config --global protocol.file.allow always
git config --global advice.detachedHead false

# waiting DIR: statements in the outbox of the repository that DIR is of.
waiting() { find "$(cd "$1" && cd "$(git rev-parse --git-common-dir)" && pwd)/pedigree/outbox" -name '*.json' 2>/dev/null | wc -l; }

# prepared NAME: a new repository with one commit and our hooks.
prepared() {
	git init -q "$tmp/$1"
	ok "init" pedigree -C "$tmp/$1" init --repository $uri --policy "$tmp/policy"
	ok "a first commit" commit "$tmp/$1" first
}

# works DIR WHAT [NAME=VALUE…]: a signed commit there has its statement, one that would not be signed is refused before its
# message is asked for, and one that nobody stopped is told of.
works() {
	local dir=$1 what=$2 n
	shift 2
	n=$(waiting "$dir")
	assert_exit 0 "$what: a signed commit" env "$@" git -C "$dir" commit -q --allow-empty -m "$what"
	assert_same "$what: post-commit saw it" $((n + 1)) "$(waiting "$dir")"
	assert_same "$what: and had nothing to say" "" "$(cat "$printed")"
	assert_refused "$what: an unsigned commit" env "$@" git -C "$dir" -c commit.gpgSign=false commit -q --allow-empty -m no
	assert_rule HOK-1
	assert_exit 0 "$what: made all the same" env "$@" git -C "$dir" -c commit.gpgSign=false commit -q --no-verify --allow-empty -m no
	assert_rule SGN-2 HOK-5
	assert_same "$what: without a statement" $((n + 1)) "$(waiting "$dir")"
	git -C "$dir" reset -q --soft HEAD~1
}

# ---- work trees -----------------------------------------------------------------------------

prepared plain
work=$tmp/plain
works "$work" "a plain repository"
mkdir -p "$work/below/here"
works "$work/below/here" "a folder of it"
git -C "$work" checkout -q -b 'feature/with/slashes'
works "$work" "a branch with slashes"
git -C "$work" checkout -q --detach
works "$work" "no branch"
git -C "$work" checkout -q main
git -C "$work" worktree add -q -b topic "$tmp/linked"
works "$tmp/linked" "a linked work tree"
git -C "$tmp/linked" checkout -q --detach
works "$tmp/linked" "a linked work tree without a branch"
git -C "$work" config extensions.worktreeConfig true
git -C "$tmp/linked" config --worktree user.signingKey "$tmp/nowhere"
assert_refused "its own configuration" git -C "$tmp/linked" commit -q --allow-empty -m no
assert_rule HOK-2
assert_says "$tmp/nowhere"
git -C "$tmp/linked" config --worktree --unset user.signingKey
works "$tmp/linked" "a linked work tree with a configuration of its own"
works "$work" "and the main one beside it"
mkdir "$tmp/elsewhere"
run git --git-dir="$work/.git" --work-tree="$tmp/elsewhere" commit -q --allow-empty -m "by --git-dir"
assert_same "by --git-dir and --work-tree" 0 "$status"
ln -s plain "$tmp/by-a-link"
works "$tmp/by-a-link" "by a symbolic link"

# ---- a submodule, and the one around it -----------------------------------------------------

prepared super
git -C "$tmp/super" submodule --quiet add "$work" sub
works "$tmp/super" "around a submodule"
ok "init in a submodule" pedigree -C "$tmp/super/sub" init --repository $uri --policy "$tmp/policy"
works "$tmp/super/sub" "a submodule"
assert_same "whose hooks are its own" yes "$([ -x "$tmp/super/.git/modules/sub/hooks/post-commit" ] && echo yes)"

# ---- where hooks are ------------------------------------------------------------------------

# shellcheck disable=SC2088 # it is git that expands it
for place in hooks-of-mine "$tmp/hooks-absolute" '~/hooks-at-home'; do
	name=by-path-$(basename "$place")
	git init -q "$tmp/$name"
	git -C "$tmp/$name" config core.hooksPath "$place"
	ok "init" pedigree -C "$tmp/$name" init --repository $uri --policy "$tmp/policy"
	assert_same "nothing of ours is where git does not look" "" "$(grep -l pedigree "$tmp/$name/.git/hooks/"* 2>/dev/null)"
	ok "a first commit" commit "$tmp/$name" first
	works "$tmp/$name" "core.hooksPath = $place"
done
assert_same "relative to the work tree" yes "$([ -x "$tmp/by-path-hooks-of-mine/hooks-of-mine/pre-commit" ] && echo yes)"
assert_same "in the home folder" yes "$([ -x "$HOME/hooks-at-home/pre-commit" ] && echo yes)"
mkdir "$tmp/by-path-hooks-of-mine/below"
works "$tmp/by-path-hooks-of-mine/below" "a relative core.hooksPath from below"
git init -q "$tmp/nohooks"
git -C "$tmp/nohooks" config core.hooksPath ''
assert_exit 2 "an empty core.hooksPath" pedigree -C "$tmp/nohooks" hooks install
assert_rule HOK-4

# ---- hooks from before ----------------------------------------------------------------------

prepare_chained() { # NAME [WHEN]: every hook writes its name and what it is given; ours around them
	local hook
	git init -q "$tmp/$1"
	for hook in pre-commit pre-merge-commit post-commit post-rewrite; do
		printf '#!/bin/sh\n{ printf "%s %%s:" "$*"; [ %s != post-rewrite ] || tr "\\n" " "; echo; } >>"%s"\n' $hook $hook "$tmp/$1.log" >"$tmp/$1/.git/hooks/$hook"
		chmod 755 "$tmp/$1/.git/hooks/$hook"
	done
	ok "init" pedigree -C "$tmp/$1" init --repository $uri --policy "$tmp/policy"
	[ -z "${2:-}" ] || ok "theirs after ours" pedigree -C "$tmp/$1" hooks install --existing "$2"
	ok "a first commit" commit "$tmp/$1" first
}
for when in before after; do
	prepare_chained "chained-$when" $when
	: >"$tmp/chained-$when.log"
	ok "amended" git -C "$tmp/chained-$when" commit -q --amend -m amended
	assert_same "theirs ($when ours) ran once each" "pre-commit :|post-commit :|post-rewrite amend:" \
		"$(sed 's/^\(post-rewrite amend:\).*/\1/' "$tmp/chained-$when.log" | paste -sd '|')"
	assert_same "with git's lines" 1 "$(grep -c "$(git -C "$tmp/chained-$when" rev-parse HEAD)" "$tmp/chained-$when.log")"
	# What our small program leaves to the large one must not run them twice: a branch that is no file any more.
	n=$(waiting "$tmp/chained-$when")
	: >"$tmp/chained-$when.log"
	git -C "$tmp/chained-$when" commit -q --allow-empty -m "to be packed"
	git -C "$tmp/chained-$when" gc -q --prune=now
	: >"$tmp/chained-$when.log"
	old=$(git -C "$tmp/chained-$when" rev-parse HEAD~1)
	new=$(git -C "$tmp/chained-$when" rev-parse HEAD)
	rm -f "$tmp/chained-$when/.git/pedigree/outbox/"*.json
	run sh -c "cd '$tmp/chained-$when' && echo '$old $new' | .git/hooks/post-rewrite rebase"
	assert_same "a packed commit: post-rewrite" 0 "$status"
	assert_same "a packed commit: has its statement" 1 "$(waiting "$tmp/chained-$when")"
	assert_same "a packed commit: theirs ran once" "post-rewrite rebase:$old $new " "$(cat "$tmp/chained-$when.log")"
	: >"$tmp/chained-$when.log"
	rm -f "$tmp/chained-$when/.git/pedigree/outbox/"*.json
	run sh -c "cd '$tmp/chained-$when' && .git/hooks/post-commit"
	assert_same "a packed HEAD: has its statement" 1 "$(waiting "$tmp/chained-$when")"
	assert_same "a packed HEAD: theirs ran once" "post-commit :" "$(cat "$tmp/chained-$when.log")"
done

# ---- many commits at once -------------------------------------------------------------------

prepared series
work=$tmp/series
git -C "$work" checkout -q -b topic
for i in $(seq 50); do
	echo "$i" >"$work/file-$i"
	git -C "$work" add "file-$i"
	git -C "$work" commit -q -m "change $i" || fail "commit $i"
done
git -C "$work" checkout -q main
commit "$work" "main moves on"
n=$(waiting "$work")
assert_exit 0 "rebase of fifty commits" git -C "$work" rebase -q main topic
assert_silent_about "pedigree:"
assert_same "each has its statement" $((n + 50)) "$(waiting "$work")"
git -C "$work" format-patch -q -2 -o "$tmp/patches" topic
git -C "$work" checkout -q -b mailed main
n=$(waiting "$work")
assert_exit 0 "am" git -C "$work" am -q "$tmp/patches/0001-change-49.patch" "$tmp/patches/0002-change-50.patch"
assert_same "which runs no hook of ours" "$n" "$(waiting "$work")"
assert_exit 0 "cherry-pick" git -C "$work" cherry-pick topic~5
assert_same "emits" $((n + 1)) "$(waiting "$work")"
echo changed >>"$work/file"
assert_exit 0 "stash" git -C "$work" stash -q
assert_exit 0 "stash pop" git -C "$work" stash pop -q
assert_same "which makes no commit of a branch" $((n + 1)) "$(waiting "$work")"
git -C "$work" checkout -q file
assert_refused "a merge that would not be signed" git -C "$work" -c commit.gpgSign=false merge -q --no-ff -m no topic
assert_rule HOK-1
git -C "$work" merge --abort 2>/dev/null
assert_exit 0 "a merge" git -C "$work" merge -q --no-ff -m merged main
assert_exit 0 "revert" git -C "$work" revert --no-edit HEAD~1
assert_same "emits" $((n + 2)) "$(waiting "$work")"
assert_exit 0 "rebase --exec, as mending is done" git -C "$work" rebase -q --exec 'git commit -q --amend --no-edit -S' HEAD~2
git init -q --bare "$tmp/bare.git"
rm -f "$work/.git/pedigree/outbox/"*.json
assert_exit 0 "push" git -C "$work" push -q "$tmp/bare.git" mailed
assert_same "every commit of it has a statement then" "$(git -C "$work" rev-list --count mailed)" "$(waiting "$work")"

# ---- clones that do not have everything -----------------------------------------------------

git -C "$tmp/bare.git" config uploadpack.allowFilter true
git -C "$tmp/bare.git" symbolic-ref HEAD refs/heads/mailed
git clone -q --filter=blob:none --no-checkout "file://$tmp/bare.git" "$tmp/partial"
git -C "$tmp/partial" sparse-checkout set --no-cone /file
git -C "$tmp/partial" checkout -q
ok "init" pedigree -C "$tmp/partial" init --repository $uri --policy "$tmp/policy"
assert_same "sparse" no "$([ -e "$tmp/partial/file-1" ] && echo yes || echo no)"
works "$tmp/partial" "a partial clone, checked out sparsely"
assert_exit 0 "push from a partial clone" git -C "$tmp/partial" push -q origin HEAD:refs/heads/partial
git clone -q --depth 1 "file://$tmp/bare.git" "$tmp/shallow"
ok "init" pedigree -C "$tmp/shallow" init --repository $uri --policy "$tmp/policy"
works "$tmp/shallow" "a shallow clone"
git clone -q --reference "$tmp/bare.git" "file://$tmp/bare.git" "$tmp/borrowing"
ok "init" pedigree -C "$tmp/borrowing" init --repository $uri --policy "$tmp/policy"
works "$tmp/borrowing" "a clone that borrows objects"

# ---- surroundings ---------------------------------------------------------------------------

work=$tmp/plain
git config --file "$tmp/identity" user.name Bob
for name in user.email user.signingKey gpg.format commit.gpgSign; do
	git config --file "$tmp/identity" $name "$(git config --global $name)"
done
works "$work" "no HOME" -u HOME GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=include.path GIT_CONFIG_VALUE_0="$tmp/identity"
mkdir -p "$work/xdg/git"
cp "$tmp/identity" "$work/xdg/git/config"
works "$work" "a relative XDG_CONFIG_HOME" HOME="$tmp/nowhere" XDG_CONFIG_HOME=xdg
rm -r "$work/xdg"
printf '[includeIf "gitdir:%s/"]\n\tpath = %s\n' "$tmp" "$tmp/identity" >"$tmp/conditional"
works "$work" "an identity by includeIf" GIT_CONFIG_GLOBAL="$tmp/conditional"
works "$work" "GIT_CONFIG_GLOBAL" GIT_CONFIG_GLOBAL="$tmp/identity"
works "$work" "GIT_DIR" GIT_DIR="$work/.git" GIT_WORK_TREE="$work"
printf 'openssl_conf = o\n[o]\nproviders = p\n[p]\nnone = n\n[n]\nactivate = 1\n' >"$tmp/openssl.cnf"
hostile=(env OPENSSL_CONF="$tmp/openssl.cnf" GIT_DIR="$work/.git")
assert_refused "OpenSSL has nothing to offer to others" env OPENSSL_CONF="$tmp/openssl.cnf" openssl dgst -sha256 "$tmp/policy"
ok "a commit" git -C "$work" commit -q --allow-empty -m "under a hostile OPENSSL_CONF"
rm -f "$work/.git/pedigree/outbox/"*.json
assert_exit 0 "post-commit" "${hostile[@]}" sh -c "cd '$work' && .git/hooks/post-commit"
assert_same "judges and signs as ever" "1 " "$(waiting "$work") $(cat "$printed")"
git init -q --bare "$tmp/fence.git"
server_key "$tmp/server"
sed "s|sourceFrom = clone|path = $tmp/fence.git\n\tserverKey = server.pub\n\tsourceFrom = server|" "$tmp/policy" >"$tmp/policy-server"
ok "server hooks" pedigree -C "$tmp/fence.git" hooks install --server --policy "$tmp/policy-server" --server-key "$tmp/server"
git -C "$work" push -q --no-verify "$tmp/fence.git" HEAD~1:refs/heads/main 2>/dev/null
git -C "$work" push -q --no-verify "$tmp/fence.git" HEAD:refs/other/tip 2>/dev/null
assert_exit 0 "pre-receive" env OPENSSL_CONF="$tmp/openssl.cnf" GIT_DIR="$tmp/fence.git" \
	sh -c "echo $(git -C "$work" rev-parse HEAD~1 HEAD | xargs) refs/heads/main | '$tmp/fence.git/hooks/pre-receive'"

# An installation from before there was a program of their own.
sed -i 's|/pedigree-commit|/pedigree-hook|g' "$work/.git/hooks/"*
works "$work" "all hooks by one program"
ok "installed again" pedigree -C "$work" hooks install
assert_same "runs the small one" 1 "$(grep -c "^exec '$BIN/pedigree-commit' " "$work/.git/hooks/post-commit")"
sed "s|$BIN/pedigree-commit|$tmp/gone|g" "$work/.git/hooks/pre-commit" >"$tmp/script"
cat "$tmp/script" >"$work/.git/hooks/pre-commit"
assert_refused "a program that is gone" git -C "$work" commit -q --allow-empty -m no
assert_rule CLI-5
ok "installed again" pedigree -C "$work" hooks install

# Nothing that is wrong with the policy stops a commit; it is said, by the same words from both programs.
cp "$tmp/policy" "$tmp/policy.kept"
echo 'protekt = x' >>"$tmp/policy"
assert_exit 0 "a broken policy" git -C "$work" commit -q --allow-empty -m "under a broken policy"
assert_rule POL-2
mv "$tmp/policy.kept" "$tmp/policy"

# ---- objects named by SHA-256 ---------------------------------------------------------------

git init -q --object-format=sha256 "$tmp/long"
assert_exit 2 "init in a SHA-256 repository" pedigree -C "$tmp/long" init --repository $uri --policy "$tmp/policy"
assert_rule GIT-2
assert_exit 2 "digest there" pedigree -C "$tmp/long" digest HEAD
assert_rule GIT-2
git -C "$tmp/long" config core.hooksPath "$tmp/hooks-absolute"
assert_refused "a commit there with hooks from elsewhere" git -C "$tmp/long" commit -q --allow-empty -m no
assert_rule GIT-2
assert_exit 0 "made all the same" git -C "$tmp/long" commit -q --no-verify --allow-empty -m yes
assert_rule GIT-2

# ---- libgit2's TLS ----------------------------------------------------------------------------

# Where libgit2 has mbedTLS, its parsing of all certificate authorities is not to be.
if ldd "$BIN/pedigree-hook" | grep -q libmbedx509; then
	run env LD_DEBUG=bindings LD_BIND_NOW=1 "$BIN/pedigree-repo" -C "$work" digest HEAD
	case $(sed -n 's/.*libgit2[^ ]* \[0\] to \([^ ]*\) .*mbedtls_x509_crt_parse_file.*/\1/p' "$printed") in
	"$BIN/pedigree-repo") pass "libgit2's call is bound to ours" ;;
	*) fail "libgit2 parses all certificate authorities" ;;
	esac
fi

finish
