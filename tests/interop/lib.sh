# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Real peers for interop scripts; sourced after e2e/lib.sh or e2e/world.sh. A missing one skips on a person's machine (status 77)
# and fails under CI=true.
need_peer() {
	PEERS=${PEDIGREE_PEERS:-}
	if [ -n "$PEERS" ] && [ -x "$PEERS/$1" ]; then
		return
	fi
	if [ "${CI:-}" = true ]; then
		fail "peer $1 is missing, and CI demands it"
	fi
	echo "skipped: peer $1 is missing (tests/interop/peers installs it; PEDIGREE_PEERS names the folder)" >&2
	exit 77
}

# A real Rekor v2 on loopback: $REKOR is its URL, $REKOR_READ serves its files, $W/rekor.pub its key.
rekor_v2_start() {
	local port grpc metrics read
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

# cosign's own trusted root for a log at URL $1 with the public key $2.
cosign_root() {
	"$PEERS/cosign" trusted-root create --no-default-ctfe --no-default-fulcio --no-default-tsa --no-default-rekor \
		--rekor "url=$1,public-key=$2,start-time=2024-01-01T00:00:00Z,origin=localhost" --out "$W/cosign-root.json"
}
