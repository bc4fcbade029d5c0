#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Where the policy of a git server comes from: nobody else may be able to change it when hooks are installed, and no command
# takes another one because a hook was damaged.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

uri=https://git.example/app
alice=alice@example.com
ssh_key "$tmp/alice"
ssh_key "$tmp/mallory"
allowed_signer $alice "$tmp/alice" >"$tmp/allowed"
allowed_signer $alice "$tmp/mallory" >"$tmp/others"
server_key "$tmp/server"
srv="$tmp/app.git"
git init -q --bare -b main "$srv"
mkdir "$tmp/etc" "$tmp/links"
# write_policy FILE KEYS
write_policy() {
	cat >"$1" <<EOP
[policy]
	version = 1
[repository "$uri"]
	path = $srv
	protect = refs/heads/main
	sshAllowedSigners = $2
	sourceFrom = server
	serverKey = $tmp/server.pub
EOP
}
policy=$tmp/etc/policy
write_policy "$policy" "$tmp/allowed"
write_policy "$srv/policy" "$tmp/others"
ln -s ../etc/policy "$tmp/links/policy"
hooks() { pedigree -C "$srv" hooks install --server --policy "${1:-$policy}" --server-key "$tmp/server"; }

# ---- a policy that somebody else could change -------------------------------------------------

# not_here WHAT: installing is refused by HOK-3.
not_here() {
	assert_exit 2 "$1" hooks "${2:-}"
	assert_rule HOK-3
	assert_same "nothing is installed" "" "$(find "$srv/hooks" -name '*-receive')"
}
for mode in g+w o+w; do
	chmod $mode "$policy"
	not_here "a policy with $mode"
	assert_says "chmod go-w"
	chmod go-w "$policy"
	chmod $mode "$tmp/etc"
	not_here "its folder with $mode"
	chmod go-w "$tmp/etc"
	chmod $mode "$tmp/links"
	not_here "the folder of a link to it, with $mode" "$tmp/links/policy"
	chmod go-w "$tmp/links"
done
if [ "$(id -u)" = 0 ]; then
	chown 65534 "$policy"
	not_here "somebody else's policy"
	assert_says "belongs to another user"
	chown 0 "$policy"
	chown 65534 "$tmp/etc"
	not_here "somebody else's folder"
	chown 0 "$tmp/etc"
else
	echo "not checked: files of another user (needs root)" >&2
fi
chmod 1777 "$tmp/etc"
assert_exit 0 "a folder in which nobody takes away another's file" hooks
chmod 755 "$tmp/etc"
assert_exit 0 "a link to it" hooks "$tmp/links/policy"
assert_exit 0 "a policy of our own" hooks

# ---- hooks that were damaged ------------------------------------------------------------------

dev="$tmp/dev"
git init -q -b main "$dev"
sign_with "$dev" ssh "$tmp/mallory" Alice $alice
commit "$dev" first
git -C "$dev" push -q "$srv" main:refs/heads/any
git -C "$srv" update-ref refs/heads/main refs/heads/any
# What whoever can write to the repository would have us take.
git -C "$srv" config pedigree.policy "$srv/policy"
check() { pedigree -C "$srv" check main; }
late() { pedigree -C "$srv" attest source --late --ref refs/heads/main main; }
waiting() { find "$srv/pedigree/outbox" -name '*.json' 2>/dev/null | wc -l; }

assert_exit 1 "by the server's policy" check
assert_rule SGN-3
cp "$srv/hooks/post-receive" "$tmp/kept"
echo 'exit 0' >>"$srv/hooks/post-receive"
assert_exit 2 "a hook that is not as it was written" check
assert_rule HOK-4
assert_says "hooks install --server"
assert_exit 2 "a late statement" late
assert_rule HOK-4
assert_exit 1 "a policy that is named" pedigree -C "$srv" check --policy "$policy" main
assert_rule SGN-3
rm "$srv/hooks/post-receive" && mkdir "$srv/hooks/post-receive"
assert_exit 2 "a hook that cannot be read" check
assert_rule HOK-4
rmdir "$srv/hooks/post-receive"
assert_exit 1 "one that is gone leaves the other" check
assert_rule SGN-3
printf '#!/bin/sh\nexit 0\n' >"$srv/hooks/post-receive"
assert_exit 1 "as one of somebody else's does" check
assert_rule SGN-3
cp "$tmp/kept" "$srv/hooks/post-receive"
echo 'exit 0' >>"$srv/hooks/pre-receive"
rm "$srv/hooks/post-receive"
assert_exit 2 "unless that is damaged" check
assert_rule HOK-4
rm "$srv/hooks/pre-receive"
assert_exit 0 "without any, it is no server of ours" check
assert_same "no statement was made" 0 "$(waiting)"
git -C "$srv" config core.hooksPath /dev/null
assert_exit 0 "nor with hooks turned off" check

finish
