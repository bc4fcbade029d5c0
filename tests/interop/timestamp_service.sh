#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Sigstore's own timestamp authority through the whole service: every bundle has a timestamp over its countersignature, which
# ours and cosign verify by the trusted root that the service serves; while the authority is away what is taken stays
# pending, and gets its timestamp when it is back; another authority's are not believed.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/../e2e/world.sh"
# shellcheck source=tests/interop/lib.sh
. "$here/lib.sh"
need_peer timestamp-server
need_peer cosign

tsa_start first
world_keys
world_policy
port=$(free_port)
configure() { # configure AUTHORITY CHAIN
	world_config "$port" <<CONF
[log]
	type = embedded
	directory = $W/service/log
	origin = localhost
	timestampAuthority = $1
	timestampCertificates = $2
CONF
}
configure "$TSA" "$W/first.pem"
world_start
world_trust_log
world_repo
world_commit one
ok "push" git push -q origin HEAD:main
wait_for 30 all_logged || fail "the source is not logged"

ok "attest build" build artifact --service "$URL" --wait 30 --bundle "$W/ours.sigstore.json" --records "$W/records"
ok "its bundle has a timestamp" jq -e '.verificationMaterial.timestampVerificationData.rfc3161Timestamps | length == 1' \
	"$W/ours.sigstore.json"
ok "our chain verifies" pedigree verify "$W/artifact" --from "$W/records" --policy "$W/policy"
ok "our bundle verifies" pedigree verify-bundle --bundle "$W/ours.sigstore.json" --key "$W/keys/signing.pem.pub" \
	--trusted-root "$W/keys/trusted-root.json" "$W/artifact"
ok "the served root names the authority" jq -e '.timestampAuthorities | length == 1' "$W/keys/trusted-root.json"
ok "cosign verifies it by that root" "$PEERS/cosign" verify-blob-attestation --new-bundle-format --key "$W/keys/signing.pem.pub" \
	--bundle "$W/ours.sigstore.json" --trusted-root "$W/keys/trusted-root.json" --use-signed-timestamps \
	--type https://slsa.dev/provenance/v1 "$W/artifact"

# the token of another bundle is not this one's
ok "another build" build other --service "$URL" --wait 30 --bundle "$W/other.sigstore.json"
jq --slurpfile other "$W/other.sigstore.json" \
	'.verificationMaterial.timestampVerificationData = $other[0].verificationMaterial.timestampVerificationData' \
	"$W/ours.sigstore.json" >"$W/swapped.json"
exits 1 TSA-4 "a timestamp over another signature" pedigree verify-bundle --bundle "$W/swapped.json" \
	--key "$W/keys/signing.pem.pub" --trusted-root "$W/keys/trusted-root.json" "$W/artifact"

# away
stop "$TSA_PID" >/dev/null
build away --no-submit --output "$W/away.json" >/dev/null 2>&1 || fail "build"
send "$W/away.json" 1
[ "$(jq -r .state "$W/answer")" = pending-log ] || fail "without its timestamp it is not pending: $(cat "$W/answer")"
pass "without its timestamp it is pending"
wait_for 10 grep -q TSA-12 "$W/pedigreed.log" || fail "nothing says TSA-12"
pass "by TSA-12"

# another authority in its place is not believed, and what waits goes on waiting
world_stop
tsa_start second
configure "$TSA" "$W/first.pem"
world_start
wait_for 20 grep -q 'TSA-[78]' "$W/pedigreed.log" || fail "the timestamps of a stranger are not refused"
logged "$ref" && fail "logged with the timestamp of a stranger"
pass "a stranger's timestamp is refused"

# the operator names it
world_stop
configure "$TSA" "$W/second.pem"
world_start
wait_for 30 logged "$ref" || fail "not logged when the authority is back"
pass "and it is logged when there is one to be believed"
finish
