#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# /metrics by a strict reader: its form, that every label is from a fixed set whatever clients send, that the counts are
# those of what was done. And the log's lines: JSON, of one line each, whatever is in them (T77).
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/world.sh"
top=$(cd "$here/../.." && pwd)
tool python3 "metrics" || exit 77
world_embedded
world_commit one
ok "push" git push -q origin HEAD:main
echo artifact >"$W/artifact"
ok "build" pedigree attest build --artifact "$W/artifact" --builder "$BUILDER" --key "$W/keys/ci.pem" \
	--repository "$URI" --commit HEAD --wait 10 --output "$W/build.json"

# The sets: routes of the table, rules of the table, and what service/metrics.c has in words.
{
	sed -nE 's/^[[:space:]]*\{ ?PDG_(GET|POST), "([^"]+)".*/route\t\2/p' "$top/service/router.c"
	sed -nE 's/^[[:space:]]*\{ "([A-Z]+-[0-9]+)", PDG_E.*/rule\t\1/p' "$top/common/util/rule.c"
	printf '%s\t%s\n' route none rule none method GET method HEAD method POST method other status 1xx status 2xx \
		status 3xx status 4xx status 5xx sender known sender unknown version "$(pedigreed --version | cut -d' ' -f2)"
	printf 'reason\t%s\n' not-tls parameters client-certificate rejected-by-client closed late key-updates other
	printf 'relay\t%s\n' log token
	for le in 5e-05 0.0001 0.00025 0.0005 0.001 0.0025 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 30 +Inf; do
		printf 'le\t%s\n' "$le"
	done
} >"$W/labels"
[ "$(grep -c '^route' "$W/labels")" -gt 15 ] && [ "$(grep -c '^rule' "$W/labels")" -gt 100 ] || fail "the tables are not read"
scrape() {
	ok "scrape" curl -sSf -o "$W/metrics" "$URL/metrics"
	python3 "$here/prometheus_check.py" "$W/labels" <"$W/metrics" >"$W/families" 2>"$printed" || fail "/metrics"
	pass "/metrics is of its form, and its labels are closed"
}
value() { awk -v want="$1" '$1 == want { print $2 }' "$W/metrics"; }
scrape
for histogram in $(awk '$1 == "#" && $2 == "TYPE" && $4 == "histogram" { print $3 }' "$W/metrics"); do
	[ "$(value "${histogram}_count")" -gt 0 ] || fail "$histogram has counted nothing of a commit and a build that waited for the log"
done
[ "$(value pedigree_log_wait_seconds_count)" -gt 0 ] || fail "no answer waited for the log"
pass "every histogram has counted"

# The reader itself finds what is wrong.
while IFS= read -r change; do
	sed "$change" "$W/metrics" | python3 "$here/prometheus_check.py" "$W/labels" >/dev/null 2>&1 && fail "not found: $change"
	pass "found: $change"
done <<'CHANGES'
s/^pedigree_pending .*/pedigree_pending one/
s/^# TYPE pedigree_pending .*//
s/route="[^"]*"/route="\/evil"/
s/^pedigree_sign_seconds_count .*/pedigree_sign_seconds_count 77/
s/^pedigree_queue /pedigree_pending /
$s/$/ 123/
CHANGES

# T77: what clients choose is no label, and no line of the log is more than one, nor anything but JSON.
accepted=$(value pedigree_submissions_accepted_total)
evil='x"} 1\npedigree_pending 99'
curl -s -o /dev/null -X 'BREW"}' "$URL/healthz"
curl -s -o /dev/null -X BREW "$URL/api/v1/attestations/a%22%7D%201"
curl -s -o /dev/null "$URL/metrics/%22%7D"
curl -s -o /dev/null -H "Prefer: $evil" -H "User-Agent: $evil" -H "X-Request-Id: $evil" "$URL/nowhere/$(printf 'y%.0s' $(seq 3000))"
for body in '{"payload":"","payloadType":"a\"}\n# EOF","signatures":[]}' "{\"mediaType\":\"$(printf 'z%.0s' $(seq 5000))\"}" '{"attestation":{"\u001b[2J\u202e":1}}' '{"a":'; do
	curl -s -o /dev/null -H 'Content-Type: application/json' --data-binary "$body" "$URL/api/v1/attestations"
done
# One that is known, with a statement that is refused: its words go into the log.
sed 's/hello/hello/' "$W/build.json" >"$W/other.json"
scrape
[ "$(value pedigree_submissions_accepted_total)" = "$accepted" ] || fail "something of that was accepted"
[ "$(awk '/^pedigree_submissions_refused_total\{/ { n += $2 } END { print n + 0 }' "$W/metrics")" -ge 4 ] || fail "refusals are not counted"
grep -q '^pedigree_requests_total{route="none",method="other",status="4xx"}' "$W/metrics" || fail "other methods are not counted as one"
grep -qE 'BREW|evil|yyy|zzz' "$W/metrics" && fail "a client's word is in /metrics"
pass "T77 nothing that a client chose is a label"
series=$(wc -l <"$W/metrics")
for i in $(seq 60); do
	curl -s -o /dev/null -X "M$i" "$URL/path-$i?q=$i" -H "H$i: $i"
done
scrape
[ "$(wc -l <"$W/metrics")" -le $((series + 4)) ] || fail "series grow with what is sent"
pass "T77 the number of series is bounded"

# A public statement, sent again and again by nobody: known, but neither signed again nor a line for each.
http 200 - "a statement that is known" -H 'Content-Type: application/json' --data-binary "@$W/build.json" "$URL/api/v1/attestations"
scrape
signed=$(value pedigree_sign_seconds_count)
known=$(value pedigree_submissions_known_total)
cat >"$W/again.py" <<'PY'
import http.client, sys, threading, time
port, path, end = int(sys.argv[1]), sys.argv[2], time.time() + 2
body = open(path, "rb").read()
answers = []
def send():
    c = http.client.HTTPConnection("127.0.0.1", port)
    while time.time() < end:
        c.request("POST", "/api/v1/attestations", body, {"Content-Type": "application/json"})
        answer = c.getresponse()
        answer.read()
        answers.append(answer.status)
threads = [threading.Thread(target=send) for _ in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]
print(len(answers), *set(answers))
PY
lines() { grep -c "\"event\":\"${1:-known}\"" "$tmp/pedigreed.log"; }
for i in 1 2 3 4 5 6; do
	ok "a build of another repository" pedigree attest build --artifact "$W/artifact" --builder "$BUILDER" --key "$W/keys/ci.pem" \
		--repository "$URI-$i" --commit HEAD --no-submit --output "$W/other-$i.json"
done
before=$(lines)
refused=$(lines refused)
python3 "$W/again.py" "${URL##*:}" "$W/build.json" >"$W/sent" &
PIDS+=($!)
flood=$!
for i in 1 2 3 4 5 6; do
	sleep 0.25
	http 403 - "which is not its builder's, meanwhile" -H 'Content-Type: application/json' --data-binary "@$W/other-$i.json" "$URL/api/v1/attestations"
done
wait "$flood"
read -r sent statuses <"$W/sent"
assert_same "real refusals have their lines all the same" "$(($(lines refused) - refused))" 6
assert_same "each is known" "$statuses" 200
[ "$sent" -gt 500 ] || not_checked "lines of known statements are bounded" "only $sent could be sent in 2 s"
[ $(($(lines) - before)) -le 400 ] || fail "$sent known statements are $(($(lines) - before)) lines"
sleep 1.1
http 200 - "once more" -H 'Content-Type: application/json' --data-binary "@$W/build.json" "$URL/api/v1/attestations"
[ "$sent" -le 500 ] || grep -q '"event":"decisions-not-written"' "$tmp/pedigreed.log" || fail "that lines are missing is not said"
# One sender's refusals are bounded for himself: 60 lines a minute, of which two may be touched.
seq 1 150 | sed "s|.*|url=$URL/api/v1/attestations\noutput=/dev/null\nheader=\"Content-Type: application/json\"\ndata-binary=@$W/other-1.json\nnext|; \$s|\nnext||" >"$W/refusals"
refused=$(lines refused)
curl -sS -K "$W/refusals" || fail "many refusals"
refused=$(($(lines refused) - refused))
[ "$refused" -ge 50 ] && [ "$refused" -le 120 ] || fail "150 refusals of one sender are $refused lines"
pass "one sender's refusals are bounded"
scrape
assert_same "known are all counted" "$(value pedigree_submissions_known_total)" $((known + sent + 1))
assert_same "and nothing is signed for them" "$(value pedigree_sign_seconds_count)" "$signed"

for family in $(grep -E '^pedigree_' "$W/families"); do
	grep -qF "| \`$family\`" "$top/docs/OPERATIONS.md" || fail "docs/OPERATIONS.md does not name $family"
done
pass "every family is documented"

kill -HUP "$DAEMON_PID"
sleep 0.3
world_stop
jq -es 'length > 5 and all(.[]; type == "object" and (.time | test("^20[0-9-]+T[0-9:]+Z$")) and (.level | IN("error", "warn", "info", "debug")) and (.event | type) == "string")' \
	"$tmp/pedigreed.log" >"$printed" 2>&1 || fail "a line of the log is not one JSON object"
[ "$(awk '{ if (length($0) > n) n = length($0) } END { print n }' "$tmp/pedigreed.log")" -lt 20000 ] || fail "a line of the log is too long"
grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$tmp/pedigreed.log" && fail "a control character is in the log"
grep -q "$(printf '\342\200\256')" "$tmp/pedigreed.log" && fail "a bidi control is in the log"
pass "T77 what clients send stays inside of its line of the log"
for event in accepted reloaded listening stopping; do
	grep -q "\"event\":\"$event\"" "$tmp/pedigreed.log" || fail "no line: $event"
done
jq -es 'any(.[]; .event == "accepted" and (.id | length) > 0 and .stage == "build" and (.sender | test("^builder ")))' "$tmp/pedigreed.log" >/dev/null ||
	fail "a decision is not told with its request and its sender"
pass "decisions are told"
finish
