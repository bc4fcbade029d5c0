# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Real peers for interop scripts; sourced after e2e/lib.sh or e2e/world.sh. A missing one skips on a person's machine (status 77)
# and fails under CI=true.
interop=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

need_peer() { # need_peer NAME [-r: a file of it]
	PEERS=${PEDIGREE_PEERS:-}
	if [ -n "$PEERS" ] && test "${2:--x}" "$PEERS/$1"; then
		return
	fi
	not_here "$1" "(tests/interop/peers installs it; PEDIGREE_PEERS names the folder)"
}

not_here() {
	if [ "${CI:-}" = true ]; then
		fail "peer $1 is missing, and CI demands it"
	fi
	echo "skipped: peer $1 is missing ${2:-}" >&2
	exit 77
}

# A real Rekor v2 on loopback: $REKOR is its URL, $REKOR_READ serves its files, $W/rekor.pub its key.
rekor_v2_start() {
	local port grpc metrics read
	need_peer posix
	port=$(free_port) grpc=$(free_port) metrics=$(free_port) read=$(free_port)
	mkdir -p "$W/rekor"
	openssl genpkey -algorithm ed25519 -out "$W/rekor-key.pem" 2>/dev/null || fail "rekor key"
	openssl pkey -in "$W/rekor-key.pem" -pubout -out "$W/rekor.pub" || fail "rekor key"
	"$PEERS/posix" serve --http-address=127.0.0.1 --http-port="$port" --grpc-address=127.0.0.1 \
		--grpc-port="$grpc" --http-metrics-port="$metrics" --hostname=localhost --storage-dir="$W/rekor" \
		--signer-filepath="$W/rekor-key.pem" --checkpoint-interval=1s >"$W/rekor.log" 2>&1 &
	REKOR_PID=$!
	PIDS+=("$REKOR_PID")
	# shellcheck disable=SC2034 # used by the scripts
	REKOR=http://localhost:$port
	wait_for 30 sh -c "curl -sf http://127.0.0.1:$port/healthz | grep -q SERVING" || { cat "$W/rekor.log" >&2; fail "Rekor v2"; }
	python3 -m http.server --bind 127.0.0.1 --directory "$W/rekor" "$read" >/dev/null 2>&1 &
	PIDS+=("$!")
	# shellcheck disable=SC2034 # used by the scripts
	REKOR_READ=http://127.0.0.1:$read
	wait_for 10 curl -sf -o /dev/null "http://127.0.0.1:$read/" || fail "static server of Rekor's files"
}

# The [log] of a service that publishes there.
rekor_v2_log() {
	printf '[log]\n\ttype = rekor-v2\n\turl = %s\n\treadUrl = %s\n\torigin = localhost\n\tkey = %s\n' \
		"$REKOR" "$REKOR_READ" "$W/rekor.pub"
}

# rekor_v2_again: the same Rekor v2 once more, after stop "$REKOR_PID".
rekor_v2_again() {
	"$PEERS/posix" serve --http-address=127.0.0.1 --http-port="${REKOR##*:}" --grpc-address=127.0.0.1 \
		--grpc-port="$(free_port)" --http-metrics-port="$(free_port)" --hostname=localhost --storage-dir="$W/rekor" \
		--signer-filepath="$W/rekor-key.pem" --checkpoint-interval=1s >>"$W/rekor.log" 2>&1 &
	REKOR_PID=$!
	PIDS+=("$REKOR_PID")
	wait_for 30 sh -c "curl -sf http://127.0.0.1:${REKOR##*:}/healthz | grep -q SERVING" || fail "Rekor v2 does not come back"
}

# A real Rekor v1 on loopback, over PostgreSQL, Trillian and Redis of its own: $REKOR1 is its URL, $W/rekor1.pub its key.
# Its metrics have one port of the machine, so there is one at a time, and no timestamp-server beside it.
rekor_v1_start() {
	local url
	need_peer rekor-server
	need_peer trillian_log_server
	need_peer trillian_log_signer
	need_peer createtree
	need_peer trillian.sql -r
	command -v redis-server >/dev/null || not_here "redis-server"
	chmod 711 "$W" # root's database is nobody's
	url=$("$interop/../support/postgresql" start "$W/rekor1-database") || exit $?
	REKOR1_DATABASE=$W/rekor1-database
	trap 'rekor_v1_database_stop; clean_up' EXIT
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$W/rekor1-key.pem" 2>/dev/null || fail "rekor key"
	openssl pkey -in "$W/rekor1-key.pem" -pubout -out "$W/rekor1.pub" || fail "rekor key"
	psql -q -v ON_ERROR_STOP=1 "$url" -f "$PEERS/trillian.sql" >"$W/rekor1.log" 2>&1 || { cat "$W/rekor1.log" >&2; fail "Trillian's schema"; }
	REDIS_PORT=$(free_port)
	redis-server --port "$REDIS_PORT" --bind 127.0.0.1 --save '' --appendonly no --dir "$W" >>"$W/rekor1.log" 2>&1 &
	PIDS+=("$!")
	trillian "$url"
	REKOR1_PORT=$(free_port)
	rekor_v1_again
}

rekor_v1_database_stop() { "$interop/../support/postgresql" stop "$REKOR1_DATABASE" immediate >/dev/null 2>&1; }

# trillian DATABASE: its log server and signer; $TRILLIAN is the server's port, $TREE the tree.
trillian() {
	local program extra
	TRILLIAN=$(free_port)
	for program in trillian_log_server trillian_log_signer; do
		extra=()
		[ "$program" = trillian_log_server ] || extra=(--force_master --sequencer_interval=100ms --batch_size=500)
		port=$TRILLIAN
		[ "$program" = trillian_log_server ] || port=$(free_port)
		"$PEERS/$program" --storage_system=postgresql --postgresql_uri="${1%/*}/postgres" --quota_system=noop \
			--rpc_endpoint="127.0.0.1:$port" --http_endpoint="127.0.0.1:$(free_port)" "${extra[@]}" >>"$W/rekor1.log" 2>&1 &
		PIDS+=("$!")
	done
	wait_for 30 trillian_tree || { tail -n 20 "$W/rekor1.log" >&2; fail "Trillian"; }
}
trillian_tree() {
	TREE=$("$PEERS/createtree" --admin_server="127.0.0.1:$TRILLIAN" 2>>"$W/rekor1.log") && [ -n "$TREE" ]
}

# rekor_v1_again: the same Rekor v1, the first time or after stop "$REKOR1_PID".
rekor_v1_again() {
	"$PEERS/rekor-server" serve --trillian_log_server.address=127.0.0.1 --trillian_log_server.port="$TRILLIAN" \
		--trillian_log_server.tlog_id="$TREE" --host=127.0.0.1 --port="$REKOR1_PORT" \
		--redis_server.address=127.0.0.1 --redis_server.port="$REDIS_PORT" --rekor_server.hostname=localhost \
		--rekor_server.signer="$W/rekor1-key.pem" --rekor_server.signer-passwd= \
		--enabled_entry_types=dsse,hashedrekord,intoto >>"$W/rekor1.log" 2>&1 &
	REKOR1_PID=$!
	PIDS+=("$REKOR1_PID")
	# shellcheck disable=SC2034 # used by the scripts
	REKOR1=http://localhost:$REKOR1_PORT
	wait_for 30 curl -sf -o /dev/null "http://127.0.0.1:$REKOR1_PORT/api/v1/log" || { tail -n 20 "$W/rekor1.log" >&2; fail "Rekor v1"; }
}

# tsa_start NAME: a timestamp authority with keys of its own; $TSA is its URL, $W/NAME.pem its chain. Its metrics have one
# port of the machine.
tsa_start() {
	local port
	need_peer timestamp-server
	port=$(free_port)
	"$PEERS/timestamp-server" serve --host 127.0.0.1 --port "$port" --timestamp-signer memory --disable-ntp-monitoring \
		>"$W/tsa.log" 2>&1 &
	TSA_PID=$!
	PIDS+=("$TSA_PID")
	TSA=http://127.0.0.1:$port/api/v1/timestamp
	wait_for 30 curl -sf -o "$W/$1.pem" "$TSA/certchain" || { cat "$W/tsa.log" >&2; fail "timestamp-server"; }
}

# cosign's own trusted root for a log at URL $1 with the public key $2.
cosign_root() {
	"$PEERS/cosign" trusted-root create --no-default-ctfe --no-default-fulcio --no-default-tsa --no-default-rekor \
		--rekor "url=$1,public-key=$2,start-time=2024-01-01T00:00:00Z,origin=localhost" --out "$W/cosign-root.json"
}

# --- in a world (e2e/world.sh) -----------------------------------------------------------------

build() { # build NAME OPTION…: an artifact and its attestation
	printf '%s\n' "$1" >"$W/$1"
	pedigree attest build --artifact "$W/$1" --builder "$BUILDER" --key "$W/keys/ci.pem" --repository "$URI" --commit HEAD "${@:2}"
}
logged() { [ "$(curl -sf "$URL/api/v1/attestations/$1" | jq -r .state)" = logged ]; } # logged REFERENCE
send() { # send FILE WAIT: submit it; its reference in $ref
	curl -s -o "$W/answer" -H 'Content-Type: application/json' -H "Prefer: wait=$2" --data-binary "@$1" "$URL/api/v1/attestations"
	# shellcheck disable=SC2034 # used by the scripts
	ref=$(jq -r .reference "$W/answer")
}
