#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Who calls: tokens of a real issuer on loopback, shaped as GitHub's, GitLab's and Kubernetes', to POST /api/v1/builds and
# /api/v1/attestations; then each thing that T69, T70, T71 and T78 of the list of attacks name, by its rule.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/world.sh"
tool python3 "tokens" || exit 77

IPORT=$(free_port)
ISSUER=http://127.0.0.1:$IPORT
ACTIONS=$ISSUER/_services/token
URI=$ISSUER/company/myapp # where the tokens say that the repository is
issuer() { python3 "$here/../support/issuer.py" "$@"; }

# ---- an issuer, a second one that must never be asked, and a service ------------------------------
mkdir "$W/issuer" "$W/other"
for key in "rsa rsa" "ec ec"; do
	# shellcheck disable=SC2086 # a name and a kind
	ok "the issuer's key $key" issuer key "$W/issuer" $key
done
ok "the other's key" issuer key "$W/other" rsa rsa
OPORT=$(free_port)
# (without the function around it: what is ended is the program)
python3 "$here/../support/issuer.py" serve "$W/issuer" "$IPORT" >>"$W/issuer.log" 2>&1 3>&- &
PIDS+=($!)
python3 "$here/../support/issuer.py" serve "$W/other" "$OPORT" >>"$W/issuer.log" 2>&1 3>&- &
PIDS+=($!)
wait_for 20 curl -sf "$ISSUER/keys" || fail "the issuer did not start"
wait_for 20 curl -sf "http://127.0.0.1:$OPORT/keys" || fail "the other issuer did not start"
: >"$W/other/requests"

# one that takes connections and never says a word
python3 -c '
import socket, sys, time
s = socket.create_server(("127.0.0.1", 0), backlog=64)
print(s.getsockname()[1], flush=True)
time.sleep(600)' >"$W/silent" 3>&- &
PIDS+=($!)
wait_for 10 test -s "$W/silent" || fail "no silent issuer"
SILENT=http://127.0.0.1:$(cat "$W/silent")

world_keys
world_policy
cat >>"$W/policy" <<POLICY
[builder "https://ci.company.example/actions"]
	repository = $ISSUER/company/*
	oidcIssuer = $ACTIONS
	oidcAudience = pedigree
	oidcClaim = workflow_ref=company/myapp/.github/workflows/release.yml@refs/heads/main
	slsaLevel = 3
[builder "https://ci.company.example/gitlab"]
	repository = $ISSUER/company/*
	oidcIssuer = $ISSUER
	oidcAudience = https://pedigree.company.example
	oidcClaim = ref_protected=true
	oidcClaim = project_id=22
[builder "https://ci.company.example/silent"]
	repository = $ISSUER/company/*
	oidcIssuer = $SILENT
	oidcAudience = pedigree
	oidcClaim = sub=nobody
[builder "https://ci.company.example/cluster"]
	repository = $ISSUER/company/*
	oidcIssuer = $ISSUER/k8s
	oidcAudience = pedigree
	oidcClaim = sub=system:serviceaccount:ci:builder
[producer "scanner"]
	repository = $ISSUER/company/*
	stage = sbom
	oidcIssuer = $ISSUER/k8s
	oidcAudience = pedigree
	oidcClaim = sub=system:serviceaccount:ci:scanner
POLICY
world_config "$(free_port)" embedded
world_start
relay_runs() { pgrep -P "$DAEMON_PID" -x pedigree-relay >/dev/null; }
relay_runs || fail "the relay is not there before the first token"
pass "the relay is started with the service"
world_trust_log
world_repo
world_commit one
ok "push" git push -q origin HEAD:main
printf 'artifact\n' >"$W/artifact"
digest=$(sha256sum <"$W/artifact" | cut -d' ' -f1)

# ---- tokens -----------------------------------------------------------------------------------
# github [JQ]: claims as GitHub Actions writes them, changed by JQ; each with an id of its own.
github() {
	jq -cn --arg iss "$ACTIONS" --arg sha "$commit" --argjson now "$(date +%s)" --arg jti "$(cat /proc/sys/kernel/random/uuid)" '{
		jti: $jti, sub: "repo:company/myapp:ref:refs/heads/main", aud: "pedigree", ref: "refs/heads/main", sha: $sha,
		repository: "company/myapp", repository_owner: "company", repository_owner_id: "11", repository_id: "22",
		run_id: "1234567", run_number: "10", run_attempt: "2", repository_visibility: "private", actor_id: "33",
		actor: "bob", workflow: "release", head_ref: "", base_ref: "", event_name: "push", ref_protected: "true",
		ref_type: "branch", workflow_ref: "company/myapp/.github/workflows/release.yml@refs/heads/main",
		workflow_sha: $sha, job_workflow_ref: "company/myapp/.github/workflows/release.yml@refs/heads/main",
		job_workflow_sha: $sha, runner_environment: "github-hosted", iss: $iss,
		nbf: ($now - 300), exp: ($now + 300), iat: $now}'" | ${1:-.}"
}
gitlab() {
	jq -cn --arg iss "$ISSUER" --arg sha "$commit" --argjson now "$(date +%s)" --arg jti "$(cat /proc/sys/kernel/random/uuid)" '{
		namespace_id: "1", namespace_path: "company", project_id: "22", project_path: "company/myapp", user_id: "42",
		user_login: "bob", user_email: "bob@company.example", user_access_level: "developer", pipeline_id: "574",
		pipeline_source: "push", job_id: "302", ref: "main", ref_type: "branch", ref_path: "refs/heads/main",
		ref_protected: "true", runner_id: 1, runner_environment: "self-hosted", sha: $sha,
		project_visibility: "private", ci_config_ref_uri: "gitlab.example/company/myapp//.gitlab-ci.yml@refs/heads/main",
		ci_config_sha: $sha, jti: $jti, iss: $iss, iat: $now, nbf: ($now - 5), exp: ($now + 3600),
		sub: "project_path:company/myapp:ref_type:branch:ref:main", aud: "https://pedigree.company.example"}'" | ${1:-.}"
}
kubernetes() { # kubernetes ACCOUNT [JQ]
	jq -cn --arg iss "$ISSUER/k8s" --argjson now "$(date +%s)" --arg sub "system:serviceaccount:ci:$1" '{
		aud: ["pedigree"], exp: ($now + 3600), iat: $now, iss: $iss, nbf: $now, sub: $sub,
		"kubernetes.io": {namespace: "ci", pod: {name: "p-1", uid: "u"}, serviceaccount: {name: "x", uid: "v"}}}'" | ${2:-.}"
}
sign() { issuer token "$W/issuer" "$1"; } # sign KEY: the claims on standard input
body() { # body [JQ]
	jq -cn --arg d "$digest" '{artifacts: [{name: "app.tar.gz", digest: {sha256: $d}}],
		dependencies: [{uri: "pkg:deb/debian/zlib1g@1.2.13", digest: {sha256: ("0" * 64)}}]}'" | ${1:-.}"
}
builds() { # builds STATUS RULE WHAT TOKEN BODY [CURL-ARGUMENTS]
	local want=$1 rule=$2 what=$3 token=$4 text=$5
	shift 5
	http "$want" "$rule" "$what" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' "$@" \
		--data-binary "$text" "$URL/api/v1/builds"
}
submits() { # submits STATUS RULE WHAT TOKEN FILE
	http "$1" "$2" "$3" -H "Authorization: Bearer $4" -H 'Content-Type: application/json' --data-binary "@$5" \
		"$URL/api/v1/attestations"
}
of() { jq -r "$1" "$W/answer"; }
statement() { jq -r .envelope.payload "$W/answer" | base64 -d; }

# ---- builds of a CI -----------------------------------------------------------------------------
github_token=$(github | sign rsa)
builds 201 - "a build of GitHub Actions" "$github_token" "$(body)" -H 'Prefer: wait=10'
cp "$W/answer" "$W/first"
statement >"$W/statement"
jq -e --arg uri "$URI" --arg commit "$commit" --arg d "$digest" '
	._type == "https://in-toto.io/Statement/v1" and .predicateType == "https://slsa.dev/provenance/v1"
	and (keys | length) == 4 and .subject == [{name: "app.tar.gz", digest: {sha256: $d}}]
	and (.predicate.buildDefinition | .externalParameters == {source: {uri: $uri, ref: "refs/heads/main",
		digest: {gitCommit: $commit}}, workflow: "company/myapp/.github/workflows/release.yml@refs/heads/main", event: "push"}
	  and .resolvedDependencies[0] == {uri: ("git+" + $uri + "@refs/heads/main"), digest: {gitCommit: $commit}}
	  and .resolvedDependencies[1].uri == "pkg:deb/debian/zlib1g@1.2.13"
	  and .internalParameters.declaredByJob == {subject: 1, resolvedDependencies: 1}
	  and (.internalParameters.token.claims | .runner_environment == "github-hosted" and (has("jti") or has("exp") | not)))
	and .predicate.runDetails.builder.id == "https://ci.company.example/actions"
	and .predicate.runDetails.metadata.invocationId == ($uri + "/actions/runs/1234567/attempts/2")
	' "$W/statement" >/dev/null || fail "the statement: $(cat "$W/statement")"
pass "everything is from the token"
[ "$(of '.links | length')" = 1 ] || fail "no link to the source"
builds 200 - "the same token with the same body is a retry" "$github_token" "$(body)"
assert_same "and gets the same answer" "$(jq -r .reference "$W/first") $(jq -cS .envelope "$W/first")" "$(of .reference) $(jq -cS .envelope "$W/answer")"
builds 401 TOK-12 "T69 the same token with another body" "$github_token" "$(body '.artifacts[0].name = "other"')"
[ "$(of .type)" = urn:pedigree:problem:replayed-token ] || fail "problem type"
world_stop
world_start
builds 401 TOK-12 "T69 also after a restart" "$github_token" "$(body '.artifacts[0].name = "other"')"
builds 200 - "a retry too" "$github_token" "$(body)"
keeper() { pgrep -P "$DAEMON_PID" -x pedigree-signer; }
holder() { pgrep -P "$(keeper)" -x pedigree-signer; }
kill -KILL "$(holder)"
builds 201 - "T79 a build whose signer was killed is signed by the next" "$(github | sign rsa)" "$(body '.artifacts[0].name = "signed-again"')"
frozen=("$(keeper)" "$(holder)")
kill -STOP "${frozen[@]}"
builds 200 - "T79 a retry needs no signature: it is answered while the signer hangs" "$github_token" "$(body)" --max-time 5
kill -CONT "${frozen[@]}"

# ---- the service ends while a build waits for its signer ------------------------------------------------
world_stop
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3 -subj /O=Company/CN=time -addext extendedKeyUsage=critical,timeStamping \
	-keyout "$W/keys/time.key" -out "$W/keys/time.pem" 2>/dev/null || fail "no certificate of a timestamp authority"
cp "$W/pedigreed.conf" "$W/without.conf"
sed -i "s|^\[log\]|&\n\ttimestampAuthority = http://127.0.0.1:$(free_port)/api/v1/timestamp\n\ttimestampCertificates = keys/time.pem|" "$W/pedigreed.conf"
world_start
waits() { # waits NAME: a build, whose answer will be there
	curl -s -o "$W/waits-$1" -w '%{http_code}\n' --max-time 60 -H "Authorization: Bearer $(github | sign rsa)" -H 'Content-Type: application/json' \
		-H 'Prefer: wait=60' --data-binary "$(body ".artifacts[0].name = \"$1\"")" "$URL/api/v1/builds" >"$W/waits-$1.status" 3>&-
}
waits accepted &
accepted=$!
sleep 2
frozen=("$(keeper)" "$(holder)")
kill -STOP "${frozen[@]}"
waits signer &
behind=$!
sleep 1.5
began=$(date +%s%3N)
world_stop
took=$(($(date +%s%3N) - began))
kill -CONT "${frozen[@]}" 2>/dev/null
wait "$accepted" || fail "who waits for the log is not answered: $?"
wait "$behind" || fail "who waits for the signer is not answered: $?"
assert_same "T79 a stop while a build waits for the signer: what was accepted is answered" \
	"$(cat "$W/waits-accepted.status") $(jq -r .state "$W/waits-accepted")" "202 pending-log"
assert_same "T79 and the build that was not is told so" "$(cat "$W/waits-signer.status") $(jq -r .rule "$W/waits-signer")" "503 SVC-2"
[ "$took" -lt 8000 ] || fail "it took $took ms"
mv "$W/without.conf" "$W/pedigreed.conf"
world_start
http 200 - "the chain" "$URL/api/v1/chains/sha256:$digest"
assert_same "is good" "$(of .verdict)" good
ok "pedigree verify" pedigree verify "$W/artifact" --from "$URL" --policy "$W/policy"
http 200 - "what is of the artifact" "$URL/api/v1/subjects/sha256:$digest"
count=$(of '.attestations | length')
sed -i 's|/actions"\]|/actions-renamed"]|' "$W/policy"
daemon_reload
builds 200 - "a retry when the builder has another name" "$github_token" "$(body)"
assert_same "gets the same answer" "$(of .reference)" "$(jq -r .reference "$W/first")"
http 200 - "what is of the artifact" "$URL/api/v1/subjects/sha256:$digest"
assert_same "is as many attestations as before" "$(of '.attestations | length')" "$count"
sed -i 's|/actions-renamed"\]|/actions"]|' "$W/policy"
daemon_reload

printf 'gitlab\n' >"$W/artifact-2"
digest=$(sha256sum <"$W/artifact-2" | cut -d' ' -f1)
builds 201 - "a build of GitLab, by ES256" "$(gitlab | sign ec)" "$(body)" -H 'Prefer: wait=10'
statement >"$W/statement"
jq -e --arg uri "$URI" '.predicate.runDetails.metadata.invocationId == ($uri + "/-/jobs/302")
	and .predicate.buildDefinition.externalParameters.source.ref == "refs/heads/main"
	and (.predicate.buildDefinition.internalParameters.token.claims | .runner_id == 1 and (has("user_email") | not))' \
	"$W/statement" >/dev/null || fail "the statement: $(cat "$W/statement")"
ok "pedigree verify of GitLab's" pedigree verify "$W/artifact-2" --from "$URL" --policy "$W/policy"

# what the record says is judged anew, by the policy of whoever verifies
mkdir "$W/records"
for reference in $(curl -s "$URL/api/v1/subjects/sha256:$digest" | jq -r '.attestations[].reference') \
	$(curl -s "$URL/api/v1/subjects/gitCommit:$commit" | jq -r '.attestations[] | select(.stage == "source").reference'); do
	curl -s "$URL/api/v1/attestations/$reference" >"$W/records/${reference#sha256:}.json"
done
ok "offline" pedigree verify "$W/artifact-2" --from "$W/records" --policy "$W/policy"
sed 's/oidcClaim = project_id=22/oidcClaim = project_id=23/' "$W/policy" >"$W/policy-other"
exits 1 CHN-6 "of a token that the policy does not mean" pedigree verify "$W/artifact-2" --from "$W/records" --policy "$W/policy-other"
sed 's/oidcClaim = project_id=22/event = schedule/' "$W/policy" >"$W/policy-other"
exits 1 CHN-6 "by an event that it does not name" pedigree verify "$W/artifact-2" --from "$W/records" --policy "$W/policy-other"
sed "s|oidcIssuer = $ISSUER\$|oidcIssuer = https://gitlab.example|" "$W/policy" >"$W/policy-other"
exits 1 CHN-6 "of another issuer" pedigree verify "$W/artifact-2" --from "$W/records" --policy "$W/policy-other"

# ---- the body -----------------------------------------------------------------------------------
token=$(github | sign rsa)
builds 422 BLD-9 "another repository than the token's" "$token" "$(body '.repository = "https://git.company.example/myapp"')"
builds 422 BLD-9 "another commit than the token's" "$token" "$(body '.commit = ("0" * 40)')"
builds 422 BLD-9 "another ref than the token's" "$token" "$(body '.ref = "refs/heads/release"')"
builds 403 IDN-7 "another builder" "$token" "$(body '.builder = "https://ci.company.example/gitlab"')"
builds 400 BLD-10 "nothing was built" "$token" "$(body '.artifacts = []')"
builds 400 JSN-4 "T71 a URL to fetch" "$token" "$(body '.artifacts[0].url = "http://127.0.0.1:'"$OPORT"'/x"')"
builds 400 JSN-4 "T71 a URL in the body" "$token" "$(body '.callback = "http://127.0.0.1:'"$OPORT"'/x"')"
builds 400 BLD-10 "T71 a URL as a name" "$token" "$(body '.artifacts[0].name = "http://127.0.0.1:'"$OPORT"'/x"')"
builds 400 BLD-10 "T71 a name with ../" "$token" "$(body '.artifacts[0].name = "a/../../etc/passwd"')"
builds 400 BLD-10 "T71 an absolute name" "$token" "$(body '.artifacts[0].name = "/dev/sda"')"
builds 400 BLD-10 "T71 a name that moves a terminal" "$token" "$(body '.artifacts[0].name = "a\u001b[2J"')"
builds 400 BLD-10 "a digest in upper case" "$token" "$(body '.artifacts[0].digest.sha256 = ("A" * 64)')"
builds 201 - "a body that agrees in all" "$token" "$(body ".repository = \"$URI.git\" | .commit = \"$commit\" | .ref = \"refs/heads/main\" |
	.builder = \"https://ci.company.example/actions\"")" -H 'Prefer: wait=10'
http 401 TOK-1 "no token" -H 'Content-Type: application/json' --data "$(body)" "$URL/api/v1/builds"
http 401 TOK-1 "another scheme" -u bob:secret -H 'Content-Type: application/json' --data "$(body)" "$URL/api/v1/builds"
curl -s -o /dev/null -D - -H 'Content-Type: application/json' --data "$(body)" "$URL/api/v1/builds" |
	grep -qi '^www-authenticate: bearer' || fail "no WWW-Authenticate"
pass "which a client is told"

# ---- tokens that are refused -----------------------------------------------------------------------
http_status() { curl -s -o "$W/answer" -w '%{http_code}' -H "Authorization: Bearer $1" -H 'Content-Type: application/json' --data "$2" "$URL/api/v1/builds"; }
refused() { builds "$1" "$2" "$3" "$4" "$(body)"; } # refused STATUS RULE WHAT TOKEN
builds 401 TOK-2 "a body of nobody is not read" garbage '{'
refused 401 TOK-8 "T69 another audience" "$(github '.aud = "another"' | sign rsa)"
refused 401 TOK-8 "T69 ours among others" "$(github '.aud = ["pedigree", "another"]' | sign rsa)"
refused 401 TOK-8 "T69 the audience of another section" "$(github '.aud = "https://pedigree.company.example"' | sign rsa)"
refused 401 TOK-5 "T69 another issuer" "$(github '.iss = "http://127.0.0.1:'"$OPORT"'/_services/token"' | issuer token "$W/other" rsa)"
refused 401 TOK-5 "T69 an issuer that begins alike" "$(github '.iss += "/x"' | sign rsa)"
refused 401 TOK-9 "T69 an expired one" "$(github '.exp = .iat - 61 | .iat -= 600' | sign rsa)"
refused 401 TOK-10 "T69 one that is not yet valid" "$(github '.nbf = .iat + 120' | sign rsa)"
refused 401 TOK-11 "one that lives for ever" "$(github '.exp += 100000000' | sign rsa)"
refused 401 TOK-4 "T69 alg none" "$(github | issuer none "$W/issuer" rsa)"
refused 401 TOK-4 "T69 an HMAC with the public key" "$(github | issuer hmac "$W/issuer" rsa)"
refused 401 TOK-7 "T69 an HMAC that says RS256" "$(github | issuer hmac "$W/issuer" rsa '{"alg":"RS256","kid":"rsa"}')"
refused 401 TOK-4 "T69 the algorithm of another key" "$(github | issuer token "$W/issuer" ec '{"alg":"ES256","kid":"rsa"}')"
refused 401 TOK-7 "T69 signed by somebody else" "$(github | issuer token "$W/other" rsa)"
# Whether garbage is a new key is looked up once in 30 s, and between them nobody says.
garbage() { github | issuer token "$W/issuer" rsa '{"alg":"RS256","kid":"'"$1"'"}'; }
look_up() { http_status "$(garbage looked-up)" "$(body)"; }
looked=$(look_up)
[[ $looked =~ ^(401|503)$ ]] || fail "garbage: $looked"
refused 503 ISS-6 "T69 kid is a path" "$(github | issuer token "$W/issuer" rsa '{"alg":"RS256","kid":"../../../dev/null"}')"
refused 401 TOK-2 "T69 jku" "$(github | issuer token "$W/other" rsa '{"alg":"RS256","kid":"rsa","jku":"http://127.0.0.1:'"$OPORT"'/keys"}')"
refused 401 TOK-2 "T69 a key inside" "$(github | issuer token "$W/other" rsa '{"alg":"RS256","kid":"rsa","jwk":{"kty":"RSA"}}')"
refused 401 TOK-2 "four parts" "$(github | sign rsa).AAAA"
refused 401 TOK-2 "T69 five thousand dots" "$(printf '.%.0s' {1..5000})"
status=$(python3 -c '
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
try:
    s.sendall(b"POST /api/v1/builds HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + b"." * 1000000 + b"\r\nContent-Length: 0\r\n\r\n")
except OSError:
    pass
try:
    print((s.recv(64) or b"cut cut").split()[1].decode())
except OSError:
    print("cut")
' "${URL##*:}")
case $status in 431 | cut) pass "T69 a million dots" ;; *) fail "a million dots: $status" ;; esac
ok "the service goes on" curl -sf "$URL/healthz"
refused 403 IDN-7 "T69 another repository" "$(github '.repository = "stranger/fork"' | sign rsa)"
sleep 1.1 # such lines are one a second
refused 403 IDN-7 "another workflow" "$(github '.workflow_ref = "company/myapp/.github/workflows/evil.yml@refs/heads/main"' | sign rsa)"
jq -es 'map(select(.event == "caller-not-named"))[-1].error | contains("oidcClaim workflow_ref: the token has '"'"'company/myapp/.github/workflows/evil.yml@")' \
	<"$tmp/pedigreed.log" >/dev/null || fail "the log does not say which claim: $(grep caller-not-named "$tmp/pedigreed.log")"
grep -q 'evil.yml' "$tmp/answer" && fail "the caller is told what the policy asks for"
pass "the log says which claim"
refused 422 BLD-5 "T69 another ref" "$(github '.ref = "refs/heads/side"' | sign rsa)"
refused 424 BLD-6 "a commit that was never pushed" "$(github '.sha = ("1" * 40)' | sign rsa)"
refused 403 IDN-8 "a pull request" "$(github '.event_name = "pull_request_target"' | sign rsa)"
refused 403 IDN-8 "a merge request of GitLab" "$(gitlab '.pipeline_source = "merge_request_event"' | sign ec)"
for event in workflow_run issue_comment discussion_comment fork watch merge_group schedule web; do
	refused 403 IDN-8 "GitHub's $event, which no event names" "$(github ".event_name = \"$event\"" | sign rsa)"
done
for event in parent_pipeline pipeline external external_pull_request_event trigger api schedule workflow_dispatch; do
	refused 403 IDN-8 "GitLab's $event, which no event names" "$(gitlab ".pipeline_source = \"$event\"" | sign ec)"
done
refused 403 IDN-9 "a token that names no commit" "$(kubernetes builder | sign rsa)"
refused 401 TOK-11 "a CI's token without its run" "$(github 'del(.run_id)' | sign rsa)"
refused 401 TOK-11 "T71 a repository with ../" "$(github '.repository = "company/.."' | sign rsa)"

# ---- statements by token, and by nobody else --------------------------------------------------------
ok "a key of nobody" pedigree key generate "$W/keys/pod.pem"
build_of() { # build_of BUILDER OUTPUT
	ok "a statement of $1" pedigree attest build --artifact "$W/artifact" --builder "$1" --key "$W/keys/pod.pem" \
		--repository "$URI" --commit "$commit" --no-submit --output "$2"
}
build_of https://ci.company.example/cluster "$W/cluster.json"
http 403 IDN-1 "by nobody" -H 'Content-Type: application/json' --data-binary "@$W/cluster.json" "$URL/api/v1/attestations"
submits 403 IDN-7 "by another account" "$(kubernetes scanner | sign rsa)" "$W/cluster.json"
cluster=$(kubernetes builder | sign ec)
submits 201 - "a statement of Kubernetes' account" "$cluster" "$W/cluster.json"
assert_same "the journal says who" "$(of .journal.leaf | base64 -d | jq -r '.producer + " " + .producerKey')" \
	"builder https://ci.company.example/cluster oidc $ISSUER/k8s system:serviceaccount:ci:builder"
build_of https://ci.company.example/actions "$W/forged.json"
submits 403 IDN-4 "provenance that a CI's job wrote itself" "$(github | sign rsa)" "$W/forged.json"
submits 403 IDN-7 "in the name of another builder" "$cluster" "$W/forged.json"
# such a statement is on the service's word
rm -r "$W/records"
mkdir "$W/records"
curl -s "$URL/api/v1/subjects/gitCommit:$commit" | jq -r '.attestations[] | select(.stage == "source").reference' >"$W/references"
sha256sum <(jq -r .payload "$W/cluster.json" | base64 -d) | sed 's/^\(.\{64\}\).*/sha256:\1/' >>"$W/references"
while read -r reference; do
	curl -s "$URL/api/v1/attestations/$reference" >"$W/records/${reference#sha256:}.json"
done <"$W/references"
exits 1 CHN-7 "on the service's word" pedigree verify "$W/artifact" --from "$W/records" --policy "$W/policy"
sed 's/^\[require\]$/&\n\tonServiceWord = true/' "$W/policy" >"$W/policy-word"
ok "which a policy may take" pedigree verify "$W/artifact" --from "$W/records" --policy "$W/policy-word"
sed 's/sub=system:serviceaccount:ci:builder/sub=system:serviceaccount:ci:other/' "$W/policy-word" >"$W/policy-other"
exits 1 CHN-6 "but not for somebody else" pedigree verify "$W/artifact" --from "$W/records" --policy "$W/policy-other"

# ---- the issuer's keys ------------------------------------------------------------------------------
asked() { grep -c '^/keys' "$W/issuer/requests"; }
before=$(asked)
looked=0 begun=$SECONDS
for ((i = 0; i < 20; i++)); do
	case $(http_status "$(garbage "garbage-$i")" "$(body)") in
	503) ;;
	401) looked=$((looked + 1)) ;;
	*) fail "garbage $i" ;;
	esac
done
most=$(((SECONDS - begun) / 30 + 1))
[ "$looked" -le "$most" ] && [ "$(asked)" -le $((before + most)) ] || fail "the issuer was asked $(($(asked) - before)) times for garbage"
pass "and the issuer is not asked for each"
ok "a new key" issuer key "$W/issuer" next ec
rotated() { [ "$(http_status "$(github | sign next)" "$(body)")" = 201 ]; }
wait_for 45 rotated || fail "a rotated key is not found"
pass "a rotated key is found"

# ---- a silent issuer does not hold the tokens of others ---------------------------------------------------
garbage=$(github ".iss = \"$SILENT\"" | issuer token "$W/other" rsa)
honest=$(github | sign rsa)
senders=()
for ((i = 0; i < 12; i++)); do
	curl -s -o /dev/null --max-time 20 -H "Authorization: Bearer $garbage" -H 'Content-Type: application/json' --data "$(body)" \
		"$URL/api/v1/builds" &
	senders+=($!)
done
sleep 0.5
began=$(date +%s%N)
builds 201 - "a build while another issuer is silent" "$honest" "$(body '.artifacts[0].name = "beside"')"
took=$((($(date +%s%N) - began) / 1000000))
[ "$took" -lt 2500 ] || fail "it took $took ms"
began=$(date +%s%N)
refused 503 ISS-1 "who names the silent one hears so at once" "$garbage"
took=$((($(date +%s%N) - began) / 1000000))
[ "$took" -lt 2500 ] || fail "it took $took ms"
wait "${senders[@]}"
refused 401 TOK-8 "and for another audience nobody is asked" "$(github ".iss = \"$SILENT\" | .aud = \"another\"" | issuer token "$W/other" rsa)"

# ---- an issuer that misbehaves: each with a service that has none of its keys ---------------------------
restart() { # restart MODE
	world_stop
	printf '%s\n' "$1" >"$W/issuer/mode"
	world_start
}
restart "redirect $OPORT"
refused 503 ISS-2 "T70 discovery that redirects" "$(github | sign rsa)"
curl -s -o /dev/null -D - -H "Authorization: Bearer $(github | sign rsa)" -H 'Content-Type: application/json' --data "$(body)" \
	"$URL/api/v1/builds" | grep -qi '^retry-after:' || fail "no Retry-After"
restart "other-host $OPORT"
refused 503 ISS-3 "T70 keys at another host" "$(github | sign rsa)"
restart other-issuer
refused 503 ISS-3 "T70 the document of another issuer" "$(github | sign rsa)"
restart endless
refused 503 ISS-4 "T70 a gigabyte of keys" "$(github | sign rsa)"
restart html
refused 503 ISS-5 "T70 HTML with 200" "$(github | sign rsa)"
restart slow
refused 503 ISS-1 "T70 an issuer that does not answer" "$(github | sign rsa)"
jq -es --arg at "$ACTIONS" 'map(select(.event == "issuer-unavailable" and .rule == "ISS-1"))[-1] | .level == "warn" and (.error | contains($at))' \
	<"$tmp/pedigreed.log" >/dev/null || fail "the log does not say why: $(tail -3 "$tmp/pedigreed.log")"
pass "and the log says which, and why"
http 200 - "which holds up nobody else" "$URL/api/v1/chains/sha256:$digest"
restart ""
refused 201 - "T70 and when it is well again" "$(github | sign rsa)" # a build like the others
assert_same "T78 the other host was asked for nothing" "$(cat "$W/other/requests")" ""
! grep -q credential "$W/issuer/requests" "$W/other/requests" || fail "a credential was sent to an issuer"
pass "T78 and nobody was sent a credential"

# ---- a client certificate: an identity to submit, no more -------------------------------------------
tls() { # tls NAME SUBJECT SAN: signed by the authority
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$W/keys/$1.key" -subj "$2" 2>/dev/null |
		openssl x509 -req -CA "$W/keys/authority.pem" -CAkey "$W/keys/authority.key" -days 2 -out "$W/keys/$1.crt" \
			-extfile <(printf 'subjectAltName = %s\nextendedKeyUsage = serverAuth, clientAuth\n' "$3") 2>/dev/null || fail "a certificate for $1"
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout "$W/keys/authority.key" -out "$W/keys/authority.pem" \
	-subj /CN=authority 2>/dev/null || fail "an authority"
tls server /CN=server IP:127.0.0.1
tls builder /O=Company/CN=builder URI:spiffe://company.example/builder
tls other /O=Company/CN=other URI:spiffe://company.example/other
world_stop
cp "$W/policy" "$W/policy-tokens"
cat >>"$W/policy" <<POLICY
[builder "https://ci.company.example/legacy"]
	repository = $ISSUER/company/*
	clientCertificate = spiffe://company.example/builder
POLICY
sed "s|^\[service\]\$|&\n\ttlsCertificate = keys/server.crt\n\ttlsKey = keys/server.key\n\tclientCa = keys/authority.pem|" \
	"$W/pedigreed.conf" >"$W/tls.conf"
plain=$URL
URL=https://${URL#http://}
export CURL_CA_BUNDLE=$W/keys/authority.pem
daemon_start "$W/tls.conf" "$URL"
build_of https://ci.company.example/legacy "$W/legacy.json"
by_certificate() { # by_certificate STATUS RULE WHAT NAME FILE
	http "$1" "$2" "$3" --cert "$W/keys/$4.crt" --key "$W/keys/$4.key" -H 'Content-Type: application/json' --data-binary "@$5" \
		"$URL/api/v1/attestations"
}
http 403 IDN-1 "without a certificate" -H 'Content-Type: application/json' --data-binary "@$W/legacy.json" "$URL/api/v1/attestations"
by_certificate 403 IDN-7 "of somebody else" other "$W/legacy.json"
by_certificate 403 IDN-7 "in another builder's name" builder "$W/forged.json"
by_certificate 201 - "of the builder" builder "$W/legacy.json"
assert_same "the journal says by which name" "$(of .journal.leaf | base64 -d | jq -r '.producer + " " + .producerKey')" \
	"builder https://ci.company.example/legacy certificate spiffe://company.example/builder"
http 401 TOK-1 "which has no build attested" --cert "$W/keys/builder.crt" --key "$W/keys/builder.key" \
	-H 'Content-Type: application/json' --data "$(body)" "$URL/api/v1/builds"
world_stop
unset CURL_CA_BUNDLE
URL=$plain
mv "$W/policy-tokens" "$W/policy"
world_start

# ---- nothing of this breaks the store, and a policy without issuers takes no token ------------------------
world_stop
ok "everything stored is checked again" pedigreed --config "$W/pedigreed.conf" --fsck
cp "$W/policy" "$W/policy-tokens"
sed -i '/^\[builder "https:\/\/ci.company.example\/actions"\]$/,/^POLICY$/d' "$W/policy"
world_start
refused 401 TOK-1 "a policy that names no issuer" "$(github | sign rsa)"
relay_runs && fail "a relay runs that nobody needs"
pass "and starts no relay"
cp "$W/policy-tokens" "$W/policy"
daemon_reload
relay_runs || fail "a reload that brings an issuer starts no relay"
pass "until a reload brings an issuer"
restarts() { [ "$(curl -s "$URL/metrics" | sed -n 's/^pedigree_relay_restarts_total//p' | sort | tr '\n' ' ')" = "$1" ]; }
restarts '{relay="log"} 0 {relay="token"} 0 ' || fail "relays are not counted from nothing: $(curl -s "$URL/metrics" | grep relay)"
kill -KILL "$(pgrep -P "$DAEMON_PID" -x pedigree-relay)"
wait_for 10 restarts '{relay="log"} 0 {relay="token"} 1 ' || fail "a relay of tokens that was begun again is not counted: $(curl -s "$URL/metrics" | grep relay)"
pass "a relay of tokens that was begun again is counted as that"
finish
