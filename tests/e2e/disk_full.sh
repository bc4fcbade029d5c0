#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A disk that is full while the service runs: what cannot be kept is refused clearly (503, STO-4), what was acknowledged
# stays readable, nothing is damaged, and with room again everything goes on by itself. The disk is a small tmpfs in a
# namespace of the test's own; where that is not allowed, the size that the daemon's files may have is limited instead.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/world.sh"
state=$W/service
mkdir -p "$state"

# in_place COMMAND…: where the small disk is mounted; $outside is the state's folder as it is seen from here.
if unshare -rm sh -c "mount -t tmpfs -o size=6m,mode=700 tmpfs '$state'" 2>"$printed"; then
	unshare -rm sh -c "mount -t tmpfs -o size=6m,mode=700 tmpfs '$state' && : >'$W/mounted' && exec sleep 3600" &
	HOLDER=$!
	PIDS+=("$HOLDER")
	wait_for 10 [ -e "$W/mounted" ] || fail "no small disk"
	outside=/proc/$HOLDER/root$state
	in_place() { exec nsenter -t "$HOLDER" -U -m --preserve-credentials "$@"; }
	fill() { dd if=/dev/zero of="$outside/ballast" bs=4k 2>/dev/null; [ "$(stat -f -c %a "$outside")" = 0 ] || fail "the disk is not full"; }
	free_up() { rm "$outside/ballast"; }
else
	echo "no namespaces here ($(cat "$printed")): the size of files is limited instead" >&2
	outside=$state
	in_place() { exec "$@"; }
	fill() { prlimit --pid "$DAEMON_PID" --fsize=4096:unlimited || fail "prlimit"; }
	free_up() { prlimit --pid "$DAEMON_PID" --fsize=unlimited:unlimited || fail "prlimit"; }
fi
DAEMON=$W/daemon
{ declare -p HOLDER 2>/dev/null; declare -f in_place; echo 'in_place pedigreed "$@"'; } | { echo '#!/usr/bin/env bash'; cat; } >"$DAEMON"
chmod +x "$DAEMON"

world_embedded
world_commit one
ok "push" git push -q origin HEAD:main
n=24
# Statements of some size: a few must not fit into what is left of a page.
world_sign "$n"
submit() { # submit N: its status in $got
	got=$(curl -s -o "$W/answer" -w '%{http_code}' --max-time 20 -H 'Content-Type: application/json' -H 'Prefer: wait=0' \
		--data-binary "@$W/todo/$1.json" "$URL/api/v1/attestations")
}
for i in 1 2 3 4; do
	submit "$i"
	[[ $got = 20[12] ]] || fail "with room: $got"
	jq -r .reference "$W/answer" >"$W/acked-$i"
done

fill
refused=0 kept=0
for round in 1 2 3 4 5; do
	for i in $(seq 5 "$n"); do
		submit "$i"
		case $got in
		200 | 201 | 202)
			jq -r .reference "$W/answer" >"$W/acked-$i"
			kept=$((kept + 1))
			;;
		503)
			[ "$(jq -r .rule "$W/answer")" = STO-4 ] || { cp "$W/answer" "$printed"; fail "a full disk is told as another rule"; }
			refused=$((refused + 1))
			;;
		*) cp "$W/answer" "$printed" && fail "full disk: HTTP $got" ;;
		esac
	done
	[ "$refused" -lt 5 ] || break
done
# T33 of the service: clear refusals
[ "$refused" -ge 5 ] || fail "the disk was full, and nothing was refused ($kept kept in $round rounds)"
pass "full disk: $refused refused by STO-4, $kept still fitted"
http 200 - "full disk: it lives" "$URL/healthz"
http 503 RDY-6 "full disk: not ready, and why" "$URL/readyz"
for f in "$W"/acked-*; do
	got=$(curl -s -o /dev/null -w '%{http_code}' "$URL/api/v1/attestations/$(cat "$f")")
	[[ $got = 20[02] ]] || fail "full disk: $(cat "$f") cannot be read: $got"
done
pass "full disk: what was acknowledged is read"
failures=$(curl -s "$URL/metrics" | awk '/^pedigree_store_failures_total\{/ { n += $2 } END { print n + 0 }')
[ "$failures" -gt 0 ] || fail "no store failure was counted"

free_up
ready() { [ "$(curl -s -o /dev/null -w '%{http_code}' "$URL/readyz")" = 200 ]; }
wait_for 20 ready || { curl -s "$URL/readyz" >"$printed"; fail "room again: not ready"; }
pass "room again: ready by itself"
for i in $(seq "$n"); do
	submit "$i"
	[[ $got = 20[012] ]] || { cp "$W/answer" "$printed"; fail "room again: $i is answered $got"; }
	ref=$(jq -r .reference "$W/answer")
	[ ! -f "$W/acked-$i" ] || [ "$(cat "$W/acked-$i")" = "$ref" ] || fail "$i has another reference now"
done
wait_for 60 all_logged || fail "room again: still pending"
pass "room again: everything is logged"
for i in 1 "$n"; do
	ok "chain $i" pedigree verify "$W/artifact-$i" --from "$URL" --policy "$W/policy"
done
world_stop
ok "no damage" "$DAEMON" --config "$W/pedigreed.conf" --fsck
finish
