# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The service's parts of bench/run: what a submission costs, beside the real Rekor v1 and v2; how it grows; a million of
# them. Sourced by it.
# shellcheck disable=SC2154 # build, top, commit, sha256, out: the sourcing script's

resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

metric() { curl -sf "$URL/metrics" | awk -v name="$1" '$1 == name { print $2 }'; }

# load KIND PORT CLIENTS REQUESTS [OPTION…]: bench-load's one line.
load() {
	local kind=$1 port=$2 clients=$3 n=$4
	shift 4
	"$build/bench/bench-load" --as "$kind" --port "$port" --clients "$clients" --requests "$n" --warm 0 \
		--key "$W/keys/ci.pem" --public "$W/keys/ci.pem.pub" --builder "$BUILDER" --repository "$URI" \
		--commit "$commit" --sha256 "$sha256" "$@"
}

floor_now() { # us of CPU for one verification and one signature, before there is a load
	local line
	line=$("$build/bench/bench-floor" "$W/service") || fail "bench-floor"
	# shellcheck disable=SC2086 # words
	set -- $line
	printf 'crypto floor, nothing else running: %s us of CPU (sign %s, verify %s); one fdatasync of a page: %s us   bench-floor %s\n' \
		"$6" "$2" "$4" "$8" "$W/service"
}

heading() {
	printf '%-10s %8s %9s %9s %9s %9s %9s %9s %12s %9s %8s %9s %9s\n' whom clients requests 'per s' 'p50 ms' 'p95 ms' 'p99 ms' \
		'max ms' 'CPU us each' 'floor us' 'x floor' 'a commit' 'RSS KiB'
}

# row WHOM RSS COMMITS with bench-load's line on standard input; leaves the rate in $W/rate
row() {
	awk -v whom="$1" -v rss="$2" -v commits="$3" -v rate="$W/rate" '{
		for (i = 1; i < NF; i += 2) v[$i] = $(i + 1)
		printf "%-10s %8s %9s %9s %9s %9s %9s %9s", whom, v["clients"], v["requests"], v["rate"], v["p50"], v["p95"], v["p99"], v["max"]
		if (v["cpu"] + 0 > 0) printf " %12s %9s %8.2f", v["cpu"], v["floor"], v["cpu"] / v["floor"]
		else printf " %12s %9s %8s", "-", v["floor"], "-"
		printf(" %9s %9s\n", (commits > 0 ? sprintf("%.1f", v["requests"] / commits) : "-"), rss)
		print v["rate"] >rate
	}'
}

ours() { # ours CLIENTS REQUESTS
	local commits line
	commits=$(metric pedigree_store_commits_total)
	line=$(load pedigree "${URL##*:}" "$1" "$2" --pid "$DAEMON_PID") || fail "$1 clients"
	commits=$(($(metric pedigree_store_commits_total) - commits))
	row pedigreed "$(resident "$DAEMON_PID")" "$commits" <<<"$line"
}

# beside WHOM KIND PORT CLIENTS REQUESTS: the same statements to a Rekor; its best rate so far in $best
beside() {
	local line
	line=$(load "$2" "$3" "$4" "$5") || fail "$1 with $4 clients"
	row "$1" - 0 <<<"$line"
	best=$(awk -v b="$best" '{ print ($1 > b ? $1 : b) }' "$W/rate")
}

ratio() { # ratio WHOM
	printf '%-10s our best rate, %s/s, is %.1f times its best, %s/s\n' "$1" "$our_best" \
		"$(awk -v a="$our_best" -v b="$best" 'BEGIN { print a / b }')" "$best"
}

rekors() {
	local best
	# shellcheck disable=SC2034 # what the starters stand on
	here=$top/tests/interop
	if [ ! -x "${PEDIGREE_PEERS:-}/posix" ] || [ ! -x "${PEDIGREE_PEERS:-}/rekor-server" ]; then
		echo "(no Rekor is beside it: PEDIGREE_PEERS names no folder with posix and rekor-server)"
		return
	fi
	# shellcheck source=tests/interop/lib.sh
	. "$top/tests/interop/lib.sh"
	PEERS=$PEDIGREE_PEERS
	best=0
	rekor_v2_start
	for clients in 64 256 1000; do
		beside "Rekor v2" rekor-v2 "${REKOR##*:}" "$clients" $((clients * 4))
	done
	ratio "Rekor v2"
	stop "$REKOR_PID"
	best=0
	rekor_v1_start
	for clients in 1 64 256; do
		beside "Rekor v1" rekor-v1 "$REKOR1_PORT" "$clients" $((clients == 1 ? 50 : 1500))
	done
	ratio "Rekor v1"
	stop "$REKOR1_PID"
}

service() {
	local clients our_best=0
	world
	ulimit -n 8192 2>/dev/null || ulimit -n "$(ulimit -Hn)"
	printf '\n== submissions of builds: durable, countersigned, journalled and in the embedded log (201) when answered\n'
	floor_now
	heading
	load pedigree "${URL##*:}" 16 500 >/dev/null || fail "warming up"
	for clients in 1 64 256 1000; do
		ours "$clients" $((clients == 1 ? 1000 : 10000))
		our_best=$(awk -v b="$our_best" '{ print ($1 > b ? $1 : b) }' "$W/rate")
	done
	rekors
	echo "commands: bench-load --as pedigree|rekor-v2|rekor-v1 --port … [--pid …] --clients N --requests N --wait 10;"
	echo "CPU by the kernel's clocks of the process and its children; the load generator and the Rekors' files share the machine;"
	echo "the floor of a row is OpenSSL's signature and verification, taken beside that load (every 40 ms, median)"
	http 200 - "ready after the load" "$URL/readyz"
	world_stop
	ok "what was stored holds" pedigreed --config "$W/pedigreed.conf" --fsck
	sed -n '$p' <<<"$out"
	world_start
}

# --- growth ---------------------------------------------------------------------------------

# chain_read: milliseconds of one GET of a chain, the median of 200 over one connection
chain_read() {
	local i urls=()
	for ((i = 0; i < 200; i++)); do
		urls+=(-o /dev/null "$URL/api/v1/chains/sha256:$1")
	done
	curl -sf -w '%{time_total}\n' "${urls[@]}" >"$W/chain-times" || fail "a chain"
	sort -n "$W/chain-times" | sed -n '100p' | awk '{ printf "%.3f", $1 * 1000 }'
}

growth() {
	local stored n want artifact ms cpu first_ms='' first_cpu=''
	world
	stored=$(curl -sf "$URL/checkpoint" | sed -n 2p)
	ulimit -n 8192 2>/dev/null || true
	printf 'artifact of %s\n' "$$" >"$W/artifact"
	ok "attest build" pedigree attest build --artifact "$W/artifact" --builder "$BUILDER" --key "$W/keys/ci.pem" \
		--repository "$URI" --commit "$commit" --service "$URL" --wait 10
	artifact=$(sha256sum "$W/artifact" | cut -d ' ' -f 1)
	printf '\n== what grows with what is stored: the chain of one artifact, and a submission at 64 clients\n'
	printf '%-12s %12s %8s %12s %8s %9s %12s\n' attestations 'chain ms' 'x first' 'CPU us each' 'x first' 'RSS KiB' 'store MiB'
	for want in ${PEDIGREE_BENCH_GROWTH:-1000 100000 1000000}; do
		while [ "$stored" -lt "$want" ]; do
			n=$((want - stored > 100000 ? 100000 : want - stored))
			load pedigree "${URL##*:}" 256 "$n" >/dev/null || fail "filling"
			stored=$((stored + n))
		done
		ms=$(chain_read "$artifact")
		cpu=$(load pedigree "${URL##*:}" 64 8000 --pid "$DAEMON_PID" | awk '{ for (i = 1; i < NF; i += 2) if ($i == "cpu") print $(i + 1) }')
		[ -n "$cpu" ] || fail "load at $stored"
		stored=$((stored + 8000))
		: "${first_ms:=$ms}" "${first_cpu:=$cpu}"
		printf '%-12s %12s %8.2f %12s %8.2f %9s %12s\n' "$want" "$ms" "$(awk -v a="$ms" -v b="$first_ms" 'BEGIN { print a / b }')" \
			"$cpu" "$(awk -v a="$cpu" -v b="$first_cpu" 'BEGIN { print a / b }')" "$(resident "$DAEMON_PID")" \
			"$(du -sm "$W/service" | cut -f 1)"
	done
	echo "commands: curl URL/api/v1/chains/sha256:… (median of 200); bench-load --clients 64 --requests 8000"
}

# --- a million ------------------------------------------------------------------------------

million() {
	local i n=${PEDIGREE_BENCH_MILLION:-1000000} each
	world
	ulimit -n 8192 2>/dev/null || true
	each=$((n / 10))
	printf '\n== memory over %s submissions at 1000 connections\n%-12s %9s %9s\n' "$n" answered 'per s' 'RSS KiB'
	for ((i = 1; i <= 10; i++)); do
		load pedigree "${URL##*:}" 1000 "$each" | awk '{ for (i = 1; i < NF; i += 2) if ($i == "rate") print $(i + 1) }' >"$W/rate"
		[ -s "$W/rate" ] || fail "load"
		printf '%-12s %9s %9s\n' "$((i * each))" "$(cat "$W/rate")" "$(resident "$DAEMON_PID")"
	done
	http 200 - "ready after the load" "$URL/readyz"
}
