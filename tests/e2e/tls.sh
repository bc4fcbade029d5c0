#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# TLS of the service: who is served, by which certificate, who may read, and what SIGHUP changes. Certificates are made
# by openssl, clients are curl and openssl.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/world.sh"
P=$W/pki
mkdir -p "$P"
API=/api/v1/attestations

authority() { # authority NAME
	ok "authority $1" openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/O=Company/CN=$1" \
		-keyout "$P/$1.key" -out "$P/$1.pem"
}
certificate() { # certificate NAME AUTHORITY SUBJECT SAN [DAYS [USAGE]]
	ok "request $1" openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$3" -keyout "$P/$1.key" -out "$P/$1.csr"
	# In a section of its own a name may hold a comma.
	printf 'subjectAltName=@names\nextendedKeyUsage=%s\n[names]\n%s\n' "${6:-clientAuth}" "${4// /$'\n'}" >"$P/ext"
	ok "certificate $1" openssl x509 -req -in "$P/$1.csr" -CA "$P/$2.pem" -CAkey "$P/$2.key" -days "${5:-30}" -extfile "$P/ext" -out "$P/$1.pem"
}
authority servers
authority clients
authority strangers
certificate server servers /CN=pedigreed IP=127.0.0.1 30 serverAuth
certificate server2 servers /CN=pedigreed-2 IP=127.0.0.1 30 serverAuth
certificate reader clients /O=Company/CN=reader 'URI=spiffe://company.example/reader email=reader@company.example DNS=reader.company.example'
certificate scanner clients /O=Company/CN=scanner URI=spiffe://company.example/scanner
certificate named clients /O=Company/CN=auditor email=auditor@company.example
certificate twisted clients /CN=x 'URI=x:CN=auditor,O=Company'
certificate stranger strangers /O=Company/CN=reader URI=spiffe://company.example/reader
certificate expired clients /O=Company/CN=reader URI=spiffe://company.example/reader 0
# short NAME SECONDS: of the readers' authority, and ended after so long
short() {
	certificate "$1" clients /O=Company/CN=reader URI=spiffe://company.example/reader
	printf '[ca]\ndefault_ca=a\n[a]\nnew_certs_dir=%s\ndatabase=%s/index\nrand_serial=yes\ndefault_md=sha256\npolicy=any\n[any]\ncommonName=supplied\norganizationName=optional\n' "$P" "$P" >"$P/ca"
	: >"$P/index"
	ok "certificate $1" openssl ca -batch -notext -config "$P/ca" -in "$P/$1.csr" -cert "$P/clients.pem" -keyfile "$P/clients.key" \
		-extfile "$P/ext" -enddate "$(date -u -d "+$2 seconds" +%Y%m%d%H%M%SZ)" -out "$P/$1.pem"
}
certificate purpose clients /O=Company/CN=reader URI=spiffe://company.example/reader 30 serverAuth
cp "$P/server.pem" "$W/keys/tls.pem"
cp "$P/server.key" "$W/keys/tls.key"
cp "$P/clients.pem" "$W/keys/clients.pem"

world_keys
world_policy
port=$(free_port)
world_config "$port" embedded
cp "$W/pedigreed.conf" "$W/plain.conf"
tls="\\ttlsCertificate = keys/tls.pem\n\ttlsKey = keys/tls.key\n\tclientCa = keys/clients.pem"
sed -i "s|^\[service\]|&\n$tls\n\treaders = spiffe://company.example/reader\n\treaders = CN=auditor,O=Company|" "$W/pedigreed.conf"
export CURL_CA_BUNDLE=$P/servers.pem
URL=https://127.0.0.1:$port
world_start

as() { printf '%s\n' --cert "$P/$1.pem" --key "$P/$1.key"; }
no_answer() { # no_answer WHAT CURL-ARGUMENTS…: not even a status
	local what=$1 got
	shift
	got=$(curl -sS -o "$tmp/answer" -w '%{http_code}' --max-time 10 "$@" 2>"$printed")
	[ "$got" = 000 ] || fail "$what: HTTP $got"
	pass "$what"
}

# --- who may read ---
http 200 - "alive, without a certificate" "$URL/healthz"
http 200 - "ready, without a certificate" "$URL/readyz"
for path in /checkpoint /journal/checkpoint /metrics /.well-known/pedigree/keys.json "/api/v1/chains/sha256:$(printf 1%.0s {1..64})"; do
	http 403 HTP-15 "$path without a certificate" "$URL$path"
	# shellcheck disable=SC2046 # words are wanted
	http 200 - "$path, a reader by a URI" $(as reader) "$URL$path"
done
# shellcheck disable=SC2046
{
	http 403 HTP-15 "another client of the same authority" $(as scanner) "$URL/checkpoint"
	http 200 - "a reader by his subject" $(as named) "$URL/checkpoint"
	http 403 HTP-15 "a URI that ends like a subject" $(as twisted) "$URL/checkpoint"
	http 403 - "HEAD is reading" $(as scanner) -I "$URL/checkpoint"
	no_answer "a certificate of another authority" $(as stranger) "$URL/checkpoint"
	no_answer "an expired certificate" $(as expired) "$URL/checkpoint"
	no_answer "a server's certificate" $(as purpose) "$URL/checkpoint"
	http 400 ENV-1 "submitting needs no certificate of a reader" $(as scanner) -H 'Content-Type: application/json' -d '{}' "$URL$API"
}
http 400 ENV-1 "submitting needs no certificate" -H 'Content-Type: application/json' -d '{}' "$URL$API"

# --- what is spoken ---
plain=http://127.0.0.1:$port
http 400 HTP-17 "plain HTTP is told so in plain" -D "$W/head" "$plain/healthz"
tr -d '\r' <"$W/head" | grep -qix 'connection: close' || fail "and that the connection ends: $(cat "$W/head")"
jq -e '.fix | test("https://")' "$tmp/answer" >/dev/null || fail "$(cat "$tmp/answer")"
# These are the methods that OpenSSL knows for a request; the manual names them.
http 400 HTP-17 "PUT in plain" -X PUT "$plain/healthz"
http 400 - "HEAD in plain" -I "$plain/healthz"
http 400 HTP-17 "CONNECT in plain" -X CONNECT "$plain/healthz"
no_answer "DELETE in plain" -X DELETE "$plain/healthz"
truncate -s 1M "$W/large"
http 400 HTP-17 "a large body in plain" -H 'Content-Type: application/json' --data-binary "@$W/large" "$plain$API"
for words in 'GXT / HTTP/1.1\r\nHost: a\r\n\r\n' 'SSH-2.0-OpenSSH\r\n' '\026\003\001\377\377GET / HTTP/1.1\r\n\r\n' ' GET / HTTP/1.1\r\n\r\n'; do
	exec 9<>"/dev/tcp/127.0.0.1/$port"
	# shellcheck disable=SC2059 # it is one; a shell of its own, for the service may be gone before its last byte (SIGPIPE)
	(printf "$words" >&9) 2>/dev/null
	timeout 15 cat <&9 2>/dev/null | grep -aq HTTP && fail "an answer to what is neither TLS nor HTTP: $words"
	exec 9>&-
done
pass "what is neither TLS nor HTTP hears nothing of HTTP"
# In TLS 1.3 the client has ended its handshake and sends on, before it hears that its certificate is not good.
python3 - "$port" "$P/servers.pem" "$P/stranger.pem" "$P/stranger.key" >"$printed" 2>&1 <<'PY' || fail "the alert is lost behind what is sent on"
import socket, ssl, sys, time
port, ca, cert, key = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
context.minimum_version = ssl.TLSVersion.TLSv1_3
context.load_cert_chain(cert, key)
with context.wrap_socket(socket.create_connection(("127.0.0.1", int(port)), 10), server_hostname="127.0.0.1") as s:
    for part in b"POST / HTTP/1.1\r\n", b"Host: a\r\n", b"Content-Length: 30000\r\n\r\n", bytes(30000):
        time.sleep(0.3)
        s.sendall(part)
    try:
        sys.exit("an answer: %r" % s.recv(99))
    except ssl.SSLError as e:
        print(e)
        sys.exit(0 if e.reason == "TLSV1_ALERT_UNKNOWN_CA" else 1)
PY
pass "whoever sends on sees the alert"
no_answer "a client that does not know our authority" --cacert "$P/strangers.pem" "$URL/healthz"
timeout 5 openssl s_client -connect "127.0.0.1:$port" -tls1_2 -cipher AES128-GCM-SHA256 </dev/null >/dev/null 2>&1
# shellcheck disable=SC2046
http 200 - "who was refused is counted" $(as reader) "$URL/metrics"
assert_same "by reason" "$(sed -n 's/^pedigree_tls_refused_total{reason="\([a-z-]*\)"} \([1-9].*\)/\1=\2/p' "$tmp/answer" | tr '\n' ' ')" \
	"not-tls=10 parameters=1 client-certificate=4 rejected-by-client=1 "
assert_same "and written down" "$(jq -rR 'fromjson? | select(.event == "tls-refused") | .from + " " + .reason' "$tmp/pedigreed.log" | sort | uniq -c | tr -s ' \n' ' ')" \
	" 4 127.0.0.1 client-certificate 10 127.0.0.1 not-tls 1 127.0.0.1 parameters 1 127.0.0.1 rejected-by-client "
s_client() { openssl s_client -connect "127.0.0.1:$port" -CAfile "$P/servers.pem" -verify_return_error "$@" </dev/null >"$printed" 2>&1; }
s_client -tls1_3 && grep -q 'TLSv1.3' "$printed" || fail "no TLS 1.3"
s_client -tls1_2 && grep -q 'ECDHE-' "$printed" || fail "no TLS 1.2 with ephemeral keys"
s_client -tls1_1 -cipher 'ALL:@SECLEVEL=0' && fail "TLS 1.1"
s_client -tls1_2 -cipher AES128-GCM-SHA256 && fail "TLS 1.2 without ephemeral keys"
s_client -tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256 && fail "TLS 1.2 without an authenticated cipher"
s_client -tls1_2 -reconnect
! grep -q '^Reused' "$printed" || fail "a session outlives its connection"
printf 'R\n' | timeout 10 openssl s_client -connect "127.0.0.1:$port" -CAfile "$P/servers.pem" -tls1_2 >"$printed" 2>&1
grep -Eq 'no renegotiation|handshake failure|unexpected' "$printed" || fail "renegotiation"
checks=$((checks + 7))

# --- bodies and answers larger than a record, several requests on a connection ---
truncate -s 3M "$W/large"
http 400 - "a large body" -H 'Content-Type: application/json' --data-binary "@$W/large" "$URL$API"
http 400 - "the same in chunks" -H 'Transfer-Encoding: chunked' -H 'Content-Type: application/json' --data-binary "@$W/large" "$URL$API"
seq 1 300 | sed "s|.*|url=$URL/healthz\noutput=/dev/null|" >"$W/many"
curl -sS -w '%{http_code} %{num_connects}\n' -K "$W/many" >"$W/statuses" || fail "many on one connection"
assert_same "one connection for all" "$(sort "$W/statuses" | uniq -c | awk '{ printf "%s*%s,%s ", $1, $2, $3 }')" "299*200,0 1*200,1 "
seq 1 40 | sed "s|.*|url=$URL/readyz\noutput=/dev/null|" >"$W/many"
curl -sS -Z --parallel-max 20 -w '%{http_code}\n' -K "$W/many" 2>/dev/null | sort -u >"$W/statuses"
assert_same "many at once" "$(cat "$W/statuses")" 200
two=$(printf 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' |
	timeout 10 openssl s_client -quiet -connect "127.0.0.1:$port" -CAfile "$P/servers.pem" 2>/dev/null | grep -c alive)
assert_same "two behind each other" "$two" 2
refused=$(printf 'GET /healthz HTTP/1.1\nHost: a\n\n' |
	timeout 10 openssl s_client -quiet -connect "127.0.0.1:$port" -CAfile "$P/servers.pem" 2>/dev/null | grep -c HTP-5)
assert_same "framing is refused in it too" "$refused" 1

# --- new keys again and again: no data, and no end ---
updates() { "$BIN/../tests/key_updates" "$port" "$1"; }
assert_same "a client that changes its keys" "$(updates 20)" "answered 20"
updates 10000000 >"$W/updates" &
PIDS+=($!)
flood=$!
for _ in 1 2 3 4 5 6; do
	http 200 - "others, meanwhile" --max-time 5 "$URL/healthz"
done
wait "$flood"
grep -q '^cut ' "$W/updates" || fail "whoever never ends changing them: $(cat "$W/updates")"
pass "whoever never ends changing them"
grep -q '"event":"tls-refused".*"reason":"key-updates"' "$tmp/pedigreed.log" || fail "which is not said"

# --- SIGHUP ---
served() { openssl s_client -connect "127.0.0.1:$port" </dev/null 2>/dev/null | openssl x509 -noout -subject; }
assert_same "the first certificate" "$(served)" "subject=CN = pedigreed"
cp "$P/server2.pem" "$W/keys/tls.pem"
cp "$P/server2.key" "$W/keys/tls.key"
daemon_reload
assert_same "the second, after SIGHUP" "$(served)" "subject=CN = pedigreed-2"
cp "$P/server.key" "$W/keys/tls.key"
kill -HUP "$DAEMON_PID"
wait_for 10 grep -q '"event":"reload-failed"' "$tmp/pedigreed.log" || fail "another key is taken in"
grep '"event":"reload-failed"' "$tmp/pedigreed.log" | grep -q '"rule":"CFG-1"' || fail "no rule"
assert_same "the second goes on" "$(served)" "subject=CN = pedigreed-2"
http 503 RDY-3 "and that is not ready" "$URL/readyz"
cp "$P/server2.key" "$W/keys/tls.key"
daemon_reload
http 200 - "until it is mended" "$URL/readyz"

# --- what a certificate proved is judged again at every request ---
cat >"$W/held.py" <<'PY'
# One connection with a client certificate; the status of a GET on it for each line that is read.
import http.client, ssl, sys
port, ca, cert, key = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
context.load_cert_chain(cert, key)
held = http.client.HTTPSConnection("127.0.0.1", int(port), context=context, timeout=10)
held.connect()
held.auto_open = 0
for line in sys.stdin:
    try:
        held.request("GET", line.strip())
        answer = held.getresponse()
        text = answer.read().decode()
        print(answer.status, "HTP-16" if "HTP-16" in text else "-", answer.getheader("Connection") or "-", flush=True)
    except (OSError, http.client.HTTPException):
        print("closed", flush=True)
PY
hold() { # hold NAME: a connection with this certificate, spoken to by asks
	coproc HELD { exec python3 "$W/held.py" "$port" "$P/servers.pem" "$P/$1.pem" "$P/$1.key" 2>>"$W/held.log"; }
}
asks() { # asks WHAT WANTED PATH
	local got
	printf '%s\n' "$3" >&"${HELD[1]}"
	read -r -t 10 got <&"${HELD[0]}" || got="no answer: $(cat "$W/held.log")"
	assert_same "$1" "$got" "$2"
}
let_go() {
	local pid=$HELD_PID
	eval "exec ${HELD[1]}>&-"
	wait "$pid"
}
short brief 6
ended=$((SECONDS + 7))
hold brief
asks "a certificate that ends soon" "200 - -" /checkpoint
while [ $SECONDS -lt $ended ]; do sleep 0.5; done
asks "has ended, on the connection that it was good for" "403 HTP-16 close" /checkpoint
asks "which is closed" closed /checkpoint
let_go
hold reader
asks "a reader" "200 - -" /checkpoint
daemon_reload
asks "after SIGHUP with the same authority" "200 - -" /checkpoint
cat "$P/strangers.pem" "$P/clients.pem" >"$W/keys/clients.pem"
daemon_reload
asks "with one more" "200 - -" /checkpoint
cp "$P/strangers.pem" "$W/keys/clients.pem"
daemon_reload
asks "with another in its place" "403 HTP-16 close" /checkpoint
asks "and closed" closed /checkpoint
let_go
hold stranger
asks "whoever it vouches for" "200 - -" /checkpoint
cp "$P/clients.pem" "$W/keys/clients.pem"
daemon_reload
asks "is nobody when it is gone, also where everybody may ask" "403 HTP-16 close" /healthz
let_go

# --- what the configuration names anew is in force, all of it or nothing ---
not_reloaded() { # not_reloaded WHAT: /tmp/pedigreed.log has another reload-failed, of WHAT
	local before
	before=$(grep -c '"event":"reload-failed"' "$tmp/pedigreed.log")
	kill -HUP "$DAEMON_PID"
	wait_for 10 failed_more "$before" || fail "$1: no reload failed"
	grep '"event":"reload-failed"' "$tmp/pedigreed.log" | tail -1 | grep -q "\"what\":\"$1\"" || fail "$1: $(tail -1 "$tmp/pedigreed.log")"
}
failed_more() { [ "$(grep -c '"event":"reload-failed"' "$tmp/pedigreed.log")" -gt "$1" ]; }
restarts() { grep '"event":"takes-a-restart"' "$tmp/pedigreed.log" | tail -1 | jq -r .keys; }
cp "$W/pedigreed.conf" "$W/first.conf"
hold reader
asks "a reader" "200 - -" /checkpoint
sed -i 's|readers = spiffe://company.example/reader|readers = spiffe://company.example/scanner|' "$W/pedigreed.conf"
daemon_reload
asks "who is none any more, on his connection" "403 - -" /checkpoint
let_go
# shellcheck disable=SC2046
http 403 HTP-15 "nor on another" $(as reader) "$URL/checkpoint"
# shellcheck disable=SC2046
http 200 - "who became one" $(as scanner) "$URL/checkpoint"
cp "$W/pedigreed.conf" "$W/second.conf"
cp "$W/first.conf" "$W/pedigreed.conf"
sed -i 's|policy = .*|policy = nowhere|; s|tls.pem|third.pem|; s|tls.key|third.key|' "$W/pedigreed.conf"
cp "$P/server.pem" "$W/keys/third.pem"
cp "$P/server.key" "$W/keys/third.key"
not_reloaded policy
http 503 RDY-3 "a policy that is not there" "$URL/readyz"
jq -e '(.detail | test("nowhere")) and (.title | test("reload"))' "$tmp/answer" >/dev/null || fail "$(cat "$tmp/answer")"
# shellcheck disable=SC2046
http 403 HTP-15 "leaves the readers" $(as reader) "$URL/checkpoint"
assert_same "and the certificate" "$(served)" "subject=CN = pedigreed-2"
cp "$W/policy" "$W/policy-2"
sed -i 's|version = [0-9]*$|version = 2|' "$W/policy-2"
sed -i 's|policy = nowhere|policy = policy-2|; s|logLevel = .*||; s|third.key|none.key|' "$W/pedigreed.conf"
not_reloaded TLS
http 503 RDY-3 "a key that is not there" "$URL/readyz"
jq -e '(.detail | test("^TLS: .*tlsKey: .*none.key")) and (.fix | test("the policy") | not)' "$tmp/answer" >/dev/null || fail "$(cat "$tmp/answer")"
# shellcheck disable=SC2046
http 200 - "leaves the readers too" $(as scanner) "$URL/metrics"
grep -qx 'pedigree_policy_version 1' "$tmp/answer" || fail "the policy was taken in without the key"
sed -i 's|none.key|third.key|' "$W/pedigreed.conf"
daemon_reload
http 200 - "all of it is there" "$URL/readyz"
assert_same "another certificate" "$(served)" "subject=CN = pedigreed"
# shellcheck disable=SC2046
http 200 - "the readers" $(as reader) "$URL/metrics"
grep -qx 'pedigree_policy_version 2' "$tmp/answer" || fail "a policy that is named anew is not taken in"
grep -q takes-a-restart "$tmp/pedigreed.log" && fail "something took a restart"
sed -i '/clientCa/d; /readers/d; s|^\[service\]|&\n\tconnectionsPerAddress = 9\n\tproxy = http://127.0.0.1:9|' "$W/pedigreed.conf"
daemon_reload
http 200 - "no readers, no authority: everybody" "$URL/checkpoint"
assert_same "what takes a restart is named" "$(restarts)" service.proxy
cp "$W/plain.conf" "$W/pedigreed.conf"
sed -i 's|policy = .*|policy = policy-2|; s|listen = .*|&\n\tlisten = [::1]:9|; s|^\[log\]|&\n\tpendingLimit = 7m|' "$W/pedigreed.conf"
daemon_reload
assert_same "TLS too" "$(restarts)" "service.listen log.pendingLimit service.tlsCertificate service.tlsKey"
http 200 - "which goes on" "$URL/healthz"
cp "$W/second.conf" "$W/pedigreed.conf"
sed -i 's|policy = .*|policy = policy-2|' "$W/pedigreed.conf"
daemon_reload
# shellcheck disable=SC2046
http 200 - "and all is as it was" $(as scanner) "$URL/checkpoint"

# --- a client that never finishes its handshake ---
exec 9<>"/dev/tcp/127.0.0.1/$port"
printf '\026\003\001' >&9
began=$SECONDS
timeout 20 cat <&9 >/dev/null 2>&1
[ $((SECONDS - began)) -ge 8 ] && [ $((SECONDS - began)) -le 14 ] || fail "a handshake is awaited $((SECONDS - began)) s"
checks=$((checks + 1))
exec 9>&-
wait_for 5 grep -q '"event":"tls-refused".*"reason":"late"' "$tmp/pedigreed.log" || fail "a handshake that is late is not told"
world_stop

# --- configurations that are refused ---
cp "$P/reader.pem" "$W/keys"
refuse() { # refuse RULE WHAT LINES: by the line of the file that names what is wrong
	sed "s|^\[service\]|&\n$3|" "$W/plain.conf" >"$W/pedigreed.conf"
	exits 2 "$1" "$2" pedigreed --config "$W/pedigreed.conf"
	grep -qE 'pedigreed\.conf:[0-9]+: ' "$printed" || fail "$2: no line"
}
refuse CFG-1 "a certificate without its key" '\ttlsCertificate = keys/tls.pem'
refuse CFG-1 "a key without its certificate" '\ttlsKey = keys/tls.key'
refuse CFG-1 "client authorities without TLS" '\tclientCa = keys/clients.pem'
refuse CFG-1 "readers whom nobody can know" '\ttlsCertificate = keys/tls.pem\n\ttlsKey = keys/tls.key\n\treaders = CN=a'
refuse CFG-1 "no certificate in the file" '\ttlsCertificate = keys/tls.key\n\ttlsKey = keys/tls.key'
refuse CFG-1 "a file that is not there" '\ttlsCertificate = keys/none.pem\n\ttlsKey = keys/tls.key'
refuse CFG-1 "no authority in the file" '\ttlsCertificate = keys/tls.pem\n\ttlsKey = keys/tls.key\n\tclientCa = keys/tls.key'
refuse CFG-1 "a client as an authority" '\ttlsCertificate = keys/tls.pem\n\ttlsKey = keys/tls.key\n\tclientCa = keys/reader.pem'
cp "$P/server.key" "$W/keys/other.key"
refuse CFG-1 "another certificate's key" '\ttlsCertificate = keys/tls.pem\n\ttlsKey = keys/other.key'
chmod 644 "$W/keys/tls.key"
refuse KEY-2 "a key that all may read" '\ttlsCertificate = keys/tls.pem\n\ttlsKey = keys/tls.key'
ok "a key with a passphrase" openssl pkey -in "$P/server2.key" -aes256 -passout pass:secret -out "$W/keys/locked.key"
refuse CFG-1 "a key with a passphrase" '\ttlsCertificate = keys/tls.pem\n\ttlsKey = keys/locked.key'
chmod 600 "$W/keys/tls.key"

# --- and some that say nothing to anybody ---
sed "s|^\[service\]|&\n\tsocket = $W/socket\n\ttlsCertificate = keys/tls.pem\n\ttlsKey = keys/tls.key|; /listen = /d" "$W/plain.conf" >"$W/pedigreed.conf"
sed -i "s|^\[require\]|[builder \"certified\"]\n\trepository = https://git.company.example/*\n\tclientCertificate = CN=a\n&|" "$W/policy"
sed -i "s|version = [0-9]*\$|version = 9|" "$W/policy"
pedigreed --config "$W/pedigreed.conf" >"$W/silent.log" 2>&1 &
silent=$!
PIDS+=("$silent")
wait_for 20 grep -q '"event":"listening"' "$W/silent.log" || fail "a socket alone: $(cat "$W/silent.log")"
grep -q '"event":"tls-is-for-no-address"' "$W/silent.log" || fail "TLS on no address is not told of"
grep -q '"event":"client-certificates-need-client-ca".*"builder":"certified"' "$W/silent.log" || fail "a certificate that nobody is asked for is not told of"
assert_same "once" "$(grep -c '"event":"client-certificates-need-client-ca"' "$W/silent.log")" 1
stop "$silent"
checks=$((checks + 3))
finish
