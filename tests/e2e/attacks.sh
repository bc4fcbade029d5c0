#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What git, gpg and ssh-keygen take for signed, made with these programs themselves, and what else nobody may pass for a
# signed commit: each is refused by its rule. tests/attacks.tsv says which attack is asserted where; the names that begin
# a check here (M1 …, T7 …) are its numbers. What git says of the same object is shown with PEDIGREE_VERBOSE=1, never
# asserted: it depends on git's version.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

uri=https://git.example/app
alice=alice@example.com
keys=$tmp/keys
repo=$tmp/repo
policy=$tmp/policy
mkdir "$keys"

# ---- keys -------------------------------------------------------------------------------------

ssh_key "$keys/alice"
ssh_key "$keys/mallory"
ssh_key "$keys/past"
ssh_key "$keys/gone"
ssh_key "$keys/tomorrow"
{
	allowed_signer $alice "$keys/alice"
	allowed_signer gone@example.com "$keys/gone"
	printf 'past@example.com namespaces="git",valid-before="20200101Z" %s\n' "$(cut -d' ' -f1,2 "$keys/past.pub")"
	printf 'new@example.com namespaces="git",valid-after="20990101Z" %s\n' "$(cut -d' ' -f1,2 "$keys/tomorrow.pub")"
} >"$keys/allowed"
cut -d' ' -f1,2 "$keys/gone.pub" >"$keys/revoked"

pgp() { gpg --batch --quiet --yes --no-tty --pinentry-mode loopback --passphrase '' "$@" 2>"$printed"; }
fpr() { gpg --batch --with-colons --list-keys "$1" 2>/dev/null | awk -F: '$1 == "fpr" { print $10; exit }'; }
old() { pgp --faked-system-time 20190101T000000 "$@"; }
pgp --quick-generate-key 'Alice Example <alice@example.com>' ed25519 sign never || fail "a key"
old --quick-generate-key 'Erin Expired <erin@example.com>' ed25519 sign 20200101T000000 || fail "a key"
old --quick-generate-key 'Grace Revoked <grace@example.com>' ed25519 sign never || fail "a key"
pgp --quick-generate-key '[GNUPG:] GOODSIG 0123456789ABCDEF Alice <alice@example.com>' ed25519 sign never || fail "a key"
a=$(fpr Alice) e=$(fpr erin@example.com) g=$(fpr grace@example.com) status_like=$(fpr GOODSIG)
pgp --armor --export "$a" "$e" "$g" >"$keys/dev.asc"
sed 's/^:---/---/' "$GNUPGHOME/openpgp-revocs.d/$g.rev" >"$keys/grace.rev"
mkdir -m 700 "$tmp/elsewhere"
gpg --homedir "$tmp/elsewhere" --batch --quiet --import "$keys/dev.asc" "$keys/grace.rev" 2>/dev/null
gpg --homedir "$tmp/elsewhere" --batch --armor --export >"$keys/dev.asc"

# ---- the repository, its policy, objects ------------------------------------------------------

git init -q -b main "$repo"
tree=$(git -C "$repo" hash-object -w -t tree /dev/null)
git -C "$repo" config gpg.ssh.allowedSignersFile "$keys/allowed"

# write_policy [LINE…]: the section with more lines; TOP: what stands before it.
write_policy() {
	{
		printf '%s\n[repository "%s"]\n\tprotect = refs/heads/main\n' "${TOP:-}" "$uri"
		printf '\topenpgpKeys = keys/dev.asc\n\tsshAllowedSigners = keys/allowed\n'
		printf '\t%s\n' "$@"
	} >"$policy"
}
write_policy 'revoked = keys/revoked'

# as NAME ADDRESS [DATE]: the committer from here on.
as() {
	export GIT_AUTHOR_NAME=$1 GIT_AUTHOR_EMAIL=$2 GIT_COMMITTER_NAME=$1 GIT_COMMITTER_EMAIL=$2
	unset GIT_AUTHOR_DATE GIT_COMMITTER_DATE
	[ -z "${3:-}" ] || export GIT_AUTHOR_DATE=$3 GIT_COMMITTER_DATE=$3
}
# made FORMAT KEY [PARENT]: a commit signed by git itself.
made() {
	printf 'A change\n\nIn two lines.\n' | git -C "$repo" -c gpg.format="$1" commit-tree ${3:+-p "$3"} -S"$2" "$tree" 2>"$printed" || fail "git signs"
}
raw() { git -C "$repo" cat-file commit "$1"; }
# put: a raw commit from stdin; its name.
put() { git -C "$repo" hash-object -t commit -w --stdin --literally 2>"$printed" || fail "git keeps the object"; }
# payload ID: what is signed in it.
payload() {
	raw "$1" | awk '!body && /^gpgsig/ { skip = 1; next } !body && skip && /^ / { next } { skip = 0 }
		/^$/ { body = 1 } { print }'
}
# with HEADER FILE: the commit on stdin with the text of FILE as a header behind the committer.
with() {
	awk -v header="$1" -v file="$2" '{ print } !done && /^committer / {
			done = 1
			lead = header " "
			while ((getline line < file) > 0) { print lead line; lead = " " }
		}'
}
check() { pedigree -C "$repo" check --policy "$policy" --repository "$uri" "$@"; }
# git_says ID OBJECT: for the reader.
git_says() {
	[ -n "${PEDIGREE_VERBOSE:-}" ] || return 0
	if git -C "$repo" verify-commit "$2" >"$tmp/git-said" 2>&1; then
		printf '     %-4s git verify-commit: OK\n' "$1"
	else
		printf '     %-4s git verify-commit: refused: %s\n' "$1" "$(tail -n 1 "$tmp/git-said")"
	fi
}
# refused RULE "ID what" OBJECT: not good, by this rule.
refused() {
	git_says "${2%% *}" "$3"
	exits 1 "[$1]" "$2" check "$3"
}
good() {
	git_says "${1%% *}" "$2"
	exits 0 - "$1" check "$2"
}

as Alice $alice
ssh=$(made ssh "$keys/alice")
pgp=$(made openpgp "$a")
bare=$(echo unsigned | git -C "$repo" commit-tree "$tree")
good "a commit signed with SSH" "$ssh"
good "a commit signed with OpenPGP" "$pgp"
refused SGN-2 "a commit without a signature" "$bare"

# ---- the object's form ------------------------------------------------------------------------

raw "$ssh" | sed -n '/^gpgsig/,/^ -----END/p' >"$tmp/block"
raw "$ssh" | awk -v file="$tmp/block" '/^$/ && !done { done = 1; while ((getline l < file) > 0) print l } { print }' >"$tmp/raw"
refused COM-2 "M1 two identical signatures" "$(put <"$tmp/raw")"
raw "$ssh" | sed '/^committer /a gpgsigX hidden\n text that nobody signed' >"$tmp/raw"
refused COM-3 "M2 a header that git leaves out of what is signed" "$(put <"$tmp/raw")"
raw "$ssh" | sed '/^committer /a gpgsig-sha256 junk' >"$tmp/raw"
refused COM-5 "M3 junk as the other signature" "$(put <"$tmp/raw")"
raw "$ssh" | sed '/^committer /a gpgsig-sha256 -----BEGIN SSH SIGNATURE-----\n anVuaw==\n -----END SSH SIGNATURE-----' >"$tmp/raw"
refused COM-7 "M3 junk that looks like a signature" "$(put <"$tmp/raw")"
{ payload "$ssh" && sed 's/^gpgsig //; s/^ //' "$tmp/block"; } >"$tmp/raw"
refused SGN-2 "M4 the signature in the message" "$(put <"$tmp/raw")"
{ payload "$ssh" && cat "$tmp/block"; } >"$tmp/raw"
refused SGN-2 "M4 the whole header in the message" "$(put <"$tmp/raw")"
{ raw "$ssh" && printf 'seen\0unseen\n'; } >"$tmp/raw"
refused COM-4 "M5 bytes behind a NUL in the message" "$(put <"$tmp/raw")"
raw "$ssh" | sed 's/^committer Alice/committer Al\x00ice/' >"$tmp/raw"
refused COM-4 "T5 a NUL in a header" "$(put <"$tmp/raw")"
raw "$ssh" | sed "1i tree 1111111111111111111111111111111111111111" >"$tmp/raw"
refused COM-2 "M6 another tree before the tree" "$(put <"$tmp/raw")"
raw "$ssh" | sed '/^committer /a note unsigned' >"$tmp/raw"
refused SGN-4 "M7 an ordinary header more" "$(put <"$tmp/raw")"
raw "$ssh" | sed "/^committer /a parent $bare" >"$tmp/raw"
refused COM-1 "T6 a parent out of its place" "$(put <"$tmp/raw")"
{ raw "$ssh" && echo 'Signed-off-by: Eve <eve@example.com>'; } >"$tmp/raw"
refused SGN-4 "T7 a trailer appended" "$(put <"$tmp/raw")"

# The legitimate dual signature, as git makes it where both kinds of repository meet.
payload "$ssh" | sed "s/^tree .*/tree $(printf '1%.0s' {1..64})/" >"$tmp/other"
ssh-keygen -q -Y sign -n git -f "$keys/alice" "$tmp/other" 2>"$printed" || fail "ssh-keygen signs"
raw "$ssh" | with gpgsig-sha256 "$tmp/other.sig" >"$tmp/raw"
good "T3 a legitimate dual signature" "$(put <"$tmp/raw")"

# ---- keys and persons -------------------------------------------------------------------------

as Past past@example.com '2019-06-01T00:00:00Z'
refused SGN-6 "M8 a key of the past and a date put back to it" "$(made ssh "$keys/past")"
as Past past@example.com
refused SGN-6 "M9 a key of the past" "$(made ssh "$keys/past")"
as New new@example.com '2099-06-01T00:00:00Z'
refused SGN-8 "T12 a key of the future and a date put forward to it" "$(made ssh "$keys/tomorrow")"
as Bob bob@example.com
refused SGN-9 "M11 another committer than the key's owner" "$(made ssh "$keys/alice")"
refused SGN-9 "M11 another committer than the OpenPGP key's owner" "$(made openpgp "$a")"
for address in Alice@example.com ALICE@EXAMPLE.COM $'alic\xd0\xb5@example.com' 'alice@example.com@'; do
	as Alice "$address"
	refused SGN-9 "T15 the address as '$address', SSH" "$(raw "$(made ssh "$keys/alice")" | put)"
	refused SGN-9 "T15 the address as '$address', OpenPGP" "$(made openpgp "$a")"
done
# What git itself would have cut off an address.
for address in alice@example.com. 'alice@example.com ' ' alice@example.com' "alice@example.com,"; do
	payload "$ssh" | sed "s/^committer Alice <[^>]*>/committer Alice <$address>/" >"$tmp/payload"
	rm -f "$tmp/payload.sig"
	ssh-keygen -q -Y sign -n git -f "$keys/alice" "$tmp/payload" 2>"$printed" || fail "ssh-keygen signs"
	refused SGN-9 "T15 the address as '$address'" "$(with gpgsig "$tmp/payload.sig" <"$tmp/payload" | put)"
done
as Mallory $alice
mallory=$(made ssh "$keys/mallory")
refused SGN-3 "T11 a key that is not listed" "$mallory"
as Erin erin@example.com '2019-06-01T00:00:00Z'
cat >"$tmp/gpg-then" <<'END'
#!/bin/sh
exec gpg --faked-system-time 20190601T000000 "$@"
END
chmod 700 "$tmp/gpg-then"
git -C "$repo" config gpg.program "$tmp/gpg-then"
erin=$(made openpgp "$e")
as Grace grace@example.com '2019-06-01T00:00:00Z'
grace=$(made openpgp "$g")
git -C "$repo" config --unset gpg.program
gpg --batch --quiet --import "$keys/dev.asc" 2>/dev/null
refused SGN-6 "M14 an expired OpenPGP key" "$erin"
refused SGN-5 "M15 a revoked OpenPGP key" "$grace"
as Gone gone@example.com
gone=$(made ssh "$keys/gone")
refused SGN-5 "T13 a revoked SSH key" "$gone"

# A revocation source that is not there, says nothing or cannot be read: nothing is judged.
git -C "$repo" config gpg.ssh.revocationFile "$keys/missing"
git_says M10 "$ssh"
git -C "$repo" config gpg.ssh.revocationFile "$keys/revoked"
git_says T13 "$gone"
write_policy 'revoked = keys/missing'
exits 2 "[POL-5]" "M10 a list of revoked keys that is missing" check "$ssh"
: >"$keys/empty"
write_policy 'revoked = keys/empty'
exits 2 "[POL-5]" "T13 a list of revoked keys that is empty" check "$ssh"
mkdir "$keys/folder"
write_policy 'revoked = keys/folder'
exits 2 "[POL-5]" "T13 a list of revoked keys that is a folder" check "$ssh"
echo 'ssh-ed25519 junk' >"$keys/junk"
write_policy 'revoked = keys/junk'
exits 2 "[POL-5]" "T13 a list of revoked keys that cannot be read" check "$ssh"
for file in missing empty folder; do
	TOP="[revocation]
	file = keys/$file" write_policy
	exits 2 "[POL-5]" "M10 a revocation file that is $file" check "$ssh"
done
TOP="[revocation]
	file = keys/junk" write_policy
exits 2 "[POL-1]" "T13 a revocation file that is none" check "$ssh"

# Key lists that are empty or cannot be read.
: >"$keys/none"
for line in "sshAllowedSigners = keys/none" "sshAllowedSigners = keys/missing" "openpgpKeys = keys/none" \
	"openpgpKeys = keys/missing" "openpgpKeys = keys/junk" "sshAllowedSigners = keys/dev.asc"; do
	write_policy "$line"
	exits 2 "[POL-5]" "T11 $line" check "$ssh"
done
printf '[repository "%s"]\n\tprotect = refs/heads/main\n' $uri >"$policy"
exits 2 "[SGN-1]" "T11 no list at all" check "$ssh"
write_policy 'revoked = keys/revoked'

# Revocations by date: who left, and what was stolen.
print=$(ssh-keygen -l -f "$keys/alice.pub" | cut -d' ' -f2)
revocation() {
	printf '[key "%s"]\n\t%s\n' "$1" "$2" >"$keys/revocations"
	TOP="[revocation]
	file = keys/revocations" write_policy
}
revocation "$print" 'revokedSince = 2020-01-01T00:00:00Z'
refused SGN-5 "T13 an SSH key in a revocation file" "$ssh"
good "T13 another key than the one in it" "$pgp"
revocation "$print" 'revokedSince = 2099-01-01T00:00:00Z'
good "T13 a key that will be revoked" "$ssh"
revocation "$print" 'compromisedSince = 2099-01-01T00:00:00Z'
refused SGN-5 "T13 a key that is compromised, whenever" "$ssh"
revocation "$a" 'revokedSince = 2020-01-01T00:00:00Z'
refused SGN-5 "T13 an OpenPGP key in a revocation file" "$pgp"
write_policy 'revoked = keys/revoked'

# ---- signatures -------------------------------------------------------------------------------

as Alice $alice
payload "$pgp" >"$tmp/payload"
pgp --armor --detach-sign -u "$a" --output "$tmp/sig" "$tmp/payload"
pgp --armor --sign -u "$a" --output "$tmp/inline" "$tmp/payload"
sed 's/PGP MESSAGE/PGP SIGNATURE/' "$tmp/inline" >"$tmp/inline-as-signature"
pgp --clearsign -u "$a" --output "$tmp/clear" "$tmp/payload"
refused PGP-2 "M16 an inline-signed text that calls itself a signature" "$(with gpgsig "$tmp/inline-as-signature" <"$tmp/payload" | put)"
refused COM-5 "T9 an inline-signed text" "$(with gpgsig "$tmp/inline" <"$tmp/payload" | put)"
refused COM-5 "T9 a clear-signed text" "$(with gpgsig "$tmp/clear" <"$tmp/payload" | put)"
gpg --dearmor <"$tmp/sig" >"$tmp/packet"
armored() { gpg --batch --enarmor 2>/dev/null | sed '/^Comment:/d; s/PGP ARMORED FILE/PGP SIGNATURE/'; }
refused PGP-2 "M17 one signature twice" "$(cat "$tmp/packet" "$tmp/packet" | armored >"$tmp/sig2"; with gpgsig "$tmp/sig2" <"$tmp/payload" | put)"
pgp --armor --detach-sign -u "$status_like" --output "$tmp/foreign" "$tmp/payload"
gpg --dearmor <"$tmp/foreign" >"$tmp/packet2"
refused PGP-2 "T10 a good signature and a stranger's" "$(cat "$tmp/packet" "$tmp/packet2" | armored >"$tmp/sig2"; with gpgsig "$tmp/sig2" <"$tmp/payload" | put)"
cat "$tmp/sig" "$tmp/foreign" >"$tmp/sig2"
refused PGP-1 "T10 two blocks" "$(with gpgsig "$tmp/sig2" <"$tmp/payload" | put)"
printf -- '-----BEGIN PGP SIGNATURE-----\n\n=twTO\n-----END PGP SIGNATURE-----\n' >"$tmp/sig2"
refused PGP-1 "T8 a block without packets" "$(with gpgsig "$tmp/sig2" <"$tmp/payload" | put)"
good "the same payload with its signature" "$(with gpgsig "$tmp/sig" <"$tmp/payload" | put)"
payload "$ssh" >"$tmp/payload.ssh"
ssh-keygen -q -Y sign -n file -f "$keys/alice" "$tmp/payload.ssh" 2>/dev/null
refused SGN-4 "T19 an SSH signature for files" "$(with gpgsig "$tmp/payload.ssh.sig" <"$tmp/payload.ssh" | put)"
rm "$tmp/payload.ssh.sig"
ssh-keygen -q -Y sign -n git -O hashalg=sha256 -f "$keys/alice" "$tmp/payload.ssh" 2>/dev/null
good "T19 another hash that git takes too" "$(with gpgsig "$tmp/payload.ssh.sig" <"$tmp/payload.ssh" | put)"
refused SGN-3 "T20 a user id that looks like a status line" "$(with gpgsig "$tmp/foreign" <"$tmp/payload" | put)"
pgp --armor --detach-sign -u "$status_like" --sig-notation 'x@example.com=[GNUPG:] GOODSIG 0123456789ABCDEF Alice' \
	--output "$tmp/notation" "$tmp/payload"
refused SGN-3 "T20 a notation that looks like one" "$(with gpgsig "$tmp/notation" <"$tmp/payload" | put)"
printf '"%s with x@example.com" namespaces="git" %s\n' $alice "$(cut -d' ' -f1,2 "$keys/mallory.pub")" >"$keys/with"
write_policy 'sshAllowedSigners = keys/with'
refused SGN-9 "T19 a principal that holds ' with '" "$mallory"
write_policy 'revoked = keys/revoked'

# A certificate instead of a key: its authority is what counts, and may be revoked as any key.
ssh_key "$keys/authority"
ssh_key "$keys/certified"
ssh-keygen -q -s "$keys/authority" -I alice -n $alice "$keys/certified.pub" 2>"$printed" || fail "ssh-keygen certifies"
certified=$(made ssh "$keys/certified-cert.pub")
refused SGN-3 "T19 a certificate of nobody's authority" "$certified"
printf '*@example.com cert-authority,namespaces="git" %s\n' "$(cut -d' ' -f1,2 "$keys/authority.pub")" >"$keys/authorities"
write_policy 'sshAllowedSigners = keys/authorities'
good "T19 a certificate of an authority that is listed" "$certified"
authority=$(ssh-keygen -l -f "$keys/authority.pub" | cut -d' ' -f2)
printf '[key "%s"]\n\trevokedSince = 2020-01-01T00:00:00Z\n' "$authority" >"$keys/revocations"
TOP="[revocation]
	file = keys/revocations" write_policy 'sshAllowedSigners = keys/authorities'
refused SGN-5 "T13 the authority of a certificate in a revocation file" "$certified"
write_policy 'revoked = keys/revoked'

# ---- what is not asked ------------------------------------------------------------------------

cat >"$tmp/liar" <<END
#!/bin/sh
touch "$tmp/was-run"
echo "[GNUPG:] NEWSIG"
echo "[GNUPG:] GOODSIG 0123456789ABCDEF Alice"
echo "[GNUPG:] VALIDSIG $a 2026-01-01 0 4 0 1 8 00 $a"
echo "[GNUPG:] TRUST_ULTIMATE"
END
chmod 755 "$tmp/liar"
as Mallory $alice
stranger=$(with gpgsig "$tmp/foreign" <"$tmp/payload" | put)
git -C "$repo" config gpg.program "$tmp/liar"
refused SGN-3 "M12 a gpg.program that says yes to all" "$stranger"
git -C "$repo" config gpg.ssh.program "$tmp/liar"
printf '* %s\n' "$(cut -d' ' -f1,2 "$keys/mallory.pub")" >"$tmp/everybody"
git -C "$repo" config gpg.ssh.allowedSignersFile "$tmp/everybody"
git -C "$repo" config core.fsmonitor "$tmp/liar"
git -C "$repo" config core.hooksPath "$tmp"
git -C "$repo" config pedigree.policy "$tmp/everybody"
rm -f "$tmp/was-run"
mkdir "$tmp/path"
for name in gpg gpg2 gpgsm ssh-keygen git sh; do
	ln -s ../liar "$tmp/path/$name"
done
hostile() {
	env PATH="$tmp/path:$PATH" GIT_DIR="$repo/.git" GIT_OBJECT_DIRECTORY=/nonexistent GIT_CONFIG_COUNT=1 \
		GIT_CONFIG_KEY_0=gpg.program GIT_CONFIG_VALUE_0="$tmp/liar" GIT_EXEC_PATH="$tmp/path" GIT_SSH_COMMAND="$tmp/liar" \
		GNUPGHOME="$tmp/elsewhere" "$@"
}
exits 1 "[SGN-3]" "T17 configuration that is hostile" check "$mallory"
exits 0 - "T17 a good commit all the same" check "$ssh"
run hostile pedigree -C "$repo" check --policy "$policy" --repository "$uri" "$mallory"
[ "$status" != 0 ] || fail "T17 an environment that is hostile"
pass "T17 an environment that is hostile"
[ ! -e "$tmp/was-run" ] || fail "T17 a program of the repository's choice was run"
for key in gpg.program gpg.ssh.program core.fsmonitor core.hooksPath pedigree.policy; do
	git -C "$repo" config --unset $key
done
git -C "$repo" config gpg.ssh.allowedSignersFile "$keys/allowed"

# What GnuPG says of somebody else's key, filed under the policy's key file in a repository that was copied whole.
mallory_pgp=$(made openpgp "$status_like")
pgp --armor --export "$status_like" >"$keys/mallory.asc"
source=$(sha256sum <"$keys/dev.asc" | cut -d' ' -f1)
pedigree-pgp describe "$keys/mallory.asc" >"$tmp/described" 2>/dev/null || fail "pedigree-pgp describe"
plant() {
	(umask 077 && mkdir -p "$repo/.git/pedigree/keys")
	sed "1s/$(sha256sum <"$keys/mallory.asc" | cut -d' ' -f1)/$source/" "$tmp/described" >"$repo/.git/pedigree/keys/$source.json"
	chmod 600 "$repo/.git/pedigree/keys/$source.json"
}
plant
refused SGN-3 "T17 key descriptions that the repository brings" "$mallory_pgp"
exits 0 - "the repository is prepared" pedigree -C "$repo" hooks install
[ ! -e "$repo/.git/pedigree/keys/$source.json" ] || fail "T17 hooks are installed over what was there"
exits 0 - "and no longer" pedigree -C "$repo" hooks uninstall

git -C "$repo" replace "$bare" "$ssh"
refused SGN-2 "M13 an unsigned commit that is replaced by a signed one" "$bare"
git -C "$repo" replace -d "$bare" >/dev/null
as Alice $alice
child=$(made ssh "$keys/alice" "$bare")
mkdir -p "$repo/.git/info"
echo "$child" >"$repo/.git/info/grafts"
refused SGN-2 "T16 a graft that hides an unsigned parent" "$child"
rm "$repo/.git/info/grafts"
echo "$child" >"$repo/.git/shallow"
refused SGN-2 "T16 a shallow boundary that hides it" "$child"
rm "$repo/.git/shallow"
git init -q --bare "$tmp/alternate.git"
mkdir -p "$repo/.git/objects/info"
hidden=$(printf 'tree %s\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nelsewhere\n' "$tree" |
	git -C "$tmp/alternate.git" hash-object -t commit -w --stdin --literally)
echo "$tmp/alternate.git/objects" >"$repo/.git/objects/info/alternates"
refused SGN-2 "T16 an object of an alternate is judged like any" "$hidden"
echo /nonexistent >"$repo/.git/objects/info/alternates"
exits 0 - "T16 an alternate that is not there adds nothing" check "$ssh"
rm "$repo/.git/objects/info/alternates"

# ---- what is printed --------------------------------------------------------------------------

as $'\e[2J\e]0;owned\aAlice\xe2\x80\xaeecila' $alice
ansi=$(made ssh "$keys/alice")
good "M18 escapes in a name hide nothing" "$ansi"
no_escapes() {
	! LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f]' "$printed" || fail "$1: a control character is printed"
	! grep -q $'\xe2\x80\xae' "$printed" || fail "$1: a bidi character is printed"
	pass "$1"
}
no_escapes "M18 nor are they printed"
as $'\e[2JAlice\xe2\x80\xae\xe2\x80\x8b' $'\e[31m@example.com'
printf 'tree %s\nauthor \e[2J\xe2\x80\xae <\e[31m@example.com> 1 +0000\ncommitter \e]0;x\a\r <\xe2\x80\xae@\xff\xfe> 1 +0000\ngpgsigX \e[2J\xe2\x80\xae x\n\nm\n' \
	"$tree" >"$tmp/raw"
refused COM-3 "T18 escapes, CR, bidi and bad UTF-8 in what is refused" "$(put <"$tmp/raw")"
no_escapes "T18 nothing of it is printed"
exits 2 "[GIT-4]" "T18 a revision with escapes" check $'\e[2J\xe2\x80\xaev1'
no_escapes "T18 nor of a revision"
as Alice $alice

# ---- sizes, formats, names --------------------------------------------------------------------

{
	echo "tree $tree"
	yes "parent $bare" | head -n 1000000
	printf 'author A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nm\n'
} >"$tmp/raw"
refused COM-6 "T22 a million parents" "$(put <"$tmp/raw")"
assert_says "make it again within that limit"
{
	printf 'tree %s\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\nx ' "$tree"
	head -c 100000000 /dev/zero | tr '\0' x
	printf '\n\nm\n'
} >"$tmp/raw"
refused COM-6 "T22 a header line of 100 MB" "$(put <"$tmp/raw")"
exits 1 "[COM-1]" "T22 a commit of zero length" check "$(put </dev/null)"
good "T22 no final newline" "$(printf 'no newline' | git -C "$repo" -c gpg.format=ssh commit-tree -S"$keys/alice" "$tree")"
printf 'tree %s\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nm\n' "$(printf '1%.0s' {1..64})" >"$tmp/raw"
refused COM-1 "T23 a tree of the other object format" "$(put <"$tmp/raw")"

# Another object's bytes under a good commit's name: what a collision would be, in its effect.
file() { printf '%s/.git/objects/%s/%s' "$repo" "${1:0:2}" "${1:2}"; }
victim=$(printf 'a victim\n' | git -C "$repo" -c gpg.format=ssh commit-tree -S"$keys/alice" "$tree")
good "T23 a commit under its own name" "$victim"
chmod u+w "$(file "$victim")"
cp "$(file "$pgp")" "$(file "$victim")"
exits 3 "[GIT-3]" "T23 another commit's bytes under its name" check "$victim"

finish
