#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes tests/data/commits with git, gpg and ssh-keygen: throw-away keys, the files in which a policy
# would name them, and raw commits and tags signed with them, good ones and bad ones.
#
#	tests/data/make-commits.sh BUILD/bin/pedigree-pgp
#
# The files are committed, so that unit tests need none of these programs; run this only to make
# other ones. The secret keys are gone when it ends.
set -eu
umask 077

[ $# -eq 1 ] || { echo "usage: $0 PEDIGREE-PGP" >&2; exit 2; }
describe=$(realpath "$1")
out=$(cd "$(dirname "$0")" && pwd)/commits
work=$(mktemp -d /tmp/commitdata.XXXXXX)
GNUPGHOME=$work/gnupg
export GNUPGHOME
finish() {
	gpgconf --homedir "$GNUPGHOME" --kill all || true
	rm -rf "$work"
}
trap finish EXIT
mkdir "$GNUPGHOME"
mkdir -p "$out"

export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME='Ann Author' GIT_AUTHOR_EMAIL=ann@example.com GIT_AUTHOR_DATE='1706738400 +0200'
export GIT_COMMITTER_DATE='1706745600 +0100'
born=20240101T000000
now=20240201T000000

# at TIME ARG...: gpg at a time of its own (the keys' dates shall not depend on today).
at() {
	when=$1
	shift
	gpg --faked-system-time "$when" --batch --yes --quiet --no-tty --pinentry-mode loopback \
		--passphrase '' --trust-model always "$@" 2>>"$work/log" || { cat "$work/log" >&2; exit 1; }
}
fpr() {
	gpg --batch --with-colons --list-keys "$1" 2>>"$work/log" | awk -F: '$1 == "fpr" { print $10; exit }'
}
# What git runs instead of gpg; $WHEN and $EXTRA are set by sign().
cat >"$work/gpg-then" <<'END'
#!/bin/sh
exec gpg --faked-system-time "$WHEN" --batch --pinentry-mode loopback --passphrase '' $EXTRA "$@"
END
chmod 700 "$work/gpg-then"

# as NAME ADDRESS: the committer from here on.
as() {
	export GIT_COMMITTER_NAME="$1" GIT_COMMITTER_EMAIL="$2"
}
# commit FILE FORMAT KEY [PARENT...]: a commit signed by git, into tests/data/commits/FILE.raw.
commit() {
	file=$1 format=$2 key=$3
	shift 3
	parents=
	for p in "$@"; do parents="$parents -p $p"; done
	id=$(printf 'Change %s\n\nIn two lines.\n' "$file" |
		git -C "$repo" -c gpg.format="$format" -c gpg.program="$work/gpg-then" \
			-c user.signingKey="$key" commit-tree -S"$key" $parents "$tree")
	git -C "$repo" cat-file commit "$id" >"$out/$file.raw"
}
# tag FILE FORMAT KEY OBJECT
tag() {
	git -C "$repo" -c gpg.format="$2" -c gpg.program="$work/gpg-then" -c user.signingKey="$3" \
		tag -s -m 'A release' "$1" "$4"
	git -C "$repo" cat-file tag "$1" >"$out/$1.raw"
}
# payload FILE: what is signed in it.
payload() {
	awk '!body && /^gpgsig/ { skip = 1; next } !body && skip && /^ / { next } { skip = 0 }
		/^$/ { body = 1 } { print }' "$out/$1.raw"
}
# insert FILE NEW HEADER SIGNATURE: a signature header more, behind the committer.
insert() {
	awk -v header="$3" -v file="$4" '{ print } !done && /^committer / {
			done = 1
			lead = header " "
			while ((getline line < file) > 0) { print lead line; lead = " " }
		}' "$out/$1.raw" >"$out/$2.raw"
}

# OpenPGP. keys.asc is what the policy names as openpgpKeys, forge.asc as forgeKeys.
WHEN=$now EXTRA=
export WHEN EXTRA
at $born --quick-gen-key 'Alice Example <alice@example.com>' ed25519 cert 0
alice=$(fpr alice@example.com)
at $born --quick-add-key "$alice" ed25519 sign 0
at $born --quick-add-uid "$alice" 'Alice at Work <alice@work.example>'
at $born --quick-add-uid "$alice" 'Alice Before <before@example.com>'
at 20240102T000000 --quick-revoke-uid "$alice" 'Alice Before <before@example.com>'
at $born --quick-gen-key 'Bob Example <bob@example.com>' rsa2048 sign,cert 0
at 20200101T000000 --quick-gen-key 'Erin Expired <erin@example.com>' ed25519 sign,cert 20210101T000000
at $born --quick-gen-key 'Grace Revoked <grace@example.com>' ed25519 sign,cert 0
at $born --quick-gen-key 'Frank Retired <frank@example.com>' ed25519 sign,cert 0
at $born --quick-gen-key 'Mallory Unknown <alice@example.com>' ed25519 sign,cert 0
mallory=$(fpr Mallory)
at $born --quick-gen-key 'Forge (merges) <noreply@forge.example>' ed25519 sign,cert 0

repo=$work/repo
git init -q -b main --bare "$repo"
tree=$(git -C "$repo" hash-object -w -t tree /dev/null)
one=1111111111111111111111111111111111111111
two=2222222222222222222222222222222222222222
as Alice alice@example.com
base=$(echo base | git -C "$repo" commit-tree "$tree")
side=$(echo side | git -C "$repo" commit-tree -p "$base" "$tree")
git -C "$repo" cat-file commit "$side" >"$out/unsigned.raw"

as 'Alice Example' alice@example.com
commit pgp-good openpgp "$alice" "$base"
tag pgp-tag openpgp "$alice" "$base"
commit pgp-unknown openpgp "$mallory" "$base"
EXTRA='--digest-algo SHA1' commit pgp-sha1 openpgp bob@example.com "$base"
EXTRA='--default-sig-expire 1d' commit pgp-sig-expires openpgp "$alice" "$base"
as 'Alice at Work' alice@work.example
commit pgp-second-address openpgp "$alice" "$base"
as 'Alice Before' before@example.com
commit pgp-revoked-address openpgp "$alice" "$base"
as 'Alice Example' Alice@example.com
commit pgp-other-case openpgp "$alice" "$base"
as 'Bob Example' bob@example.com
commit pgp-rsa openpgp bob@example.com "$base"
commit pgp-other-committer openpgp "$alice" "$base"
as 'Erin Expired' erin@example.com
GIT_COMMITTER_DATE='1580515200 +0000' WHEN=20200201T000000 commit pgp-expired openpgp erin@example.com "$base"
as 'Grace Revoked' grace@example.com
commit pgp-revoked openpgp grace@example.com "$base"
as 'Frank Retired' frank@example.com
commit pgp-retired openpgp frank@example.com "$base"
as Forge noreply@forge.example
commit pgp-forge-merge openpgp noreply@forge.example "$base" "$side"
commit pgp-forge-squash openpgp noreply@forge.example "$base"
# Two forms of one object, signed with one key, as git does where both kinds of repository meet;
# and with the second signature of somebody else.
payload pgp-good | sed "s/^tree .*/tree $one$two/" >"$work/other"
at $now --output "$work/other.asc" --armor -u "$alice" --detach-sign "$work/other"
insert pgp-good pgp-dual gpgsig-sha256 "$work/other.asc"
at $now --output "$work/foreign.asc" --armor -u bob@example.com --detach-sign "$work/other"
insert pgp-good pgp-dual-foreign gpgsig-sha256 "$work/foreign.asc"

# Mallory's key has Alice's address and is in no file.
sed 's/^:-----BEGIN/-----BEGIN/' "$GNUPGHOME/openpgp-revocs.d/$(fpr grace@example.com).rev" >"$work/grace.rev"
at 20240301T000000 --import "$work/grace.rev"
printf 'y\n3\n\ny\n' | gpg --faked-system-time 20240301T000000 --yes --no-tty --command-fd 0 \
	--pinentry-mode loopback --passphrase '' --output "$work/frank.rev" \
	--gen-revoke frank@example.com 2>>"$work/log"
at 20240301T000000 --import "$work/frank.rev"
at $born --output "$out/keys.asc" --armor --export "$alice" bob@example.com erin@example.com \
	grace@example.com frank@example.com
at $born --output "$out/forge.asc" --armor --export noreply@forge.example
"$describe" describe "$out/keys.asc" >"$out/keys.json"
"$describe" describe "$out/forge.asc" >"$out/forge.json"

# SSH. allowed_signers as a policy names it: alice plain, bob until March, carol from March on, dave
# for a team, erin for files only. Not in it: mallory, and the forge.
for who in alice dave erin mallory forge revoked; do
	ssh-keygen -q -t ed25519 -N '' -C "$who" -f "$work/$who"
done
ssh-keygen -q -t ecdsa -b 256 -N '' -C bob -f "$work/bob"
ssh-keygen -q -t rsa -b 2048 -N '' -C carol -f "$work/carol"
key() {
	cut -d' ' -f1,2 "$work/$1.pub"
}
cat >"$out/allowed_signers" <<END
# made by make-commits.sh
alice@example.com,alice@work.example namespaces="git" $(key alice)
bob@example.com namespaces="git",valid-before="20240301Z" $(key bob)
carol@example.com namespaces="git",valid-after="20240301Z" $(key carol)
*@team.example namespaces="git" $(key dave)
erin@example.com namespaces="file" $(key erin)
alice@example.com namespaces="git" $(key revoked)
END
{ echo '# gone'; cat "$work/revoked.pub"; } >"$out/revoked_keys"
ssh-keygen -l -f "$work/revoked.pub" | cut -d' ' -f2 >"$out/revoked_fingerprints"
cat "$work/forge.pub" >"$out/forge_ssh.pub"

as 'Alice Example' alice@example.com
commit ssh-good ssh "$work/alice" "$base"
tag ssh-tag ssh "$work/alice" "$base"
commit ssh-unknown ssh "$work/mallory" "$base"
commit ssh-revoked ssh "$work/revoked" "$base"
as 'Bob Example' bob@example.com
commit ssh-until-march ssh "$work/bob" "$base"
commit ssh-other-committer ssh "$work/alice" "$base"
as 'Carol Example' carol@example.com
commit ssh-from-march ssh "$work/carol" "$base"
as 'Dave Example' dave@team.example
commit ssh-team ssh "$work/dave" "$base"
as 'Erin Example' erin@example.com
commit ssh-for-files ssh "$work/erin" "$base"
as Forge noreply@forge.example
commit ssh-forge-merge ssh "$work/forge" "$base" "$side"
commit ssh-forge-squash ssh "$work/forge" "$base"
payload ssh-good >"$work/payload"
ssh-keygen -q -Y sign -n file -f "$work/alice" "$work/payload" 2>/dev/null
cp "$work/payload" "$out/ssh-namespace.raw"
insert ssh-namespace ssh-namespace.new gpgsig "$work/payload.sig"
mv "$out/ssh-namespace.new.raw" "$out/ssh-namespace.raw"
ssh-keygen -q -Y sign -n git -f "$work/alice" "$work/other" 2>/dev/null
insert ssh-good ssh-dual gpgsig-sha256 "$work/other.sig"
insert ssh-good ssh-dual-foreign gpgsig-sha256 "$work/foreign.asc"

# What git itself puts into headers: the encoding of a message, the tag that was merged.
as 'Alice Example' alice@example.com
id=$(printf 'Fen\344tre\n' | git -C "$repo" -c i18n.commitEncoding=ISO-8859-1 -c gpg.format=ssh \
	commit-tree -S"$work/alice" "$tree")
git -C "$repo" cat-file commit "$id" >"$out/ssh-latin1.raw"
git -C "$repo" tag -d ssh-tag >/dev/null
git -C "$repo" -c gpg.format=ssh -c user.signingKey="$work/alice" tag -s -m 'A release' ssh-tag "$side"
git -C "$repo" update-ref refs/heads/main "$(echo other | git -C "$repo" commit-tree -p "$base" "$tree")"
git clone -q "$repo" "$work/clone" 2>>"$work/log"
git -C "$work/clone" -c gpg.format=ssh -c user.signingKey="$work/alice" merge -q --no-ff -S \
	-m 'Merge a release' ssh-tag
git -C "$work/clone" cat-file commit HEAD >"$out/ssh-mergetag.raw"

# A repository with SHA-256 objects.
repo=$work/repo256
git init -q -b main --bare --object-format=sha256 "$repo"
tree=$(git -C "$repo" hash-object -w -t tree /dev/null)
as 'Alice Example' alice@example.com
commit ssh-sha256 ssh "$work/alice"

chmod -R u+rwX,go+rX "$out"
ls -l "$out"
