#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# kill -9 of pedigreed at random moments of a run of submissions (ten; PEDIGREE_CRASHES changes it): after each restart
# everything that was acknowledged is there once, the log's and the journal's old checkpoints are consistent with
# the new ones, and at the end the chains verify.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/world.sh"
crashes=${PEDIGREE_CRASHES:-10}
world_embedded
world_commit one
ok "push" git push -q origin HEAD:main

# Builds to submit, signed beforehand, so that the run itself is submissions alone.
mkdir -p "$W/acked"
n=40
world_sign "$n"

submit_all() { # every build again and again until killed; an acknowledgement is written only once it is read whole
	local f status acked answer=$W/answer-$1
	while :; do
		for f in "$W"/todo/*.json; do
			# What was acknowledged before must be known before it is sent again.
			acked=$W/acked/$(basename "$f" .json)
			if [ -s "$acked" ]; then
				status=$(curl -s -o /dev/null -w '%{http_code}' --max-time 10 "$URL/api/v1/attestations/$(cat "$acked")")
				[ "$status" != 404 ] || echo "lost: $(cat "$acked")" >>"$W/unexpected"
			fi
			status=$(curl -s -o "$answer" -w '%{http_code}' --max-time 10 -H 'Content-Type: application/json' \
				-H "Prefer: wait=$((RANDOM % 2))" --data-binary "@$f" "$URL/api/v1/attestations")
			case $status in
			# by rename: the other submitter must never read a half-written acknowledgement
			200 | 201 | 202) jq -r .reference "$answer" >"$answer.acked" && mv "$answer.acked" "$acked" ;;
			000) sleep 0.05 ;;
			*) echo "$status $(cat "$answer")" >>"$W/unexpected" ;;
			esac
		done
		[ "$(find "$W/acked" -type f | wc -l)" -ge "$n" ] && [ -e "$W/enough" ] && return
	done
}

mkdir "$W/checkpoints"
old_checkpoint() { # NAME PATH: one that was read whole
	curl -sf --max-time 10 -o "$W/$1" "$URL/$2" && mv "$W/$1" "$W/checkpoints/"
}
submitters=()
for i in 1 2; do
	submit_all "$i" &
	submitters+=("$!")
	PIDS+=("$!")
done
for i in $(seq "$crashes"); do
	sleep "0.$(shuf -i 05-60 -n 1)"
	old_checkpoint "log-$i" checkpoint
	old_checkpoint "journal-$i" journal/checkpoint
	stop "$DAEMON_PID" KILL
	world_start
done
touch "$W/enough"
wait "${submitters[@]}"
PIDS=("$DAEMON_PID")
[ ! -s "$W/unexpected" ] || { head "$W/unexpected" >&2; fail "unexpected answers"; }
[ "$(find "$W/acked" -type f | wc -l)" = "$n" ] || fail "not everything was acknowledged"

wait_for 30 all_logged || fail "still pending"

# acknowledged: there, once
for f in "$W"/acked/*; do
	ref=$(cat "$f")
	digest=$(sha256sum <"$W/artifact-$(basename "$f")" | cut -d' ' -f1)
	http 200 - "$ref" "$URL/api/v1/subjects/sha256:$digest"
	[ "$(jq -r '[.attestations[] | select(.stage == "build") | .reference] | join(" ")' "$W/answer")" = "$ref" ] ||
		fail "$ref is not there exactly once: $(cat "$W/answer")"
done

# every old checkpoint is consistent with the tree as it is now: log prove does it for entries' trees, fsck for all
for f in "$W"/checkpoints/*; do
	case $f in
	*/log-*) ok "old checkpoint $(basename "$f")" pedigree log prove --checkpoint "$f" --service "$URL" --policy "$W/policy" ;;
	*) ok "old checkpoint $(basename "$f")" pedigree log prove --checkpoint "$f" --journal --service "$URL" --policy "$W/policy" ;;
	esac
done
for i in 1 $((n / 2)) "$n"; do
	ok "chain $i" pedigree verify "$W/artifact-$i" --from "$URL" --policy "$W/policy"
done
[ "$(find "$W/checkpoints" -type f -size +0 | wc -l)" -gt "$crashes" ] || fail "too few old checkpoints were kept"
world_stop
ok "fsck" pedigreed --config "$W/pedigreed.conf" --fsck
finish
