#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# /openapi.json: valid OpenAPI 3.1, and what the service does. Schemathesis makes requests out of it, such as it allows
# and such as it does not, against a running service with something in it, and holds every answer to the document: status,
# media type, headers, body; that what is not of its form is refused, that no other method is taken, that nothing ends
# in an error of the server's. PEDIGREE_SCHEMATHESIS_EXAMPLES=N takes N examples for each operation instead of 40.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/../e2e/world.sh"
# shellcheck source=tests/interop/lib.sh
. "$here/lib.sh"
need_peer schemathesis/bin/schemathesis
examples=${PEDIGREE_SCHEMATHESIS_EXAMPLES:-40}
world_embedded
world_commit one
ok "push" git push -q origin HEAD:main
echo artifact >"$W/artifact"
ok "build" pedigree attest build --artifact "$W/artifact" --builder "$BUILDER" --key "$W/keys/ci.pem" \
	--repository "$URI" --commit HEAD --wait 10

ok "the document" curl -sSf -o "$W/openapi.json" "$URL/openapi.json"
ok "valid OpenAPI 3.1" "$PEERS/schemathesis/bin/openapi-spec-validator" --schema 3.1 "$W/openapi.json"

# What the document calls an example is there: these are asked for too.
artifact=sha256:$(sha256sum <"$W/artifact" | cut -d' ' -f1)
http 200 - "its record's reference" "$URL/api/v1/subjects/$artifact"
reference=$(jq -r '.attestations[0].reference' "$W/answer")
jq --arg a "$artifact" --arg r "$reference" --arg c "gitCommit:$commit" '
	.components.parameters.ArtifactDigest.example = $a | .components.parameters.Reference.example = $r |
	.components.parameters.SubjectDigest.examples = {artifact: {value: $a}, commit: {value: $c}} |
	del(.components.parameters.SubjectDigest.example)' "$W/openapi.json" >"$W/here.json"

# What is of its form is refused all the same when nobody is known who signed it: 403 and its neighbours are no faults.
cat >"$W/schemathesis.toml" <<'TOML'
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 401, 403, 404, 409, 413, 422, 424]
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 413, 415, 422, 424, 431]
TOML
cd "$W" || exit 3
run "$PEERS/schemathesis/bin/schemathesis" --config-file "$W/schemathesis.toml" run "$W/here.json" --url "$URL" \
	--checks all --phases examples,coverage,fuzzing,stateful --max-examples "$examples" --seed 20261123 --workers 1 \
	--request-timeout 20 --suppress-health-check all --max-failures 20 --continue-on-failure
if [ "$status" != 0 ]; then
	sed -n '/FAILURES/,$p' "$printed" | head -n 200 >&2
	fail "schemathesis: status $status"
fi
pass "schemathesis: $(grep -E 'generated|passed' "$printed" | tail -n 1)"
ended "$DAEMON_PID" && fail "pedigreed is gone"
http 200 - "ready afterwards" "$URL/readyz"
world_stop
ok "fsck" pedigreed --config "$W/pedigreed.conf" --fsck
finish
