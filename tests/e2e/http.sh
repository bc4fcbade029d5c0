#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The service's HTTP: requests that two readers could read in two ways, clients that dawdle, bodies that are too many
# at once, and what somebody sees who types curl by hand.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/world.sh"
world_embedded
trap '' PIPE
HOST=${URL#http://}
PORT=${HOST#*:}
API=/api/v1/attestations
some=sha256:$(printf 1%.0s {1..64})

# raw STATUS RULE WHAT BYTES…: the bytes (printf's escapes) on a connection of their own; the answer, and that the
# connection is closed after it. STATUS closed: it is closed without an answer.
raw() {
	local want=$1 rule=$2 what=$3 status
	shift 3
	exec 9<>"/dev/tcp/127.0.0.1/$PORT" || fail "$what: no connection"
	# shellcheck disable=SC2059 # the escapes are the point
	printf "$@" >&9 2>/dev/null
	timeout 5 cat <&9 >"$W/raw" 2>/dev/null
	[ $? = 124 ] && fail "$what: the connection is not closed"
	exec 9>&-
	status=$(head -n 1 "$W/raw" | tr -d '\r' | cut -d' ' -f2)
	[ "${status:-closed}" = "$want" ] || { cat -v "$W/raw" >&2; fail "$what: ${status:-closed}, not $want"; }
	[ "$rule" = - ] || grep -q "\"rule\":\"$rule\"" "$W/raw" || { cat -v "$W/raw" >&2; fail "$what: no $rule"; }
	[ "$want" = closed ] || [ "$(grep -ac '^HTTP/1' "$W/raw")" = 1 ] || { cat -v "$W/raw" >&2; fail "$what: answered twice"; }
	checks=$((checks + 1))
}
bad() { # bad WHAT LINES: a POST with these header lines and a body of three bytes
	raw 400 HTP-5 "$1" "POST $API HTTP/1.1\r\nHost: a\r\n$2\r\n\r\n{ }"
}

# --- clients that dawdle; looked at again at the end ---
printf 'GET /healthz HTTP/1.1\r\nHost: ' >"$W/begun"
exec 4<>"/dev/tcp/127.0.0.1/$PORT" 5<>"/dev/tcp/127.0.0.1/$PORT"
cat "$W/begun" >&4
printf 'POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{' "$API" >&5
(while sleep 1; do printf 'a'; done >&4) 2>/dev/null &
PIDS+=($!)
(while sleep 1; do printf ' '; done >&5) 2>/dev/null &
PIDS+=($!)
began=$SECONDS

# --- framing ---
bad "a space before the colon" 'Content-Type: application/json\r\nContent-Length : 3'
bad "a tab before the colon" 'Content-Length\t: 3'
bad "a folded line" 'Content-Type: application/json\r\nX-A: b\r\n c\r\nContent-Length: 3'
bad "a folded length" 'Content-Type: application/json\r\nContent-Length:\r\n 3'
bad "a NUL in a value" 'X-A: a\0b\r\nContent-Length: 3'
bad "a bare CR in a value" 'X-A: a\rContent-Length: 3'
bad "a control character" 'X-A: a\001b\r\nContent-Length: 3'
bad "a line without a name" ': a\r\nContent-Length: 3'
bad "two lengths alike" 'Content-Length: 3\r\nContent-Length: 3'
bad "two lengths" 'Content-Length: 3\r\nContent-Length: 4'
bad "two hosts" 'Host: b\r\nContent-Length: 3'
bad "chunked and a length" 'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nContent-Length: 3'
bad "gzip, chunked" 'Transfer-Encoding: gzip, chunked'
bad "xchunked" 'Transfer-Encoding: xchunked'
bad "identity" 'Transfer-Encoding: identity'
raw 400 HTP-5 "chunks in HTTP/1.0" "POST $API HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
raw 400 HTP-5 "HTTP/1.9" 'GET /healthz HTTP/1.9\r\nHost: a\r\n\r\n'
raw 400 HTP-5 "a NUL in the path" 'GET /healthz%%00x HTTP/1.1\r\nHost: a\r\n\r\n'
raw 400 HTP-5 "a raw NUL in the path" 'GET /healthz\0x HTTP/1.1\r\nHost: a\r\n\r\n'
raw 400 HTP-5 "an encoded slash" 'GET /journal%%2Fcheckpoint HTTP/1.1\r\nHost: a\r\n\r\n'
raw 400 HTP-5 "a broken escape" 'GET /healthz%%zz HTTP/1.1\r\nHost: a\r\n\r\n'
raw 400 HTP-5 "a body with GET" 'GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc'
raw 400 HTP-5 "no host" 'GET /healthz HTTP/1.1\r\n\r\n'
raw 400 HTP-5 "a bare LF" 'GET /healthz HTTP/1.1\nHost: a\n\n'
raw 400 HTP-5 "a bare LF behind a header" 'GET /healthz HTTP/1.1\r\nHost: a\nX: b\r\n\r\n'
raw 400 HTP-5 "a NUL that bare LFs make room for" 'GET /healthz HTTP/1.1\nHost: a\nX: 1\nY: 2\nZ: ab\0cd\n\n'
raw 400 HTP-5 "a NUL that missing spaces make room for" 'GET /healthz HTTP/1.1\r\nHost:a\r\nX:1\r\nY:2\r\nZ: ab\0c\r\n\r\n'
raw 400 HTP-5 "an empty line before the request" '\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'
raw 400 HTP-5 "no host behind the colon" 'GET /healthz HTTP/1.1\r\nHost:\r\n\r\n'
raw 400 HTP-5 "a fragment" 'GET /healthz#a HTTP/1.1\r\nHost: a\r\n\r\n'
raw 400 HTP-5 "a chunk extension" "POST $API HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\n{ }\r\n0\r\n\r\n"
raw 400 HTP-5 "a bare LF behind a chunk's size" "POST $API HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n3\n{ }\r\n0\r\n\r\n"
raw 400 HTP-5 "a trailer" "POST $API HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{ }\r\n0\r\nX: y\r\n\r\n"
raw 400 HTP-5 "an expectation that is not met" 'GET /healthz HTTP/1.1\r\nHost: a\r\nExpect: 200\r\n\r\n'
raw 400 HTP-5 "TLS where there is none" '\026\003\001\002\000\001\000\001\374\003\003'
raw 431 HTP-13 "a header of 1 MB" "GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: $(printf %01000000d 0)\r\n\r\n"
raw 431 HTP-13 "seventy headers" "GET /healthz HTTP/1.1\r\nHost: a\r\n$(printf 'X-A: b\\r\\n%.0s' {1..70})\r\n"
raw 414 HTP-12 "a target of 4 KiB" "GET /$(printf %04096d 0) HTTP/1.1\r\nHost: a\r\n\r\n"
raw 200 - "two spaces behind a colon" 'GET /healthz HTTP/1.1\r\nHost:  a\r\nConnection: close\r\n\r\n'
raw 200 - "HTTP/1.0 without a host" 'GET /healthz HTTP/1.0\r\n\r\n'
raw 200 - "an absolute target" "GET $URL/healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
raw 200 - "no space, no value" 'GET /healthz HTTP/1.1\r\nHost:a\r\nX:\r\nY: \r\nConnection: close\r\n\r\n'
raw 200 - "spaces behind a value" 'GET /healthz HTTP/1.1\r\nHost: a\r\nX: b  \r\nConnection: close\r\n\r\n'
raw 404 HTP-1 "an escape that would make one" 'GET %%68ttp://a/healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
raw 404 HTP-1 "an absolute target of another scheme" 'GET ftp://a/healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
raw 400 HTP-5 "a space in the path" 'GET /heal thz HTTP/1.1\r\nHost: a\r\n\r\n'
raw 400 HTP-5 "a length that is none" "POST $API HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\n{ }"
http 200 - "an escaped colon" "$URL/api/v1/subjects/${some/:/%3A}"
http 200 - "a header without a space" -H 'X-A:b' "$URL/healthz"

# What a mistyped parameter asked for would not be what is answered.
for path in /healthz /readyz /metrics /checkpoint /journal/checkpoint /tile/0/000 /.well-known/pedigree/keys.json /openapi.json \
	/.well-known/pedigree/trusted-root.json "/api/v1/subjects/$some" "/api/v1/chains/$some" "$API/$some"; do
	http 400 HTP-5 "$path with a parameter of none" "$URL$path?foo=1"
	http 400 HTP-5 "$path with a parameter without a value" "$URL$path?stage"
done
http 400 HTP-5 "a mistyped stage" "$URL/api/v1/subjects/$some?satge=build"
http 400 HTP-5 "behind one that is known" "$URL/api/v1/subjects/$some?after=0&stages=build"
http 400 HTP-5 "a chain of a stage" "$URL/api/v1/chains/$some?stage=build"
http 400 HTP-5 "a parameter of a submission" -H 'Content-Type: application/json' -d '{}' "$URL$API?wait=1"
http 200 - "both that are" "$URL/api/v1/subjects/$some?after=0&stage=build"
http 200 - "an empty query" "$URL/healthz?"

# --- what is refused says what to do ---
advised() { # advised STATUS RULE WHAT CURL-ARGUMENTS…
	http "$@"
	[ "$(jq -r '.fix | length > 0' "$tmp/answer")" = true ] || fail "$3: nothing to do"
}
advised 400 HTP-5 "no reference" "$URL$API/sha256:12"
advised 400 HTP-5 "a short commit" "$URL/api/v1/subjects/gitCommit:0e0212345678"
advised 400 HTP-5 "no digest" "$URL/api/v1/chains/gitCommit:$(printf 1%.0s {1..40})"
advised 400 HTP-5 "a body with GET" -X GET -d '{}' "$URL/healthz"
advised 400 HTP-5 "no Host" -H 'Host:' "$URL/healthz"
advised 400 HTP-5 "another Expect" -H 'Expect: coffee' "$URL/healthz"
advised 404 HTP-1 "a tile that is none" "$URL/tile/9/999"
advised 404 HTP-1 "a file of the journal that is none" "$URL/journal/tile/none"
advised 401 TOK-1 "a token where the policy has no issuer" -H 'Authorization: Bearer a.b.c' -H 'Content-Type: application/json' -d '{}' "$URL/api/v1/builds"

# --- by hand ---
for path in /healthz /readyz /metrics /checkpoint /journal/checkpoint /.well-known/pedigree/keys.json \
	/.well-known/pedigree/trusted-root.json "/api/v1/subjects/$some" "/api/v1/chains/$some"; do
	http 200 - "HEAD $path" -I "$URL$path"
	http 405 HTP-2 "POST $path" -X POST -H 'Content-Type: application/json' -d '{}' "$URL$path"
done
http 404 - "HEAD of an unknown reference" -I "$URL$API/$some"
http 404 HTP-9 "an unknown reference" "$URL$API/$some"
http 404 HTP-1 "an unknown tile" "$URL/tile/0/999"
http 404 HTP-1 "a slash at the end" "$URL/healthz/"
jq -e '.fix | test("slash")' "$W/answer" >/dev/null || fail "the slash is not named"
http 404 HTP-1 "a slash at the end of the collection" "$URL$API/"
for method in OPTIONS PUT DELETE PATCH TRACE; do
	http 405 HTP-2 "$method" -X "$method" "$URL$API"
	allow=$(curl -s -o /dev/null -D - -X "$method" "$URL$API" | tr -d '\r' | sed -n 's/^allow: //Ip')
	[ "$allow" = POST ] || fail "$method: Allow: $allow"
done
http 405 HTP-2 "GET of the collection" "$URL$API"
http 200 - "Range is not for these" -H 'Range: bytes=0-3' "$URL/healthz"
http 415 HTP-4 "a compressed body" -H 'Content-Type: application/json' -H 'Content-Encoding: gzip' -d '{}' "$URL$API"
http 415 HTP-4 "another type" -H 'Content-Type: text/plain' -d '{}' "$URL$API"
http 415 HTP-4 "no type" -H 'Content-Type:' -d '{}' "$URL$API"
http 400 ENV-1 "an empty object" -H 'Content-Type: application/json' -H 'Expect: 100-continue' -d '{}' "$URL$API"
for wait in wait=999999 wait=-1 wait=x 'respond-async, wait=0'; do
	http 400 ENV-1 "Prefer: $wait" -H "Prefer: $wait" -H 'Content-Type: application/json' -d '{}' "$URL$API"
done
truncate -s 9M "$W/nine"
http 413 HTP-3 "9 MiB without waiting for 100" -H 'Expect:' -H 'Content-Type: application/json' --data-binary "@$W/nine" "$URL$API"
# two requests of one curl, the second after a refusal
two=$(curl -sS -o /dev/null -w '%{http_code} ' -H 'Expect:' -H 'Content-Type: application/json' --data-binary "@$W/nine" "$URL$API" \
	--next -sS -o /dev/null -w '%{http_code}' "$URL/healthz")
[ "$two" = "413 200" ] || fail "after a 413: $two"
seq 1 60 | sed "s|.*|url=$URL/api/v1/chains/$some\noutput=/dev/null|" >"$W/many"
curl -sS -Z --parallel-max 30 -w '%{http_code}\n' -K "$W/many" 2>/dev/null | sort -u >"$W/statuses"
grep -qx 200 "$W/statuses" || fail "chains in parallel: $(cat "$W/statuses")"
grep -qvx -e 200 -e 503 "$W/statuses" && fail "chains in parallel: $(cat "$W/statuses")"

# --- too many bodies ---
world_commit one
ok "push" git push -q origin HEAD:main
printf 'artifact\n' >"$W/artifact"
ok "sign a build" pedigree attest build --artifact "$W/artifact" --builder "$BUILDER" --key "$W/keys/ci.pem" \
	--repository "$URI" --commit HEAD --no-submit --output "$W/build.json"
large() { # large FD: 7 MiB less 64 KiB of 8 MiB, and no more: two of them leave 128 KiB for large ones
	printf 'POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 8388608\r\n\r\n' "$API" >&"$1"
	head -c 7274496 /dev/zero >&"$1"
}
exec 6<>"/dev/tcp/127.0.0.1/$PORT" 7<>"/dev/tcp/127.0.0.1/$PORT"
large 6
large 7
truncate -s 1M "$W/one-mebibyte"
posts() { # posts STATUS: what a body of 1 MiB gets
	[ "$(curl -s -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' --data-binary "@$W/one-mebibyte" "$URL$API")" = "$1" ]
}
# What comes before them takes their room.
received() { [ -z "$(ss -Htn "sport = :$PORT or dport = :$PORT" | awk '$2 + $3 > 0')" ]; }
wait_for 20 received || fail "two large bodies are not read"
http 503 HTP-6 "a large body beside two others" -H 'Content-Type: application/json' --data-binary "@$W/one-mebibyte" "$URL$API"
curl -s -o /dev/null -D - -H 'Content-Type: application/json' --data-binary "@$W/one-mebibyte" "$URL$API" | grep -qi '^retry-after: 1' ||
	fail "no Retry-After"
http 201 - "an ordinary one has room" -H 'Content-Type: application/json' -H 'Prefer: wait=10' --data-binary "@$W/build.json" "$URL$API"
exec 6>&- 7>&-
wait_for 5 posts 400 || fail "the room is not given back"
reference=$(jq -r .reference "$W/answer")
http 200 - "HEAD of a record" -I "$URL$API/$reference"
http 200 - "the record" "$URL$API/$reference"

# --- those that dawdled ---
end() { # end FD: how it ended, within the time that is left
	timeout 20 cat <&"$1" >"$W/raw" 2>/dev/null
	[ $? != 124 ]
}
end 4 || fail "headers are awaited for ever"
end 5 || fail "a body is awaited for ever"
[ $((SECONDS - began)) -ge 9 ] || fail "a slow client was cut off after $((SECONDS - began)) s"
checks=$((checks + 2))
http 200 - "alive" "$URL/healthz"
world_stop
finish
