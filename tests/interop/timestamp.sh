#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Timestamps of Sigstore's own authority, under the trusted root that cosign makes of its chain: with its certificate and
# without, by every digest, as answered and as the bare token; and not for other bytes or of another authority.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$here/../e2e/lib.sh"
# shellcheck source=tests/interop/lib.sh
. "$here/lib.sh"
need_peer timestamp-server
need_peer cosign
judge=$BIN/../tests/test_interop_timestamp

head -c 71 /dev/urandom >"$W/sig"
printf 'other bytes' >"$W/other"
openssl genpkey -algorithm ed25519 2>/dev/null | openssl pkey -pubout -out "$W/rekor.pub" || fail "a log key"

# authority NAME: one with keys of its own; its trusted root is $W/NAME.json.
authority() {
	tsa_start "$1"
	"$PEERS/cosign" trusted-root create --no-default-ctfe --no-default-fulcio --no-default-tsa --no-default-rekor \
		--rekor "url=http://localhost:1,public-key=$W/rekor.pub,start-time=2024-01-01T00:00:00Z,origin=localhost" \
		--tsa "url=$TSA,certificate-chain=$W/$1.pem" --out "$W/$1.json" >"$W/cosign.log" 2>&1 ||
		{ cat "$W/cosign.log" >&2; fail "cosign trusted-root create"; }
}

# stamp FILE QUERY-OPTION…: a response over $W/sig.
stamp() {
	openssl ts -query -data "$W/sig" "${@:2}" -out "$W/query" 2>/dev/null || fail "query"
	curl -sf -o "$1" -H 'Content-Type: application/timestamp-query' --data-binary "@$W/query" "$TSA" || fail "no timestamp"
}

now_is() { # the time that was printed is now, within a minute
	local at
	at=$(cat "$printed")
	[ $(($(date +%s) - at)) -lt 60 ] && [ $((at - $(date +%s))) -lt 60 ]
}

authority first
stamp "$W/bare" -sha256 -no_nonce
stamp "$W/with" -sha256 -cert
stamp "$W/384" -sha384 -cert
stamp "$W/512" -sha512
ok "without its certificate" "$judge" "$W/first.json" response "$W/bare" "$W/sig"
now_is || fail "the time is not now: $(cat "$printed")"
ok "with its certificate" "$judge" "$W/first.json" response "$W/with" "$W/sig"
[ "$(wc -c <"$W/with")" -gt "$(wc -c <"$W/bare")" ] || fail "the certificate was not asked for"
ok "SHA-384" "$judge" "$W/first.json" response "$W/384" "$W/sig"
ok "SHA-512" "$judge" "$W/first.json" response "$W/512" "$W/sig"
for form in bare with; do
	openssl ts -reply -in "$W/$form" -token_out -out "$W/$form.token" 2>/dev/null || fail "token"
	ok "the bare token ($form)" "$judge" "$W/first.json" token "$W/$form.token" "$W/sig"
	exits 1 TSA-4 "over other bytes ($form)" "$judge" "$W/first.json" token "$W/$form.token" "$W/other"
done
exits 3 TSA-1 "a token for an answer" "$judge" "$W/first.json" response "$W/with.token" "$W/sig"

# Its metrics have one port, so there is only one at a time.
stop "$TSA_PID" >/dev/null
authority second
exits 1 TSA-7 "an authority that is not named" "$judge" "$W/second.json" response "$W/with" "$W/sig"
exits 1 TSA-7 "and without its certificate" "$judge" "$W/second.json" response "$W/bare" "$W/sig"
stamp "$W/again" -sha256
ok "the one that is" "$judge" "$W/second.json" response "$W/again" "$W/sig"
finish
