#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# pedigreed as whoever runs it sees it: its options; the status it ends with when it does not start, and what the unit file
# makes of that; files that are taken away from it; --fsck where there is nothing.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/world.sh"
top=$(cd "$here/../.." && pwd)

# refuses STATUS RULE WHAT ARGUMENTS…: one line on standard error, nothing on standard output.
refuses() {
	local want=$1 rule=$2 what=$3 status
	shift 3
	pedigreed "$@" >"$W/stdout" 2>"$W/stderr" </dev/null
	status=$?
	cp "$W/stderr" "$printed"
	[ "$status" = "$want" ] || fail "$what: status $status, not $want"
	[ ! -s "$W/stdout" ] || fail "$what: something on standard output"
	[ "$(grep -c ^pedigreed: "$W/stderr")" = 1 ] && [ "$(tail -n 1 "$W/stderr" | grep -c ^pedigreed:)" = 1 ] || fail "$what: not one line"
	grep -qF "[$rule]" "$W/stderr" || fail "$what: no $rule"
	pass "$what"
}

# --- options ---------------------------------------------------------------------------------

for option in --help -h; do
	ok "$option" pedigreed "$option"
	assert_says "usage: pedigreed --config FILE"
done
ok "--version" pedigreed --version
grep -qE '^pedigreed [0-9]+\.[0-9]+\.[0-9]+$' "$printed" || fail "the version"
refuses 2 CLI-1 "no arguments"
refuses 2 CLI-1 "an unknown option" --nope
refuses 2 CLI-1 "a short option" -x
refuses 2 CLI-1 "an argument" pedigreed.conf
refuses 2 CLI-1 "an option without its value" --config
refuses 2 CLI-1 "an argument behind the options" --config "$W/none" extra
refuses 2 CLI-1 "--fsck of nothing" --fsck

# --- --fsck where there is nothing -------------------------------------------------------------

world_keys
world_policy
world_config "$(free_port)" embedded
config=$W/pedigreed.conf
rmdir "$W/service"
refuses 3 STO-3 "--fsck where no store is" --config "$config" --fsck
[ ! -e "$W/service" ] || fail "--fsck made something"

# --- faults of the configuration: 2 ------------------------------------------------------------

variant() { # variant SED-SCRIPT: the configuration with one thing otherwise
	sed "$1" "$config" >"$W/variant.conf"
	! cmp -s "$config" "$W/variant.conf" || fail "nothing differs by $1"
}
refuses 2 POL-9 "no such file" --config "$W/none"
refuses 2 POL-9 "a folder" --config "$W"
variant 's/signingKey/signingKye/'
refuses 2 POL-2 "an unknown key" --config "$W/variant.conf"
variant 's|listen = .*|listen = nowhere|'
refuses 2 CFG-1 "an address that is none" --config "$W/variant.conf"
variant 's|listen = .*|listen = localhost:0|'
refuses 2 CFG-1 "a name to listen on" --config "$W/variant.conf"
variant 's|keys/signing.pem|keys/none.pem|'
refuses 2 KEY-3 "no signing key" --config "$W/variant.conf"
variant 's|keys/signing.pem|keys/allowed_signers|'
refuses 2 KEY-3 "a signing key that is none" --config "$W/variant.conf"
variant 's|keys/signing.pem|keys/ci.pem|'
refuses 2 CFG-3 "a builder's key as signing key" --config "$W/variant.conf"
variant 's|policy = policy|policy = none|'
refuses 2 POL-9 "no policy" --config "$W/variant.conf"
variant 's|policy = policy|policy = wrong-policy|'
sed 's/protect = /protct = /' "$W/policy" >"$W/wrong-policy"
refuses 2 POL-2 "a policy with an unknown key" --config "$W/variant.conf"
sed 's|keys/ci.pem.pub|keys/none.pub|' "$W/policy" >"$W/wrong-policy"
refuses 2 POL-5 "a policy that names a key file that is not there" --config "$W/variant.conf"
[ -z "$(ls -A "$W/service")" ] || fail "a start that was refused made $(ls -A "$W/service")"
mkdir -m 777 "$W/open"
chmod 777 "$W/open"
variant "s|$W/service/pedigree.db|$W/open/pedigree.db|"
refuses 2 FIL-1 "a store in a folder that all may write to" --config "$W/variant.conf"
variant "s|$W/service/log|$W/open|"
refuses 2 FIL-1 "a log in such a folder" --config "$W/variant.conf"

variant "s|$W/service/pedigree.db|/proc/none/pedigree.db|"
refuses 2 CFG-1 "a store that cannot be made" --config "$W/variant.conf"
variant "s|$W/service/log|/proc/none|"
refuses 2 CFG-1 "a log that cannot be made" --config "$W/variant.conf"
variant "s|$W/service/log|$W/policy|"
refuses 2 FIL-1 "a log that is a file" --config "$W/variant.conf"
variant "s|$W/service/pedigree.db|$W/policy|"
cp "$W/policy" "$W/policy-was"
refuses 2 STO-5 "a store that is another file" --config "$W/variant.conf"
cmp -s "$W/policy" "$W/policy-was" || fail "it was written to"
[ -z "$(find "$W" -name 'policy-*' ! -name policy-was)" ] || fail "something was made beside it"
variant 's|\(listen = .*\)|\1\n\1|'
refuses 2 CFG-1 "an address twice" --config "$W/variant.conf"
variant "s|listen = 127.0.0.1:\(.*\)|listen = 0.0.0.0:\1\n\tlisten = 127.0.0.1:\1|"
refuses 2 CFG-1 "an address of all, and one of them" --config "$W/variant.conf"
rm -rf "$W/service"

# --- what could not be done now: 3 ---------------------------------------------------------------

world_start
grep -qF "\"event\":\"new-store\",\"path\":\"$W/service/pedigree.db\"" "$tmp/pedigreed.log" || fail "a new store is not told of"
world_trust_log
ok "everything is stored by owner alone" test "$(stat -c %a "$W/service" "$W/service/log" "$W/service/pedigree.db.keys" | sort -u)" = 700
variant "s|$W/service/|$W/second/|"
refuses 3 HTP-8 "a port in use" --config "$W/variant.conf"
[ ! -e "$W/second" ] || fail "something was made before the port was tried"
second="s|listen = .*|listen = 127.0.0.1:$(free_port)|"
variant "$second"
refuses 3 STO-2 "a second daemon on one store" --config "$W/variant.conf"
variant "$second;s|$W/service/pedigree.db|$W/second/pedigree.db|"
refuses 3 LOG-16 "a second daemon on one log" --config "$W/variant.conf"
[ ! -e "$W/second/pedigree.db" ] || fail "a store was made"
refuses 3 STO-2 "--fsck beside a daemon" --config "$config" --fsck

# --- what is stored is not what it was: 1 ---------------------------------------------------------

world_repo
world_commit one
ok "push" git push -q origin HEAD:main
cd "$W" || exit 3
wait_for 10 test -e "$W/service/log/tile/0/000.p/1" || fail "the source is not logged"
world_stop
mv "$W/service/log" "$W/service/log-away"
refuses 1 CFG-5 "the log is gone" --config "$config"
refuses 1 CFG-5 "--fsck says so too" --config "$config" --fsck
[ ! -e "$W/service/log/checkpoint" ] || fail "another log was begun"
cp -a "$W/service/log-away" "$W/service/log-2"
rm "$W/service/log-2/checkpoint"
variant "s|$W/service/log|$W/service/log-2|"
refuses 1 LOG-11 "the log's checkpoint is gone" --config "$W/variant.conf"
grep -q backup "$W/stderr" || fail "the remedy is no remedy: $(cat "$W/stderr")"
rm -r "$W/service/log-2"
mv "$W/service/log-away" "$W/service/log"
variant "s|$W/service/pedigree.db|$W/service/other.db|"
refuses 2 CFG-6 "another store for the log" --config "$W/variant.conf"
[ -z "$(find "$W/service" -name 'other*')" ] || fail "something was made for it"
mkdir "$W/lost"
mv "$W"/service/pedigree.db "$W/lost"
refuses 2 CFG-6 "the database is gone" --config "$config"
grep -q 'restore' "$W/stderr" || fail "no remedy"
[ ! -e "$W/service/pedigree.db" ] || fail "another one was made"
: >"$W/service/pedigree.db"
refuses 2 CFG-6 "an empty one is in its place" --config "$config"
head -c 8192 /dev/urandom >"$W/service/pedigree.db"
refuses 2 STO-5 "a damaged database" --config "$config"
refuses 2 STO-5 "--fsck says so too" --config "$config" --fsck
mv "$W/lost/pedigree.db" "$W/service"
sed 's/version = [0-9]*/version = 5/' "$W/policy" >"$W/policy-5"
cp "$W/policy" "$W/policy-1"
cp "$W/policy-5" "$W/policy"
world_start
world_stop
cp "$W/policy-1" "$W/policy"
refuses 2 POL-11 "an older policy" --config "$config"
cp "$W/policy-5" "$W/policy"
if tool sqlite3 "a store by a later version"; then
	was=$(sqlite3 "$W/service/pedigree.db" 'PRAGMA user_version')
	sqlite3 "$W/service/pedigree.db" 'PRAGMA user_version = 99'
	refuses 1 STO-1 "a store by a later version" --config "$config"
	sqlite3 "$W/service/pedigree.db" "PRAGMA user_version = $was"
fi

# Starting again helps after a 3 and after a crash, and after nothing else.
unit=$top/install/systemd/pedigreed.service.in
grep -qx 'Restart=on-failure' "$unit" && grep -qx 'RestartPreventExitStatus=1 2' "$unit" || fail "the unit restarts after other statuses"
pass "the unit"

# --- a store that somebody else has locked -------------------------------------------------------

# What waits for the lock is given up after a second, and the end (in daemon_stop: within 10 s) does not wait for it.
if tool sqlite3 "a locked store"; then
	world_start
	{ echo 'BEGIN IMMEDIATE;'; sleep 15; } | sqlite3 "$W/service/pedigree.db" &
	locker=$!
	PIDS+=("$locker")
	sleep 1
	sed -i 's/version = 5/version = 6/' "$W/policy"
	kill -HUP "$DAEMON_PID"
	sleep 0.2
	world_stop
	grep -q '"event":"reload-failed".*STO-4' "$tmp/pedigreed.log" || fail "a version that could not be kept came into force"
	kill "$locker" 2>/dev/null || true
	pass "a locked store"
fi

# --- files that are taken away -------------------------------------------------------------------

world_start
http 200 - "ready" "$URL/readyz"
mv "$W/service/log" "$W/service/log-away"
http 503 RDY-5 "the log's folder is gone" "$URL/readyz"
cp -a "$W/service/log-away" "$W/service/log"
http 503 RDY-5 "another one is in its place" "$URL/readyz"
mv "$W/service/log" "$W/service/log-copy"
mv "$W/service/log-away" "$W/service/log"
http 200 - "ready again" "$URL/readyz"
mv "$W/service/pedigree.db" "$W/service/away"
http 503 RDY-5 "the database is gone" "$URL/readyz"
mv "$W/service/away" "$W/service/pedigree.db"
http 200 - "ready again" "$URL/readyz"
http 200 - "alive throughout" "$URL/healthz"
world_stop
ok "everything holds" pedigreed --config "$config" --fsck
grep -q '^1 attestations, 1 of them logged; 1 journal leaves; 1 log entries; 0 faults' "$printed" || fail "the summary"
finish
