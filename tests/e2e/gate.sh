#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the gate promises beyond a single push: one judgement for pushes and statements, the baseline everywhere,
# no push whose statement could not be kept, no commit that a known-bad key would sign.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

uri=https://git.example/app
alice=alice@example.com

# ---- keys, policy, repositories -------------------------------------------------------------

ssh_key "$tmp/alice"
ssh_key "$tmp/forge"
allowed_signer $alice "$tmp/alice" >"$tmp/allowed"
server_key "$tmp/server"

srv="$tmp/srv of ours/app.git"
git init -q --bare -b main "$srv"
mkdir "$tmp/etc"
policy="$tmp/etc/policy"
# write_policy [LINE]: with one more line in the section.
write_policy() {
	cat >"$policy" <<EOP
[policy]
	version = 1
[repository "$uri"]
	path = $srv
	protect = refs/heads/main
	protect = refs/heads/release/*
	sshAllowedSigners = ../allowed
	forgeKeys = ../forge.pub
	sourceFrom = server
	serverKey = ../server.pub
${1:-}
EOP
}
write_policy
assert_exit 0 "install" pedigree -C "$srv" hooks install --server --policy "$policy" --server-key "$tmp/server"

dev="$tmp/dev"
git init -q -b main "$dev"
git -C "$dev" remote add origin "$srv"
tip() { git -C "$srv" rev-parse -q --verify "$1"; }
waiting() { find "$srv/pedigree/outbox" -name '*.json' 2>/dev/null | wc -l; }
late() { pedigree -C "$srv" attest source --late --policy "$policy" --server-key "$tmp/server" --ref refs/heads/main "$@"; }
received() { GIT_DIR="$srv" sh -c "echo $1 $2 refs/heads/main | sh '$srv/hooks/post-receive'"; }

# ---- the baseline ---------------------------------------------------------------------------

sign_with "$dev" none - Alice $alice
commit "$dev" ancient
commit "$dev" older
base=$(git -C "$dev" rev-parse HEAD)
write_policy "	baseline = $base"
assert_exit 0 "the baseline itself is pushed" git -C "$dev" push -q origin main
assert_rule PSH-13
assert_silent_about "sign it anew"
assert_silent_about "attest source --late"
assert_same "and stands" "$base" "$(tip main)"
assert_same "without a statement" 0 "$(waiting)"
assert_exit 1 "nor is one made late" late "$base"
assert_rule PSH-13
sign_with "$dev" ssh "$tmp/alice" Alice $alice
commit "$dev" newer
assert_exit 0 "what comes after it" git -C "$dev" push -q origin main
assert_same "has a statement" 1 "$(waiting)"

check() { pedigree -C "$dev" check --policy "$policy" --repository $uri "$@"; }
assert_exit 0 "check of all history" check HEAD
assert_says "1 commit: 1 good, 0 not"
assert_exit 0 "check of what the baseline excuses" check HEAD~1
assert_says "at or behind the policy's baseline"
assert_exit 0 "the same as JSON" check --json "$base"
assert_silent_about '"commit"'
assert_exit 2 "check of nothing is still nothing" check HEAD..HEAD
assert_rule GIT-5
write_policy
assert_exit 1 "check without a baseline" check HEAD
assert_rule SGN-2
write_policy "	baseline = $base"

# ---- a forge's merge is one thing for all who ask -------------------------------------------

git -C "$dev" checkout -q -b request
echo request >"$dev/request" && git -C "$dev" add request && git -C "$dev" commit -q -m request
git -C "$dev" checkout -q main
commit "$dev" meanwhile
sign_with "$dev" ssh "$tmp/forge" Forge noreply@forge.example
git -C "$dev" merge -q --no-ff -m "Merge request" request
good=$(git -C "$dev" rev-parse HEAD)
git -C "$dev" reset -q --hard HEAD~1
git -C "$dev" merge -q --no-ff --no-commit request >/dev/null 2>&1
echo evil >"$dev/evil" && git -C "$dev" add evil && git -C "$dev" commit -q -m "Merge request"
evil=$(git -C "$dev" rev-parse HEAD)
old=$(tip main)
git -C "$dev" push -q origin "$good:refs/heads/any" "$evil:refs/heads/any2"
n=$(waiting)

assert_refused "pre-receive refuses another tree" git -C "$dev" push -q origin "$evil:refs/heads/main"
assert_rule GIT-6
git -C "$srv" update-ref refs/heads/main "$evil"
assert_exit 0 "post-receive, for what stands there all the same" received "$old" "$evil"
assert_rule GIT-6
assert_same "makes no statement" "$n" "$(waiting)"
assert_exit 1 "a late statement" late "$evil"
assert_rule GIT-6
assert_same "is not made" "$n" "$(waiting)"
git -C "$srv" update-ref refs/heads/main "$good"
assert_exit 0 "a late statement for a whole merge" late "$good"
assert_same "is made" $((n + 1)) "$(waiting)"
sign_with "$dev" ssh "$tmp/alice" Alice $alice
git -C "$dev" reset -q --hard "$good"

# ---- no push whose statement could not be kept ----------------------------------------------

refused_push() {
	commit "$dev" "$1"
	assert_refused "$1" git -C "$dev" push -q origin main
	assert_rule HOK-7
	assert_same "nothing was accepted" "$good" "$(tip main)"
	git -C "$dev" reset -q --hard "$good"
}
mv "$srv/pedigree/outbox" "$srv/pedigree/outbox.kept"
touch "$srv/pedigree/outbox"
refused_push "an outbox that is no folder"
assert_exit 0 "an unprotected branch needs none" git -C "$dev" push -q origin HEAD:refs/heads/free
rm "$srv/pedigree/outbox"
ln -s outbox.kept "$srv/pedigree/outbox"
refused_push "an outbox behind a link"
rm "$srv/pedigree/outbox"
mv "$srv/pedigree/outbox.kept" "$srv/pedigree/outbox"
chmod go+w "$srv/pedigree"
refused_push "a state folder that others can write to"
assert_says "[HOK-7]"
commit "$dev" fix
run git -C "$dev" push -q origin main
assert_says "chmod go-w"
chmod go-w "$srv/pedigree"
mkdir "$srv/pedigree/outbox/.writable"
assert_refused "an outbox that takes no file" git -C "$dev" push -q origin main
assert_rule HOK-7
rmdir "$srv/pedigree/outbox/.writable"
chmod 755 "$srv/pedigree" "$srv/pedigree/outbox"
assert_exit 0 "folders that others can only read" git -C "$dev" push -q origin main
assert_same "nothing of the trial is left" "" "$(find "$srv/pedigree/outbox" -name '.*' -type f)"

# The remedy is a command that can be pasted.
old=$(tip main)
commit "$dev" lost
git -C "$dev" push -q origin HEAD:refs/heads/any --force
git -C "$srv" update-ref refs/heads/main "$(git -C "$dev" rev-parse HEAD)"
n=$(waiting)
chmod go+w "$srv/pedigree/outbox"
assert_exit 0 "post-receive without an outbox" received "$old" "$(tip main)"
assert_rule FIL-1
assert_says "was accepted but is not attested"
command=$(sed -n 's/^pedigree: then, on the server: //p' "$printed")
chmod go-w "$srv/pedigree/outbox"
assert_exit 0 "the command it names" sh -c "cd / && $command"
assert_same "makes up for it" $((n + 1)) "$(waiting)"

# ---- a shallow repository on the server -----------------------------------------------------

shallow="$tmp/shallow.git"
git clone -q --bare --depth 1 "file://$srv" "$shallow"
git -C "$shallow" update-ref -d refs/heads/main
sed "s|path = .*|path = $shallow|" "$policy" >"$tmp/etc/shallow"
assert_exit 0 "install in a shallow repository" pedigree -C "$shallow" hooks install --server --policy "$tmp/etc/shallow" --server-key "$tmp/server"
git -C "$dev" fetch -q "$srv" main
git -C "$shallow" update-ref refs/heads/seen "$(git -C "$dev" rev-parse FETCH_HEAD)"
assert_refused "history that cannot be judged whole" git -C "$dev" push -q "$shallow" FETCH_HEAD:refs/heads/main
assert_rule PSH-7

# ---- a clone that knows no policy -----------------------------------------------------------

lone="$tmp/lone"
git init -q -b main "$lone"
sign_with "$lone" none - Alice $alice
assert_exit 0 "hooks without a policy" pedigree -C "$lone" hooks install
assert_exit 0 "an unsigned commit" commit "$lone" unsigned --no-verify
assert_rule HOK-5
sign_with "$lone" ssh "$tmp/alice" Alice $alice
assert_exit 0 "a signed one" commit "$lone" signed
assert_silent_about HOK-5

# ---- keys that are known to be bad ----------------------------------------------------------

old_key() { # old_key NAME DAYS: a key that was good for that many days, long ago
	gpg --batch --quiet --faked-system-time 20200101T000000 --pinentry-mode loopback --passphrase '' \
		--quick-generate-key "$1 <$1@example.com>" ed25519 sign "$2" >/dev/null 2>&1
	gpg --batch --with-colons --list-keys "<$1@example.com>" | awk -F: '$1 == "fpr" { print $10; exit }'
}
expired=$(old_key expired 30d)
revoked=$(old_key revoked never)
gpg --batch --armor --export "$revoked" >"$tmp/before.asc"
sed 's/^:---/---/' "$GNUPGHOME/openpgp-revocs.d/$revoked.rev" >"$tmp/revocation"
# Revoked for everybody but whoever signs with it: that is who must be told.
mkdir -m 700 "$tmp/elsewhere"
gpg --homedir "$tmp/elsewhere" --batch --quiet --import "$tmp/before.asc" "$tmp/revocation" 2>/dev/null
gpg --batch --armor --export "$expired" >"$tmp/dev.asc"
gpg --homedir "$tmp/elsewhere" --batch --armor --export "$revoked" >>"$tmp/dev.asc"
write_policy "	openpgpKeys = ../dev.asc"
work="$tmp/work"
git clone -q "$srv" "$work"
assert_exit 0 "init" pedigree -C "$work" init --repository $uri --policy "$policy"
for key in "$expired" "$revoked"; do
	sign_with "$work" pgp "$key" Alice $alice
	assert_refused "a key that the policy's file calls bad" git -C "$work" commit -q --allow-empty -m x
	assert_rule HOK-2
done
assert_says "is revoked"
git -C "$work" config --unset user.signingKey
git -C "$work" config user.email expired@example.com
assert_refused "the key of an address" git -C "$work" commit -q --allow-empty -m x
assert_rule HOK-2
sign_with "$work" ssh "$tmp" Alice $alice
assert_refused "a folder as key" git -C "$work" commit -q --allow-empty -m x
assert_rule HOK-2
sign_with "$work" ssh "$tmp/alice" Alice $alice
echo 'protekt = x' >>"$policy"
assert_exit 0 "a policy that cannot be read stops no commit" git -C "$work" commit -q --allow-empty -m x
assert_rule POL-2
write_policy

# ---- a repository of somebody else ----------------------------------------------------------

if [ "$(id -u)" = 0 ]; then
	ours="$tmp/ours"
	git init -q -b main "$ours"
	sign_with "$ours" ssh "$tmp/alice" Alice $alice
	commit "$ours" one
	chown -R 65534:65534 "$ours"
	assert_exit 3 "another user's" pedigree -C "$ours" digest HEAD
	assert_rule GIT-3
	assert_says "safe.directory '$ours'"
	git config --global safe.directory '*'
	assert_exit 0 "where everything is safe" pedigree -C "$ours" digest HEAD
	git config --global safe.directory "$tmp/elsewhere"
	assert_exit 3 "where another is" pedigree -C "$ours" digest HEAD
	git config --global --add safe.directory "$ours"
	assert_exit 0 "where it is" pedigree -C "$ours" digest HEAD
	assert_exit 0 "as git reads it" git -C "$ours" rev-parse HEAD
	git config --global --add safe.directory ""
	assert_exit 3 "where an empty one takes it back" pedigree -C "$ours" digest HEAD
	git config --global --unset-all safe.directory
	git config --file "$tmp/config" safe.directory "$ours"
	assert_exit 0 "in the file that the environment names" env GIT_CONFIG_GLOBAL="$tmp/config" pedigree -C "$ours" digest HEAD
	git config --file "$ours/.git/config" safe.directory '*'
	assert_exit 3 "its own word does not count" pedigree -C "$ours" digest HEAD
	git config --global safe.directory "$dev"
	git config --file "$ours/.git/config" core.worktree "$dev"
	assert_exit 3 "nor does the work tree that it claims" pedigree -C "$ours" digest HEAD
	git config --global --unset-all safe.directory
	assert_exit 0 "root by sudo is also the caller" env SUDO_UID=65534 pedigree -C "$ours" digest HEAD
else
	not_checked "a repository of another user" "needs root"
fi

# ---- what uninstalling leaves ---------------------------------------------------------------

git -C "$work" push -q origin HEAD:refs/heads/noted
assert_same "there are notes" 0 "$(git -C "$work" rev-parse -q --verify refs/notes/attestations >/dev/null; echo $?)"
assert_exit 0 "uninstall" pedigree -C "$work" hooks uninstall
assert_says "git update-ref -d refs/notes/attestations"

# A configuration that is a link stays one, and what it leads to is what it was.
git init -q "$tmp/linked"
mv "$tmp/linked/.git/config" "$tmp/config-of-linked"
ln -s "$tmp/config-of-linked" "$tmp/linked/.git/config"
cp "$tmp/config-of-linked" "$tmp/config-before"
assert_exit 0 "init where the configuration is a link" pedigree -C "$tmp/linked" init
assert_exit 0 "uninstall there" pedigree -C "$tmp/linked" hooks uninstall
assert_same "the link is still one" "$tmp/config-of-linked" "$(readlink "$tmp/linked/.git/config")"
assert_same "its file is as before" "" "$(diff "$tmp/config-before" "$tmp/config-of-linked" 2>&1)"

# A switch without a value is on, for git and so for us; "yes" is on too.
printf '[commit]\n\tgpgSign\n' >>"$tmp/config-of-linked"
assert_exit 0 "init where gpgSign has no value" pedigree -C "$tmp/linked" init
assert_silent_about "gpgSign"
git -C "$tmp/linked" config commit.gpgSign no
assert_exit 0 "init where nothing is to be signed" pedigree -C "$tmp/linked" init
assert_says "commit.gpgSign is false"

# An installation that ended between the second name of the old hook and the script.
git init -q "$tmp/died"
mkdir -p "$tmp/died/.git/hooks"
died=$tmp/died/.git/hooks/pre-push
printf '#!/bin/sh\nexit 0\n' >"$died"
chmod 755 "$died"
ln "$died" "$died.pre-pedigree"
assert_exit 0 "uninstall what was not installed whole" pedigree -C "$tmp/died" hooks uninstall
assert_same "one name is left" "$died" "$(find "$tmp/died/.git/hooks" -name 'pre-push*' ! -name '*.sample')"
ln "$died" "$died.pre-pedigree"
assert_exit 0 "install where it ended" pedigree -C "$tmp/died" hooks install
assert_same "the old hook is kept" "exit 0" "$(sed -n 2p "$died.pre-pedigree")"
assert_exit 0 "and uninstall" pedigree -C "$tmp/died" hooks uninstall
assert_same "it is back" "exit 0" "$(sed -n 2p "$died")"
assert_same "under one name" "$died" "$(find "$tmp/died/.git/hooks" -name 'pre-push*' ! -name '*.sample')"

finish
