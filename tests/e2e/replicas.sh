#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two pedigreed over one PostgreSQL and one real Rekor v2: load on both, each killed by SIGKILL, the database twice. At the
# end nothing acknowledged is lost, each reference has one countersignature in all answers, the journal is sound and everything
# is logged. Then what keeps them together: a newer policy of one, a database that is away, and databases that are refused.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/world.sh"
# shellcheck source=tests/interop/lib.sh
. "$here/../interop/lib.sh"
need_peer posix
n=${PEDIGREE_REPLICA_BUILDS:-40}

chmod 711 "$W" # the database's user is another one where this one is root
postgresql() { "$here/../support/postgresql" "$1" "$W/database" "${@:2}"; }
STORE=$(postgresql start) || exit $?
trap 'postgresql stop immediate >/dev/null 2>&1; clean_up' EXIT
sql() { psql -X -Atq "${2:-$STORE}" -c "$1" </dev/null; }

world_keys
world_policy
rekor_v2_start
mkdir -p "$W/service"
config() { # config NAME PORT STORE [LINE]: W/NAME.conf
	cat >"$W/$1.conf" <<CONF
[service]
	listen = 127.0.0.1:$2
	store = $3
	signingKey = keys/signing.pem
	${4-journalKey = keys/journal.pem}
	policy = policy
CONF
	rekor_v2_log >>"$W/$1.conf"
}
PORT_A=$(free_port)
config a "$PORT_A" "$STORE"
PORT_B=$(free_port)
config b "$PORT_B" "$STORE"
URL_A=http://127.0.0.1:$PORT_A
URL_B=http://127.0.0.1:$PORT_B
start_a() { daemon_start "$W/a.conf" "$URL_A"; PID_A=$DAEMON_PID; }
start_b() { daemon_start "$W/b.conf" "$URL_B"; PID_B=$DAEMON_PID; }
start_a
start_b
URL=$URL_A
world_repo
world_commit one
ok "push" git push -q origin HEAD:main
http 200 - "the other one knows the source" "$URL_B/api/v1/subjects/gitCommit:$commit"
[ "$(jq -r '.attestations[0].stage' "$W/answer")" = source ] || fail "no source listed"
mkdir -p "$W/acked" "$W/said"
world_sign "$n"

# ---- load, kills, restarts ----------------------------------------------------------------------

# send FILE URL NAME: one submission; what is said of it is kept once it was read whole.
send() {
	local status ref name
	name=$(basename "$1" .json)
	status=$(curl -s -o "$W/answer-$3" -w '%{http_code}' --max-time 15 -H 'Content-Type: application/json' \
		-H "Prefer: wait=$((RANDOM % 3))" --data-binary "@$1" "$2/api/v1/attestations")
	case $status in
	200 | 201 | 202)
		ref=$(jq -r .reference "$W/answer-$3") && [ -n "$ref" ] || return
		printf '%s\n' "$ref" >"$W/answer-$3.acked" && mv "$W/answer-$3.acked" "$W/acked/$name-$3"
		jq -r 'select(.bundle) | "\(.reference) \(.bundle.dsseEnvelope.signatures[0].sig)"' "$W/answer-$3" >>"$W/said/$3"
		;;
	000) sleep 0.1 ;; # it was killed
	503)
		jq -r .rule "$W/answer-$3" >>"$W/turned-away"
		sleep 0.2
		;;
	*) echo "$status $(head -c 500 "$W/answer-$3")" >>"$W/unexpected" ;;
	esac
}
load() { # load NAME URL URL: every build to both, again and again until there was enough
	local f
	while [ ! -e "$W/enough" ]; do
		for f in "$W"/todo/*.json; do
			send "$f" "$2" "$1"
			send "$f" "$3" "$1"
		done
	done
}
senders=()
for i in 1 2 3; do
	if [ $((i % 2)) = 0 ]; then
		load "$i" "$URL_A" "$URL_B" &
	else
		load "$i" "$URL_B" "$URL_A" &
	fi
	senders+=("$!")
	PIDS+=("$!")
done
sleep 2
stop "$PID_A" KILL
sleep 1
start_a
sleep 1
ok "the database dies and comes back" postgresql restart immediate
sleep 2
stop "$PID_B" KILL
start_b
sleep 1
ok "the database dies and comes back again" postgresql restart immediate
sleep 2
touch "$W/enough"
wait "${senders[@]}"
PIDS=("$PID_A" "$PID_B" "${PIDS[@]:0:2}")
[ ! -s "$W/unexpected" ] || { head "$W/unexpected" >&2; fail "unexpected answers"; }
if [ -s "$W/turned-away" ] && grep -vqE '^(STO-[34]|SVC-[12])$' "$W/turned-away"; then
	sort "$W/turned-away" | uniq -c >&2
	fail "turned away by another rule"
fi
pass "whoever was turned away was told why"

# ---- what is left ---------------------------------------------------------------------------------

# What was acknowledged is known. A slow machine may not have come round to every build.
is_acked() { compgen -G "$W/acked/$1-*" >/dev/null; }
acked=0
for i in $(seq "$n"); do
	more=$(curl -s -o "$W/answer" -w '%{http_code}' --max-time 90 -H 'Content-Type: application/json' -H 'Prefer: wait=60' \
		--data-binary "@$W/todo/$i.json" "$([ $((i % 2)) = 0 ] && echo "$URL_A" || echo "$URL_B")/api/v1/attestations")
	case $more in
	200) ;;
	201) ! is_acked "$i" || fail "build $i was acknowledged, and lost" ;;
	*) fail "build $i once more: $more $(head -c 500 "$W/answer")" ;;
	esac
	! is_acked "$i" || acked=$((acked + 1))
	jq -r '"\(.reference) \(.bundle.dsseEnvelope.signatures[0].sig)"' "$W/answer" >>"$W/said/last"
done
[ "$acked" -ge 5 ] || fail "only $acked builds were acknowledged under load"
pass "$acked acknowledged builds of $n are known"
pending() { curl -s --max-time 10 "$1/metrics" | awk '$1 == "pedigree_pending" { print $2 }'; }
both_logged() { all_logged "$URL_A" && all_logged "$URL_B"; }
wait_for 90 both_logged || fail "still pending: $(pending "$URL_A")"
pass "everything is logged"
# acknowledged: there, under the one reference that everybody was told
for i in $(seq "$n"); do
	is_acked "$i" || continue
	refs=$(sort -u "$W"/acked/"$i"-*)
	[ "$(wc -l <<<"$refs")" = 1 ] || fail "build $i has several references: $refs"
	http 200 - "acknowledged build $i" "$URL_B/api/v1/attestations/$refs"
	jq -r '"\(.reference) \(.bundle.dsseEnvelope.signatures[0].sig)"' "$W/answer" >>"$W/said/kept"
done
[ "$(sort -u "$W"/said/* | wc -l)" = "$n" ] || { sort -u "$W"/said/* >&2; fail "a reference with two countersignatures"; }
[ "$(sort -u "$W"/said/* | cut -d' ' -f1 | sort -u | wc -l)" = "$n" ] || fail "not every build has its countersignature"
pass "one countersignature for each reference"
assert_same "each build is kept once" "$(sql 'SELECT count(*) FROM attestation')" $((n + 1))
assert_same "nothing is pending" "$(sql 'SELECT count(*) FROM pending')" 0
ok "fsck beside both" pedigreed --config "$W/a.conf" --fsck
assert_says " 0 faults"
http 200 - "the first is ready" "$URL_A/readyz"
http 200 - "the second is ready" "$URL_B/readyz"

# ---- what keeps them together -----------------------------------------------------------------------

printf 'late\n' >"$W/late"
ok "sign" pedigree attest build --artifact "$W/late" --builder "$BUILDER" --key "$W/keys/ci.pem" \
	--repository "$URI" --commit HEAD --no-submit --output "$W/late.json"
late() { http "$1" "$2" "$3" -H 'Content-Type: application/json' -H 'Prefer: wait=30' --data-binary "@$W/late.json" "$4/api/v1/attestations"; }
sed -i 's|version = 1$|version = 2|' "$W/policy"
DAEMON_PID=$PID_A
daemon_reload
http 503 RDY-3 "one on the policy of before is not ready" "$URL_B/readyz"
late 503 RDY-3 "and decides nothing" "$URL_B"
DAEMON_PID=$PID_B
daemon_reload
http 200 - "with the new one it is" "$URL_B/readyz"

ok "the database is stopped" postgresql stop immediate
late 503 STO-3 "nothing is taken without the database" "$URL_A"
http 503 RDY-5 "and that is said" "$URL_A/readyz"
! grep -q "127.0.0.1" "$W/answer" || fail "strangers are told where the database is: $(cat "$W/answer")"
postgresql start >/dev/null || fail "the database does not start"
is_ready() { curl -sf --max-time 5 "$URL_A/readyz"; }
wait_for 20 is_ready || fail "not ready when the database is back"
late 201 - "then it goes on" "$URL_A"

# ---- what is refused -----------------------------------------------------------------------------------

other=${STORE%/*}/other
start_other() { # start_other STATUS RULE WHAT
	exits "$1" "$2" "$3" timeout 30 pedigreed --config "$W/other.conf"
	assert_silent_about hunter2
}
config other "$(free_port)" "$STORE" ""
start_other 2 CFG-1 "no journalKey"
config other "$(free_port)" "postgres://pedigree:hunter2@127.0.0.1/p"
start_other 2 CFG-1 "a store of no kind"
config other "$(free_port)" "postgresql://pedigree:hunter2%zz@127.0.0.1/p"
start_other 2 CFG-1 "a URL that libpq does not take"
config other "$(free_port)" "postgresql://pedigree:hunter2@127.0.0.1:1/p"
start_other 3 STO-3 "no database there"
sql "CREATE DATABASE other" || fail "another database"
sql "CREATE TABLE theirs (a int)" "$other" || fail "somebody's table"
config other "$(free_port)" "$other"
start_other 2 STO-5 "another program's database"
sql "CREATE DATABASE empty" || fail "an empty database"
config other "$(free_port)" "${STORE%/*}/empty"
exits 3 STO-3 "nothing to check" timeout 30 pedigreed --config "$W/other.conf" --fsck
assert_same "and nothing is made" "$(sql "SELECT count(*) FROM pg_class WHERE relname = 'meta'" "${STORE%/*}/empty")" 0
sql "GRANT CREATE ON SCHEMA public TO PUBLIC" "${STORE%/*}/empty"
start_other 2 STO-6 "a database in which others may make things"
sql "INSERT INTO pedigree_schema VALUES (99)"
config other "$(free_port)" "$STORE"
start_other 1 STO-1 "a schema of a later version"
sql "DELETE FROM pedigree_schema WHERE version = 99"
ok "another key" pedigree key generate --type ed25519 "$W/keys/journal2.pem"
config other "$(free_port)" "$STORE" "journalKey = keys/journal2.pem"
start_other 2 CFG-4 "another journal's key"

DAEMON_PID=$PID_A
daemon_stop
DAEMON_PID=$PID_B
daemon_stop
assert_same "who ends gives back what he had to publish" \
	"$(sql 'SELECT count(*) FROM pending WHERE until > now()')" 0

# The embedded log is one machine's: that is said, and a second pedigreed on it is refused.
sql "CREATE DATABASE alone" || fail "a database"
config other "$(free_port)" "${STORE%/*}/alone"
sed -i '/^\[log\]/,$d' "$W/other.conf"
printf '[log]\n\ttype = embedded\n\tdirectory = %s/service/log\n\torigin = localhost\n' "$W" >>"$W/other.conf"
sed "s|listen = .*|listen = 127.0.0.1:$(free_port)|" "$W/other.conf" >"$W/second.conf"
daemon_start "$W/other.conf" "$(sed -n 's|.*listen = |http://|p' "$W/other.conf")"
grep -q '"event":"embedded-log-is-not-shared"' "$W/pedigreed.log" || fail "no warning of an embedded log"
pass "an embedded log with PostgreSQL is warned of"
exits 3 LOG-16 "a second pedigreed on that log" timeout 30 pedigreed --config "$W/second.conf"
daemon_stop
finish
