#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A real Rekor v1 (over Trillian, PostgreSQL and Redis) takes our entries: what comes back verifies with ours and shows its
# time, the same bytes again are the same entry (409), and what was pending while it was away is logged when it is back.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/../e2e/world.sh"
# shellcheck source=tests/interop/lib.sh
. "$here/lib.sh"

rekor_v1_start
world_keys
world_policy
openssl pkey -pubin -in "$W/rekor1.pub" -outform DER | openssl dgst -sha256 -binary >"$W/log-id"
python3 - "$W" >"$W/keys/trusted-root.json" <<'PYTHON'
import base64, json, subprocess, sys
w = sys.argv[1]
der = subprocess.check_output(["openssl", "pkey", "-pubin", "-in", w + "/rekor1.pub", "-outform", "DER"])
b64 = lambda b: base64.b64encode(b).decode()
print(json.dumps({"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1", "tlogs": [{
    "baseUrl": "http://localhost", "hashAlgorithm": "SHA2_256",
    "publicKey": {"rawBytes": b64(der), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": {"start": "2024-01-01T00:00:00Z"}},
    "logId": {"keyId": b64(open(w + "/log-id", "rb").read())}}],
    "certificateAuthorities": [], "ctlogs": [], "timestampAuthorities": []}))
PYTHON
sed -i 's|^\[trust\]$|&\n\ttrustedRoot = keys/trusted-root.json|' "$W/policy"
world_config "$(free_port)" <<CONF
[log]
	type = rekor-v1
	url = $REKOR1
	origin = localhost
	key = $W/rekor1.pub
CONF
world_start
world_repo
world_commit one
ok "push" git push -q origin HEAD:main
wait_for 30 all_logged || fail "the source is not logged"

ok "attest build" build artifact --service "$URL" --wait 30 --bundle "$W/ours.sigstore.json" --records "$W/records"
ok "our chain verifies" pedigree verify "$W/artifact" --from "$W/records" --policy "$W/policy"
ok "our bundle verifies" pedigree verify-bundle --bundle "$W/ours.sigstore.json" --key "$W/keys/signing.pem.pub" \
	--trusted-root "$W/keys/trusted-root.json" "$W/artifact"
ok "it is a dsse entry" jq -e '.verificationMaterial.tlogEntries[0] | .kindVersion == {"kind":"dsse","version":"0.0.1"}
	and (.inclusionPromise.signedEntryTimestamp | length > 0) and (.integratedTime | tonumber > 1700000000)' "$W/ours.sigstore.json"
# what was signed over is what is verified: the time, the body, the place
for spoil in '.integratedTime |= (tonumber + 1 | tostring)' '.logIndex |= (tonumber + 1 | tostring)' \
	'.inclusionProof.logIndex |= (tonumber + 1 | tostring)' '.canonicalizedBody |= (@base64d | sub("dsse";"dssf") | @base64)'; do
	jq ".verificationMaterial.tlogEntries[0] |= ($spoil)" "$W/ours.sigstore.json" >"$W/spoilt.json"
	exits 1 LOG- "and not with $spoil" pedigree verify-bundle --bundle "$W/spoilt.json" --key "$W/keys/signing.pem.pub" \
		--trusted-root "$W/keys/trusted-root.json" "$W/artifact"
done

# what the log has already is fetched from there: the proof that was stored is lost
ok "another build is signed" build twice --no-submit --output "$W/twice.json"
send "$W/twice.json" 30
[ "$(jq -r .state "$W/answer")" = logged ] || fail "not logged: $(cat "$W/answer")"
first=$(curl -sf "$URL/api/v1/attestations/$ref" | jq -c '.bundle.verificationMaterial.tlogEntries[0].logIndex')
world_stop
sqlite3 "$W/service/pedigree.db" "INSERT INTO pending SELECT max(id) FROM attestation;
	DELETE FROM bundle WHERE id = (SELECT max(id) FROM attestation)" || fail "the proof is not lost"
world_start
wait_for 30 logged "$ref" || fail "not logged again"
again=$(curl -sf "$URL/api/v1/attestations/$ref" | jq -c '.bundle.verificationMaterial.tlogEntries[0].logIndex')
[ "$first" = "$again" ] || fail "the same bytes are entry $first and entry $again"
pass "the same bytes again are the same entry"
grep -q '"status": 409' "$W/rekor1.log" || fail "and Rekor did not answer 409"
pass "by 409"

# it goes away in the midst, and comes back
stop "$REKOR1_PID" >/dev/null
refs=()
for n in 1 2 3 4 5; do
	build "away-$n" --no-submit --output "$W/away.json" >/dev/null 2>&1 || fail "build $n"
	send "$W/away.json" 0
	[ "$(jq -r .state "$W/answer")" = pending-log ] || fail "not taken while the log is away: $(cat "$W/answer")"
	refs+=("$ref")
done
pass "builds are taken while the log is away"
exits 1 CHN-4 "a pending link fails verify" pedigree verify "$W/away-1" --from "$URL" --policy "$W/policy"
rekor_v1_again
for ref in "${refs[@]}"; do
	wait_for 60 logged "$ref" || fail "$ref is not logged after the log came back"
done
pass "and all are logged when it is back"
ok "and verify" pedigree verify "$W/away-5" --from "$URL" --policy "$W/policy"
world_stop
ok "fsck" pedigreed --config "$W/pedigreed.conf" --fsck
finish
