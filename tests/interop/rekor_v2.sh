#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A real Rekor v2 takes our entries: pedigreed publishes to it, the proof that comes back verifies with ours and with
# cosign; while it is away builds are accepted and pending, and logged when it is back.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/../e2e/world.sh"
# shellcheck source=tests/interop/lib.sh
. "$here/lib.sh"
need_peer posix
need_peer cosign

world_keys
world_policy
rekor_v2_start
ok "cosign writes the trusted root" cosign_root "$REKOR" "$W/rekor.pub"
cp "$W/cosign-root.json" "$W/keys/trusted-root.json"
sed -i 's|^\[trust\]$|&\n\ttrustedRoot = keys/trusted-root.json|' "$W/policy"
world_config "$(free_port)" < <(rekor_v2_log)
world_start
world_repo
world_commit one
ok "push" git push -q origin HEAD:main
wait_for 30 all_logged || fail "the source is not logged"
printf 'artifact\n' >"$W/artifact"
ok "attest build" pedigree attest build --artifact "$W/artifact" --builder "$BUILDER" --key "$W/keys/ci.pem" \
	--repository "$URI" --commit HEAD --service "$URL" --wait 30 --bundle "$W/ours.sigstore.json" --records "$W/records"
ok "our chain verifies" pedigree verify "$W/artifact" --from "$W/records" --policy "$W/policy"
ok "our bundle verifies" pedigree verify-bundle --bundle "$W/ours.sigstore.json" --key "$W/keys/signing.pem.pub" \
	--trusted-root "$W/cosign-root.json" "$W/artifact"
ok "cosign verifies it too" "$PEERS/cosign" verify-blob-attestation --new-bundle-format --key "$W/keys/signing.pem.pub" \
	--bundle "$W/ours.sigstore.json" --trusted-root "$W/cosign-root.json" --type https://slsa.dev/provenance/v1 "$W/artifact"

# the log is away
stop "$REKOR_PID"
printf 'while away\n' >"$W/away"
ok "a build is signed" pedigree attest build --artifact "$W/away" --builder "$BUILDER" --key "$W/keys/ci.pem" \
	--repository "$URI" --commit HEAD --no-submit --output "$W/away.json"
http 202 - "and accepted though the log is away" -H 'Content-Type: application/json' -H 'Prefer: wait=1' \
	--data-binary "@$W/away.json" "$URL/api/v1/attestations"
[ "$(jq -r .state "$W/answer")" = pending-log ] || fail "state is not pending-log"
ref=$(jq -r .reference "$W/answer")
exits 1 CHN-4 "a pending link fails verify" pedigree verify "$W/away" --from "$URL" --policy "$W/policy"
rekor_v2_again
wait_for 60 logged "$ref" || fail "not logged after the log came back"
ok "and verifies" pedigree verify "$W/away" --from "$URL" --policy "$W/policy"
finish
