#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A program beside the service hangs: who holds the keys, who begins him, who speaks to other machines. A confined service
# may not signal the one that was there before it, so nothing waits for that one's end without a limit.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/world.sh"

# What was stopped goes on, hears that nobody speaks to it, and ends.
stopped=()
freeze() {
	stopped+=("$@")
	kill -STOP "$@"
}
thaw() {
	local pid
	[ ${#stopped[@]} = 0 ] || kill -CONT "${stopped[@]}" 2>/dev/null
	for pid in "${stopped[@]}"; do
		wait_for 5 ended "$pid" || fail "$pid did not end after the service"
	done
	stopped=()
}
trap 'thaw; clean_up' EXIT

keeper() { pgrep -P "$DAEMON_PID" -x pedigree-signer | head -n 1; }
holder() { pgrep -P "$(keeper)" -x pedigree-signer | tail -n 1; }
post() { # post STATUS RULE WHAT NUMBER
	http "$1" "$2" "$3" -H 'Content-Type: application/json' -H 'Prefer: wait=10' --data-binary "@$W/todo/$4.json" \
		"$URL/api/v1/attestations"
}
reload_failed() { [ "$(grep -c '"event":"reload-failed"' "$tmp/pedigreed.log")" -gt "$1" ]; }

world_embedded
world_commit one
ok "push" git push -q origin HEAD:main
world_sign 4

# With SIGHUP: who would begin another holder hangs. The one that is there signs on.
freeze "$(keeper)"
kill -HUP "$DAEMON_PID"
wait_for 20 reload_failed 0 || fail "a reload waits for a keeper that cannot be ended"
pass "T79 the keeper of signers hangs: a reload gives it up"
post 201 - "T79 and the holder that is there signs on" 1
world_stop
thaw
pass "T79 and the service ends"

# Without: both hang. Who submits hears so, and the next keeper is begun where it is allowed.
world_start
frozen=("$(keeper)" "$(holder)")
freeze "${frozen[@]}"
began=$(date +%s%3N)
# One behind it, that comes while it waits: both are answered when one answer of the signer is overdue.
(sleep 2; curl -s -o "$W/behind" -w '%{http_code} %{time_total}\n' --max-time 60 -H 'Content-Type: application/json' --data-binary "@$W/todo/3.json" \
	"$URL/api/v1/attestations" >"$W/behind.status") &
behind=$!
post 503 SVC-3 "T79 the holder and its keeper hang: nothing is signed" 2
took=$(($(date +%s%3N) - began))
[ "$took" -lt 12000 ] || fail "T79 it is said after $took ms"
wait "$behind"
read -r got seconds <"$W/behind.status"
assert_same "T79 nor for who came behind" "$got $(jq -r .rule "$W/behind")" "503 SVC-3"
[ "${seconds%.*}" -lt 12 ] || fail "T79 he hears it after $seconds s"
pass "T79 and both hear so in the time of one answer"
signs() { [ "$(curl -s -o "$W/answer" -w '%{http_code}' --max-time 30 -H 'Content-Type: application/json' -H 'Prefer: wait=10' \
	--data-binary "@$W/todo/2.json" "$URL/api/v1/attestations")" = "$1" ]; }
wait_for 15 signs 201 || fail "no other keeper was begun: $(cat "$W/answer")"
pass "T79 and by another keeper it is"
world_stop
thaw
pass "T79 and the service ends that had two keepers"

world_start
frozen=("$(keeper)" "$(holder)")
freeze "${frozen[@]}"
world_stop
thaw
pass "T79 the service ends while both hang"

# Who asks whether it is ready, after a reload that brought another holder, hears nothing of the one that hangs.
world_start
sleep 3.1 # for so long readiness goes by its last look
frozen=("$(holder)")
freeze "${frozen[@]}"
curl -s -o "$W/behind" --max-time 60 "$URL/readyz" 3>&- &
PIDS+=($!)
sleep 0.5
daemon_reload
began=$(date +%s%3N)
http 200 - "T79 a reload brings another holder: /readyz goes by that" "$URL/readyz"
sleep 3.5
http 200 - "T79 and does while somebody waits for the one before" "$URL/readyz"
took=$(($(date +%s%3N) - began))
[ "$took" -lt 8500 ] || fail "T79 that took $took ms"
world_stop
thaw

# The relay is begun after the service was confined.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3 -subj /O=Company/CN=time -addext extendedKeyUsage=critical,timeStamping \
	-keyout "$W/keys/time.key" -out "$W/keys/time.pem" 2>/dev/null || fail "no certificate of a timestamp authority"
sed -i "s|^\[log\]|&\n\ttimestampAuthority = http://127.0.0.1:$(free_port)/api/v1/timestamp\n\ttimestampCertificates = keys/time.pem|" "$W/pedigreed.conf"
world_start
relay=$(pgrep -P "$DAEMON_PID" -x pedigree-relay)
[ -n "$relay" ] || fail "no pedigree-relay was begun"
kill -STOP "$relay"
world_stop
ended "$relay" || fail "a relay that hangs outlived the service"
pass "T79 a relay that hangs is ended"

# While a signature is waited for the service is told to end: who waits for the log is answered all the same.
world_start
curl -s -o "$W/accepted" -w '%{http_code}\n' --max-time 60 -H 'Prefer: wait=60' -H 'Content-Type: application/json' --data-binary "@$W/todo/4.json" \
	"$URL/api/v1/attestations" >"$W/accepted.status" 3>&- &
accepted=$!
sleep 1
frozen=("$(keeper)" "$(holder)")
freeze "${frozen[@]}"
curl -s -o "$W/behind" -w '%{http_code}\n' --max-time 60 -H 'Content-Type: application/json' --data-binary "@$W/todo/3.json" \
	"$URL/api/v1/attestations" >"$W/behind.status" 3>&- &
behind=$!
sleep 0.5
began=$(date +%s%3N)
world_stop
took=$(($(date +%s%3N) - began))
wait "$accepted" || fail "T79 who waits for the log is not answered: $?"
wait "$behind" || fail "T79 who waits for the signer is not answered: $?"
assert_same "T79 a stop while the signer hangs: what was accepted is answered" "$(cat "$W/accepted.status") $(jq -r .state "$W/accepted")" "202 pending-log"
assert_same "T79 and what was not is told so" "$(cat "$W/behind.status") $(jq -r .rule "$W/behind")" "503 SVC-2"
[ "$took" -lt 8000 ] || fail "T79 it took $took ms"
pass "T79 and nothing is abandoned"
thaw
ok "nothing was lost" pedigreed --config "$W/pedigreed.conf" --fsck
finish
