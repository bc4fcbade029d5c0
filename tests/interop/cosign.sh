#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Both ways with real cosign, over our embedded log: it verifies our bundle with verify-blob-attestation, and a build
# attestation that it made is accepted, chained and verified.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/../e2e/world.sh"
# shellcheck source=tests/interop/lib.sh
. "$here/lib.sh"
need_peer cosign
export COSIGN_PASSWORD=
cosign=$PEERS/cosign

world_keys
(cd keys && "$cosign" generate-key-pair >/dev/null 2>&1) || fail "cosign generate-key-pair"
world_policy
sed -i 's|key = keys/ci.pem.pub|&\n\tkey = keys/cosign.pub|' policy
world_config "$(free_port)" embedded
world_start
world_trust_log
world_repo
world_commit one
ok "push" git push -q origin HEAD:main

# ours, verified by cosign
printf 'artifact\n' >"$W/artifact"
ok "attest build" pedigree attest build --artifact "$W/artifact" --builder "$BUILDER" --key "$W/keys/ci.pem" \
	--repository "$URI" --commit HEAD --service "$URL" --wait 10 --bundle "$W/ours.sigstore.json"
cosign_verify() {
	"$cosign" verify-blob-attestation --new-bundle-format --key "$W/keys/signing.pem.pub" --bundle "$W/ours.sigstore.json" \
		--trusted-root "$1" --type https://slsa.dev/provenance/v1 "$2"
}
ok "cosign verifies our bundle by our trusted root" cosign_verify "$W/keys/trusted-root.json" "$W/artifact"
printf 'another\n' >"$W/another"
exits 1 - "cosign refuses it for another artifact" cosign_verify "$W/keys/trusted-root.json" "$W/another"

# cosign's, accepted and chained by us
cat >"$W/predicate.json" <<PREDICATE
{"buildDefinition":{"buildType":"https://ci.company.example/make/v1","externalParameters":{"source":
{"uri":"git+$URI","digest":{"gitCommit":"$commit"}}}},"runDetails":{"builder":{"id":"$BUILDER"}}}
PREDICATE
printf 'built elsewhere\n' >"$W/elsewhere"
ok "cosign attests" "$cosign" attest-blob --key "$W/keys/cosign.key" --type slsaprovenance1 --predicate "$W/predicate.json" \
	--use-signing-config=false --tlog-upload=false --bundle "$W/cosign.json" --yes "$W/elsewhere"
ok "and we accept it" pedigree submit "$W/cosign.json" --service "$URL" --wait 10 --records "$W/records"
ok "and verify its chain offline" pedigree verify "$W/elsewhere" --from "$W/records" --policy "$W/policy"

# and what cosign signed with a key that nobody enrolled is refused
(cd "$W" && "$cosign" generate-key-pair >/dev/null 2>&1) || fail "second cosign key"
ok "cosign attests with another key" "$cosign" attest-blob --key "$W/cosign.key" --type slsaprovenance1 \
	--predicate "$W/predicate.json" --use-signing-config=false --tlog-upload=false --bundle "$W/foreign.json" --yes "$W/elsewhere"
http 403 IDN-1 "an unknown builder" -H 'Content-Type: application/json' --data-binary "@$W/foreign.json" "$URL/api/v1/attestations"
finish
