#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Where the service's keys may be: an encrypted file, a PKCS#11 token (SoftHSM's); and what happens when who holds them is gone.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/world.sh"
world_embedded

post() { # post STATUS RULE WHAT FILE
	http "$1" "$2" "$3" -H 'Content-Type: application/json' -H 'Prefer: wait=10' --data-binary "@$4" "$URL/api/v1/attestations"
}
number=0
build() { # build: a fresh build statement in $W/build.json
	number=$((number + 1))
	printf 'artifact %s\n' "$number" >"$W/artifact"
	ok "sign build $number" pedigree attest build --artifact "$W/artifact" --builder "$BUILDER" --key "$W/keys/ci.pem" \
		--repository "$URI" --commit HEAD --no-submit --output "$W/build.json"
}
ready() { [ "$(curl -s -o /dev/null -w '%{http_code}' "$URL/readyz")" = "$1" ]; }
rule_of_ready() { curl -s "$URL/readyz" | jq -r .rule; }
signers() { pgrep -P "$1" -x pedigree-signer; }
# The keeper is pedigreed's child, the holder of the keys the keeper's.
holder() {
	local keeper
	keeper=$(signers "$DAEMON_PID" | head -n 1)
	[ -n "$keeper" ] && signers "$keeper" | tail -n 1
}
configure() { # configure KEY VALUE: one value of [service]
	sed -i "s|^\t$1 = .*|\t$1 = $2|" "$W/pedigreed.conf"
}

world_commit one
ok "push" git push -q origin HEAD:main

# who holds the keys has nothing but its sockets
pid=$(holder)
[ -n "$pid" ] || fail "no pedigree-signer holds the keys"
grep -q '^NoNewPrivs:[[:space:]]*1' "/proc/$pid/status" || fail "the signer may gain privileges"
grep -q '^Seccomp:[[:space:]]*2' "/proc/$pid/status" || fail "the signer's system calls are not filtered"
for fd in "/proc/$pid/fd/"*; do
	case ${fd##*/}:$(readlink "$fd") in
	[012]:* | *:socket:*) ;;
	*) fail "the signer has $fd open: $(readlink "$fd")" ;;
	esac
done
grep -q '^Max core file size *0 *0' "/proc/$pid/limits" || fail "the signer may dump core"
pass "the signer is confined"

# the key agent gone, T76: it is begun again, and nobody notices
build
kill -KILL "$(holder)"
post 201 - "T79 the holder of the keys dies by a signal: the next submission begins another" "$W/build.json"
mv "$W/keys/signing.pem" "$W/keys/away.pem"
kill -KILL "$(holder)"
build
post 503 SVC-3 "T76 the key agent is gone and cannot come back" "$W/build.json"
[ "$(jq -r .type "$W/answer")" = urn:pedigree:problem:overloaded ] || fail "problem type"
curl -s -o /dev/null -D - -H 'Content-Type: application/json' --data-binary "@$W/build.json" "$URL/api/v1/attestations" |
	grep -qi '^retry-after:' || fail "no Retry-After"
[ "$(rule_of_ready)" = RDY-1 ] || fail "T76 /readyz without a signer: $(rule_of_ready), not RDY-1"
http 200 - "reading goes on without the keys" "$URL/api/v1/subjects/gitCommit:$commit"
mv "$W/keys/away.pem" "$W/keys/signing.pem"
wait_for 15 ready 200 || fail "not ready after the key came back"
post 201 - "T76 and is signed for when the key is back" "$W/build.json"
kill -KILL "$(signers "$DAEMON_PID")"
build
post 201 - "T79 the keeper of signers dies by a signal: the holder goes on" "$W/build.json"
world_stop
[ -z "$(pgrep -x pedigree-signer -s "$DAEMON_PID")" ] || fail "a signer outlived the service"
ok "nothing was lost" pedigreed --config "$W/pedigreed.conf" --fsck

# checking signs nothing: the keys may be where nobody reaches them now, in a credential or a token that is away
mkdir "$W/away"
mv "$W/keys/signing.pem" "$W/keys/journal.pem" "$W/service/log/key.pem" "$W/away"
exits 1 LOG-11 "but a key that lies in the log's folder belongs to what is checked" pedigreed --config "$W/pedigreed.conf" --fsck
: >"$W/service/log/key.pem"
exits 2 KEY-3 "and must be one" pedigreed --config "$W/pedigreed.conf" --fsck
cp "$W/away/key.pem" "$W/service/log/key.pem"
ok "--fsck without the keys that are named" pedigreed --config "$W/pedigreed.conf" --fsck
assert_says " 0 faults"
exits 2 KEY-3 "a service without one does not start" pedigreed --config "$W/pedigreed.conf"
mv "$W/away/key.pem" "$W/service/log/key.pem"
mv "$W"/away/* "$W/keys"

# an encrypted key
openssl pkcs8 -topk8 -v2 aes-256-cbc -in "$W/keys/signing.pem" -out "$W/keys/locked.pem" -passout pass:'open sesame'
chmod 600 "$W/keys/locked.pem"
configure signingKey keys/locked.pem
exits 2 KEY-4 "an encrypted key without a passphrase" pedigreed --config "$W/pedigreed.conf"
sed -i 's|^\tsigningKey = .*|&\n\tsigningKeyPassphrase = keys/word|' "$W/pedigreed.conf"
exits 2 KEY-3 "a passphrase's file that is not there" pedigreed --config "$W/pedigreed.conf"
printf 'open barley\n' >"$W/keys/word"
exits 2 KEY-4 "a wrong passphrase" pedigreed --config "$W/pedigreed.conf"
printf 'open sesame\n' >"$W/keys/word"
chmod 644 "$W/keys/word"
exits 2 KEY-2 "a passphrase that others may read" pedigreed --config "$W/pedigreed.conf"
chmod 600 "$W/keys/word"
world_start
build
post 201 - "signed by an encrypted key" "$W/build.json"
unused() { grep -c '"event":"passphrase-not-used"' "$tmp/pedigreed.log"; }
assert_same "its passphrase is used" "$(unused)" 0
world_stop
configure signingKey keys/signing.pem
world_start
assert_same "a passphrase beside a key that is not encrypted is told of" "$(unused)" 1
daemon_reload
assert_same "with a reload too" "$(unused)" 2
world_stop

# a token
if [ -f /usr/lib/softhsm/libsofthsm2.so ] && tool softhsm2-util "PKCS#11" && tool pkcs11-tool "PKCS#11"; then
	module=/usr/lib/softhsm/libsofthsm2.so
	mkdir "$W/tokens"
	printf 'directories.tokendir = %s\nobjectstore.backend = file\n' "$W/tokens" >"$W/softhsm2.conf"
	export SOFTHSM2_CONF=$W/softhsm2.conf
	hsm() { ok "$1" pkcs11-tool --module "$module" --token-label service --login --pin 4711 "${@:2}"; }
	ok "token" softhsm2-util --init-token --free --label service --so-pin 1234 --pin 4711
	hsm "key in the token" --keypairgen --key-type EC:prime256v1 --label signing --id 01
	hsm "a key that no log entry is made with" --keypairgen --key-type rsa:2048 --label rsa --id 02
	printf '4711\n' >"$W/keys/pin"
	chmod 600 "$W/keys/pin"
	uri() { printf '"pkcs11:token=service;object=%s?module-path=%s\\&pin-source=file:%s"' "$1" "$module" "$W/keys/pin"; }
	configure signingKey "$(uri absent)"
	exits 2 KEY-5 "a key that is not in the token" pedigreed --config "$W/pedigreed.conf"
	configure signingKey "$(uri signing)"
	hsm "its public half" --read-object --type pubkey --id 01 --output-file "$W/keys/token.der"
	openssl pkey -pubin -inform DER -in "$W/keys/token.der" -out "$W/keys/token.pub" || fail "no public half"
	sed -i 's|^\tserviceKey = .*|&\n\tserviceKey = keys/token.pub|' "$W/policy"
	world_start
	build
	post 201 - "signed by a token" "$W/build.json"
	assert_same "a passphrase beside a token is told of" "$(unused)" 3
	digest=$(sha256sum <"$W/artifact" | cut -d' ' -f1)
	ok "a verdict on what a token signed" pedigree verify "$W/artifact" --from "$URL" --policy "$W/policy"
	http 200 - "its chain" "$URL/api/v1/chains/sha256:$digest"
	world_stop
	# away at the start: it may be there later, and is tried again (exit 3); a wrong PIN never is, for that locks a token
	mv "$W/tokens" "$W/tokens-away"
	exits 3 KEY-7 "a token that is away at the start" pedigreed --config "$W/pedigreed.conf"
	mkdir "$W/tokens"
	exits 3 KEY-7 "no token in the place of tokens" pedigreed --config "$W/pedigreed.conf"
	rmdir "$W/tokens"
	mv "$W/tokens-away" "$W/tokens"
	printf '0815\n' >"$W/keys/pin"
	exits 2 KEY-5 "a wrong PIN" pedigreed --config "$W/pedigreed.conf"
	printf '4711\n' >"$W/keys/pin"
	# The home of the service's user may be the folder of its store: nothing below it configures who holds the keys.
	mkdir -p "$HOME/.config/softhsm2" "$HOME/.config/pkcs11/modules"
	mv "$W/softhsm2.conf" "$HOME/.config/softhsm2/softhsm2.conf"
	printf 'module: %s\n' "$module" >"$HOME/.config/pkcs11/modules/planted.module"
	exits 3 KEY-7 "T76 a module's configuration in the home" env -u SOFTHSM2_CONF timeout -s KILL 20 pedigreed --config "$W/pedigreed.conf"
	exits 3 KEY-7 "T76 or below XDG_CONFIG_HOME" env -u SOFTHSM2_CONF XDG_CONFIG_HOME="$HOME/.config" timeout -s KILL 20 pedigreed --config "$W/pedigreed.conf"
	mv "$HOME/.config/softhsm2/softhsm2.conf" "$W/softhsm2.conf"
	configure signingKey "\"pkcs11:token=service;object=signing?pin-source=file:$W/keys/pin\""
	exits 2 KEY-5 "T76 a URI that leaves the module to p11-kit's configuration" timeout -s KILL 20 pedigreed --config "$W/pedigreed.conf"
	configure signingKey "$(uri signing)"
	world_start
	mv "$W/tokens" "$W/tokens-away"
	kill -KILL "$(holder)"
	build
	post 503 SVC-3 "T76 the token is away" "$W/build.json"
	mv "$W/tokens-away" "$W/tokens"
	wait_for 15 ready 200 || fail "not ready after the token came back"
	post 201 - "the token is back" "$W/build.json"
	world_stop
fi
# the cache of key descriptions cannot be written to: keys are described anew, that is all
configure signingKey keys/signing.pem
sed -i '/signingKeyPassphrase/d' "$W/pedigreed.conf"
rm -rf "$W/service/pedigree.db.keys"
ln -s /proc/self "$W/service/pedigree.db.keys"
exits 2 FIL-1 "T76 the cache's folder is a link to another place" pedigreed --config "$W/pedigreed.conf"
rm "$W/service/pedigree.db.keys"
world_start
rm -rf "$W/service/pedigree.db.keys"
printf 'in its place\n' >"$W/service/pedigree.db.keys"
daemon_reload
build
post 201 - "T76 the cache's folder is gone, and no other can be made" "$W/build.json"
rm "$W/service/pedigree.db.keys"
world_stop
ok "everything stored holds" pedigreed --config "$W/pedigreed.conf" --fsck
finish
