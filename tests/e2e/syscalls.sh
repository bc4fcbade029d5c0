#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each system call that one submission makes, failed and then made the last one (kill -9), on a running service: whatever
# is acknowledged is there afterwards and answered the same again, whatever is not can be sent again, the service that had an
# error lives on and gets ready, and all that is stored holds. Each kind of call once, at its first use by a thread;
# PEDIGREE_SYSCALLS=all takes every use (tests/soak kill).
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/world.sh
. "$here/world.sh"
which=${PEDIGREE_SYSCALLS:-first}
tool strace "system calls that fail" || { echo "skipped: no strace" >&2; exit 77; }
# Leaks are looked for by ptrace, which strace has; a sanitizer's own calls for memory may not fail.
export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
sanitized=false
grep -q __asan_init "$BIN/pedigreed" && sanitized=true
world_embedded
world_commit one
ok "push" git push -q origin HEAD:main

n=0
sign_one() { # the next statement in $todo, its artifact in $artifact
	n=$((n + 1))
	artifact=$W/artifact-$n todo=$W/todo-$n.json
	printf 'artifact %s\n' "$n" >"$artifact"
	run pedigree attest build --artifact "$artifact" --builder "$BUILDER" --key "$W/keys/ci.pem" \
		--repository "$URI" --commit HEAD --no-submit --output "$todo"
	[ "$status" = 0 ] || fail "sign $n"
}
submit() { # submit FILE ANSWER: the status in $got, 000 when there is no whole answer
	got=$(curl -s -o "$2" -w '%{http_code}' --max-time 20 -H 'Content-Type: application/json' -H 'Prefer: wait=2' \
		--data-binary "@$1" "$URL/api/v1/attestations") || got=000
}
# attach TRACE OPTION…: strace on all threads of the daemon; it returns when they are traced.
attach() {
	local out=$1
	shift
	strace -f -p "$DAEMON_PID" -o "$out" "$@" 2>"$W/strace.err" &
	STRACE=$!
	PIDS+=("$STRACE")
	wait_for 10 grep -q attached "$W/strace.err" || return 1
}
detach() { stop "$STRACE" INT; }

attach "$W/trace" -e trace=all || { cat "$W/strace.err" >&2; not_checked "system calls that fail" "strace cannot attach"; exit 77; }
sign_one
submit "$todo" "$W/answer"
[ "$got" = 201 ] || fail "under strace: HTTP $got"
sleep 0.3
detach
# What waits, or has nothing to do with keeping anything, is left out.
sed -nE 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/p' "$W/trace" |
	grep -vE '^(futex|epoll_wait|epoll_pwait|poll|ppoll|clock_nanosleep|restart_syscall|rt_sig[a-z]*|exit|sched_yield|gettid|getpid|tgkill|rseq|set_robust_list|clone3?|madvise|getrusage|close)$' |
	sort | uniq -c | sort -rn >"$W/calls"
[ "$(wc -l <"$W/calls")" -ge 8 ] || { cp "$W/calls" "$printed"; fail "a submission makes more kinds of calls than these"; }
# A thread never makes more of a kind than all together.
error_of() {
	case $1 in
	mmap | munmap | mprotect | brk | mremap) echo ENOMEM ;;
	openat | open | accept4 | socket) echo EMFILE ;;
	write | pwrite64 | writev | pwritev | fallocate | ftruncate | rename* | mkdir*) echo ENOSPC ;;
	send* | recv*) echo ECONNRESET ;;
	*) echo EIO ;;
	esac
}

lives() { ! ended "$DAEMON_PID"; }
is_ready() { [ "$(curl -s -o /dev/null -w '%{http_code}' --max-time 5 "$URL/readyz")" = 200 ]; }

# What was acknowledged in FILE is there, with the same leaf of the journal, and answered so again.
same_again() { # same_again WHAT STATEMENT ANSWER STATUS
	local what=$1 reference leaf
	submit "$2" "$W/again"
	[[ $got = 20[012] ]] || { cp "$W/again" "$printed" 2>/dev/null; fail "$what: sent again it is answered $got"; }
	reference=$(jq -r .reference "$W/again") leaf=$(jq -r .journal.leaf "$W/again")
	[[ $4 != 20[012] ]] || [ "$(jq -r '.reference + " " + .journal.leaf' "$3")" = "$reference $leaf" ] ||
		fail "$what: acknowledged, and answered otherwise the second time"
	got=$(curl -s -o "$W/record" -w '%{http_code}' --max-time 10 "$URL/api/v1/attestations/$reference")
	[[ $got = 20[02] ]] || fail "$what: the record is answered $got"
	[ "$(jq -r .journal.leaf "$W/record")" = "$leaf" ] || fail "$what: the record has another leaf"
}

hit=0 acked=0
one_error() { # one_error CALL N
	local what="$1 number $2 fails" was
	sign_one
	attach "$W/trace" -e trace="$1" -e inject="$1:error=$(error_of "$1"):when=$2" || fail "$what: strace cannot attach"
	rm -f "$W/first"
	submit "$todo" "$W/first"
	was=$got
	sleep 0.05
	detach
	lives || fail "$what: pedigreed is gone"
	case $was in
	20[012]) acked=$((acked + 1)) ;;
	000) ;;
	50[03]) jq -e .rule "$W/first" >/dev/null || { cp "$W/first" "$printed"; fail "$what: no rule"; } ;;
	*) cp "$W/first" "$printed" && fail "$what: HTTP $was" ;;
	esac
	! grep -q INJECTED "$W/trace" || hit=$((hit + 1))
	if ! wait_for 20 is_ready; then
		# A lock that cannot be given back stays until the process ends (docs/OPERATIONS.md); nothing else may need that.
		[ "$1" = fcntl ] && http 503 RDY-6 "$what: not ready, and why" "$URL/readyz"
		[ "$1" = fcntl ] || { curl -s "$URL/readyz" >"$printed"; fail "$what: not ready again"; }
		stop "$DAEMON_PID"
		world_start
	fi
	same_again "$what" "$todo" "$W/first" "$was"
}

one_kill() { # one_kill CALL N
	local what="killed at $1 number $2" was
	sign_one
	attach "$W/trace" -e trace="$1" -e inject="$1:signal=KILL:when=$2" || fail "$what: strace cannot attach"
	rm -f "$W/first"
	submit "$todo" "$W/first"
	was=$got
	sleep 0.05
	if lives; then
		detach
	else
		stop "$STRACE"
		{ stop "$DAEMON_PID"; } 2>/dev/null # bash would tell that it was killed
		hit=$((hit + 1))
		[[ $was != 20[012] ]] || acked=$((acked + 1))
		run env ASAN_OPTIONS="$ASAN_OPTIONS" pedigreed --config "$W/pedigreed.conf" --fsck
		[ "$status" = 0 ] || fail "$what: --fsck"
		world_start
	fi
	same_again "$what" "$todo" "$W/first" "$was"
}

curl -sf -o "$W/log-before" "$URL/checkpoint" && curl -sf -o "$W/journal-before" "$URL/journal/checkpoint" || fail "checkpoints"
while read -r count call; do
	[ "$which" = all ] || count=1
	for ((i = 1; i <= count; i++)); do
		if [ "$sanitized" = false ] || [ "$(error_of "$call")" != ENOMEM ]; then
			one_error "$call" "$i"
		fi
		one_kill "$call" "$i"
	done
	# T72: crash between sign, store, queue and answer
	pass "$call: fails, and is the last one, $count times"
done <"$W/calls"
[ "$hit" -ge 16 ] || fail "only $hit calls were hit"
[ "$acked" -gt 0 ] || fail "nothing was acknowledged where a call failed: that cannot be"

wait_for 60 all_logged || fail "still pending"
ok "the log is consistent with what it was" pedigree log prove --checkpoint "$W/log-before" --service "$URL" --policy "$W/policy"
ok "so is the journal" pedigree log prove --checkpoint "$W/journal-before" --journal --service "$URL" --policy "$W/policy"
ok "the last chain" pedigree verify "$artifact" --from "$URL" --policy "$W/policy"
world_stop
ok "everything stored holds" pedigreed --config "$W/pedigreed.conf" --fsck
echo "$hit calls were hit, $acked submissions acknowledged all the same"
finish
