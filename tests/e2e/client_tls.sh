#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A service whose certificate comes from a company's own CA, and whose readers are named: every command that speaks to
# it, by options, by git's configuration, and by what the hooks of a server were installed with.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/world.sh"
P=$W/pki
mkdir -p "$P"
authority() { # authority NAME
	ok "authority $1" openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/O=Company/CN=$1" \
		-keyout "$P/$1.key" -out "$P/$1.pem"
}
certificate() { # certificate NAME SAN USAGE [AUTHORITY]
	ok "request $1" openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=Company/CN=$1" -keyout "$P/$1.key" -out "$P/$1.csr"
	printf 'subjectAltName=%s\nextendedKeyUsage=%s\n' "$2" "$3" >"$P/ext"
	ok "certificate $1" openssl x509 -req -in "$P/$1.csr" -CA "$P/${4:-company}.pem" -CAkey "$P/${4:-company}.key" -days 30 -extfile "$P/ext" -out "$P/$1.pem"
}
authority company
authority other
certificate server IP:127.0.0.1,DNS:localhost serverAuth
certificate reader URI:spiffe://company.example/reader clientAuth
certificate nobody URI:spiffe://company.example/nobody clientAuth
certificate stranger URI:spiffe://company.example/reader clientAuth other

world_keys
world_policy
world_config "$(free_port)" embedded
sed -i "s|^\[service\]|&\n\ttlsCertificate = $P/server.pem\n\ttlsKey = $P/server.key\n\tclientCa = $P/company.pem\n\treaders = spiffe://company.example/reader|" \
	"$W/pedigreed.conf"
URL=https://${URL#http://}
export CURL_CA_BUNDLE=$P/company.pem
world_start
unset CURL_CA_BUNDLE
ca=(--ca "$P/company.pem")
me=("${ca[@]}" --client-cert "$P/reader.pem" --client-key "$P/reader.key")
ok "trusted root" curl -sSf --cacert "$P/company.pem" --cert "$P/reader.pem" --key "$P/reader.key" -o "$W/keys/trusted-root.json" \
	"$URL/.well-known/pedigree/trusted-root.json"
sed -i 's|^\[trust\]$|&\n\ttrustedRoot = keys/trusted-root.json|' "$W/policy"
daemon_reload

# --- a git server, and a clone with nothing configured ---
ok "bare repository" git init -q --bare "$W/myapp.git"
install=(pedigree -C "$W/myapp.git" hooks install --server --policy "$W/policy" --server-key "$W/keys/git-server.pem" --service "$URL")
exits 2 CLI-2 "a certificate without its key" "${install[@]}" "${ca[@]}" --client-cert "$P/reader.pem"
exits 2 CLI-3 "a CA that is not there" "${install[@]}" --ca "$P/none.pem"
chmod 644 "$P/reader.key"
exits 2 KEY-2 "a key that all may read" "${install[@]}" "${me[@]}"
chmod 600 "$P/reader.key"
ok "server hooks, by relative paths" "${install[@]}" --ca ../pki/company.pem --client-cert ../pki/reader.pem --client-key ../pki/reader.key
ok "clone" git clone -q "$W/myapp.git" "$W/myapp"
cd "$W/myapp" || exit 3
exits 2 CLI-2 "hooks of a clone are given none of it" pedigree hooks install "${ca[@]}"
ok "init" pedigree init --policy "$W/policy" --repository "$URI" --service "$URL"
world_commit one
ok "push" git push -q origin main
assert_same "its source was sent by the hook" "$(find "$W/myapp.git/pedigree/outbox" -name '*.json' | wc -l)" 0
ok "the server's doctor" pedigree -C "$W/myapp.git" doctor
ok "the timer's command" pedigree -C "$W/myapp.git" submit --outbox
assert_same "which the configuration is for" "$(readlink -f "$(git -C "$W/myapp.git" config pedigree.ca)")" "$P/company.pem"
ok "late, by what the hooks have" pedigree -C "$W/myapp.git" attest source --late --ref refs/heads/main "$commit"

# --- by options ---
printf 'an artifact\n' >"$W/artifact"
build=(pedigree attest build --artifact "$W/artifact" --builder "$BUILDER" --key "$W/keys/ci.pem" --repository "$URI" --commit HEAD)
exits 3 NET-5 "no CA: attest build" "${build[@]}" --service "$URL" --deadline 1s
exits 3 NET-5 "another CA: attest build" "${build[@]}" --service "$URL" --deadline 1s --ca "$P/other.pem"
exits 3 HTP-15 "accepted and not read back is no refusal" "${build[@]}" --service "$URL" "${ca[@]}" --records "$W/none"
grep -q '^sha256:.* logged ' "$printed" || fail "the submission that was accepted is not said"
ok "attest build" "${build[@]}" --service "$URL" "${me[@]}" --records "$W/records" --bundle "$W/bundle"
assert_same "its records" "$(find "$W/records" -name '*.json' | wc -l)" 2
ok "offline" pedigree verify --policy "$W/policy" --from "$W/records" "$W/artifact"
verify=(pedigree verify --policy "$W/policy" --from "$URL" "$W/artifact")
exits 3 NET-5 "no CA: verify" "${verify[@]}"
exits 3 HTP-15 "no certificate: verify" "${verify[@]}" "${ca[@]}"
exits 3 HTP-15 "a certificate of nobody: verify" "${verify[@]}" "${ca[@]}" --client-cert "$P/nobody.pem" --client-key "$P/nobody.key"
for _ in 1 2 3 4 5 6 7 8; do
	exits 3 NET-5 "a certificate of another authority" "${verify[@]}" "${ca[@]}" --client-cert "$P/stranger.pem" --client-key "$P/stranger.key"
	grep -q 'refuses our client certificate' "$printed" || fail "a certificate of another authority: $(cat "$printed")"
done
exits 3 NET-5 "and with a body" pedigree submit --service "$URL" "${ca[@]}" --client-cert "$P/stranger.pem" --client-key "$P/stranger.key" "$W"/records/build-*.json
exits 3 HTP-17 "no TLS to a port with it" pedigree verify --policy "$W/policy" --from "http://${URL#https://}" "$W/artifact"
grep -q 'https://' "$printed" || fail "it does not say what to do"
exits 3 NET-5 "another certificate's key" "${verify[@]}" "${ca[@]}" --client-cert "$P/reader.pem" --client-key "$P/nobody.key"
ok "a key with a passphrase" openssl pkey -in "$P/reader.key" -aes256 -passout pass:secret -out "$P/locked.key"
chmod 600 "$P/locked.key"
exits 3 NET-5 "a key with a passphrase" timeout 20 "${verify[@]}" "${ca[@]}" --client-cert "$P/reader.pem" --client-key "$P/locked.key"
ok "verify" "${verify[@]}" "${me[@]}"
ok "verify, and keep" "${verify[@]}" "${me[@]}" --save "$W/saved"
log=(--service "$URL" --policy "$W/policy")
exits 3 NET-5 "no CA: log checkpoint" pedigree log checkpoint "${log[@]}"
exits 3 HTP-15 "no certificate: log checkpoint" pedigree log checkpoint "${log[@]}" "${ca[@]}"
ok "log checkpoint" pedigree log checkpoint "${log[@]}" "${me[@]}"
cp "$printed" "$W/checkpoint"
reference=$(jq -r 'select(.stage == "build").reference' "$W"/records/*.json)
ok "log prove" pedigree log prove "${log[@]}" "${me[@]}" "$reference"
exits 3 HTP-15 "no certificate: log prove" pedigree log prove "${log[@]}" "${ca[@]}" "$reference"
pedigree log checkpoint "${log[@]}" "${me[@]}" >"$W/then" 2>/dev/null
exits 3 HTP-15 "no certificate: an older checkpoint" pedigree log prove "${log[@]}" "${ca[@]}" --checkpoint "$W/then"
ok "submit" pedigree submit --service "$URL" "${me[@]}" "$W"/records/build-*.json
ok "doctor" pedigree doctor --service "$URL" "${me[@]}"

# --- by git's configuration (what is ours is read from its files alone) ---
mkdir -p "$HOME"
exits 3 NET-5 "nothing is configured: verify" pedigree verify "$W/artifact"
git config pedigree.ca company.pem
exits 2 - "a path that is not whole" pedigree verify "$W/artifact"
exits 1 CLI-2 "which doctor names" pedigree doctor
git config --unset pedigree.ca
git config -f "$HOME/.gitconfig" pedigree.ca "$P/company.pem"
git config -f "$HOME/.gitconfig" pedigree.clientCertificate "$P/reader.pem"
git config -f "$HOME/.gitconfig" pedigree.clientKey "$P/reader.key"
exits 3 HTP-15 "T78 the user's certificate is not for whom the repository names" pedigree verify "$W/artifact"
grep -q -- "--client-cert" "$printed" || fail "it does not say what to do"
ok "doctor" pedigree doctor
grep -q '^note certificate ' "$printed" || fail "doctor does not say that nobody is shown"
ok "doctor of a server whose timer was given the user's files" pedigree -C "$W/myapp.git" doctor
grep -q '^note timer ' "$printed" || fail "doctor does not say that the timer shows nobody"
git config -f "$HOME/.gitconfig" pedigree.service "$URL"
git config -f "$HOME/.gitconfig" --unset pedigree.clientKey
exits 2 CLI-2 "half a pair" pedigree verify "$W/artifact"
git config -f "$HOME/.gitconfig" pedigree.clientKey "$P/reader.key"
ok "verify, configured" pedigree verify "$W/artifact"
ok "log checkpoint, configured" pedigree log checkpoint
ok "doctor, configured" pedigree doctor
! grep -q '^note certificate ' "$printed" || fail "doctor says that nobody is shown"
ok "the server's" pedigree -C "$W/myapp.git" doctor
! grep -q '^note timer ' "$printed" || fail "doctor says that the timer shows nobody"
ok "submit, configured" pedigree submit "$W"/records/build-*.json
ok "attest build, configured" "${build[@]}" --records "$W/records2"
ln -s "$P" "$HOME/pki"
# shellcheck disable=SC2088 # for us to expand
git config -f "$HOME/.gitconfig" pedigree.ca '~/pki/company.pem'
ok "verify, from the home" pedigree verify "$W/artifact"
ok "verify, the same service by an option" "${verify[@]}"
ok "log checkpoint, likewise" pedigree log checkpoint "${log[@]}"
ok "submit, likewise" pedigree submit --service "$URL" "$W"/records/build-*.json
ok "doctor, likewise" pedigree doctor --service "$URL"
ok "by another path" pedigree log checkpoint --policy "$W/policy" --service "$URL/"

# --- who we are is for the service that is configured alone; the CA is for any ---
there=${URL/127.0.0.1/localhost}
only=(--client-cert "$P/reader.pem" --client-key "$P/reader.key")
for who in "--service of another host" "PEDIGREE_SERVICE of another host"; do
	other=(--service "$there")
	[ "${who%% *}" = --service ] || { other=(); export PEDIGREE_SERVICE=$there; }
	exits 3 HTP-15 "log checkpoint, $who" pedigree log checkpoint --policy "$W/policy" "${other[@]}"
	grep -q -- "--client-cert" "$printed" || fail "it does not say what to do"
	ok "with a certificate by options" pedigree log checkpoint --policy "$W/policy" "${other[@]}" "${only[@]}"
	ok "a key of nobody" sh -c "rm -f '$W/stranger.pem'* && pedigree key generate '$W/stranger.pem'"
	exits 1 IDN-1 "a builder of nobody, $who" pedigree attest build --artifact "$W/artifact" --builder "$BUILDER" --key "$W/stranger.pem" \
		--repository "$URI" --commit HEAD "${other[@]}"
	grep -q -- "--client-cert.*; else " "$printed" || fail "it does not say that a certificate was withheld, and the rule's own remedy"
	exits 1 IDN-7 "and with a certificate" pedigree attest build --artifact "$W/artifact" --builder "$BUILDER" --key "$W/stranger.pem" \
		--repository "$URI" --commit HEAD "${other[@]}" "${only[@]}"
	! grep -q -- "--client-cert" "$printed" || fail "it says that a certificate was withheld"
	[ "${#other[@]}" -gt 0 ] && other=(--from "$there")
	exits 3 HTP-15 "verify, $who" pedigree verify --policy "$W/policy" "${other[@]}" "$W/artifact"
	unset PEDIGREE_SERVICE
done

# one that asks everybody who he is, and writes it down
python3 -c '
import socket, ssl, sys
c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
c.load_cert_chain(sys.argv[1] + "/server.pem", sys.argv[1] + "/server.key")
c.load_verify_locations(sys.argv[1] + "/company.pem")
c.verify_mode = ssl.CERT_OPTIONAL
s = socket.create_server(("127.0.0.1", 0))
print("at", s.getsockname()[1], flush=True)
while True:
    t = s.accept()[0]
    try:
        with c.wrap_socket(t, server_side=True) as t:
            t.recv(65536)
            print("shown" if t.getpeercert() else "nobody", flush=True)
            t.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    except OSError as e:
        print("failed", e, flush=True)
' "$P" >"$W/asked" 3>&- &
PIDS+=($!)
wait_for 10 grep -q ^at "$W/asked" || fail "no other server"
asking=https://127.0.0.1:$(sed -n 's/^at //p' "$W/asked")
asked() { # asked HOW WHAT COMMAND...: the other server is spoken to, and shown a certificate or nobody
	local how=$1 what=$2 n
	shift 2
	n=$(wc -l <"$W/asked")
	"$@" >"$printed" 2>&1
	[ "$(tail -n "+$((n + 1))" "$W/asked" | sort -u)" = "$how" ] || { cat "$W/asked" "$printed" >&2; fail "$what: not $how"; }
	pass "$what: $how"
}
asked shown "by options" pedigree log checkpoint --policy "$W/policy" --service "$asking" "${only[@]}"
asked nobody "log checkpoint" pedigree log checkpoint --policy "$W/policy" --service "$asking"
asked nobody "submit" env PEDIGREE_SERVICE="$asking" pedigree submit --deadline 1s "$W"/records/build-*.json
asked nobody "verify" pedigree verify --policy "$W/policy" --from "$asking" "$W/artifact"
asked nobody "attest build" "${build[@]}" --service "$asking" --deadline 1s
asked nobody "doctor" pedigree doctor --service "$asking"
asked nobody "a server's late source" pedigree -C "$W/myapp.git" attest source --late --ref refs/heads/main --service "$asking" "$commit"
world_commit two
sed '/serverKey/d; s/sourceFrom = server/sourceFrom = clone/' "$W/policy" >"$W/clones"
git config pedigree.policy "$W/clones"
asked nobody "a clone's hook" env PEDIGREE_SERVICE="$asking" git push -q origin main
git config pedigree.policy "$W/policy"

# --- what a repository's own configuration says, which may have come with it, is for the service that it names ---
every() { # every HOW WHAT: each command that finds service and way in git's configuration
	asked "$1" "$2: submit" pedigree submit --deadline 1s "$W"/records/build-*.json
	asked "$1" "$2: verify" pedigree verify --policy "$W/policy" "$W/artifact"
	asked "$1" "$2: attest build" "${build[@]}" --deadline 1s
	asked "$1" "$2: doctor" pedigree doctor
}
git config pedigree.service "$asking"
every nobody "T78 another service in the repository"
world_commit three
git config pedigree.policy "$W/clones"
asked nobody "T78 another service in the repository: a clone's hook" git push -q origin main
git config pedigree.policy "$W/policy"
git config pedigree.clientCertificate "$P/reader.pem"
git config pedigree.clientKey "$P/reader.key"
every nobody "T78 the user's certificate by the repository's word"
cp "$P/reader.pem" "$P/own.pem" && cp -p "$P/reader.key" "$P/own.key"
git config pedigree.clientCertificate "$P/own.pem"
every nobody "T78 the repository's certificate and the user's key"
git config pedigree.clientKey "$P/own.key"
every shown "its own certificate"
asked nobody "T78 the repository's certificate, another names the service" pedigree submit --service "$asking" --deadline 1s "$W"/records/build-*.json
git config --unset pedigree.clientKey
git config --unset pedigree.clientCertificate
git config -f "$HOME/.gitconfig" pedigree.service "$asking"
every shown "the user's own service, in the repository too"
git config --unset pedigree.service
every shown "the user's own service"
# a proxy and a CA of the repository's, in front of the service that the user's certificate is for
git config pedigree.proxy http://127.0.0.1:9
git config pedigree.ca "$P/other.pem"
every shown "T78 the repository's CA and proxy"
git config pedigree.service "$asking"
every shown "T78 the repository's CA and proxy, and the user's service"
asked shown "T78 the repository's CA and proxy, and an option names the service" pedigree submit --service "$asking" --deadline 1s "$W"/records/build-*.json
git config --unset pedigree.proxy
git config -f "$HOME/.gitconfig" --unset pedigree.clientCertificate
git config -f "$HOME/.gitconfig" --unset pedigree.clientKey
exits 3 NET-5 "they count where nothing is shown" pedigree submit "$W"/records/build-*.json
asked nobody "T78 but not where an option names the service" pedigree submit --service "$asking" --deadline 1s "$W"/records/build-*.json
asked nobody "T78 nor where the environment does" env PEDIGREE_SERVICE="$asking" pedigree verify --policy "$W/policy" "$W/artifact"
# all of it in the repository: it counts for the service that is named there, and no advice leads in a circle
git config -f "$HOME/.gitconfig" --unset pedigree.service
git config -f "$HOME/.gitconfig" --unset pedigree.ca
git config pedigree.service "$URL"
git config pedigree.ca "$P/company.pem"
git config pedigree.clientCertificate "$P/own.pem"
git config pedigree.clientKey "$P/own.key"
ok "all of it in the repository" pedigree verify --policy "$W/policy" "$W/artifact"
exits 3 NET-5 "its CA is not for a service that an option names" pedigree submit --service "$URL" --deadline 1s "$W"/records/build-*.json
grep -q 'passed over' "$printed" || fail "that a CA is configured here is not said"
exits 3 HTP-15 "nor its certificate" pedigree verify --policy "$W/policy" --from "$URL" "${ca[@]}" "$W/artifact"
grep -q -- 'without --service' "$printed" || fail "it does not say to leave it out"
! grep -q 'passed over' "$printed" || fail "a CA by an option was not the last word"
exits 3 HTP-15 "nor for one by the environment" env PEDIGREE_SERVICE="$URL" pedigree log checkpoint --policy "$W/policy" "${ca[@]}"
git config -f "$HOME/.gitconfig" pedigree.service "$URL"
exits 3 HTP-15 "nor with a service of the user's" env PEDIGREE_SERVICE="$URL" pedigree log checkpoint --policy "$W/policy" "${ca[@]}"
git config -f "$HOME/.gitconfig" --unset pedigree.service
exits 1 - "doctor of one by an option" pedigree doctor --service "$URL" "${ca[@]}"
grep -q '^note certificate ' "$printed" || fail "doctor does not say that nobody is shown"
exits 1 - "with a certificate" pedigree doctor --service "$URL" "${me[@]}"
! grep -q '^note certificate ' "$printed" || fail "doctor says that nobody is shown"
# an archive with half a pair stops nobody
git config --unset pedigree.clientCertificate
git config -f "$HOME/.gitconfig" pedigree.ca "$P/company.pem"
git config -f "$HOME/.gitconfig" pedigree.clientCertificate "$P/reader.pem"
git config -f "$HOME/.gitconfig" pedigree.clientKey "$P/reader.key"
exits 3 HTP-15 "half a pair of the repository's" pedigree verify --policy "$W/policy" "$W/artifact"
git config --unset pedigree.clientKey
git config --unset pedigree.ca
git config -f "$HOME/.gitconfig" pedigree.clientCertificate "$P/reader.pem"
git config -f "$HOME/.gitconfig" pedigree.clientKey "$P/reader.key"
git config pedigree.service "$URL"

# --- outside a repository, as in a CI's folder: what the user configures ---
mkdir "$W/job"
cd "$W/job" || exit 3
git config -f "$HOME/.gitconfig" --unset pedigree.clientCertificate
git config -f "$HOME/.gitconfig" --unset pedigree.clientKey
ok "log checkpoint, the CA is configured" pedigree log checkpoint "${log[@]}" "${only[@]}"
PEDIGREE_SERVICE=$URL ok "and the environment names the service" pedigree log checkpoint --policy "$W/policy" "${only[@]}"
ok "verify" "${verify[@]}" "${only[@]}"
ok "doctor of a service" pedigree doctor --service "$URL"
exits 2 GIT-1 "doctor of nothing" pedigree doctor
exits 1 NET-5 "doctor of a service that cannot be asked" pedigree doctor --service "$URL" --ca "$P/other.pem"
ok "submit" pedigree submit --service "$URL" "$W"/records/build-*.json
build=("${build[@]/HEAD/$commit}")
ok "attest build" "${build[@]}" --service "$URL"
git config -f "$HOME/.gitconfig" pedigree.clientCertificate "$P/reader.pem"
git config -f "$HOME/.gitconfig" pedigree.clientKey "$P/reader.key"
exits 3 HTP-15 "a certificate beside no service is for none" pedigree log checkpoint "${log[@]}"
git config -f "$HOME/.gitconfig" pedigree.service "$URL"
ok "log checkpoint, the service is configured" pedigree log checkpoint --policy "$W/policy"
ok "verify, likewise" pedigree verify --policy "$W/policy" "$W/artifact"
ok "attest build, likewise" "${build[@]}" --records "$W/records3"
exits 3 NET-5 "an option comes first" pedigree log checkpoint "${log[@]}" --ca "$P/other.pem"

# --- git's configuration cannot be read: what options say is enough ---
printf '[broken\n' >"$HOME/.gitconfig"
ok "by options" pedigree log checkpoint "${log[@]}" "${me[@]}"
exits 3 NET-5 "without" pedigree log checkpoint "${log[@]}"
grep -q doctor "$printed" || fail "that it could not be read is not said"
exits 3 - "no service either" pedigree submit "$W"/records/build-*.json
world_stop
finish
