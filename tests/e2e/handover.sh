#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Hooks and service together: what a push tells the service, and what becomes of it when the service is away.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

uri=https://git.example/app
builder=https://ci.example/release
alice=alice@example.com

# ---- keys, policy, service, repositories ----------------------------------------------------

mkdir "$tmp/etc" "$tmp/var"
ssh_key "$tmp/alice"
allowed_signer $alice "$tmp/alice" >"$tmp/allowed"
for name in server service journal ci; do server_key "$tmp/$name"; done
srv="$tmp/srv/app.git"
git init -q --bare -b main "$srv"
policy="$tmp/etc/policy"
write_policy() {
	cat >"$policy" <<EOP
[policy]
	version = $2
[trust]
	serviceKey = ../service.pub
	journalKey = ../journal.pub
$(test -e "$tmp/root.json" && echo '	trustedRoot = ../root.json')
[repository "$uri"]
	path = $srv
	protect = refs/heads/main
	sshAllowedSigners = ../allowed
	sourceFrom = $1
	serverKey = ../server.pub
[builder "$builder"]
	repository = https://git.example/*
	key = ../ci.pub
[require]
	stage = source
	stage = build
EOP
}
write_policy server 1

port=$(free_port)
url=http://127.0.0.1:$port
cat >"$tmp/etc/pedigreed.conf" <<EOP
[service]
	listen = 127.0.0.1:$port
	store = sqlite:$tmp/var/pedigree.db
	signingKey = ../service
	journalKey = ../journal
	policy = policy
[log]
	type = embedded
	directory = $tmp/var/log
	origin = localhost
EOP

start() { daemon_start "$tmp/etc/pedigreed.conf" "$url"; }
stop_all() { daemon_stop; }
start
curl -sf "$url/.well-known/pedigree/trusted-root.json" >"$tmp/root.json"
write_policy server 2
daemon_reload

assert_exit 0 "install" pedigree -C "$srv" hooks install --server --policy "$policy" --server-key "$tmp/server" --service "$url"
git clone -q "$srv" "$tmp/dev" 2>/dev/null
git -C "$tmp/dev" checkout -q -B main
sign_with "$tmp/dev" ssh "$tmp/alice" Alice $alice
assert_exit 0 "init" pedigree -C "$tmp/dev" init --repository $uri --policy "$policy" --service "$url"

waiting() { find "$1/pedigree/outbox" -name '*.json' 2>/dev/null | wc -l; }
known() { curl -sf "$url/api/v1/subjects/gitCommit:$(git -C "$tmp/dev" rev-parse "$1")" >"$printed" && grep -q '"stage":"source"' "$printed"; }

# ---- a push is known to the service when it returns -----------------------------------------

commit "$tmp/dev" one
assert_exit 0 "push" git -C "$tmp/dev" push -q origin main
assert_says "attested, and known to $url"
if known HEAD; then pass "the service knows the source"; else fail "the service does not know the source"; fi
assert_same "the outbox is empty" 0 "$(waiting "$srv")"
assert_exit 0 "doctor of the clone" pedigree -C "$tmp/dev" doctor
assert_says "$url is ready"
assert_exit 0 "doctor of the repository, from its hooks alone" pedigree -C "$srv" doctor
assert_says "good policy      $policy "
assert_says "good server key  $tmp/server"
assert_says "$url is ready"

echo artifact >"$tmp/artifact"
assert_exit 0 "a build of it" pedigree -C "$tmp/dev" attest build --artifact "$tmp/artifact" --builder $builder --key "$tmp/ci" \
	--wait 5 --bundle "$tmp/bundle.json" --records "$tmp/records"
assert_says "logged $tmp/artifact"
assert_same "what was written is its owner's alone" "" "$(find "$tmp/bundle.json" "$tmp/records" -type f -perm /077)"
assert_exit 0 "verifies" pedigree verify --policy "$policy" --from "$tmp/records" "$tmp/artifact"
# Its records are sent again as what they were made from; what is known is answered as before.
for record in "$tmp"/records/*.json; do
	assert_exit 0 "submit $(basename "$record")" pedigree submit --service "$url" "$record"
	assert_says "logged $record (known before)"
done
run sed 's/"journal":{/"journal":{"x":1,/' "$record"
cp "$printed" "$tmp/damaged.json"
assert_exit 3 "a record that is damaged" pedigree submit --service "$url" "$tmp/damaged.json"
assert_rule JNL-1
# What is fetched and not kept leaves nothing behind, not even when it is interrupted.
mkdir "$tmp/tmp"
TMPDIR=$tmp/tmp assert_exit 0 "verify from the service" pedigree verify --policy "$policy" --from "$url" "$tmp/artifact"
assert_same "no temporary folder" "" "$(ls -A "$tmp/tmp")"
commit "$tmp/dev" unpushed
echo other >"$tmp/other-artifact"
assert_refused "a build of a commit that nobody attested" pedigree -C "$tmp/dev" attest build --artifact "$tmp/other-artifact" \
	--builder $builder --key "$tmp/ci" --wait 0 --deadline 1s

# ---- the service is away --------------------------------------------------------------------

stop_all
before=$(date +%s)
assert_exit 0 "push without the service" git -C "$tmp/dev" push -q origin main
assert_says "kept in the outbox"
if [ $(($(date +%s) - before)) -le 6 ]; then pass "within its deadline"; else fail "the push waited too long"; fi
assert_same "the statement waits" 1 "$(waiting "$srv")"
assert_exit 1 "doctor says so" pedigree -C "$tmp/dev" doctor
assert_says "cannot connect to"
start
assert_exit 0 "the outbox is sent later" pedigree submit --outbox "$srv/pedigree/outbox" --service "$url"
assert_same "and is empty then" 0 "$(waiting "$srv")"
if known HEAD; then pass "the service knows it now"; else fail "the service does not know it"; fi
assert_exit 0 "a build is accepted now" pedigree -C "$tmp/dev" attest build --artifact "$tmp/other-artifact" \
	--builder $builder --key "$tmp/ci" --wait 0

stop_all
commit "$tmp/dev" two
assert_exit 0 "again without it" git -C "$tmp/dev" push -q origin main
start
commit "$tmp/dev" three
assert_exit 0 "the next push sends both" git -C "$tmp/dev" push -q origin main
assert_same "and none waits" 0 "$(waiting "$srv")"
if known HEAD~1; then pass "the older is known"; else fail "the older is not known"; fi

# A statement that was lost, and one for a commit between two tips: made again, late.
commit "$tmp/dev" four
commit "$tmp/dev" five
assert_exit 0 "two commits at once" git -C "$tmp/dev" push -q origin main
if known HEAD~1; then fail "a commit between two tips is known"; else pass "a commit between two tips is not known"; fi
assert_exit 0 "made again" pedigree -C "$srv" attest source --late --policy "$policy" --server-key "$tmp/server" \
	--ref refs/heads/main --service "$url" main~1
if known HEAD~1; then pass "it is known now"; else fail "it is not known"; fi

# ---- the git server signs with a key that the service does not know ---------------------------

server_key "$tmp/other"
sed 's|\.\./server\.pub|../other.pub|' "$policy" >"$tmp/etc/policy-of-hooks"
assert_exit 0 "install with another key and policy" pedigree -C "$srv" hooks install --server --policy "$tmp/etc/policy-of-hooks" \
	--server-key "$tmp/other" --service "$url"
commit "$tmp/dev" unknown-key
assert_exit 0 "push" git -C "$tmp/dev" push -q origin main
assert_says "attested, but not accepted"
assert_says "a key that is no serverKey of"
assert_rule IDN-1
assert_silent_about SRC-7
assert_exit 1 "the next delivery names it" pedigree -C "$srv" submit --outbox
assert_says ".refused: the service refused:"
assert_rule IDN-1
assert_exit 1 "doctor counts it" pedigree -C "$srv" doctor
assert_says "1 statement"
rm "$srv"/pedigree/outbox/*.refused "$srv"/pedigree/outbox/*.problem
assert_exit 0 "install with the right key" pedigree -C "$srv" hooks install --server --policy "$policy" --server-key "$tmp/server" --service "$url"
assert_exit 0 "made again" pedigree -C "$srv" attest source --late --policy "$policy" --server-key "$tmp/server" \
	--ref refs/heads/main --service "$url" main
if known HEAD; then pass "it is known now"; else fail "it is not known"; fi

# ---- the git server has a newer policy than the service --------------------------------------

sed -i 's|protect = refs/heads/main|&\n\tprotect = refs/heads/next|' "$policy"
assert_exit 0 "push to a branch that the service does not know as protected" git -C "$tmp/dev" push -q origin main:next
assert_says "attested, but not accepted"
assert_rule SRC-5
assert_says "put it in force here too (a service: reload), then send this again"
assert_exit 1 "the next delivery says how" pedigree -C "$srv" submit --outbox
assert_says "reload), then send this again; mend the cause, then rename it to .json"
sed -i 's/version = 2/version = 3/' "$policy"
daemon_reload
for set_aside in "$srv"/pedigree/outbox/*.refused; do mv "$set_aside" "${set_aside%.refused}.json"; done
assert_exit 0 "and then it is taken" pedigree -C "$srv" submit --outbox
assert_same "nothing waits" 0 "$(waiting "$srv")"

# ---- a service that is not ready -------------------------------------------------------------

cp "$policy" "$tmp/etc/good-policy"
echo '[nonsense]' >>"$policy"
kill -HUP "$DAEMON_PID"
wait_for 5 grep -q reload-failed "$tmp/pedigreed.log" || fail "the policy was taken in"
assert_exit 1 "doctor shows what it says" pedigree -C "$tmp/dev" doctor --policy "$tmp/etc/good-policy"
assert_says "bad  service     the service refused:"
assert_rule RDY-3
cp "$tmp/etc/good-policy" "$policy"
daemon_reload

# ---- where clones give the sources ----------------------------------------------------------

write_policy clone 4
daemon_reload
commit "$tmp/dev" six
assert_same "waits in the clone" 1 "$(waiting "$tmp/dev/.git")"
assert_exit 0 "push" git -C "$tmp/dev" push -q origin main
assert_says "attested, and known to $url"
assert_same "was sent by the push" 0 "$(waiting "$tmp/dev/.git")"
assert_same "the server makes none" 0 "$(waiting "$srv")"
if known HEAD; then pass "the service knows the clone's source"; else fail "the service does not know the clone's source"; fi

finish
