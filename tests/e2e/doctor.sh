#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What doctor, check, init and the hooks say of a set-up that does not hold: each fault that would stop somebody later
# is found by asking, and named with what mends it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

uri=https://git.example/app
alice=alice@example.com
away=http://127.0.0.1:1

ssh_key "$tmp/alice"
ssh_key "$tmp/stranger"
allowed_signer $alice "$tmp/alice" >"$tmp/allowed"
server_key "$tmp/server"
srv="$tmp/app.git"
git init -q --bare -b main "$srv"
mkdir "$tmp/etc"
policy="$tmp/etc/policy"
write_policy() { # write_policy [GRADE [LINE]]
	cat >"$policy" <<EOP
[policy]
	version = 1
[repository "$uri"]
	path = $srv
	protect = refs/heads/main
	sshAllowedSigners = ../allowed
	sourceFrom = ${1:-server}
	serverKey = ../server.pub
${2:-}
EOP
}
write_policy
install() { pedigree -C "$srv" hooks install --server --policy "$policy" --server-key "$tmp/server" "$@"; }
doctor() { assert_exit 1 "doctor: $2" pedigree -C "$1" doctor; }
assert_exit 0 "install" install --service $away
work="$tmp/work"
git clone -q "$srv" "$work" 2>/dev/null
git -C "$work" checkout -q -B main 2>/dev/null
sign_with "$work" ssh "$tmp/alice" Alice $alice

# ---- which keys are revoked ---------------------------------------------------------------------

printf '[key "%s"]\n\trevokedSince = 2020-01-01T00:00:00Z\n' "$(ssh-keygen -l -f "$tmp/alice.pub" | cut -d' ' -f2)" >"$tmp/gone"
write_policy server "[revocation]
	file = ../gone"
by_policy() { assert_exit 1 "doctor: $1" pedigree -C "$work" doctor --policy "$policy" --repository $uri; }
by_policy "a revocation file"
assert_says "good revocation"
assert_says "good revoked     1 key"
assert_says "is revoked"
echo '[keys]' >"$tmp/gone"
by_policy "a broken one"
assert_says "bad  policy"
assert_rule POL-2
write_policy

# ---- a git server: its outbox, and what its hooks were given ------------------------------------

doctor "$srv" "no service"
assert_says "good outbox      empty"
mkdir -m 700 "$srv/pedigree/outbox"
for dir in outbox .; do
	chmod 777 "$srv/pedigree/$dir"
	doctor "$srv" "everybody may write to $dir"
	assert_says "bad  outbox"
	assert_rule FIL-1
	chmod 700 "$srv/pedigree/$dir"
done
rmdir "$srv/pedigree/outbox"
ln -s nowhere "$srv/pedigree/outbox"
doctor "$srv" "an outbox that leads nowhere"
assert_says "bad  outbox"
rm "$srv/pedigree/outbox"
doctor "$srv" "no outbox yet"
assert_says "good outbox"
assert_same "none is made" no "$(test -e "$srv/pedigree/outbox" && echo yes || echo no)"

commit "$work" one
git -C "$work" push -q origin main:refs/heads/any 2>/dev/null
git -C "$srv" update-ref refs/heads/main "$(git -C "$work" rev-parse HEAD)"
assert_exit 0 "check by what the hooks were given" pedigree -C "$srv" check main
assert_says "1 commit: 1 good, 0 not"
assert_exit 2 "for that repository only" pedigree -C "$srv" check --repository https://x.example/y main
assert_rule PSH-1
assert_exit 0 "a late source by the same" pedigree -C "$srv" attest source --late --no-submit --output "$tmp/late" main
assert_same "nobody else may read it" 600 "$(stat -c %a "$tmp/late")"
assert_exit 3 "and sent where the hooks send to" env PEDIGREE_SERVICE=http://127.0.0.1:2 \
	pedigree -C "$srv" attest source --late main
assert_says "$away"
doctor "$srv" "what waits"
assert_says "bad  outbox      1 statement waits"
rm -r "$srv/pedigree/outbox"

assert_exit 0 "install without a service" install
assert_says "unset pedigree.service"
assert_same "the timer has none either" "" "$(git -C "$srv" config --get-regexp '^pedigree')"
git -C "$srv" config pedigree.service http://127.0.0.1:3
assert_exit 0 "what somebody else has set" install
assert_same "stays" http://127.0.0.1:3 "$(git -C "$srv" config pedigree.service)"
git -C "$srv" config --unset pedigree.service

for deadline in 0s 61m 5h 2d 3601s soon ''; do
	assert_exit 2 "a deadline of '$deadline'" install --service $away --deadline "$deadline"
	assert_rule CLI-2
done
assert_exit 0 "one of an hour" install --service $away --deadline 1h
sed -i "s/--deadline '1h'/--deadline '5h'/" "$srv/hooks/post-receive"
doctor "$srv" "what an earlier version let in"
assert_says "bad  deadline    the deadline \"5h\" is not from 1s to 1h [CLI-2]"
assert_exit 0 "install again" install

# ---- what everybody may write to, and what nobody pushed to ---------------------------------------

chmod 666 "$tmp/allowed"
assert_exit 2 "keys that everybody may change" install
assert_rule HOK-3
assert_says "chmod o-w $tmp/etc/../allowed"
doctor "$srv" "the same"
assert_says "bad  files"
assert_rule HOK-3
chmod 644 "$tmp/allowed"
chmod 666 "$policy"
doctor "$srv" "a policy that everybody may change, later"
assert_rule HOK-3
chmod 644 "$policy"
write_policy server "	openpgpKeys = ../allowed"
doctor "$srv" "keys of another kind"
assert_rule POL-5
assert_says "[repository \"$uri\"] (line 3 of the policy), openpgpKeys: $tmp/"
write_policy server "	protect = refs/heads/mian"
doctor "$srv" "a name that was mistyped"
assert_says "note protect     refs/heads/mian names no ref"
assert_silent_about "refs/heads/main names no ref"
write_policy

# ---- hooks of one kind are not those of the other -----------------------------------------------

assert_exit 2 "a fence does not go unnamed" pedigree -C "$srv" hooks uninstall
assert_rule HOK-4
assert_exit 0 "it stands" pedigree -C "$srv" hooks status
assert_exit 0 "init" pedigree -C "$work" init --repository $uri --policy "$policy"
before=$(snapshot "$work/.git")
assert_exit 2 "a clone has no fence" pedigree -C "$work" hooks uninstall --server
assert_rule HOK-4
assert_same "and stays prepared" "$before" "$(snapshot "$work/.git")"
both="$tmp/both"
git init -q -b main "$both"
sed "s|path = .*|path = $both|" "$policy" >"$tmp/etc/both"
assert_exit 0 "a fence" pedigree -C "$both" hooks install --server --policy "$tmp/etc/both" --server-key "$tmp/server"
assert_exit 0 "around a clone" pedigree -C "$both" init --policy "$tmp/etc/both"
assert_exit 0 "without the fence" pedigree -C "$both" hooks uninstall --server
assert_says "2 hooks removed"
assert_exit 0 "the clone's hooks stand" pedigree -C "$both" hooks status
assert_same "with their policy" "$tmp/etc/both" "$(git -C "$both" config pedigree.policy)"
assert_exit 0 "without any" pedigree -C "$both" hooks uninstall
assert_same "nothing is left" "" "$(git -C "$both" config --get-regexp '^pedigree')"

git -C "$both" config core.hooksPath /dev/null
assert_exit 2 "hooks in a device" pedigree -C "$both" hooks install
assert_rule HOK-4
assert_silent_about chmod
assert_says "core.hooksPath"

git -C "$both" config --unset core.hooksPath
mkdir -p "$both/.git/hooks/post-commit"
assert_exit 2 "a folder where a hook belongs" pedigree -C "$both" hooks install
assert_rule HOK-4
assert_says "move it away"
rmdir "$both/.git/hooks/post-commit"

# A hooks folder of the whole account: said, on standard error, before and after.
git config --global core.hooksPath "$tmp/ghooks"
shared() { # shared WHAT COMMAND…
	pedigree -C "$both" "${@:2}" >"$tmp/said" 2>"$printed" || fail "$1: status $?"
	pass "$1 in a folder of others"
	assert_says "core.hooksPath is \"$tmp/ghooks\", outside of this repository"
	assert_says "git config core.hooksPath '$both/.git/hooks'"
}
shared init init
shared install hooks install
shared uninstall hooks uninstall
git config --global --unset core.hooksPath
for path in .githooks "$both/.githooks" .git/hooks; do
	git -C "$both" config core.hooksPath "$path"
	assert_exit 0 "hooks in its own $path" pedigree -C "$both" init
	assert_silent_about "outside of this repository"
	assert_exit 0 "and removed" pedigree -C "$both" hooks uninstall
	assert_silent_about "outside of this repository"
done
git -C "$both" config --unset core.hooksPath

# ---- a clone: what signs its commits ------------------------------------------------------------

pedigree -C "$work" doctor >"$tmp/good"
grep -q "good signing     commits are signed, by a key of the policy" "$tmp/good" || fail "a good key is not good"
git -C "$work" config user.signingKey "$tmp/stranger"
doctor "$work" "an SSH key of nobody"
assert_says "bad  signing     the SSH signing key is none that the policy names"
assert_rule HOK-2
assert_exit 0 "a commit with it" commit "$work" foreign
assert_rule SGN-3 HOK-5
git -C "$work" reset -q --hard HEAD~1
git -C "$work" config user.signingKey "$tmp/alice"
git -C "$work" config user.email else@example.com
doctor "$work" "another's address"
assert_says "is not listed for the committer's address"
git -C "$work" config user.email $alice
gpg --batch --quiet --faked-system-time 20200101T000000 --pinentry-mode loopback --passphrase '' \
	--quick-generate-key "Old <old@example.com>" ed25519 sign 30d >/dev/null 2>&1
gpg --batch --armor --export old@example.com >"$tmp/dev.asc"
sign_with "$work" pgp old@example.com Alice $alice
git -C "$work" config user.signingKey old@example.com
doctor "$work" "an OpenPGP key of nobody"
assert_says "is in no key file of the policy"
write_policy server "	openpgpKeys = ../dev.asc"
doctor "$work" "an expired OpenPGP key"
assert_says "bad  signing"
assert_says "has expired"
write_policy
sign_with "$work" ssh "$tmp/alice" Alice $alice
git -C "$work" config pedigree.deadline foo
doctor "$work" "a deadline that is none"
assert_says "bad  deadline"
assert_rule CLI-2
git -C "$work" config --unset pedigree.deadline

# ---- a clone: its own key -----------------------------------------------------------------------

key="$work/.git/pedigree/key.pem"
echo junk >"$key"
assert_exit 2 "init with a damaged key" pedigree -C "$work" init
assert_rule KEY-3
assert_says "remove that file"
commit "$work" two
assert_exit 0 "a push where nobody needs it" git -C "$work" push -q origin main:main
assert_rule KEY-3
write_policy clone
commit "$work" three 2>/dev/null
assert_refused "a push where the service does" git -C "$work" push -q origin main:main
assert_says "remove that file"
rm "$key"
assert_exit 0 "init makes another" pedigree -C "$work" init
assert_says "this one knows no service"
assert_exit 0 "hooks install" pedigree -C "$work" hooks install
assert_says "this one knows no service"
git -C "$work" config --unset pedigree.repository
assert_exit 0 "init without a repository" pedigree -C "$work" init
assert_rule PSH-1
assert_says "pedigree init --repository URI"
assert_silent_about "whose path is"
write_policy

git init -q "$tmp/lone"
assert_exit 0 "hooks install without a policy" pedigree -C "$tmp/lone" hooks install
assert_says "judge nothing yet"

# ---- the baseline -------------------------------------------------------------------------------

git -C "$work" config pedigree.repository $uri
sign_with "$work" none - Alice $alice
git -C "$work" commit -q --no-verify --allow-empty -m unsigned 2>/dev/null
assert_exit 1 "old history" pedigree -C "$work" check HEAD
assert_says "baseline = COMMIT"
write_policy server "	baseline = $(printf '%040d' 7)"
assert_exit 1 "a baseline that is no commit" pedigree -C "$work" check HEAD
assert_rule GIT-4
doctor "$work" "the same"
assert_says "bad  baseline"
write_policy

# ---- what is not there --------------------------------------------------------------------------

mkdir "$tmp/plain"
run pedigree -C "$tmp/plain" check HEAD
assert_rule GIT-1
assert_says "at \"$tmp/plain\""
sed "s|'[^']*/pedigree-hook'|'$tmp/gone'|g" "$srv/hooks/pre-receive" >"$tmp/script"
cat "$tmp/script" >"$srv/hooks/pre-receive"
git -C "$work" reset -q --hard HEAD~1
assert_refused "a server whose program is gone" git -C "$work" push -q origin main:main
assert_rule CLI-5
assert_silent_about "not found"
doctor "$srv" "the same"
assert_says "pre-receive is not installed, or cannot be run"

finish
