#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the serving process has given up, as the kernel tells it; and that it still does all that it is for. What the
# confinement refuses is tests/unit/proc/test_confine.c's.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/world.sh"
world_keys
world_policy
# private keys in a folder of their own, and not below /tmp, where GnuPG is let write
private=$(mktemp -d /var/tmp/pdg.XXXXXX) || exit 3
trap 'rm -rf "$private"; clean_up' EXIT
mv "$W/keys/signing.pem" "$W/keys/journal.pem" "$private/"
# and a developer with an OpenPGP key, so that GnuPG is run from inside
fingerprint=$(pgp_key Ann ann@company.example)
gpg --batch --armor --export "$fingerprint" >"$W/keys/developers.asc" 2>/dev/null
sed -i 's|^\tsshAllowedSigners = .*|&\n\topenpgpKeys = keys/developers.asc|' "$W/policy"
world_config "$(free_port)" embedded
mkdir "$W/conf"
sed "s|= keys/|= $private/|; s|= policy$|= $W/conf/policy|" "$W/pedigreed.conf" >"$W/conf/pedigreed.conf"
sed "s|= keys/|= $W/keys/|" "$W/policy" >"$W/conf/policy"
daemon_start "$W/conf/pedigreed.conf" "$URL"

grep -q '^NoNewPrivs:[[:space:]]*1' "/proc/$DAEMON_PID/status" || fail "the service may gain privileges"
grep -q '^Max core file size *0 *0' "/proc/$DAEMON_PID/limits" || fail "the service may dump core"
pass "no new privileges, no core"
jq -es 'map(select(.event == "confined")) | length == 1' <"$tmp/pedigreed.log" >/dev/null || fail "no line says what is on"
pass "the log says what is on"
if jq -es 'map(select(.event == "confined"))[0].landlock == "0"' <"$tmp/pedigreed.log" >/dev/null; then
	not_checked "Landlock" "this kernel has none"
else
	jq -es 'map(select(.event == "confined"))[0]["signing-key"] == "out of reach"' <"$tmp/pedigreed.log" >/dev/null ||
		fail "the signing key can be read: $(grep confined "$tmp/pedigreed.log")"
	pass "the signing key is out of reach"
fi
# its configuration is below /tmp, which it may write, and that is told
jq -es 'map(select(.event == "confined"))[0] | .configuration == "writable" and .level == "warn"' <"$tmp/pedigreed.log" >/dev/null ||
	fail "nothing says that the service may write its configuration: $(grep confined "$tmp/pedigreed.log")"
pass "a configuration that the service may write is told"

# everything that it is for goes on: GnuPG, a submission, a reload with a changed file, another key, readiness
cp "$W/conf/policy" "$W/policy"
world_repo
world_commit one
ok "push" git push -q origin HEAD:main
printf 'artifact\n' >"$W/artifact"
ok "build" pedigree attest build --artifact "$W/artifact" --builder "$BUILDER" --key "$W/keys/ci.pem" \
	--repository "$URI" --commit HEAD --no-submit --output "$W/build.json"
http 201 - "accepted and logged" -H 'Content-Type: application/json' -H 'Prefer: wait=10' --data-binary "@$W/build.json" \
	"$URL/api/v1/attestations"
http 200 - "ready" "$URL/readyz"
pgp_key Eve eve@company.example >/dev/null
gpg --batch --armor --export >"$W/keys/developers.new" 2>/dev/null
mv "$W/keys/developers.new" "$W/keys/developers.asc"
ok "a new key" pedigree key generate "$private/second.pem"
cp "$private/second.pem.pub" "$W/keys/second.pem.pub"
sed "s|version = 1|version = 2|; s|^\tserviceKey = .*|&\n\tserviceKey = $W/keys/second.pem.pub|" "$W/conf/policy" >"$W/conf/policy.new"
mv "$W/conf/policy.new" "$W/conf/policy"
sed -i "s|^\tsigningKey = .*|\tsigningKey = $private/second.pem|" "$W/conf/pedigreed.conf"
daemon_reload
pass "policy, OpenPGP keys and signing key are taken in from inside"
holder=$(pgrep -P "$(pgrep -x pedigree-signer -P "$DAEMON_PID" | head -n 1)" -x pedigree-signer)
kill -KILL "$holder"
http 200 - "ready after its signer died" "$URL/readyz"
daemon_stop
ok "everything stored holds" pedigreed --config "$W/conf/pedigreed.conf" --fsck
finish
