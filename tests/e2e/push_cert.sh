#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Push certificates (rules.md 7, pusherFrom = certificate): asked for, checked, replayed, kept, and named as the pusher.
# shellcheck source=tests/e2e/repo_world.sh
. "$(dirname "$0")/repo_world.sh"

repo_world
kept="$srv/pedigree/certificates"
n_kept() { find "$kept" -type f 2>/dev/null | wc -l; }
# The payload of the statement that was made last.
statement() {
	local last
	last=$(find "$srv/pedigree/outbox" -name '*.json' -printf '%T@ %p\n' | sort -n | tail -n 1)
	jq -r .attestation.payload "${last#* }" | base64 -d
}

# ---- a server that does not ask -----------------------------------------------------------------

write_policy "pusherFrom = certificate"
assert_exit 0 "install where git asks nobody" install_hooks
assert_rule PSH-19
assert_says 'config receive.certNonceSeed'
empty "$dev" one
refuses PSH-19 "a push there" push main
assert_exit 1 "doctor" pedigree -C "$srv" doctor
assert_says "bad  certificates"
assert_rule PSH-19
git -C "$srv" config receive.certNonceSeed "$(openssl rand -hex 32)"
run pedigree -C "$srv" doctor
assert_says "good certificates"
assert_exit 0 "install where it does" install_hooks
assert_silent_about PSH-19

# ---- signed and unsigned pushes -----------------------------------------------------------------

refuses PSH-14 "an unsigned push" push main
assert_says "git push --signed"
assert_exit 0 "a signed one" push --signed main
assert_same "its certificate is kept" 1 "$(n_kept)"
assert_same "for nobody else to see" "700 600" "$(stat -c %a "$kept" "$kept"/* | xargs)"
name=$(basename "$kept"/*)
assert_same "under the digest of what is signed" "$name" "$(sed '/^-----BEGIN/,$d' "$kept/$name" | sha256sum | cut -d' ' -f1)"
assert_same "and is what git was given" 1 "$(grep -c "$(tip main) refs/heads/main" "$kept/$name")"
assert_same "the statement names the signer" $alice "$(statement | jq -r .predicate.pusher)"
assert_exit 0 "an unprotected branch needs none" push main:refs/heads/any
git -C "$dev" config push.gpgSign if-asked
empty "$dev" two
assert_exit 0 "once configured, nobody has to think of it" push main
git clone -q "$srv" "$tmp/other"
ok "another clone" pedigree -C "$tmp/other" init --policy "$policy" --repository "$uri"
run pedigree -C "$tmp/other" doctor
assert_says "bad  pushes"
assert_rule PSH-14
git -C "$tmp/other" config push.gpgSign if-asked
run pedigree -C "$tmp/other" doctor
assert_says "good pushes"
git -C "$dev" config --unset push.gpgSign
assert_same "again kept" 2 "$(n_kept)"

# Several refs, in the order of the certificate; one that git refuses later is not among those of post-receive.
empty "$dev" three
git -C "$dev" tag -s -m v1 v1
cat >"$srv/hooks/update" <<'UPDATE'
#!/bin/sh
test "$1" != refs/heads/release/1
UPDATE
chmod 755 "$srv/hooks/update"
before=$(waiting)
assert_refused "three refs of which one is refused late" push --signed main main:refs/heads/release/1 v1
assert_same "two of them stand" "$(head_of) $(tip refs/tags/v1 "$dev")" "$(tip main) $(tip refs/tags/v1)"
assert_same "the third does not" "" "$(tip refs/heads/release/1)"
assert_same "a statement for each that stands (the same commit by two refs)" $((before + 2)) "$(waiting)"
assert_same "one certificate" 3 "$(n_kept)"
rm "$srv/hooks/update"

# ---- who signs ----------------------------------------------------------------------------------

empty "$dev" four
for who in mallory forge; do
	refuses PSH-18 "signed by $who" git -C "$dev" -c user.signingKey="$tmp/$who" push -q --signed origin main
done
assert_says "(SGN-11)"
printf 'mallory@example.com namespaces="git",valid-before="20200101Z" %s\n' "$(cut -d' ' -f1,2 "$tmp/mallory.pub")" >>"$tmp/allowed"
refuses PSH-18 "signed by a key that has expired" git -C "$dev" -c user.signingKey="$tmp/mallory" push -q --signed origin main
assert_says "(SGN-6)"
for principals in '*@example.com' $alice,bob@example.com; do
	allowed_signer "$principals" "$tmp/alice" >"$tmp/allowed"
	empty "$dev" "by $principals"
	assert_exit 0 "by a key of $principals" push --signed main
	assert_same "the pusher is the key" "$(ssh-keygen -lf "$tmp/alice.pub" | cut -d' ' -f2)" \
		"$(statement | jq -r .predicate.pusher)"
done
allowed_signer $alice "$tmp/alice" >"$tmp/allowed"
carol=$(pgp_key 'Doe, Carol' carol@example.com 2>/dev/null)
gpg --batch --armor --export "$carol" >"$tmp/carol.asc"
write_policy "pusherFrom = certificate" "openpgpKeys = ../carol.asc"
empty "$dev" five
assert_exit 0 "by an OpenPGP key, which signed no commit" git -C "$dev" -c gpg.format=openpgp -c user.signingKey="$carol" push -q --signed origin main
assert_same "the pusher is its user id" "Doe, Carol <carol@example.com>" "$(statement | jq -r .predicate.pusher)"
write_policy "pusherFrom = certificate"

# ---- replayed and altered (attack 21) -----------------------------------------------------------

# What git would tell the hook, by hand: the certificate as a blob, and the words of its environment.
by_hand() { # by_hand CERTIFICATE-FILE STATUS NONCE LINES
	local blob
	blob=$(git -C "$srv" hash-object -w --stdin <"$1")
	printf '%s\n' "$4" | env GIT_DIR="$srv" GIT_PUSH_CERT="$blob" GIT_PUSH_CERT_STATUS=G GIT_PUSH_CERT_SIGNER=$alice \
		GIT_PUSH_CERT_KEY=x GIT_PUSH_CERT_NONCE_STATUS="$2" GIT_PUSH_CERT_NONCE="$3" sh "$srv/hooks/pre-receive"
}
nonce_of() { sed -n 's/^nonce //p' "$1"; }
lines_of() { sed -n '/^$/,/^-----BEGIN/p' "$1" | grep refs/; }

# A certificate that was signed for a push which git then refused: never accepted, so never kept.
cat >"$srv/hooks/update" <<UPDATE
#!/bin/sh
exit 1
UPDATE
chmod 755 "$srv/hooks/update"
empty "$dev" six
before=$(refs_of)
n=$(n_kept)
assert_refused "a push that an update hook refuses" push --signed main
assert_same "moves nothing" "$before" "$(refs_of)"
assert_same "and its certificate is not kept" "$n" "$(n_kept)"
rm "$srv/hooks/update"
# Its blob is lost with the quarantine, so one is caught on its way.
cp "$srv/hooks/pre-receive" "$tmp/ours"
cat >"$srv/hooks/pre-receive" <<CATCH
#!/bin/sh
git cat-file blob "\$GIT_PUSH_CERT" >"$tmp/caught"
exit 1
CATCH
push --signed main >/dev/null 2>&1
cp "$tmp/ours" "$srv/hooks/pre-receive"
git -C "$dev" push -q origin main:refs/heads/any
nonce=$(nonce_of "$tmp/caught")
lines=$(lines_of "$tmp/caught")
assert_exit 0 "by hand, as git would: it is good" by_hand "$tmp/caught" OK "$nonce" "$lines"
for status in BAD MISSING UNSOLICITED SLOP "" ok; do
	assert_exit 1 "the nonce is ${status:-unsaid}" by_hand "$tmp/caught" "$status" "$nonce" "$lines"
	assert_rule PSH-17
done
assert_exit 1 "the nonce of this push is another" by_hand "$tmp/caught" OK "${nonce%?}x" "$lines"
assert_rule PSH-17
assert_exit 1 "no nonce was given" by_hand "$tmp/caught" OK "" "$lines"
assert_rule PSH-17
assert_exit 3 "a nonce that is none" by_hand "$tmp/caught" OK "a b" "$lines"
assert_rule PSH-9
grep -v '^nonce ' "$tmp/caught" >"$tmp/altered"
assert_exit 1 "the nonce taken out" by_hand "$tmp/altered" OK "$nonce" "$lines"
assert_rule PSH-17
assert_exit 1 "another ref" by_hand "$tmp/caught" OK "$nonce" "${lines%main}release/7"
assert_rule PSH-16
assert_exit 1 "another new value" by_hand "$tmp/caught" OK "$nonce" "$(tip main) $(tip main) refs/heads/main"
assert_rule PSH-16
assert_exit 1 "one ref more" by_hand "$tmp/caught" OK "$nonce" "$lines
$(printf '%040d' 0) $(tip main) refs/heads/release/7"
assert_rule PSH-16
sed "s|^\(.* refs/heads/\)main\$|&\n\1other|" "$tmp/caught" >"$tmp/altered"
assert_exit 1 "one ref less than the certificate" by_hand "$tmp/altered" OK "$nonce" "$lines"
assert_rule PSH-16
sed 's|refs/heads/main|refs/heads/release/7|' "$tmp/caught" >"$tmp/altered"
assert_exit 1 "the certificate says another ref" by_hand "$tmp/altered" OK "$nonce" "$(lines_of "$tmp/altered")"
assert_rule PSH-18
assert_says "(SGN-4)"
sed '/^-----BEGIN/,$d' "$tmp/caught" >"$tmp/altered"
assert_exit 3 "without a signature" by_hand "$tmp/altered" OK "$nonce" "$lines"
assert_rule PSH-15
sed 's/^pusher/signed-off-by x\n&/' "$tmp/caught" >"$tmp/altered"
assert_exit 3 "with a header that is none of git's" by_hand "$tmp/altered" OK "$nonce" "$lines"
assert_rule PSH-15
printf 'gone' >"$tmp/altered"
assert_exit 3 "of an object that is not there" env GIT_PUSH_CERT_NONCE_STATUS=OK GIT_PUSH_CERT_NONCE="$nonce" GIT_DIR="$srv" \
	GIT_PUSH_CERT=1111111111111111111111111111111111111111 sh -c "echo '$lines' | sh '$srv/hooks/pre-receive'"
assert_rule PSH-15
assert_exit 3 "of what is no name" env GIT_PUSH_CERT="x y" GIT_DIR="$srv" sh -c "echo '$lines' | sh '$srv/hooks/pre-receive'"
assert_rule PSH-9

# Now it is accepted; the same once more, with the ref where it was before, is a replay.
before=$(tip main)
assert_exit 0 "the same push for real" push --signed main
real=$(grep -l "$(head_of) refs/heads/main" "$kept"/*)
git -C "$srv" update-ref refs/heads/main "$before"
assert_exit 1 "its certificate again, by hand" by_hand "$real" OK "$(nonce_of "$real")" "$(lines_of "$real")"
assert_rule PSH-17
assert_says "was accepted before"
fold -w 60 <<<"$(sed -n '/^-----BEGIN/,$p' "$real" | grep -v -- ----- | tr -d '\n')" >"$tmp/base64"
{ sed '/^-----BEGIN/,$d' "$real"; echo "-----BEGIN SSH SIGNATURE-----"; fold -w 76 <(tr -d '\n' <"$tmp/base64"); echo; echo "-----END SSH SIGNATURE-----"; } >"$tmp/altered"
assert_exit 1 "or with its signature in other lines" by_hand "$tmp/altered" OK "$(nonce_of "$real")" "$(lines_of "$real")"
assert_rule PSH-17
# git itself refuses a nonce of before: an old certificate in the place of the one that a client would send.
cat >"$tmp/replay" <<'REPLAY'
import subprocess, sys
srv, cert = sys.argv[1], open(sys.argv[2], "rb").read()
def pkt(b): return b"%04x" % (len(b) + 4) + b
p = subprocess.Popen(["git", "receive-pack", srv], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
while True:
    n = int(p.stdout.read(4), 16)
    if n == 0: break
    p.stdout.read(n - 4)
out = pkt(b"push-cert\0 report-status\n")
for line in cert.splitlines(True):
    out += pkt(line)
out += pkt(b"push-cert-end\n") + b"0000"
pack = subprocess.run(["git", "-C", srv, "pack-objects", "--stdout"], input=b"", capture_output=True).stdout
p.stdin.write(out + pack)
p.stdin.close()
sys.stdout.buffer.write(p.stdout.read())
sys.exit(p.wait())
REPLAY
# Its nonces are of a second each.
sleep 1.1
run python3 "$tmp/replay" "$srv" "$real"
assert_rule PSH-17
assert_says "nonce of another push"
assert_same "main is where it was" "$before" "$(tip main)"
mv "$real" "$tmp/real"
run python3 "$tmp/replay" "$srv" "$tmp/real"
assert_rule PSH-17
assert_same "also where its file was lost" "$before" "$(tip main)"

# Variables of the pusher's own (a server that takes them from him) name a certificate that is of another push.
git -C "$srv" hash-object -w --stdin <"$tmp/caught" >"$tmp/blob"
refuses PSH-16 "an unsigned push with words in its environment" env GIT_PUSH_CERT="$(cat "$tmp/blob")" GIT_PUSH_CERT_NONCE="$nonce" \
	GIT_PUSH_CERT_NONCE_STATUS=OK git -C "$dev" push -q origin main:refs/heads/release/8

# ---- where it cannot be kept, and without sources ------------------------------------------------

mv "$kept" "$kept.away"
touch "$kept"
refuses HOK-7 "no room for certificates" push --signed main
rm "$kept"
mv "$kept.away" "$kept"
grade=clone
write_policy "pusherFrom = certificate"
n=$(n_kept)
assert_exit 0 "sources from clones" push --signed main
assert_same "the certificate is kept all the same" $((n + 1)) "$(n_kept)"
assert_exit 0 "uninstall" pedigree -C "$srv" hooks uninstall --server
assert_says "push certificates are still in"
assert_same "leaves them" $((n + 1)) "$(n_kept)"

finish
