#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What pedigreed finds wrong with its own files, its start and --fsck alike: keys that are lost or exchanged, files that a
# restore left to another user, or that are no files. Each is told by its rule, its path and the command that mends it; and
# that command is run here, after which both go on.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/world.sh"
world_keys
world_policy
world_config "$(free_port)" embedded
# The journal's key and the log's are the service's own: beside what they sign.
sed -i '/journalKey/d' "$W/pedigreed.conf" "$W/policy"
world_start
world_trust_log
world_repo
world_commit one
ok "push" git push -q origin HEAD:main
world_sign 2
for i in 1 2; do
	http 201 - "submit $i" -H 'Content-Type: application/json' -H 'Prefer: wait=10' --data-binary "@$W/todo/$i.json" "$URL/api/v1/attestations"
done
world_stop
cd "$W" || exit 3

# The service's user: an unprivileged one, for to root no file is closed. What he has stands in $H, a copy for each check.
H=$(mktemp -d "${TMPDIR:-/tmp}/pdg.XXXXXX") || exit 3
trap 'chmod -R u+rwx "$H"; rm -rf "$H"; clean_up' EXIT
uid=$(id -u)
as=()
if [ "$uid" = 0 ]; then
	uid=12345
	as=(setpriv --reuid "$uid" --regid "$uid" --clear-groups)
fi
mine() { [ "$(id -u)" != 0 ] || chown -R "$uid" "$1"; }
fresh() {
	chmod -R u+rwx "$H"
	rm -rf "$H/w"
	mkdir -m 700 "$H/w"
	cp -a "$W/service" "$W/keys" "$W/policy" "$H/w/"
	sed "s|$W/|$H/w/|; s|listen = .*|listen = 127.0.0.1:$(free_port)|" "$W/pedigreed.conf" >"$H/w/pedigreed.conf"
	chmod 755 "$H"
	mine "$H/w"
	S=$H/w/service
}
daemon() { (cd / && timeout -k 1 20 "${as[@]}" "$BIN/pedigreed" --config "$H/w/pedigreed.conf" "$@"); }
starts() { # it serves until it is ended
	local pid log=$H/w/log.txt at
	at=$(sed -n 's/.*listen = //p' "$H/w/pedigreed.conf")
	(cd / && exec "${as[@]}" "$BIN/pedigreed" --config "$H/w/pedigreed.conf") >"$log" 2>&1 3>&- &
	pid=$!
	PIDS+=("$pid")
	wait_for 20 serves "$pid" "http://$at" || true
	if ended "$pid"; then cp "$log" "$printed"; fail "$1: does not start"; fi
	stop "$pid" || fail "$1: ended with status $?"
	no_finding "$log" "$1"
	pass "$1: starts"
}
serves() { ended "$1" || curl -sf --max-time 2 "$2/healthz"; }

# both STATUS RULE PATH WHAT: refused by the start and by --fsck, by the same rule, which name the path.
both() {
	local path=$3
	exits "$1" "$2" "$4: --fsck" daemon --fsck
	assert_says "$path"
	assert_says "; "
	remedy=$(sed -n 's/.*\[[A-Z]*-[0-9]*\]; //p' "$printed" | tail -n 1)
	exits "$1" "$2" "$4: the start" daemon
	assert_says "$path"
}
# mended WHAT: the remedy's command, taken from it, is run by root (by the user where the test has none); then all is well.
mended() {
	local command
	command=$(grep -oE '(chown|chmod) .*' <<<"$remedy" | head -n 1)
	[ -n "$command" ] || { echo "$remedy" >"$printed"; fail "$1: no command"; }
	bash -c "$command" || fail "$1: $command"
	well "$1"
}
well() {
	ok "$1, mended: --fsck" daemon --fsck
	assert_says " 0 faults"
	starts "$1, mended"
}

fresh
well "nothing wrong"

# --- the service's own keys ----------------------------------------------------------------------
pedigree key generate --type ed25519 "$W/other.pem" >/dev/null || fail "another key"
for key in log/key.pem pedigree.db.journal-key.pem; do
	fresh
	: >"$S/$key"
	both 2 KEY-3 "$S/$key" "$key is empty"
	fresh
	chmod 644 "$S/$key"
	both 2 KEY-2 "$S/$key" "$key may be read by others"
	mended "$key may be read by others"
	fresh
	rm "$S/$key"
	mkfifo -m 600 "$S/$key"
	mine "$S/$key"
	both 2 KEY-3 "$S/$key" "$key is a pipe"
	fresh
	rm "$S/$key"
	mkdir -m 700 "$S/$key"
	mine "$S/$key"
	both 2 KEY-3 "$S/$key" "$key is a folder"
	fresh
	chmod 000 "$S/$key"
	both 2 KEY-3 "$S/$key" "$key cannot be read"
	mended "$key cannot be read"
done
fresh
cat "$W/other.pem" >"$S/log/key.pem"
both 1 LOG-11 "$S/log/checkpoint" "another log key"
cat "$W/service/log/key.pem" >"$S/log/key.pem"
well "another log key"
fresh
cat "$W/other.pem" >"$S/pedigree.db.journal-key.pem"
both 2 CFG-4 .journal-key.pem "another journal key"
cat "$W/service/pedigree.db.journal-key.pem" >"$S/pedigree.db.journal-key.pem"
well "another journal key"

# A key that is named and can be read is held against what it signed; one that is elsewhere is not asked for.
fresh
mv "$S/log/key.pem" "$H/w/keys/log.pem"
mv "$S/pedigree.db.journal-key.pem" "$H/w/keys/journal.pem"
sed -i 's|^\[log\]|\tjournalKey = keys/journal.pem\n&\n\tkey = keys/log.pem|' "$H/w/pedigreed.conf"
well "named keys"
cp -a "$H/w/keys/log.pem" "$H/w/keys/kept.pem"
cat "$W/other.pem" >"$H/w/keys/log.pem"
both 1 LOG-11 "$S/log/checkpoint" "another named log key"
rm "$H/w/keys/log.pem"
ok "a named log key that is away: --fsck" daemon --fsck
exits 2 KEY-3 "a named log key that is away: the start" daemon
mv "$H/w/keys/kept.pem" "$H/w/keys/log.pem"
cp -a "$H/w/keys/journal.pem" "$H/w/keys/kept.pem"
cat "$W/other.pem" >"$H/w/keys/journal.pem"
both 2 CFG-4 journalKey "another named journal key"
rm "$H/w/keys/journal.pem"
ok "a key that only a failed start had is not known as the journal's" daemon --fsck
mv "$H/w/keys/kept.pem" "$H/w/keys/journal.pem"
well "named keys again"

# A log that the policy's trustedRoot does not name: the right one by the key that is there, and the policy's another.
fresh
der=$(openssl pkey -in "$W/other.pem" -pubout -outform DER | base64 -w0)
jq --arg der "$der" '.tlogs[0].publicKey.rawBytes = $der' "$W/keys/trusted-root.json" >"$H/w/keys/trusted-root.json"
exits 1 LOG-8 "a trusted root without this log: --fsck" daemon --fsck
assert_says "$H/w/keys/trusted-root.json"
starts "a trusted root without this log"
grep -q '"own-log-untrusted","rule":"LOG-8"' "$H/w/log.txt" || { cp "$H/w/log.txt" "$printed"; fail "the start does not warn of it"; }

# --- modes -----------------------------------------------------------------------------------------
tile=$(cd "$W/service/log" && find tile/0 -type f | head -n 1)
entries=$(cd "$W/service/log" && find tile/entries -type f | head -n 1)
for file in pedigree.db log/lock log/checkpoint "log/$tile" "log/$entries" log/tile log/tile/0 log; do
	fresh
	case $file in
	pedigree.db | log/lock) chmod 400 "$S/$file" ;;
	*) chmod 000 "$S/$file" ;;
	esac
	both 2 FIL-1 "$S/$file" "$file is closed"
	mended "$file is closed"
	fresh
	chmod 666 "$S/$file"
	[ ! -d "$S/$file" ] || chmod 777 "$S/$file"
	both 2 FIL-1 "$S/$file" "$file can be written by others"
	mended "$file can be written by others"
done

# --- what is no file of its own ----------------------------------------------------------------------
for file in pedigree.db pedigree.db-lock log/lock log/checkpoint "log/$tile" "log/$entries"; do
	fresh
	mv "$S/$file" "$H/w/elsewhere"
	ln -s "$H/w/elsewhere" "$S/$file"
	both 2 FIL-1 "$S/$file" "$file is a link"
	rm "$S/$file"
	mkfifo -m 600 "$S/$file"
	mine "$S/$file"
	both 2 FIL-1 "$S/$file" "$file is a pipe"
	rm "$S/$file"
	mv "$H/w/elsewhere" "$S/$file"
	well "$file is a file"
done
for file in pedigree.db-wal pedigree.db-shm log/ahead log/checkpoint.new; do
	fresh
	rm -f "$S/$file"
	mkfifo -m 600 "$S/$file"
	mine "$S/$file"
	both 2 FIL-1 "$S/$file" "$file is a pipe"
done
fresh
mv "$S/log/tile" "$H/w/tile"
ln -s "$H/w/tile" "$S/log/tile"
both 2 FIL-1 "$S/log/tile" "the tiles are elsewhere"
fresh
ln "$S/pedigree.db" "$H/w/second.db"
both 2 FIL-1 "$S/pedigree.db" "a database of two names"
rm "$H/w/second.db"
well "a database of one name"

# --- owners ------------------------------------------------------------------------------------------
if [ "$(id -u)" = 0 ]; then
	# As a restore by root leaves them.
	for file in pedigree.db pedigree.db-lock log/lock log/checkpoint "log/$tile" "log/$entries" log/tile log/tile/0 log; do
		fresh
		chown 0 "$S/$file"
		both 2 FIL-1 "$S/$file" "root's $file"
		mended "root's $file"
	done
	fresh
	chown -R 0 "$S"
	both 2 FIL-1 "\"$S\"" "root's folder"
	mended "root's folder"
	fresh
	chown -R 0 "$S/log/tile"
	both 2 FIL-1 "$S/log/tile" "root's tiles"
	mended "root's tiles"
	# Of a third user, who could change them at any time: root's service refuses them too.
	for file in pedigree.db log/checkpoint "log/$tile" log/tile log; do
		fresh
		chown 12346 "$S/$file"
		both 2 FIL-1 "$file" "another user's $file"
		mended "another user's $file"
	done
	fresh
	chown -R 12346 "$S"
	both 2 FIL-1 "$S" "another user's folder"
	mended "another user's folder"
	for key in log/key.pem pedigree.db.journal-key.pem; do
		fresh
		chown 12346 "$S/$key"
		both 2 KEY-3 "$S/$key" "another user's $key"
		mended "another user's $key"
		chown 0 "$S/$key"
		both 2 KEY-3 "$S/$key" "root's $key"
		mended "root's $key"
	done
	fresh
	chown -R 0 "$H/w"
	uid=0 as=()
	well "as root"
	chown 12346 "$S/log/key.pem"
	both 2 KEY-2 "$S/log/key.pem" "to root, another user's log key"
	mended "to root, another user's log key"
	chown 12346 "$S/log/$tile"
	both 2 FIL-1 "$S/log/$tile" "to root, another user's tile"
	mended "to root, another user's tile"
	# root over the folders of a service's user: nothing that is pasted takes them from him.
	chown -R 1 "$S"
	both 2 FIL-1 "$S" "to root, a service's folder"
	[[ $remedy == *"runuser -u $(id -nu 1) "* && $remedy != *chown* ]] || fail "root is told: $remedy"
	chown -R 0 "$S"
else
	not_checked "files of another user" "this is not root, who alone makes them"
fi

# --- the tiles that a start does not look at -----------------------------------------------------------
fresh
install -d -m 700 "$S/log/tile/0/x000"
for i in $(seq 101 130); do install -m 600 /dev/null "$S/log/tile/0/x000/$i"; done
mine "$S/log/tile"
ok "others beside the tree" daemon --fsck
chmod 000 "$S/log/tile/0/x000"/1??
[ "$uid" = 0 ] && chown 12346 "$S/log/tile/0/x000"/1??
exits 2 FIL-1 "thirty that cannot be read" daemon --fsck
assert_says "$S/log/tile/0/x000/101"
assert_says "30 files"
[ "$(grep -c 'FIL-1' "$printed")" = 21 ] || fail "each of thousands is told"
[ "$(grep -cF "$S/log/tile/0/x000/101\"" "$printed")" = 1 ] || fail "the first is told twice"
starts "those are none of the tree's"
rm "$S/log/tile/0/x000"/1??
install -m 600 /dev/null "$S/log/tile/0/x000/101"
chmod 666 "$S/log/tile/0/x000/101"
mine "$S/log/tile"
exits 2 FIL-1 "one that cannot be read" daemon --fsck
[ "$(grep -c 'FIL-1' "$printed")" = 1 ] || fail "one fault is told twice"
# What the file system itself keeps in a folder that is mounted, and is root's alone.
fresh
for folder in log log/tile log/tile/0; do
	mkdir -m 000 "$S/$folder/lost+found"
	[ "$(id -u)" != 0 ] || chown 12346 "$S/$folder/lost+found"
done
well "what is no tile"
finish
