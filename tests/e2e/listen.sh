#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Where the service listens and how many it serves: a unix socket, sockets that a service manager hands over, too many
# connections, no descriptors left, and what the log says of refused requests.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/world.sh"
world_keys
world_policy
port=$(free_port)
world_config "$port" embedded
cp "$W/pedigreed.conf" "$W/first.conf"
S=$W/pedigreed.sock

# --- a unix socket ---
sed -i "s|^\[service\]|&\n\tsocket = $S|" "$W/pedigreed.conf"
world_start
http 200 - "beside an address" "$URL/healthz"
http 200 - "over the socket" --unix-socket "$S" http://localhost/healthz
http 400 ENV-1 "submitting over the socket" --unix-socket "$S" -H 'Content-Type: application/json' -d '{}' http://localhost/api/v1/attestations
assert_same "its owner alone may connect" "$(stat -c %a "$S")" 600
sed "s|$W/service|$W/second|; s|127.0.0.1:$port|127.0.0.1:$(free_port)|" "$W/pedigreed.conf" >"$W/second.conf"
exits 3 HTP-8 "two on one socket" pedigreed --config "$W/second.conf"
sed "s|$W/service|$W/second|; /listen = /d; s|socket = .*|socket = $W/nowhere/socket|" "$W/pedigreed.conf" >"$W/second.conf"
exits 2 CFG-1 "a socket in no folder" pedigreed --config "$W/second.conf"
sed "s|$W/service|$W/second|; /socket = /d; s|127.0.0.1:$port|192.0.2.1:8700|" "$W/pedigreed.conf" >"$W/second.conf"
exits 3 HTP-8 "an address of somebody else" pedigreed --config "$W/second.conf"
[ ! -e "$W/second" ] || fail "a daemon that cannot listen made a store"
stop "$DAEMON_PID" KILL
[ -S "$S" ] || fail "nothing is left of the socket"
world_start
http 200 - "one that a killed daemon left is replaced" --unix-socket "$S" http://localhost/healthz
world_stop
[ ! -e "$S" ] || fail "the socket stays"
echo data >"$S"
exits 2 CFG-1 "a file in its place" pedigreed --config "$W/pedigreed.conf"
assert_same "which is not touched" "$(cat "$S")" data
rm "$S"
sed -i "/listen = /d" "$W/pedigreed.conf"
"${DAEMON:-pedigreed}" --config "$W/pedigreed.conf" >>"$tmp/pedigreed.log" 2>&1 3>&- &
DAEMON_PID=$!
PIDS+=("$DAEMON_PID")
wait_for 20 curl -sf --unix-socket "$S" http://localhost/healthz || fail "no socket alone"
! curl -sf --max-time 2 http://127.0.0.1:8700/healthz -o /dev/null || not_checked "no address beside it" "something else is on port 8700"
daemon_stop
sed "s|^\[service\]|&\n\tsocket = $W/$(printf a%.0s {1..120})|" "$W/first.conf" >"$W/second.conf"
exits 2 CFG-1 "a path that is too long" pedigreed --config "$W/second.conf"

# --- handed over ---
cat >"$W/hand.py" <<'PY'
import os, socket, sys
# hand.py KIND… -- COMMAND…: descriptors from 3 on, as systemd gives them
kinds = sys.argv[1:sys.argv.index("--")]
command = sys.argv[sys.argv.index("--") + 1:]
made = []
pid = os.getpid()
number = None
for kind in kinds:
    name, _, at = kind.partition("=")
    if name == "tcp":
        s = socket.socket(socket.AF_INET6 if at.startswith("[") else socket.AF_INET)
        host, _, port = at.rpartition(":")
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((host.strip("[]"), int(port)))
        s.listen(64)
    elif name == "both":  # IPv4 and IPv6, as ListenStream=PORT is by default
        s = socket.socket(socket.AF_INET6)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("::", int(at)))
        s.listen(64)
    elif name == "unix":
        s = socket.socket(socket.AF_UNIX)
        s.bind(at)
        s.listen(64)
    elif name == "bound":
        s = socket.socket(socket.AF_INET)
        s.bind(("127.0.0.1", 0))
    elif name == "udp":
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    elif name == "file":
        s = open("/dev/null")
    elif name == "pid":
        pid = int(at)
        continue
    elif name == "number":
        number = at
        continue
    made.append(s)
# Out of the way of 3, 4, … first.
high = [os.dup2(s.fileno(), 100 + i, inheritable=False) for i, s in enumerate(made)]
for s in made:
    s.close()
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i, inheritable=True)
os.environ.update(LISTEN_PID=str(pid), LISTEN_FDS=number or str(len(made)), LISTEN_FDNAMES=":".join("x" for _ in made))
os.execvp(command[0], command)
PY
second=$(free_port)
python3 "$W/hand.py" "tcp=127.0.0.1:$second" "unix=$S" -- "${DAEMON:-pedigreed}" --config "$W/first.conf" >>"$tmp/pedigreed.log" 2>&1 3>&- &
DAEMON_PID=$!
PIDS+=("$DAEMON_PID")
wait_for 20 curl -sf "http://127.0.0.1:$second/healthz" || fail "nobody answers on a socket that was handed over"
http 200 - "the other that was handed over" --unix-socket "$S" http://localhost/healthz
! curl -s --max-time 2 "$URL/healthz" -o /dev/null || fail "listen = is served as well"
# Programs that it starts get neither the sockets nor the variables; its own are as they were handed over.
! tr '\0' '\n' <"/proc/$DAEMON_PID/environ" | grep -q '^LISTEN_X' || fail "environment"
daemon_stop
[ -S "$S" ] || fail "a socket of the service manager's is removed"
rm "$S"
exits 2 CFG-1 "a descriptor that does not listen" python3 "$W/hand.py" bound -- pedigreed --config "$W/first.conf"
exits 2 CFG-1 "datagrams" python3 "$W/hand.py" udp -- pedigreed --config "$W/first.conf"
for number in 2147483648 18446744073709551617 -1 1x 17; do
	exits 2 CFG-1 "$number sockets" python3 "$W/hand.py" "tcp=127.0.0.1:$second" "number=$number" -- pedigreed --config "$W/first.conf"
done
exits 2 CFG-1 "no socket" python3 "$W/hand.py" "tcp=127.0.0.1:$second" file -- pedigreed --config "$W/first.conf"
python3 "$W/hand.py" "tcp=127.0.0.1:$second" pid=1 -- "${DAEMON:-pedigreed}" --config "$W/first.conf" >>"$tmp/pedigreed.log" 2>&1 3>&- &
DAEMON_PID=$!
PIDS+=("$DAEMON_PID")
wait_for 20 daemon_answers "$URL" || fail "what is for another process is taken"
daemon_stop
if tool systemd-socket-activate "sockets from systemd"; then
	systemd-socket-activate -l "127.0.0.1:$second" -E PATH "$(command -v "${DAEMON:-pedigreed}")" --config "$W/first.conf" >"$W/activated.log" 2>&1 3>&- &
	DAEMON_PID=$!
	PIDS+=("$DAEMON_PID")
	wait_for 20 curl -sf --max-time 5 "http://127.0.0.1:$second/healthz" || fail "systemd-socket-activate"
	pass "systemd-socket-activate"
	daemon_stop
fi

# --- a socket of both kinds: IPv4 clients are IPv4 clients ---
sed 's|^\[service\]|&\n\tconnectionsPerAddress = 2|' "$W/first.conf" >"$W/both.conf"
python3 "$W/hand.py" "both=$second" -- "${DAEMON:-pedigreed}" --config "$W/both.conf" >"$W/both.log" 2>&1 3>&- &
DAEMON_PID=$!
PIDS+=("$DAEMON_PID")
if wait_for 20 curl -sf "http://127.0.0.1:$second/healthz"; then
	held=()
	for ((i = 0; i < 4; i++)); do
		exec {fd}<>"/dev/tcp/127.0.0.1/$second"
		held+=("$fd")
	done
	http 404 HTP-1 "the loopback is not counted there either" "http://127.0.0.1:$second/nothing"
	for fd in "${held[@]}"; do exec {fd}>&-; done
	assert_same "and is written as what it is" \
		"$(jq -r 'select(.event == "refused-request") | .from' "$W/both.log" | tail -n 1)" 127.0.0.1
elif grep -q 'OSError' "$W/both.log"; then
	echo "no IPv6 here: a socket of both kinds is not tried"
else
	fail "a socket of both kinds: $(tail -n 3 "$W/both.log")"
fi
daemon_stop

# --- too many connections: told so ---
(
	ulimit -n 80
	exec "${DAEMON:-pedigreed}" --config "$W/first.conf"
) >>"$tmp/pedigreed.log" 2>&1 3>&- &
DAEMON_PID=$!
PIDS+=("$DAEMON_PID")
wait_for 20 daemon_answers "$URL" || fail "few descriptors"
room=$(jq -r 'select(.event == "few-descriptors") | .connections' "$tmp/pedigreed.log" | tail -n 1)
assert_same "half of the descriptors are for connections" "$room" 40
cat >"$W/idle.py" <<'PY'
import socket, sys, time
held = []
for i in range(int(sys.argv[2])):
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    held.append(s)
print("held", flush=True)
time.sleep(60)
PY
python3 "$W/idle.py" "$port" "$room" >"$W/held" &
idle=$!
PIDS+=("$idle")
wait_for 10 grep -q held "$W/held" || fail "no idle connections"
http 503 HTP-14 "one more than there is room for" "$URL/healthz"
curl -s -o /dev/null -D - "$URL/healthz" | tr -d '\r' >"$W/head"
grep -qi '^retry-after: 1$' "$W/head" && grep -qi '^connection: close$' "$W/head" || fail "no Retry-After: $(cat "$W/head")"
grep -q '"event":"too-many-connections"' "$tmp/pedigreed.log" || fail "that is not logged"
stop "$idle"
wait_for 5 curl -sf -o /dev/null "$URL/healthz" || fail "the room is not given back"
http 200 - "and then there is room again" "$URL/healthz"

# --- T76: no descriptors ---
# The numbers that are free below the highest one are taken by connections.
sleep 1
find "/proc/$DAEMON_PID/fd" -mindepth 1 -printf '%f\n' | awk '$1 < 80' | sort -n >"$W/descriptors"
highest=$(tail -n 1 "$W/descriptors")
used=$(wc -l <"$W/descriptors")
ok "no descriptor more" prlimit --pid "$DAEMON_PID" --nofile="$((highest + 1)):80"
python3 "$W/idle.py" "$port" "$((highest + 1 - used))" >"$W/held" &
idle=$!
PIDS+=("$idle")
wait_for 10 grep -q held "$W/held" || fail "no idle connections"
sleep 0.2
http 503 HTP-14 "no descriptor left" "$URL/healthz"
http 503 HTP-14 "nor for the next one" "$URL/healthz"
grep -q '"event":"no-descriptors"' "$tmp/pedigreed.log" || fail "that is not logged"
ok "descriptors again" prlimit --pid "$DAEMON_PID" --nofile=80:80
stop "$idle"
wait_for 5 curl -sf -o /dev/null "$URL/healthz" || fail "it does not recover"
http 200 - "and it goes on" "$URL/healthz"
python3 "$W/idle.py" "$port" 400 >"$W/held" 2>/dev/null &
idle=$!
PIDS+=("$idle")
sleep 2
stop "$idle"
wait_for 10 curl -sf -o /dev/null "$URL/healthz" || fail "a flood of connections ends it"
pass "a flood of connections"

# --- T77: log lines ---
before=$(wc -l <"$tmp/pedigreed.log")
http 404 HTP-1 "a path like a log line" "$URL/x%22,%22level%22:%22error"
exec 9<>"/dev/tcp/127.0.0.1/$port"
printf 'G"},{"level":"x / HTTP/1.1\r\nHost: a\r\n\r\n' >&9
timeout 5 cat <&9 >/dev/null
exec 9<>"/dev/tcp/127.0.0.1/$port"
printf 'GET /\033[31mred HTTP/1.1\r\nHost: a\r\n\r\n' >&9
timeout 5 cat <&9 >/dev/null
exec 9>&-
tail -n "+$((before + 1))" "$tmp/pedigreed.log" >"$W/lines"
assert_same "three refusals are three lines" "$(grep -c '"event":"refused-request"' "$W/lines")" 3
jq -e . "$W/lines" >/dev/null || fail "no JSON: $(cat "$W/lines")"
LC_ALL=C grep -q '[^ -~]' "$W/lines" && fail "a control character in the log"
assert_same "a line has what is needed" "$(jq -c 'select(.rule == "HTP-1") | [.level, .path, .method, .status, .from]' "$W/lines")" \
	'["info","/x\",\"level\":\"error","GET","404","127.0.0.1"]'
assert_same "the id is the answer's" "$(jq -r 'select(.rule == "HTP-1") | "urn:pedigree:request:" + .id' "$W/lines")" "$(jq -r .instance "$tmp/answer")"
seq 1 3000 | sed "s|.*|url=$URL/nowhere\noutput=/dev/null|" >"$W/many"
curl -s -K "$W/many" || fail "three thousand refusals"
sleep 1
http 404 HTP-1 "one more" "$URL/nowhere"
written=$(grep -c '"event":"refused-request"' "$tmp/pedigreed.log")
[ "$written" -lt 3000 ] || fail "whoever floods us writes as many lines as he likes"
grep -q '"event":"refusals-not-written"' "$tmp/pedigreed.log" || fail "that lines are missing is not said"
checks=$((checks + 1))
daemon_stop
finish
