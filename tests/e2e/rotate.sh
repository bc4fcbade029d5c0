#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# One signing key follows another while the service runs: nothing is lost, both are shown, and verifiers obey their windows.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/world.sh"
world_embedded

post() { # post STATUS RULE WHAT FILE
	http "$1" "$2" "$3" -H 'Content-Type: application/json' -H 'Prefer: wait=10' --data-binary "@$4" "$URL/api/v1/attestations"
}
build() { # build NAME: a build of the artifact NAME, accepted
	printf 'artifact %s\n' "$1" >"$W/$1"
	ok "sign $1" pedigree attest build --artifact "$W/$1" --builder "$BUILDER" --key "$W/keys/ci.pem" \
		--repository "$URI" --commit HEAD --no-submit --output "$W/$1.json"
	post 201 - "accepted: $1" "$W/$1.json"
}
hint() { openssl pkey -pubin -in "$1" -outform DER | openssl dgst -sha256 -binary | base64; }
keys() { curl -s "$URL/.well-known/pedigree/keys.json" | jq -r "$1"; }
verify() { pedigree verify "$W/$1" --from "$URL" --policy "$W/policy"; }
active() { [ "$(keys '.keys[0].hint')" = "$1" ]; }
ready_rule() { curl -s "$URL/readyz" | jq -r .rule; }
unready() { [ "$(ready_rule)" = "$1" ]; }
at() { date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ; }

world_commit one
ok "push" git push -q origin HEAD:main
build first
first=$(hint "$W/keys/signing.pem.pub")
active "$first" || fail "keys.json does not begin with the active key"
[ "$(keys '.keys[0].validUntil')" = null ] || fail "the active key has an end"
ok "good under the first key" verify first

# a broken new key: the old one stays, and readiness says which
ok "new key" pedigree key generate "$W/keys/second.pem"
sed -i 's|^\tsigningKey = .*|\tsigningKey = keys/absent.pem|' "$W/pedigreed.conf"
kill -HUP "$DAEMON_PID"
wait_for 10 unready RDY-7 || fail "a signing key that cannot be loaded: $(ready_rule), not RDY-7"
build while-broken
active "$first" || fail "another key is in use"

# the key before the policy: it is not taken, for nobody would believe what it signs
sed -i 's|^\tsigningKey = .*|\tsigningKey = keys/second.pem|' "$W/pedigreed.conf"
kill -HUP "$DAEMON_PID"
wait_for 10 grep -q '"event":"reload-failed","what":"signingKey","rule":"RDY-8"' "$W/pedigreed.log" ||
	fail "a key that the policy does not name was not refused"
unready RDY-7 || fail "a signing key that the policy does not name: $(ready_rule), not RDY-7"
build wrong-order
active "$first" || fail "a key is in use that the policy does not name"
ok "good, by the key before" verify wrong-order

# nor when the one who holds the key before has ended: its file is not the one that is configured
keeper=$(pgrep -o -P "$DAEMON_PID" -x pedigree-signer) || fail "no program keeps the holders"
holder=$(pgrep -o -P "$keeper" -x pedigree-signer) || fail "no program holds the key before"
kill -KILL "$holder"
printf 'artifact held\n' >"$W/held"
ok "sign held" pedigree attest build --artifact "$W/held" --builder "$BUILDER" --key "$W/keys/ci.pem" \
	--repository "$URI" --commit HEAD --no-submit --output "$W/held.json"
post 503 SVC-3 "the key before has nobody who holds it" "$W/held.json"
jq -e '.fix | contains("reload")' "$W/answer" >/dev/null || fail "it does not say what to do"
sed -i 's|^\tsigningKey = .*|\tsigningKey = keys/signing.pem|' "$W/pedigreed.conf"
daemon_reload
post 201 - "named again, it signs" "$W/held.json"
ok "good" verify held
sed -i 's|^\tsigningKey = .*|\tsigningKey = keys/second.pem|' "$W/pedigreed.conf"

# by a start it is in use, and signs nothing: the statement waits, and is good later
world_stop
world_start
unready RDY-1 || fail "started with a key that the policy does not name: $(ready_rule), not RDY-1"
printf 'artifact later\n' >"$W/later"
ok "sign later" pedigree attest build --artifact "$W/later" --builder "$BUILDER" --key "$W/keys/ci.pem" \
	--repository "$URI" --commit HEAD --no-submit --output "$W/later.json"
post 503 RDY-8 "a statement, while the key is not trusted" "$W/later.json"
world_stop
sed -i 's|^\tsigningKey = .*|\tsigningKey = keys/signing.pem|' "$W/pedigreed.conf"
world_start
post 201 - "the same with the key before" "$W/later.json"
ok "good" verify later

# the policy first, then the key: no moment at which anybody's verdict changes
sed -i 's|^\tserviceKey = .*|&\n\tserviceKey = keys/second.pem.pub|' "$W/policy"
sed -i 's|^\tsigningKey = .*|\tsigningKey = keys/second.pem|' "$W/pedigreed.conf"
(
	# submissions while it turns
	for i in $(seq 1 40); do
		printf 'during %s\n' "$i" >"$W/during-$i"
		pedigree attest build --artifact "$W/during-$i" --builder "$BUILDER" --key "$W/keys/ci.pem" \
			--repository "$URI" --commit HEAD --no-submit --output "$W/during-$i.json" >/dev/null 2>&1
		curl -s -o /dev/null -w '%{http_code}\n' -H 'Content-Type: application/json' -H 'Prefer: wait=10' \
			--data-binary "@$W/during-$i.json" "$URL/api/v1/attestations"
	done >"$W/during"
) 3>&- &
sender=$!
sleep 0.2
daemon_reload
second=$(hint "$W/keys/second.pem.pub")
wait "$sender"
[ "$(sort -u "$W/during")" = 201 ] || fail "submissions while the key turned: $(sort "$W/during" | uniq -c | tr '\n' ' ')"
pass "no submission failed while the key turned"
active "$second" || fail "the new key is not in use"
http 200 - "ready with the new key" "$URL/readyz"
world_commit two
ok "push" git push -q origin HEAD:main
build second
[ "$(keys '.keys[1].hint')" = "$first" ] || fail "keys.json lacks the former key"
[ "$(keys '.keys[1].validUntil')" != null ] || fail "the former key has no end"
for i in first while-broken during-1 during-40 second; do
	ok "good, whichever of the two signed: $i" verify "$i"
done
[ "$(pgrep -cx pedigree-signer -P "$(pgrep -x pedigree-signer -P "$DAEMON_PID" | head -n 1)")" = 1 ] ||
	fail "the process that held the former key has not ended"

# windows: the former key in a section of its own
key_section() { # key_section NAME FILE [LINE…]
	printf '[trust "%s"]\n\tserviceKey = keys/%s\n' "$1" "$2"
	shift 2
	printf '\t%s\n' "$@"
}
sed -i '/^\tserviceKey = /d' "$W/policy"
cp "$W/policy" "$W/policy.base"
policy_is() { { cat "$W/policy.base"; cat; } >"$W/policy.new" && mv "$W/policy.new" "$W/policy"; }
{ key_section old signing.pem.pub "validBefore = $(at '+1 hour')"; key_section new second.pem.pub "validAfter = $(at '-1 hour')"; } | policy_is
ok "overlapping windows: the old one's" verify first
ok "overlapping windows: the new one's" verify second
daemon_reload
[ "$(keys '.keys | length')" = 2 ] || fail "keys.json: $(keys .)"
{ key_section old signing.pem.pub "validBefore = $(at '-1 hour')"; key_section new second.pem.pub; } | policy_is
exits 1 TIM-2 "a countersignature made after its key's window" verify first
ok "the new key's stands" verify second
{ key_section old signing.pem.pub; key_section new second.pem.pub "validAfter = $(at '+1 hour')"; } | policy_is
exits 1 TIM-1 "a countersignature made before its key's window" verify second
ok "the old key's stands" verify first
{ key_section old signing.pem.pub "compromisedSince = $(at '-1 day')"; key_section new second.pem.pub; } | policy_is
exits 1 TIM-3 "a countersignature by a key that is compromised" verify first

# a policy that names no serviceKey trusts the service's own, those of before too
policy_is </dev/null
daemon_reload
digest=$(sha256sum <"$W/first" | cut -d' ' -f1)
http 200 - "the chain of what a former key signed" "$URL/api/v1/chains/sha256:$digest"
[ "$(jq -r .verdict "$W/answer")" = good ] || fail "the former key's is not good any more: $(cat "$W/answer")"
{ key_section old signing.pem.pub; key_section new second.pem.pub; } | policy_is
daemon_reload

# the store knows both, whatever the policy says
world_stop
sqlite3 "$W/service/pedigree.db" "SELECT value FROM meta WHERE name='service-keys'" >"$W/own-keys" 2>/dev/null
[ "$(grep -c . "$W/own-keys")" = 2 ] || fail "the store knows $(grep -c . "$W/own-keys") signing keys"
world_start
ok "after a restart" verify first
ok "after a restart" verify second
world_stop
ok "everything stored holds" pedigreed --config "$W/pedigreed.conf" --fsck
finish
