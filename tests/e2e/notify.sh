#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What pedigreed tells a service manager (sd_notify(3)), to a socket with a path and to an abstract one: ready when it
# answers, each reload, its end, signs of life while they are asked for; and what a reload takes in, or says that it could not.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/world.sh"
tool python3 "the service manager's socket" || exit 77
world_keys
world_policy
world_config "$(free_port)" embedded

# listen NAME: every datagram as lines of $W/told, each with a blank line behind it.
listen() {
	: >"$W/told"
	python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
name = sys.argv[1]
s.bind("\0" + name[1:] if name[0] == "@" else name)
open(sys.argv[2] + ".bound", "w").close()
with open(sys.argv[2], "a", buffering=1) as out:
    while True:
        out.write(s.recv(4096).decode() + "\n\n")
' "$1" "$W/told" &
	LISTENER=$!
	PIDS+=("$LISTENER")
	wait_for 10 [ -e "$W/told.bound" ] || fail "no socket"
	rm "$W/told.bound"
}
told() { [ "$(grep -cx "$1" "$W/told")" -ge "$2" ]; }

for name in "$W/notify" "@pedigree-test-$$"; do
	listen "$name"
	export NOTIFY_SOCKET=$name WATCHDOG_USEC=400000
	world_start
	unset NOTIFY_SOCKET WATCHDOG_USEC
	wait_for 5 told READY=1 1 || fail "$name: never ready"
	http 200 - "ready when it says so" "$URL/readyz"
	wait_for 5 told WATCHDOG=1 3 || fail "$name: no signs of life"
	pass "signs of life"
	kill -HUP "$DAEMON_PID"
	wait_for 5 told READY=1 2 || fail "$name: not ready again after a reload"
	grep -qx RELOADING=1 "$W/told" && grep -qxE 'MONOTONIC_USEC=[0-9]+' "$W/told" || fail "$name: the reload is not told"
	pass "a reload"
	world_stop
	wait_for 5 told STOPPING=1 1 || fail "$name: the end is not told"
	pass "the end"
	stop "$LISTENER"
done

# Whose watchdog it is not: nothing is told.
listen "$W/other"
NOTIFY_SOCKET=$W/other WATCHDOG_USEC=200000 WATCHDOG_PID=1 world_start
wait_for 5 told READY=1 1 || fail "never ready"
sleep 0.5
told WATCHDOG=1 1 && fail "signs of life for another process"
pass "another's watchdog"

# A reload takes the log level in, and says what it could not take in; then nothing is.
grep -q '"event":"request"' "$tmp/pedigreed.log" && fail "debug lines at info"
sed -i 's/^\[service\]$/&\n\tlogLevel = debug/' "$W/pedigreed.conf"
daemon_reload
curl -sf -o /dev/null "$URL/healthz"
wait_for 5 grep -q '"event":"request"' "$tmp/pedigreed.log" || fail "logLevel was not taken in"
pass "logLevel"
sed -i 's/logLevel = debug/logLevel = loud/; s/version = 1/version = 2/' "$W/pedigreed.conf" "$W/policy"
kill -HUP "$DAEMON_PID"
wait_for 5 grep -q '"event":"reload-failed","what":"configuration","rule":"CFG-1"' "$tmp/pedigreed.log" || fail "a wrong file is not told"
http 503 RDY-3 "not ready: the configuration" "$URL/readyz"
assert_says "configuration: "
ok "scrape" curl -sSf -o "$W/metrics" "$URL/metrics"
grep -qx 'pedigree_policy_version 1' "$W/metrics" || fail "the policy was taken in beside a wrong configuration"
pass "nor the policy"
sed -i 's/logLevel = loud/logLevel = info/' "$W/pedigreed.conf"
daemon_reload
http 200 - "mended" "$URL/readyz"
sed -i 's/version = 2/version = 1/' "$W/policy"
kill -HUP "$DAEMON_PID"
wait_for 5 grep -q '"event":"reload-failed","what":"policy","rule":"POL-11"' "$tmp/pedigreed.log" || fail "an older policy is not told"
http 503 RDY-3 "not ready: the policy" "$URL/readyz"
sed -i 's/version = 1/version = 2/' "$W/policy"
daemon_reload
http 200 - "mended again" "$URL/readyz"
world_stop
finish
