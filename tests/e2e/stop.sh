#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SIGTERM ends the service within ten seconds, with status 0, also while its database hangs: in the middle of a start or
# of a reload, and with requests that wait for it. What asks no database is answered meanwhile.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/world.sh"

chmod 711 "$W" # the database's user is another one where this one is root
postgresql() { "$here/../support/postgresql" "$1" "$W/database" "${@:2}"; }
STORE=$(postgresql start) || exit $?
trap 'thaw; postgresql stop immediate >/dev/null 2>&1; clean_up' EXIT

postmaster() { head -n 1 "$W/database/data/postmaster.pid" 2>/dev/null; }
# Every process of the server, so that nobody takes or answers a connection.
frozen=()
freeze() {
	frozen=("$(postmaster)")
	kill -STOP "${frozen[0]}"
	mapfile -t -O 1 frozen < <(pgrep -P "${frozen[0]}")
	kill -STOP "${frozen[@]}"
}
thaw() {
	[ ${#frozen[@]} = 0 ] || kill -CONT "${frozen[@]}" 2>/dev/null
	frozen=()
}

world_keys
world_policy
mkdir -p "$W/service"
PORT=$(free_port)
URL=http://127.0.0.1:$PORT
cat >"$W/pedigreed.conf" <<CONF
[service]
	listen = 127.0.0.1:$PORT
	store = $STORE
	signingKey = keys/signing.pem
	journalKey = keys/journal.pem
	policy = policy
[log]
	type = embedded
	directory = service/log
	origin = localhost
CONF

world_start
freeze
for i in 1 2 3 4 5 6; do
	curl -s -o /dev/null --max-time 20 "$URL/api/v1/subjects/sha256:$(printf '%064d' "$i")" 3>&- &
	PIDS+=($!)
done
sleep 0.5
# What is not a reader's to answer is answered by the loops, which wait for no database.
light=$(tr -d '\n\t' <"$here/../../service/router.c" | grep -oE '\{PDG_GET, *"[^}]*\}' |
	sed -nE 's/^\{PDG_GET, *"([^"]+)", *[a-z_]+, *false, *false,.*/\1/p')
[ "$(wc -w <<<"$light")" -ge 4 ] || fail "service/router.c is not read: $light"
for path in $light $light; do
	http 200 - "$path meanwhile" --max-time 2 "$URL$path"
done
daemon_stop
pass "ended while requests wait for the database"

policy_next() {
	printf '# one more line\n' >>"$W/policy"
	policy_raise
}
reload_and_end() { # a reload that waits for the database, and SIGTERM in the middle of it
	thaw
	world_start
	freeze
	policy_next
	kill -HUP "$DAEMON_PID"
	sleep 0.5
	kill -TERM "$DAEMON_PID"
	sleep 0.5
}

# A reload waits for the database; what is to end the service is heard all the same.
reload_and_end
ended "$DAEMON_PID" && fail "the reload did not wait for the database"
daemon_stop
pass "ended in the middle of a reload"

# And a reload that comes to its end is followed by what it was told meanwhile.
reload_and_end
thaw
wait_for 5 ended "$DAEMON_PID" || fail "the signal was lost in a reload that went on"
daemon_stop
grep -q '"event":"stop-abandoned"' <<<"$(tail -n 5 "$tmp/pedigreed.log")" && fail "a stop was abandoned that could go on"
pass "ended after a reload"
freeze

"${DAEMON:-pedigreed}" --config "$W/pedigreed.conf" >"$W/start.log" 2>&1 3>&- &
DAEMON_PID=$!
PIDS+=("$DAEMON_PID")
sleep 0.5
ended "$DAEMON_PID" && fail "the start did not wait for the database"
begun=$SECONDS
daemon_stop
[ $((SECONDS - begun)) -le 2 ] || fail "a start ended only after $((SECONDS - begun)) seconds"
grep -q '"event":"stopped-while-starting"' "$W/start.log" || fail "nothing is said of it: $(cat "$W/start.log")"
pass "ended in the middle of a start"

thaw
world_start
http 200 - "and it starts again" "$URL/readyz"
world_stop
finish
