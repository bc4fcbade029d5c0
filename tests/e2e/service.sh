#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The service by hand: the main job, what an answer looks like, and bad input; each gets its own status and rule.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/world.sh"
world_embedded

post() { # post STATUS RULE WHAT FILE [CURL-ARGUMENTS]
	local want=$1 rule=$2 what=$3 file=$4
	shift 4
	http "$want" "$rule" "$what" -H 'Content-Type: application/json' "$@" --data-binary "@$file" "$URL/api/v1/attestations"
}
sign_build() { # sign_build OUTPUT ARTIFACT COMMIT [ARGUMENTS]
	local output=$1 artifact=$2 at=$3
	shift 3
	ok "sign $output" pedigree attest build --artifact "$artifact" --builder "$BUILDER" --key "$W/keys/ci.pem" \
		--repository "$URI" --commit "$at" --no-submit --output "$output" "$@"
}

world_commit one
ok "push" git push -q origin HEAD:main
[ -z "$(ls "$W/myapp.git/pedigree/outbox" 2>/dev/null)" ] || fail "the outbox is not empty after the push"
http 200 - "the source is known when the push returns" "$URL/api/v1/subjects/gitCommit:$commit"
[ "$(jq -r '.attestations[0].stage' "$W/answer")" = source ] || fail "no source listed"

# the main job
printf 'artifact\n' >"$W/artifact"
digest=$(sha256sum <"$W/artifact" | cut -d' ' -f1)
sign_build "$W/build.json" "$W/artifact" HEAD
post 201 - "a build is countersigned and logged" "$W/build.json" -H 'Prefer: wait=10'
jq -e '.state == "logged" and (.bundle.verificationMaterial.tlogEntries | length == 1) and (.links | length == 1)
	and .links[0].stage == "source" and .envelope.payload == .bundle.dsseEnvelope.payload
	and (.journal.leaf | length > 0)' "$W/answer" >/dev/null || fail "shape of the answer"
ref=$(jq -r .reference "$W/answer")
same() { cmp -s <(jq -S 'del(.journal)' "$W/answer") <(jq -S 'del(.journal)' "$W/first") &&
	[ "$(jq -r .journal.leaf "$W/answer")" = "$(jq -r .journal.leaf "$W/first")" ]; }
cp "$W/answer" "$W/first"
post 200 - "the same again is the same" "$W/build.json"
same || fail "a retry was answered otherwise"
http 200 - "the record" "$URL/api/v1/attestations/$ref"
http 200 - "the chain" "$URL/api/v1/chains/sha256:$digest"
[ "$(jq -r .verdict "$W/answer")" = good ] || fail "chain verdict $(cat "$W/answer")"
http 200 - "the chain of an unknown digest" "$URL/api/v1/chains/sha256:$(printf 0%.0s {1..64})"
[ "$(jq -r .verdict "$W/answer")" = refused ] || fail "an unknown digest is not refused"
http 200 - "checkpoint" "$URL/checkpoint"
[ "$(head -n 1 "$W/answer")" = localhost ] || fail "origin of the checkpoint"
http 200 - "journal checkpoint" "$URL/journal/checkpoint"
http 200 - "keys" "$URL/.well-known/pedigree/keys.json"
http 200 - "ready" "$URL/readyz"
http 200 - "metrics" "$URL/metrics"

# The artifact changes between its digest and the countersignature: what was countersigned is the digest that was signed.
printf 'as it was signed\n' >"$W/swapped"
sign_build "$W/swapped.json" "$W/swapped" HEAD
cp "$W/swapped" "$W/as-signed"
printf 'as it is delivered\n' >"$W/swapped"
post 201 - "the build of an artifact that changes meanwhile" "$W/swapped.json" -H 'Prefer: wait=10'
exits 1 CHN-1 "T74 what it was changed to" pedigree verify "$W/swapped" --from "$URL" --policy "$W/policy"
ok "T74 what was signed" pedigree verify "$W/as-signed" --from "$URL" --policy "$W/policy"

# bad input
printf '{"payload":"aGk=","payloadType":' >"$W/cut"
post 400 JSN-1 "truncated JSON" "$W/cut"
jq -c '.signatures[0].sig = (.signatures[0].sig | (if .[10:11] == "A" then .[0:10] + "B" + .[11:] else .[0:10] + "A" + .[11:] end))' \
	"$W/build.json" >"$W/wrong-sig"
post 403 ENV-5 "a wrong signature" "$W/wrong-sig"
[ "$(jq -r .type "$W/answer")" = urn:pedigree:problem:signature-invalid ] || fail "problem type"
jq -c '.payloadType = "text/plain"' "$W/build.json" >"$W/other-type"
post 400 ENV-4 "another payload type" "$W/other-type"
ok "a key nobody enrolled" pedigree key generate "$W/keys/foreign.pem"
ok "sign with it" pedigree attest build --artifact "$W/artifact" --builder "$BUILDER" --key "$W/keys/foreign.pem" \
	--repository "$URI" --commit HEAD --no-submit --output "$W/foreign.json"
post 403 IDN-1 "an unknown builder's key" "$W/foreign.json"
ok "another builder id" pedigree attest build --artifact "$W/artifact" --builder https://ci.company.example/other \
	--key "$W/keys/ci.pem" --repository "$URI" --commit HEAD --no-submit --output "$W/other-id.json"
post 403 IDN-2 "a builder id that the key is not enrolled for" "$W/other-id.json"
truncate -s 100M "$W/huge"
post 413 HTP-3 "a 100 MB body" "$W/huge"
http 413 HTP-3 "a 100 MB body in chunks" -H 'Content-Type: application/json' -H 'Transfer-Encoding: chunked' -H 'Expect:' \
	--data-binary "@$W/huge" "$URL/api/v1/attestations"
{ printf '{"payload":' && head -c 3000000 /dev/zero | tr '\0' '['; } >"$W/deep"
post 413 JSN-2 "three million brackets" "$W/deep"
http 415 HTP-4 "a form" --data-binary "@$W/build.json" "$URL/api/v1/attestations"
http 405 HTP-2 "DELETE" -X DELETE "$URL/api/v1/attestations"
http 405 HTP-2 "POST where only GET is" -X POST -H 'Content-Type: application/json' --data '{}' "$URL/checkpoint"
http 404 HTP-1 "no such resource" "$URL/api/v1/nothing"
http 404 - "an unknown reference" "$URL/api/v1/attestations/sha256:$(printf 1%.0s {1..64})"
http 400 HTP-5 "a malformed reference" "$URL/api/v1/attestations/sha256:xyz"
http 400 HTP-5 "a malformed digest" "$URL/api/v1/chains/latest"
http 404 - "a path out of the log" --path-as-is "$URL/tile/../../keys/signing.pem"

# sources that were never on a protected ref, or belong to another repository
git checkout -q -b side
world_commit side
ok "push to an unprotected branch" git push -q origin side
sign_build "$W/side.json" "$W/artifact" HEAD
post 424 BLD-6 "a build of a commit that was never on a protected ref" "$W/side.json"
[ "$(jq -r .type "$W/answer")" = urn:pedigree:problem:source-missing ] || fail "problem type"
curl -s -o /dev/null -D - -H 'Content-Type: application/json' --data-binary "@$W/side.json" "$URL/api/v1/attestations" |
	grep -qi '^retry-after:' || fail "no Retry-After"
git checkout -q main
ok "another repository" pedigree attest build --artifact "$W/artifact" --builder "$BUILDER" --key "$W/keys/ci.pem" \
	--repository https://git.company.example/fork --commit "$commit" --no-submit --output "$W/fork.json"
status=$(curl -s -o "$W/answer" -w '%{http_code}' -H 'Content-Type: application/json' --data-binary "@$W/fork.json" "$URL/api/v1/attestations")
case $status:$(jq -r .rule "$W/answer") in
403:IDN-5 | 424:BLD-6) ;;
*) fail "a build of another repository: $status $(cat "$W/answer")" ;;
esac

# wrong use of the daemon
sed "s|$W/service/|$W/second/|" "$W/pedigreed.conf" >"$W/second.conf"
mkdir "$W/second"
exits 3 HTP-8 "a port in use" pedigreed --config "$W/second.conf"
sed "s|listen = .*|listen = 127.0.0.1:$(free_port)|" "$W/pedigreed.conf" >"$W/second.conf"
exits 3 STO-2 "a second daemon on one store" pedigreed --config "$W/second.conf"
exits 2 - "no configuration" pedigreed
exits 2 POL-9 "a configuration that is a folder" pedigreed --config "$W"
sed 's/protect = /protct = /' "$W/policy" >"$W/policy-typo"
exits 2 POL-2 "a typing mistake in the policy" pedigree verify "$W/artifact" --from "$W" --policy "$W/policy-typo"
grep -q protect <<<"$out" || fail "no nearest key is named"
exits 2 POL-9 "no policy" env -C / pedigree verify "$W/artifact" --from "$W"
exits 2 POL-9 "a folder as a policy" pedigree verify "$W/artifact" --from "$W" --policy "$W/keys"
exits 2 CLI-3 "a tag as a subject" pedigree verify registry.example/app:1.0 --from "$W" --policy "$W/policy"

# a policy that breaks while the daemon runs: the old one stays, readiness says so
cp "$W/policy" "$W/policy-good"
cp "$W/policy-typo" "$W/policy"
kill -HUP "$DAEMON_PID"
unready() { [ "$(curl -s -o /dev/null -w '%{http_code}' "$URL/readyz")" = 503 ]; }
wait_for 5 unready || fail "a failed reload does not show in /readyz"
post 200 - "the old policy is in force" "$W/build.json"
cp "$W/policy-good" "$W/policy"
kill -HUP "$DAEMON_PID"
ready() { [ "$(curl -s -o /dev/null -w '%{http_code}' "$URL/readyz")" = 200 ]; }
wait_for 5 ready || fail "not ready after the policy was mended"

ok "log prove" pedigree log prove "$ref" --service "$URL" --policy "$W/policy"
world_stop
ok "everything stored is checked again" pedigreed --config "$W/pedigreed.conf" --fsck
world_start
post 200 - "known after a restart" "$W/build.json"
# (the journal's proof may lead to a later checkpoint; the leaf is the same)
same || fail "a retry after a restart was answered otherwise"
finish
