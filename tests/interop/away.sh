#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A real Rekor v2 goes away under load for PEDIGREE_AWAY_SECONDS (10; tests/soak away: 600) and comes back: no submission
# fails meanwhile, all are logged after, and the service holds no more memory for it.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/../e2e/world.sh"
# shellcheck source=tests/interop/lib.sh
. "$here/lib.sh"
away=${PEDIGREE_AWAY_SECONDS:-10}
senders=4

rekor_v2_start
world_keys
world_policy
world_config "$(free_port)" < <(rekor_v2_log)
world_start
world_repo
world_commit one
ok "push" git push -q origin HEAD:main

# sender N: builds one after another until there is a file $W/enough; a line of each answer's status in $W/sent.N
sender() {
	local i=0
	mkdir -p "$W/builds.$1"
	while [ ! -e "$W/enough" ]; do
		i=$((i + 1))
		printf '%s %s\n' "$1" "$i" >"$W/builds.$1/artifact"
		pedigree attest build --artifact "$W/builds.$1/artifact" --builder "$BUILDER" --key "$W/keys/ci.pem" --repository "$URI" \
			--commit HEAD --no-submit --output "$W/builds.$1/build.json" >/dev/null 2>&1 || { echo unsigned; continue; }
		curl -s -o "$W/builds.$1/answer" -w '%{http_code}\n' -H 'Content-Type: application/json' -H 'Prefer: wait=0' \
			--data-binary "@$W/builds.$1/build.json" "$URL/api/v1/attestations"
	done >"$W/sent.$1"
}
sent() { cat "$W"/sent.* | wc -l; }
pending() { curl -sf "$URL/metrics" | awk '$1 == "pedigree_pending" { print $2 }'; }
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

for n in $(seq $senders); do
	sender "$n" &
	PIDS+=("$!")
done
loaders=("${PIDS[@]: -$senders}")
sleep 3
before=$(resident "$DAEMON_PID")
stop "$REKOR_PID" >/dev/null
sleep "$away"
waiting=$(pending)
[ "$waiting" -gt 0 ] || fail "nothing waited for the log"
rekor_v2_again
sleep 2
touch "$W/enough"
for p in "${loaders[@]}"; do
	wait "$p" 2>/dev/null
done
total=$(sent)
failed=$(cat "$W"/sent.* | grep -vc '^20[12]$')
[ "$failed" = 0 ] || { sort "$W"/sent.* | uniq -c >&2; fail "$failed of $total submissions failed"; }
pass "$total submissions, none failed"
none_pending() { [ "$(pending)" = 0 ]; }
wait_for $((60 + total / 20)) none_pending || fail "$(pending) of $total are not logged"
pass "all are logged"
after=$(resident "$DAEMON_PID")
echo "away for $away s: $total submissions, $waiting waited for the log; resident $before KiB before, $after KiB after"
[ $((after - before)) -lt 16384 ] || grep -q asan "/proc/$DAEMON_PID/maps" || fail "it holds $((after - before)) KiB more than before"
pass "in bounded memory"
world_stop
ok "fsck" pedigreed --config "$W/pedigreed.conf" --fsck
finish
