#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# pedigree verify over a folder: good, offline (no socket at all), and each part of the evidence removed, forged or swapped in
# turn: the verdict names the link and the rule.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/world.sh"
world_embedded
world_commit one
ok "push" git push -q origin HEAD:main
attest() { # attest ARTIFACT
	ok "attest $1" pedigree attest build --artifact "$1" --builder "$BUILDER" --key "$W/keys/ci.pem" --repository "$URI" \
		--commit HEAD --service "$URL" --wait 10 --records "$2" --bundle "$1.sigstore.json"
}
printf 'artifact\n' >"$W/artifact"
attest "$W/artifact" "$W/records"
printf 'other\n' >"$W/other"
attest "$W/other" "$W/other-records"
build=$(basename "$(ls "$W"/records/build-*.json)")
source=$(basename "$(ls "$W"/records/source-*.json)")

verify() { pedigree verify "${subject:-$W/artifact}" --from "$1" --policy "${policy:-$W/policy}"; }
# broken STATUS RULE STAGE WHAT JQ-FILTER FILE: a copy of the records with one file changed
broken() {
	rm -rf "$W/bad"
	cp -r "$W/records" "$W/bad"
	if [ -n "$5" ]; then
		jq -c "$5" "$W/records/$6" >"$W/bad/$6" || fail "jq $5"
	else
		rm "$W/bad/$6"
	fi
	exits "$1" "$2" "$4" pedigree verify "$W/artifact" --from "$W/bad" --policy "$W/policy" --json
	[ "$3" = - ] || [ "$(tail -n 1 <<<"$out" | jq -r .firstBroken)" = "$3" ] || { echo "$out" >&2; fail "$4: not broken at $3"; }
}

ok "good" verify "$W/records"
ok "by digest" pedigree verify "app@sha256:$(sha256sum <"$W/artifact" | cut -d' ' -f1)" --from "$W/records" --policy "$W/policy"

# offline means offline: no socket family but unix ones (gpg's) is ever asked for, none at all without OpenPGP keys
if tool strace "that no socket is opened"; then
	ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=socket,connect -o "$W/trace" \
		pedigree verify "$W/artifact" --from "$W/records" --policy "$W/policy" >/dev/null || fail "verify under strace"
	! grep -E 'socket\(|connect\(' "$W/trace" >&2 || fail "verify opened a socket"
	checks=$((checks + 1))
fi

# removed
broken 1 CHN-1 source "no source" '' "$source"
broken 1 CHN-1 build "no build" '' "$build"
# forged or torn
other_build=$(ls "$W"/other-records/build-*.json)
broken 3 - - "another payload under a known reference" ".envelope.payload = $(jq .envelope.payload "$other_build")" "$build"
broken 1 CHN-6 build "the producer's signature" '.envelope.signatures[0].sig = .bundle.dsseEnvelope.signatures[0].sig' "$build"
broken 1 CHN-3 build "the countersignature" '.bundle.dsseEnvelope.signatures[0].sig = .envelope.signatures[0].sig' "$build"
broken 1 LOG- build "log entry of another statement" \
	".bundle.verificationMaterial.tlogEntries = $(jq -c .bundle.verificationMaterial.tlogEntries "$other_build")" "$build"
broken 1 LOG-1 build "a corrupted inclusion proof" \
	'.bundle.verificationMaterial.tlogEntries[0].inclusionProof.hashes[0] |= "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="' "$build"
broken 1 CHN-5 build "journal leaf of another statement" ".journal = $(jq -c .journal "$other_build")" "$build"
broken 1 JNL- build "a journal checkpoint of nobody" '.journal.checkpoint |= sub("localhost/journal"; "elsewhere/journal")' "$build"
broken 1 SGN-4 source "another commit" '.commit = (.commit | @base64d | sub("one"; "two") | @base64)' "$source"
broken 1 CHN-7 source "no commit: on the service's word" 'del(.commit)' "$source"
broken 1 CHN-4 build "pending" '.state = "pending-log" | .bundle = null' "$build"

# two keys with one name in JSON, a file that is none
rm -rf "$W/bad"
cp -r "$W/records" "$W/bad"
sed -i 's/^{/{"stage":"source",/' "$W/bad/$build"
exits 3 JSN-1 "a duplicate member" verify "$W/bad"
rm -rf "$W/bad"
cp -r "$W/records" "$W/bad"
printf 'no json' >"$W/bad/zzz.json"
ok "a damaged file beside good evidence is named and no more" verify "$W/bad"
grep -q zzz.json <<<"$out" || fail "the damaged file is not named"

# bare bundle: the service's word alone
mkdir "$W/bare"
cp "$W/artifact.sigstore.json" "$W/bare/"
cp "$W/records/$source" "$W/bare/"
exits 1 CHN-7 "a bare bundle" verify "$W/bare"
sed 's/^\[require\]$/&\n\tonServiceWord = true/' "$W/policy" >"$W/policy-word"
policy=$W/policy-word ok "which the policy may take" verify "$W/bare"

# another policy
sed 's/stage = build/&\n\tstage = sbom/' "$W/policy" >"$W/policy-sbom"
policy=$W/policy-sbom exits 1 CHN-1 "a stage more" verify "$W/records"
sed "s|serviceKey = .*|serviceKey = keys/ci2.pem.pub|" "$W/policy" >"$W/policy-service"
ok "another key" pedigree key generate "$W/keys/ci2.pem"
policy=$W/policy-service exits 1 CHN-3 "another service's key" verify "$W/records"
sed "s|slsaLevel = 2|slsaLevel = 1|; s|^\[require\]\$|&\n\tminimumSlsaLevel = 2|" "$W/policy" >"$W/policy-level"
policy=$W/policy-level exits 1 CHN-12 "a lower SLSA level" verify "$W/records"
mkdir "$W/empty"
exits 1 CHN-1 "an empty folder" verify "$W/empty"
exits 2 - "a folder that is not there" verify "$W/nowhere"

# verify-bundle: the conformance protocol
vb() { pedigree verify-bundle --bundle "$W/artifact.sigstore.json" --key "$1" --trusted-root "$W/keys/trusted-root.json" "$2"; }
ok "verify-bundle by path" vb "$W/keys/signing.pem.pub" "$W/artifact"
ok "by digest" vb "$W/keys/signing.pem.pub" "sha256:$(sha256sum <"$W/artifact" | cut -d' ' -f1)"
exits 1 - "another key" vb "$W/keys/ci.pem.pub" "$W/artifact"
exits 1 BND-8 "another artifact" vb "$W/keys/signing.pem.pub" "$W/other"
exits 2 CLI-4 "a certificate identity" pedigree verify-bundle --bundle "$W/artifact.sigstore.json" --certificate-identity a \
	--certificate-oidc-issuer b "$W/artifact"
exits 2 - "no identity at all" pedigree verify-bundle --bundle "$W/artifact.sigstore.json" "$W/artifact"
finish
