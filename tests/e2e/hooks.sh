#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The hooks on real repositories: what must pass, what must be refused and by which rule, what is left.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

uri=https://git.example/app
alice=alice@example.com
bob=bob@example.com

# ---- keys, policy, repositories -------------------------------------------------------------

alice_key=$(pgp_key Alice $alice)
mallory_key=$(pgp_key Mallory mallory@example.com)
gpg --batch --armor --export "$alice_key" >"$tmp/dev.asc"
ssh_key "$tmp/bob"
ssh_key "$tmp/mallory"
ssh_key "$tmp/forge"
allowed_signer $bob "$tmp/bob" >"$tmp/allowed"
server_key "$tmp/server"
server_key "$tmp/other"

srv="$tmp/srv/app.git"
git init -q --bare -b main "$srv"
mkdir "$tmp/etc"
policy="$tmp/etc/policy"
write_policy() {
	cat >"$policy" <<EOP
[policy]
	version = 1
[repository "$uri"]
	path = $srv
	protect = refs/heads/main
	protect = refs/heads/release/*
	protect = refs/tags/v*
	openpgpKeys = ../dev.asc
	sshAllowedSigners = ../allowed
	forgeKeys = ../forge.pub
	sourceFrom = ${1:-server}
	serverKey = ../server.pub
${2:-}
EOP
}
write_policy

# clone NAME: an unprepared clone of the server; nothing is signed in it by itself.
clone() {
	git clone -q "$srv" "$tmp/$1" 2>/dev/null
	git -C "$tmp/$1" checkout -q -B main 2>/dev/null
	git -C "$tmp/$1" branch -q --set-upstream-to=origin/main 2>/dev/null
	sign_with "$tmp/$1" pgp "$alice_key" Alice $alice
}
# refresh NAME: the clone is as the server's main is.
refresh() {
	git -C "$tmp/$1" fetch -q origin && git -C "$tmp/$1" checkout -q main 2>/dev/null
	git -C "$tmp/$1" reset -q --hard origin/main
}
push() {
	git -C "$tmp/$1" push -q "${@:2}"
}
tip() {
	git -C "$srv" rev-parse -q --verify "$1"
}

# ---- installing on the server ---------------------------------------------------------------

before=$(snapshot "$srv/hooks")
assert_exit 2 "install without a server key's file" pedigree -C "$srv" hooks install --server --policy "$policy" --server-key "$tmp/nothing"
assert_exit 2 "install with another key" pedigree -C "$srv" hooks install --server --policy "$policy" --server-key "$tmp/other"
assert_rule HOK-6
assert_exit 2 "install without a key" pedigree -C "$srv" hooks install --server --policy "$policy"
assert_rule HOK-6
assert_exit 2 "client hooks in a bare repository" pedigree -C "$srv" hooks install
assert_rule HOK-4
cp "$policy" "$srv/policy"
assert_exit 2 "a policy inside the repository" pedigree -C "$srv" hooks install --server --policy "$srv/policy" --server-key "$tmp/server"
assert_rule HOK-4
rm "$srv/policy"
assert_same "nothing was changed by refused installations" "$before" "$(snapshot "$srv/hooks")"

# A hook that is there already, and must go on working with the same input.
cat >"$srv/hooks/pre-receive" <<EOP
#!/bin/sh
cat >>"$tmp/theirs"
test ! -e "$tmp/theirs-refuse"
EOP
chmod 755 "$srv/hooks/pre-receive"
before=$(snapshot "$srv")

assert_exit 0 "install" pedigree -C "$srv" hooks install --server --policy "$policy" --server-key "$tmp/server"
first=$(snapshot "$srv/hooks")
assert_exit 0 "install again" pedigree -C "$srv" hooks install --server --policy "$policy" --server-key "$tmp/server"
assert_same "installing again gives the same" "$first" "$(snapshot "$srv/hooks")"
assert_exit 0 "status" pedigree -C "$srv" hooks status
assert_says "with the hook that was here before"

# ---- what must pass -------------------------------------------------------------------------

clone dev
commit "$tmp/dev" one
assert_exit 0 "an OpenPGP-signed commit" push dev origin main
assert_says "kept in the outbox; no service is configured"
assert_same "the hook from before got the input" 1 "$(grep -c refs/heads/main "$tmp/theirs")"
assert_same "one statement is in the outbox" 1 "$(find "$srv/pedigree/outbox" -name '*.json' | wc -l)"
assert_same "state is private" "700 700 600" "$(cd "$srv/pedigree" && stat -c %a . outbox outbox/*.json | xargs)"

sign_with "$tmp/dev" ssh "$tmp/bob" Bob $bob
commit "$tmp/dev" two
assert_exit 0 "an SSH-signed commit" push dev origin main
assert_same "its statement too" 2 "$(find "$srv/pedigree/outbox" -name '*.json' | wc -l)"
base64 -d <<EOP >"$tmp/statement"
$(sed 's/.*"payload":"\([^"]*\)".*/\1/' "$(find "$srv/pedigree/outbox" -name '*.json' -newer "$tmp/dev/.git/refs/heads/main" | head -n 1)")
EOP
for want in '"ref":"refs/heads/main"' "\"uri\":\"$uri\"" "\"commit\":\"$(tip main)\"" "\"previous\":\"$(tip main~1)\"" '"_type":"https://in-toto.io/Statement/v1"'; do
	if grep -qF "$want" "$tmp/statement"; then pass "  statement has $want"; else cp "$tmp/statement" "$printed"; fail "  statement lacks $want"; fi
done

git -C "$tmp/dev" tag -s -m v1 v1
assert_exit 0 "a signed tag" push dev origin v1
git -C "$tmp/dev" checkout -q -b release/1
commit "$tmp/dev" three
assert_exit 0 "a new protected branch" push dev origin release/1
assert_exit 0 "nothing new" push dev origin release/1
git -C "$tmp/dev" checkout -q main
git -C "$tmp/dev" merge -q --no-ff -S -m merge release/1
assert_exit 0 "a signed merge" push dev origin main
assert_exit 0 "an unprotected branch with anything" git -C "$tmp/dev" push -q origin HEAD:refs/heads/any

# ---- what must be refused -------------------------------------------------------------------

clone bad
main=$(tip main)
objects=$(cd "$srv" && find objects -type f | sort)
sign_with "$tmp/bad" none - Alice $alice
commit "$tmp/bad" unsigned
assert_refused "an unsigned commit" push bad origin main
assert_rule SGN-2 PSH-4
assert_says "$(git -C "$tmp/bad" rev-parse --short=12 HEAD)"
assert_refused "an unsigned commit with --no-verify" push bad --no-verify origin main
assert_rule SGN-2
assert_same "main stands" "$main" "$(tip main)"
assert_same "nothing of a refused push survives" "$objects" "$(cd "$srv" && find objects -type f | sort)"

assert_exit 0 "the same to an unprotected branch" push bad origin main:refs/heads/feature
assert_refused "and then to main, where no object of it is new" push bad origin main
assert_rule SGN-2
assert_refused "unsigned in the middle" sh -c "cd '$tmp/bad' && git -c commit.gpgSign=true -c gpg.format=openpgp -c user.signingKey='$alice_key!' commit -q --allow-empty -m signed && git push -q origin main"
assert_rule SGN-2
assert_says "1 of 2 objects"

refresh bad
git -C "$tmp/bad" checkout -q -b side origin/main
commit "$tmp/bad" "unsigned side"
git -C "$tmp/bad" checkout -q main
sign_with "$tmp/bad" pgp "$alice_key" Alice $alice
git -C "$tmp/bad" merge -q --no-ff -S -m merge side
assert_refused "an unsigned second parent" push bad origin main
assert_rule SGN-2

refresh bad
sign_with "$tmp/bad" pgp "$mallory_key" Mallory mallory@example.com
commit "$tmp/bad" foreign
assert_refused "a key that is not named" push bad origin main
assert_rule SGN-3
refresh bad
sign_with "$tmp/bad" ssh "$tmp/mallory" Bob $bob
commit "$tmp/bad" foreign
assert_refused "an SSH key that is not named" push bad origin main
assert_rule SGN-3
refresh bad
sign_with "$tmp/bad" pgp "$alice_key" Bob $bob
commit "$tmp/bad" borrowed
assert_refused "a committer who is not the key's owner" push bad origin main
assert_rule SGN-9
refresh bad
sign_with "$tmp/bad" pgp "$alice_key" Alice $alice
commit "$tmp/bad" whole
git -C "$tmp/bad" cat-file commit HEAD | sed 's/^whole$/changed/' >"$tmp/raw"
changed=$(git -C "$tmp/bad" hash-object -t commit -w "$tmp/raw")
assert_refused "a message changed behind its signature" push bad origin "$changed:refs/heads/main"
assert_rule SGN-4
git -C "$tmp/bad" cat-file commit HEAD | sed 's/^gpgsig /gpgsigx hidden\ngpgsig /' >"$tmp/raw"
hidden=$(git -C "$tmp/bad" hash-object -t commit -w --literally "$tmp/raw")
assert_refused "an unknown gpgsig header" push bad origin "$hidden:refs/heads/main"
assert_rule COM-3

refresh bad
git -C "$tmp/bad" reset -q --hard HEAD~1
commit "$tmp/bad" other
assert_refused "a forced push" push bad --force origin main
assert_rule PSH-3
assert_refused "deleting a protected branch" push bad --delete origin release/1
assert_rule PSH-2
assert_refused "deleting a protected tag" push bad --delete origin v1
assert_rule PSH-2
refresh bad
git -C "$tmp/bad" tag -s -f -m again v1 >/dev/null
assert_refused "moving a protected tag" push bad --force origin v1
assert_rule PSH-3
git -C "$tmp/bad" tag v2
assert_refused "a bare name as a protected tag" push bad origin v2
assert_rule PSH-5
git -C "$tmp/bad" tag -a -m unsigned v3
assert_refused "an unsigned tag object" push bad origin v3
assert_rule SGN-2
git -C "$tmp/bad" tag -s -m renamed other
assert_refused "a signed tag under another name" push bad origin refs/tags/other:refs/tags/v4
assert_rule PSH-5
git -C "$tmp/bad" tag -s -m tree v5 "HEAD^{tree}"
assert_refused "a signed tag of a tree" push bad origin v5
assert_rule PSH-6
assert_exit 0 "an unprotected tag is free" push bad origin other
assert_exit 0 "an unprotected branch may be deleted" push bad --delete origin feature

git -C "$srv" symbolic-ref refs/heads/alias refs/heads/main
sign_with "$tmp/bad" none - Alice $alice
commit "$tmp/bad" "by another name"
assert_refused "a symbolic ref onto a protected one" push bad origin main:refs/heads/alias
assert_rule SGN-2
git -C "$srv" symbolic-ref --delete refs/heads/alias
git -C "$srv" update-ref refs/heads/real "$(tip main)"
git -C "$srv" symbolic-ref refs/heads/release/9 refs/heads/real
write_policy server "	protect = refs/heads/release/9"
assert_refused "what a protected name stands for" push bad origin main:refs/heads/real
assert_rule SGN-2
git -C "$srv" symbolic-ref --delete refs/heads/release/9
git -C "$srv" symbolic-ref refs/heads/release/latest refs/heads/real
write_policy server "	protect = refs/heads/release/*"
assert_refused "what a name under a protected pattern stands for" push bad origin main:refs/heads/real
assert_rule SGN-2
git -C "$srv" symbolic-ref --delete refs/heads/release/latest
write_policy
assert_refused "a replace ref" push bad origin "main:refs/replace/$(tip main)"
assert_rule PSH-12

refresh bad
git -C "$tmp/bad" checkout -q --orphan root
commit "$tmp/bad" "another root"
assert_refused "an unrelated, unsigned history" push bad origin root:refs/heads/release/2
assert_rule SGN-2

for i in $(seq 25); do commit "$tmp/bad" "many $i"; done
assert_refused "many" push bad origin root:refs/heads/release/2
assert_same "twenty of them have a line" 20 "$(grep -c '\[SGN-2\]' "$printed")"
assert_says "and 6 more, of 26 in all"

touch "$tmp/theirs-refuse"
refresh dev
commit "$tmp/dev" good
assert_refused "what the hook from before refuses" push dev origin main
assert_rule PSH-10
assert_says "$srv/hooks/pre-receive.pre-pedigree"
rm "$tmp/theirs-refuse"
assert_exit 0 "and no longer refuses" push dev origin main

# ---- a forge's merge ------------------------------------------------------------------------

forge() {
	refresh bad
	sign_with "$tmp/bad" pgp "$alice_key" Alice $alice
	git -C "$tmp/bad" checkout -q -B request HEAD
	echo "$1" >"$tmp/bad/request-$1"
	git -C "$tmp/bad" add . && git -C "$tmp/bad" commit -q -m "request $1" ${2:-}
	git -C "$tmp/bad" checkout -q main
	commit "$tmp/bad" "meanwhile $1"
	sign_with "$tmp/bad" ssh "$tmp/forge" Forge noreply@forge.example
}
forge good
git -C "$tmp/bad" merge -q --no-ff -m "Merge request" request
assert_exit 0 "a forge's merge of two signed commits" push bad origin main
forge evil
git -C "$tmp/bad" merge -q --no-ff --no-commit request
echo evil >"$tmp/bad/evil" && git -C "$tmp/bad" add evil && git -C "$tmp/bad" commit -q -m "Merge request"
assert_refused "with something slipped in" push bad origin main
assert_rule GIT-6
forge unsigned --no-gpg-sign
git -C "$tmp/bad" merge -q --no-ff -m "Merge request" request
assert_refused "of what nobody signed" push bad origin main
assert_rule SGN-2
forge squash
git -C "$tmp/bad" merge -q --squash request && git -C "$tmp/bad" commit -q -m "Squashed"
assert_refused "a forge's squash" push bad origin main
assert_rule SGN-11
forge checked
git -C "$tmp/bad" merge -q --no-ff -m "Merge request" request
assert_exit 0 "check of a forge's merge alone" pedigree -C "$tmp/bad" check --policy "$policy" --repository $uri HEAD^!
forge checked2 --no-gpg-sign
git -C "$tmp/bad" merge -q --no-ff -m "Merge request" request
assert_exit 1 "check of one whose parent nobody signed" pedigree -C "$tmp/bad" check --policy "$policy" --repository $uri HEAD^!
assert_rule GIT-6

# ---- what must not decide -------------------------------------------------------------------

refresh bad
sign_with "$tmp/bad" none - Alice $alice
commit "$tmp/bad" hostile
git -C "$srv" config gpg.program /bin/true
git -C "$srv" config pedigree.policy /dev/null
git -C "$srv" config pedigree.repository https://elsewhere.example/x
git -C "$srv" config core.fsmonitor "touch $tmp/ran; true"
git -C "$srv" replace main~1 main
assert_refused "configuration and replace refs of the repository" push bad origin main
assert_rule SGN-2
assert_same "nothing of it was run" no "$(test -e "$tmp/ran" && echo yes || echo no)"
git -C "$srv" replace -d main~1 >/dev/null
git -C "$srv" config --unset core.fsmonitor
git -C "$srv" config --remove-section pedigree
git -C "$srv" config --remove-section gpg
new=$(git -C "$tmp/bad" rev-parse HEAD)
git -C "$tmp/bad" push -q origin HEAD:refs/heads/any --force
assert_exit 1 "hostile GIT_ variables and PATH" env GIT_DIR="$srv" GIT_WORK_TREE=/ GIT_COMMON_DIR=/nonexistent \
	GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=pedigree.policy GIT_CONFIG_VALUE_0=/dev/null GIT_INDEX_FILE=/x \
	GIT_REPLACE_REF_BASE=refs/x/ GIT_GRAFT_FILE=/dev/null PATH=/nonexistent \
	/bin/sh -c "echo $(tip main) $new refs/heads/main | /bin/sh $srv/hooks/pre-receive"
assert_rule SGN-2
assert_exit 3 "a quarantine elsewhere" env GIT_DIR="$srv" GIT_QUARANTINE_PATH="$tmp/dev/.git/objects" \
	GIT_OBJECT_DIRECTORY="$tmp/dev/.git/objects" sh -c "echo $(tip main) $new refs/heads/main | sh $srv/hooks/pre-receive"
assert_rule PSH-9
assert_exit 3 "refs in a namespace" env GIT_DIR="$srv" GIT_NAMESPACE=x sh -c "echo $(tip main) $new refs/heads/main | sh $srv/hooks/pre-receive"
assert_rule PSH-9
assert_exit 3 "lines that are not git's" env GIT_DIR="$srv" sh -c "echo $new refs/heads/main | sh $srv/hooks/pre-receive"
assert_rule PSH-9
assert_exit 1 "an old value that is not the present one" env GIT_DIR="$srv" sh -c "echo $(tip main~1) $(tip main) refs/heads/main | sh $srv/hooks/pre-receive"
assert_rule PSH-8

cp "$policy" "$tmp/policy.kept"
echo 'protekt = x' >>"$policy"
refresh dev
commit "$tmp/dev" "under a broken policy"
assert_refused "a policy with a typing mistake" push dev origin main
assert_rule POL-2
sed "s|path = $srv|path = $tmp/elsewhere.git|" "$tmp/policy.kept" >"$policy"
assert_refused "a policy without this repository" push dev origin main
assert_rule PSH-1
grep -v 'protect =\|sourceFrom\|serverKey' "$tmp/policy.kept" >"$policy"
assert_refused "a policy that protects nothing" push dev origin main
assert_rule PSH-1
mv "$tmp/policy.kept" "$policy"
assert_exit 0 "the policy mended" push dev origin main

# ---- history from before --------------------------------------------------------------------

old="$tmp/old"
git init -q -b main "$old"
sign_with "$old" none - Old old@example.com
commit "$old" ancient
commit "$old" older
baseline=$(git -C "$old" rev-parse HEAD)
sign_with "$old" pgp "$alice_key" Alice $alice
commit "$old" newer
assert_refused "old unsigned history" git -C "$old" push -q "$srv" main:refs/heads/release/old
assert_rule SGN-2
write_policy server "	baseline = $baseline"
assert_exit 0 "with the baseline" git -C "$old" push -q "$srv" main:refs/heads/release/old
write_policy server "	allowForce = true"
refresh bad
sign_with "$tmp/bad" pgp "$alice_key" Alice $alice
git -C "$tmp/bad" checkout -q -B rel origin/main
commit "$tmp/bad" forced
assert_exit 0 "forced, where the policy allows it" push bad --force origin rel:refs/heads/release/old
assert_exit 0 "deleted, where the policy allows it" push bad --delete origin release/old
write_policy

git clone -q --depth 1 "file://$srv" "$tmp/shallow"
sign_with "$tmp/shallow" pgp "$alice_key" Alice $alice
commit "$tmp/shallow" "from a shallow clone"
assert_exit 0 "a push from a shallow clone" push shallow origin HEAD:main
refresh dev

# ---- a clone --------------------------------------------------------------------------------

work="$tmp/work"
git clone -q "$srv" "$work"
sign_with "$work" pgp "$alice_key" Alice $alice
git -C "$work" config --unset commit.gpgSign
printf '#!/bin/sh\ntouch "%s/their-pre-commit"\n' "$tmp" >"$work/.git/hooks/pre-commit"
chmod 755 "$work/.git/hooks/pre-commit"
before=$(snapshot "$work/.git")
assert_exit 0 "init" pedigree -C "$work" init --repository $uri --policy "$policy"
assert_says "set commit.gpgSign = true"
assert_exit 0 "init again" pedigree -C "$work" init --repository $uri --policy "$policy"
assert_silent_about "set "
assert_exit 0 "status of a clone" pedigree -C "$work" hooks status
assert_exit 0 "uninstall" pedigree -C "$work" hooks uninstall
assert_same "uninstall leaves nothing" "$before" "$(snapshot "$work/.git")"
assert_exit 0 "init once more" pedigree -C "$work" init --repository $uri --policy "$policy"
assert_same "the clone's folder is private" "700 600" "$(stat -c %a "$work/.git/pedigree" "$work/.git/pedigree/key.pem" | xargs)"

assert_exit 0 "a signed commit" commit "$work" first
assert_same "the hook from before ran" yes "$(test -e "$tmp/their-pre-commit" && echo yes)"
assert_same "nothing waits where sources come from the server" 0 "$(find "$work/.git/pedigree/outbox" -name '*.json' 2>/dev/null | wc -l)"
assert_exit 0 "amend" git -C "$work" commit -q --amend -m amended
assert_exit 0 "push" git -C "$work" push -q origin HEAD
assert_exit 0 "the note is there for git" git -C "$work" notes --ref=attestations show HEAD
assert_says '"payloadType"'

run git -C "$work" config commit.gpgSign false
assert_refused "a commit that would not be signed" commit "$work" second
assert_rule HOK-1
assert_exit 0 "made all the same" commit "$work" second --no-verify
assert_rule SGN-2
assert_refused "is not pushed" git -C "$work" push -q origin HEAD
assert_rule SGN-2 PSH-4
git -C "$work" reset -q --hard HEAD~1
run git -C "$work" config commit.gpgSign true
git -C "$work" config gpg.format ssh
git -C "$work" config user.signingKey "$tmp/nothing"
assert_refused "a key that is not there" commit "$work" third
assert_rule HOK-2
git -C "$work" reset -q --hard
git -C "$work" config gpg.format pkcs7
assert_refused "a format that git itself does not know" sh -c "cd '$work' && .git/hooks/pre-commit"
assert_rule HOK-2
git -C "$work" reset -q --hard
sign_with "$work" ssh "$tmp/bob" Bob $bob
assert_exit 0 "signing by git's own options" git -C "$work" -c commit.gpgSign=true -c gpg.format=ssh -c "user.signingKey=$tmp/bob" commit -q --allow-empty -m options
git -C "$work" reset -q --hard HEAD~1
assert_refused "no merge that would not be signed" sh -c "cd '$work' && git checkout -q -b m HEAD~1 && git commit -q --allow-empty -m m && git -c commit.gpgSign=false merge -q --no-ff -m merge main"
assert_rule HOK-1
git -C "$work" merge --abort 2>/dev/null
git -C "$work" checkout -q main && git -C "$work" branch -q -D m

# Where clones give the sources: every way to make a commit ends with its statement.
write_policy clone
waiting() { find "$work/.git/pedigree/outbox" -name '*.json' 2>/dev/null | wc -l; }
assert_exit 0 "commit" commit "$work" c1
assert_same "emits" 1 "$(waiting)"
assert_exit 0 "amend" git -C "$work" commit -q --amend -m c1a
assert_same "emits" 2 "$(waiting)"
git -C "$work" checkout -q -b topic HEAD~1
assert_exit 0 "commit on a branch" commit "$work" topic
assert_same "emits" 3 "$(waiting)"
git -C "$work" checkout -q main
echo x >"$work/x" && git -C "$work" add x && git -C "$work" commit -q -m x
n=$(waiting)
git -C "$work" checkout -q -b picked HEAD~2
assert_exit 0 "cherry-pick" git -C "$work" cherry-pick main
assert_same "emits" $((n + 1)) "$(waiting)"
echo y >"$work/y" && git -C "$work" add y && git -C "$work" commit -q -m y
n=$(waiting)
assert_exit 0 "rebase" git -C "$work" rebase -q main
assert_same "emits" $((n + 1)) "$(waiting)"
git -C "$work" checkout -q main
n=$(waiting)
assert_exit 0 "merge, which runs no post-commit" git -C "$work" merge -q --no-ff -m merged picked
assert_exit 0 "pre-push emits for it" git -C "$work" push -q origin main
assert_says "no service is configured"
if [ "$(waiting)" -gt "$n" ]; then pass "the merge has its statement"; else fail "the merge has no statement"; fi
statement=$(for f in "$work"/.git/pedigree/outbox/*.json; do sed 's/.*"payload":"\([^"]*\)".*/\1/' "$f" | base64 -d; echo; done)
case $statement in *'"ref"'*) fail "a clone's statement names a ref" ;; *) pass "no clone's statement names a ref" ;; esac
write_policy

# A work tree and a submodule of their own.
assert_exit 0 "a linked work tree" git -C "$work" worktree add -q -b tree "$tmp/tree" main
assert_exit 0 "commit in it" commit "$tmp/tree" "in a work tree"
assert_exit 0 "push from it" git -C "$tmp/tree" push -q origin tree:main
run git -C "$tmp/tree" config commit.gpgSign false
assert_refused "unsigned in it" commit "$tmp/tree" unsigned
assert_rule HOK-1
run git -C "$tmp/tree" config commit.gpgSign true
super="$tmp/super"
git init -q -b main "$super"
sign_with "$super" ssh "$tmp/bob" Bob $bob
git -C "$super" -c protocol.file.allow=always submodule --quiet add "$srv" sub
sign_with "$super/sub" ssh "$tmp/bob" Bob $bob
assert_exit 0 "init in a submodule" pedigree -C "$super/sub" init --repository $uri --policy "$policy"
assert_exit 0 "commit in a submodule" commit "$super/sub" "in a submodule"
assert_exit 0 "push from a submodule" git -C "$super/sub" push -q origin HEAD:main
run git -C "$super/sub" config commit.gpgSign false
assert_refused "unsigned in a submodule" commit "$super/sub" unsigned
assert_rule HOK-1

# ---- commands -------------------------------------------------------------------------------

refresh dev
rev=$(git -C "$tmp/dev" rev-parse HEAD)
assert_exit 0 "digest" pedigree -C "$tmp/dev" digest HEAD
assert_says "gitCommit $rev"
assert_says "sha256 $( (printf 'commit %s\0' "$(git -C "$tmp/dev" cat-file -s "$rev")"; git -C "$tmp/dev" cat-file commit "$rev") | sha256sum | cut -d' ' -f1)"
assert_exit 0 "check what is good" pedigree -C "$tmp/dev" check --policy "$policy" --repository $uri HEAD
assert_exit 0 "check by the repository's configuration" pedigree -C "$work" check HEAD
assert_exit 1 "check what is not" pedigree -C "$old" check --policy "$policy" --repository $uri --json --all
assert_says '{"commit":"'"$baseline"'","result":"unsigned","format":null,"fingerprint":null,"signer":null}'
assert_says '"result":"good","format":"openpgp","fingerprint":"'"$alice_key"'","signer":"Alice <alice@example.com>"}'
assert_exit 2 "check of nothing" pedigree -C "$tmp/dev" check --policy "$policy" --repository $uri HEAD..HEAD
assert_rule GIT-5
assert_exit 2 "check of an unknown range" pedigree -C "$tmp/dev" check --policy "$policy" --repository $uri nowhere
assert_rule GIT-4
assert_exit 2 "check for an unknown repository" pedigree -C "$tmp/dev" check --policy "$policy" --repository https://x.example/y HEAD
assert_rule PSH-1
assert_exit 2 "check without a policy" pedigree -C "$tmp/dev" check HEAD
assert_rule POL-9
assert_exit 2 "outside a repository" pedigree -C / digest HEAD
assert_rule GIT-1
assert_exit 2 "an unknown option" pedigree -C "$tmp/dev" check --jsn HEAD
assert_rule CLI-1

waiting=$(find "$srv/pedigree/outbox" -name '*.json' | wc -l)
assert_exit 2 "a server's source without --late" pedigree -C "$srv" attest source --policy "$policy" --server-key "$tmp/server" main~1
assert_rule CLI-1
assert_exit 0 "a late source" pedigree -C "$srv" attest source --late --policy "$policy" --server-key "$tmp/server" --ref refs/heads/main main~1
assert_same "waits in the outbox" $((waiting + 1)) "$(find "$srv/pedigree/outbox" -name '*.json' | wc -l)"
assert_exit 1 "a late source of what is on no protected ref" pedigree -C "$srv" attest source --late --policy "$policy" --server-key "$tmp/server" --ref refs/heads/main any
assert_rule PSH-11
echo artifact >"$tmp/artifact"
assert_exit 0 "a build, made and not sent" pedigree -C "$tmp/dev" attest build --artifact "$tmp/artifact" --builder https://ci.example/b \
	--key "$tmp/other" --repository $uri --no-submit --output "$tmp/build.json"
sed 's/.*"payload":"\([^"]*\)".*/\1/' "$tmp/build.json" | base64 -d >"$printed"
assert_says "$(sha256sum "$tmp/artifact" | cut -d' ' -f1)"
assert_says "$rev"

# ---- taking it away -------------------------------------------------------------------------

chmod o+w "$srv/hooks"
assert_exit 2 "hooks that anybody could replace" pedigree -C "$srv" hooks install --server --policy "$policy" --server-key "$tmp/server"
assert_rule HOK-3
chmod o-w "$srv/hooks"
mv "$srv/hooks" "$srv/hooks.real" && ln -s hooks.real "$srv/hooks"
assert_exit 2 "a hooks folder that is a link" pedigree -C "$srv" hooks status
assert_rule HOK-3
rm "$srv/hooks" && mv "$srv/hooks.real" "$srv/hooks"

assert_exit 0 "uninstall with statements waiting" pedigree -C "$srv" hooks uninstall --server
assert_says "statements are still in"
rm -rf "$srv/pedigree/outbox"
rmdir "$srv/pedigree"
assert_same "the hook from before is back" 'cat' "$(sed -n 2s/\ .*//p "$srv/hooks/pre-receive")"
assert_same "no file of ours is left" "" "$(find "$srv" -name '*pedigree*')"
refresh bad
sign_with "$tmp/bad" none - Alice $alice
commit "$tmp/bad" free
assert_exit 0 "nothing is judged any more" push bad origin main

git -C "$tmp/dev" config core.hooksPath "$tmp/my-hooks"
mkdir "$tmp/my-hooks"
assert_exit 0 "core.hooksPath" pedigree -C "$tmp/dev" hooks install
assert_same "is where the hooks go" 5 "$(find "$tmp/my-hooks" -type f | wc -l)"
assert_exit 0 "and from where they come" pedigree -C "$tmp/dev" hooks uninstall
assert_same "leaving nothing" no "$(test -e "$tmp/my-hooks" && echo yes || echo no)"

finish
