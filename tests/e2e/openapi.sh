#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# /openapi.json against the table of routes and the table of rules: every route is in it and no other, each answer that a rule
# of a submission is given with is documented, every $ref leads somewhere. (That it is valid OpenAPI, and what the service
# does, is ../interop/schemathesis.sh.)
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/world.sh"
top=$(cd "$here/../.." && pwd)
world_keys
world_policy
world_config "$(free_port)" embedded
world_start

http 200 - "served" "$URL/openapi.json"
diff <(jq -S . "$W/answer") <(jq -S . "$top/service/openapi.json") >"$printed" || fail "not what service/openapi.json says"
pass "it is service/openapi.json"
[ "$(wc -l <"$W/answer")" -le 1 ] || fail "not minified"

sed -nE 's/^[[:space:]]*\{ ?PDG_(GET|POST), "([^"]+)".*/\1 \2/p' "$top/service/router.c" | sort >"$W/routes"
jq -r '.paths | to_entries[] | .key as $p | .value | keys[] | ascii_upcase + " " + $p' "$W/answer" | sed 's/{[a-z]*}$//' | sort >"$W/paths"
[ "$(wc -l <"$W/routes")" -gt 15 ] || fail "the table of routes is not read"
diff -u --label "the routes" --label "the document" "$W/routes" "$W/paths" >"$printed" || fail "routes and document differ"
pass "every route, and no other"

jq -r '[.. | objects | .["$ref"]? // empty] | unique[]' "$W/answer" >"$W/refs"
while read -r ref; do
	jq -e --arg p "${ref#\#/}" 'getpath($p | split("/"))' "$W/answer" >/dev/null || fail "$ref leads nowhere"
done <"$W/refs"
pass "$(wc -l <"$W/refs") references lead somewhere"
jq -r '.components | del(.securitySchemes) | to_entries[] | .key as $k | .value | keys[] | "#/components/" + $k + "/" + .' "$W/answer" | sort >"$W/defined"
comm -23 "$W/defined" <(sort "$W/refs") >"$printed"
[ ! -s "$printed" ] || fail "defined and never referred to"

# What a submission can be refused by (prefixes of the rules that are about one): its status is there.
while read -r code; do
	jq -e --arg s "$code" '.paths["/api/v1/attestations"].post.responses[$s]' "$W/answer" >/dev/null || fail "status $code of a submission is not documented"
done < <(sed -nE 's/^[[:space:]]*\{ "(JSN|ENC|ENV|SUB|IDN|STM|STG|SRC|BLD|SVC|HTP|STO)-[0-9]+", PDG_E_[A-Z]+, ([0-9]+).*/\2/p' "$top/common/util/rule.c" | grep -vx -e 500 -e 404 | sort -u)
pass "every status of a submission"
jq -e '[.paths[][] | .responses | to_entries[] | select(.key >= "400") | .value["$ref"]] | all(. != null)' "$W/answer" >/dev/null || fail "an error that is no problem document"
for kind in Unavailable Missing; do
	jq -e --arg k "$kind" '.components.responses[$k].headers["Retry-After"]' "$W/answer" >/dev/null || fail "$kind without Retry-After"
done
jq -e '.components.responses.Unauthorized.headers["WWW-Authenticate"]' "$W/answer" >/dev/null || fail "401 without WWW-Authenticate"
http 401 TOK-1 "no token" -D "$W/headers" -H 'Content-Type: application/json' --data '{}' "$URL/api/v1/builds"
grep -qi '^WWW-Authenticate: Bearer' "$W/headers" || fail "401 does not say what is taken"
pass "errors are problem documents, with Retry-After where it comes"
finish
