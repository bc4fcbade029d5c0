#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A backup of a running service: whole or absent, taken while submissions run, with everything that was acknowledged before it
# began; restored elsewhere it holds, serves the same records and goes on. What a backup in the place of what is newer means
# for whoever kept a later checkpoint is seen, too.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/world.sh"
world_keys
world_policy
world_config "$(free_port)" embedded
# A journal key of the service's own, so that the backup has both kinds of keys that are made unasked.
sed -i '/journalKey/d' "$W/pedigreed.conf" "$W/policy"
world_start
ok "the journal's key" curl -sSf -o "$W/keys.json" "$URL/.well-known/pedigree/keys.json"
jq -r '.journalKeys[0].publicKey' "$W/keys.json" >"$W/keys/journal.pub"
sed -i 's|^\[trust\]$|&\n\tjournalKey = keys/journal.pub|' "$W/policy"
world_trust_log
world_repo
world_commit one
ok "push" git push -q origin HEAD:main
mkdir "$W/todo" "$W/acked"
n=300 # more than a tile: full tiles and partial ones
ok "sign 0" pedigree attest build --artifact "$W/policy" --builder "$BUILDER" --key "$W/keys/ci.pem" --repository "$URI" \
	--commit HEAD --no-submit --output "$W/first.json"
sign_many() { # statements that differ in the artifact, signed by openssl: three hundred runs of pedigree would take minutes
	local i payload signed old digests
	payload=$(jq -r .payload "$W/first.json" | base64 -d)
	old=$(sha256sum <"$W/policy" | cut -d' ' -f1)
	for ((i = 1; i <= n; i++)); do
		printf 'artifact %s\n' "$i" >"$W/artifact-$i"
	done
	mapfile -t digests < <(cd "$W" && seq -f 'artifact-%g' "$n" | xargs sha256sum | cut -d' ' -f1)
	for ((i = 1; i <= n; i++)); do
		signed=${payload//$old/${digests[i - 1]}}
		printf 'DSSEv1 28 application/vnd.in-toto+json %s %s' "${#signed}" "$signed" >"$W/pae"
		printf '{"payload":"%s","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":"%s"}]}' \
			"$(printf %s "$signed" | base64 -w0)" "$(openssl dgst -sha256 -sign "$W/keys/ci.pem" "$W/pae" | base64 -w0)" >"$W/todo/$i.json"
	done
}
sign_many
submit() { # submit N
	local got answer=$W/answer-$1
	got=$(curl -s -o "$answer" -w '%{http_code}' --max-time 20 -H 'Content-Type: application/json' -H 'Prefer: wait=0' \
		--data-binary "@$W/todo/$1.json" "$URL/api/v1/attestations")
	[[ $got = 20[012] ]] || { cat "$answer" >&2; return 1; }
	grep -oE '"reference":"sha256:[0-9a-f]{64}"' "$answer" | head -n 1 | cut -d'"' -f4 >"$W/acked/$1"
	rm "$answer"
}
for i in $(seq $((n - 40))); do
	submit "$i" || fail "submit $i"
done
load() {
	local i
	for i in $(seq $((n - 39)) "$n"); do
		submit "$i" || echo "$i" >>"$W/failed"
		sleep 0.02
	done
}
load &
LOAD=$!
PIDS+=("$LOAD")
sleep 0.2

cp -r "$W/acked" "$W/before"
ok "backup under load" pedigreed --config "$W/pedigreed.conf" --backup "$W/backup"
curl -sSf -o "$W/later-checkpoint" "$URL/checkpoint" || fail "checkpoint"
ended "$LOAD" && fail "the load was over before the backup"
exits 2 BAK-1 "never over another" pedigreed --config "$W/pedigreed.conf" --backup "$W/backup"
exits 2 BAK-1 "not where nothing can be made" pedigreed --config "$W/pedigreed.conf" --backup "$W/nowhere/backup"
exits 2 BAK-1 "not without a name" pedigreed --config "$W/pedigreed.conf" --backup ''
exits 2 BAK-1 "not over another with a slash" pedigreed --config "$W/pedigreed.conf" --backup "$W/backup/"
ok "a slash at its end" pedigreed --config "$W/pedigreed.conf" --backup "$W/slash/"
[ -e "$W/slash/backup.json" ] || [ -n "$(ls "$W/slash")" ] || fail "nothing in the backup whose name ends with a slash"
exits 2 BAK-1 "not into the log itself" pedigreed --config "$W/pedigreed.conf" --backup "$W/service/log/backup"
[ -z "$(find "$W/service/log" -name "backup*")" ] || fail "something was made in the log"
exits 2 CLI-1 "not with --fsck" pedigreed --config "$W/pedigreed.conf" --backup "$W/other" --fsck
if [ "$(id -u)" = 0 ]; then
	cp -r "$W/backup" "$W/theirs"
	chown -R 12345 "$W/theirs"
	sed "s|$W/service/|$W/theirs/|" "$W/pedigreed.conf" >"$W/theirs.conf"
	exits 2 BAK-1 "not by another user" pedigreed --config "$W/theirs.conf" --backup "$W/other"
	rm -rf "$W/theirs"
	open=$(mktemp -d)
	chmod 755 "$open"
	install -m 644 "$W/pedigreed.conf" "$open"
	exits 2 BAK-1 "not by one who cannot reach it" setpriv --reuid 12345 --clear-groups "$BIN/pedigreed" --config "$open/pedigreed.conf" --backup "$open/backup"
	rm -r "$open"
fi
# One that is killed leaves nothing with its name.
for at in fsync pwrite64 renameat2 openat; do
	if tool strace "a backup that is killed"; then
		{
			ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -o /dev/null -e trace="$at" -e inject="$at:signal=KILL:when=1+" \
				pedigreed --config "$W/pedigreed.conf" --backup "$W/killed" >/dev/null
		} 2>/dev/null # bash would tell that it was killed
		[ ! -e "$W/killed" ] || fail "killed at $at: there is a backup"
		pass "killed at $at: there is none"
	fi
done
wait "$LOAD"
[ ! -e "$W/failed" ] || fail "submissions failed during the backup: $(tr '\n' ' ' <"$W/failed")"
[ "$(stat -c %a "$W/backup")" = 700 ] || fail "the backup's mode"
find "$W/backup" -type f -perm /077 | grep -q . && fail "somebody else may read a file of the backup"
[ "$(find "$W/backup" -name '*.pem' | wc -l)" = 2 ] || fail "the service's own keys are in it, and no other"
jq -e '.logEntries > 256' "$W/backup/backup.json" >/dev/null || fail "what it says of itself"
pass "what it holds"

# A log that shows less than the database knows of (RDY-6: its disk was full for a moment) is not backed up: that would not start.
shown() { rm -rf "$W/service/log/checkpoint.new"; }
unshown() { mkdir "$W/service/log/checkpoint.new" && touch "$W/service/log/checkpoint.new/in-the-way"; }
cp "$W/first.json" "$W/todo/first.json"
wait_for 30 all_logged || fail "still pending"
unshown
submit first || fail "the log takes what it cannot show"
wait_for 30 all_logged || fail "still pending"
http 503 RDY-6 "the log is not shown" "$URL/readyz"
exits 2 BAK-1 "not of a log that is behind the database" pedigreed --config "$W/pedigreed.conf" --backup "$W/behind"
[ -z "$(find "$W" -maxdepth 1 -name 'behind*')" ] || fail "something was left of it"
{ sleep 1; shown; curl -s -o "$W/ready" "$URL/readyz"; } &
ok "a backup waits for the log a little" pedigreed --config "$W/pedigreed.conf" --backup "$W/shown"
wait "$!"
sed "s|sqlite:$W/service/pedigree.db|sqlite:$W/shown/pedigree.db|; s|$W/service/log|$W/shown/log|" "$W/pedigreed.conf" >"$W/shown.conf"
ok "fsck of that one" pedigreed --config "$W/shown.conf" --fsck
assert_says " 0 faults"

# It holds as it lies, with nothing beside it changed.
sed "s|sqlite:$W/service/pedigree.db|sqlite:$W/backup/pedigree.db|; s|$W/service/log|$W/backup/log|" "$W/pedigreed.conf" >"$W/backup.conf"
ok "fsck of the backup" pedigreed --config "$W/backup.conf" --fsck
assert_says " 0 faults"
world_stop

# Restored: put in place, started; everything that was acknowledged before it began is there.
mv "$W/service" "$W/lost"
mkdir -m 700 "$W/service"
cp -r "$W/backup/." "$W/service/"
world_start
for f in "$W"/before/*; do
	ref=$(cat "$f")
	got=$(curl -s -o "$W/record" -w '%{http_code}' "$URL/api/v1/attestations/$ref")
	[[ $got = 20[02] ]] || fail "$ref was acknowledged before the backup, and is not in it: $got"
done
pass "everything that was acknowledged before it began: $(find "$W/before" -type f | wc -l)"
for i in 1 200 $((n - 40)); do
	ok "chain $i" pedigree verify "$W/artifact-$i" --from "$URL" --policy "$W/policy"
done

# What came after the backup is gone from the service; whoever keeps a later checkpoint sees that, once the log has grown
# another way: two trees of one origin, a split view.
world_commit two
ok "push two" git push -q origin HEAD:main
for i in $(seq "$n"); do
	submit "$i" || fail "after the restore: $i"
done
wait_for 30 all_logged || fail "still pending"
exits 1 LOG-2 "a checkpoint of after the backup shows it" pedigree log prove --checkpoint "$W/later-checkpoint" --service "$URL" --policy "$W/policy"
world_stop
ok "fsck after the restore" pedigreed --config "$W/pedigreed.conf" --fsck

# A database and a log that are not of one backup: long enough, signed by the right key, and another tree.
mkdir -m 700 "$W/mixed"
cp -r "$W"/lost/pedigree.db* "$W/service/log" "$W/mixed/"
sed "s|sqlite:$W/service/pedigree.db|sqlite:$W/mixed/pedigree.db|; s|$W/service/log|$W/mixed/log|" "$W/pedigreed.conf" >"$W/mixed.conf"
exits 1 FSK-1 "not of one backup: fsck finds it" pedigreed --config "$W/mixed.conf" --fsck
assert_says "[LOG-2]"
exits 1 LOG-2 "and it is not gone on with" pedigreed --config "$W/mixed.conf"
finish
