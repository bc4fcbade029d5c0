# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# bench/run check: judging many signed commits, side by side with git and with OpenSSL alone. Sourced by bench/run; needs
# no service. Histories come from bench-commits, and git verifies every commit of the first one, a sample of the others.
# shellcheck disable=SC2154,SC2016 # what bench/run has set; words for another shell

kinds=(pgp-ed25519 pgp-rsa ssh)

# history NAME N KIND...: $W/NAME with keys, policy, names and repo.git of N commits, packed as git packs them.
history() {
	local dir=$W/$1 n=$2 kind
	shift 2
	mkdir -p "$dir"
	for kind; do
		local algorithm=(-algorithm ed25519)
		[ "$kind" != pgp-rsa ] || algorithm=(-algorithm rsa -pkeyopt rsa_keygen_bits:4096)
		(umask 077 && openssl genpkey "${algorithm[@]}" -out "$dir/$kind.pem" 2>/dev/null) || fail "a key"
	done
	git init -q -b main --bare "$dir/repo.git"
	"$build/bench/bench-commits" "$dir" "$n" "$@" | git -C "$dir/repo.git" index-pack --stdin >/dev/null || fail "bench-commits"
	git -C "$dir/repo.git" update-ref refs/heads/main "$(cat "$dir/tip")"
	git -C "$dir/repo.git" repack -q -a -d -F || fail "repack"
	git -C "$dir/repo.git" rev-list main >"$dir/names"
	cat "$dir"/*.pgp >"$dir/developers.pgp"
	gpg --batch --quiet --import "$dir/developers.pgp" 2>/dev/null || fail "gpg --import"
	git -C "$dir/repo.git" config gpg.ssh.allowedSignersFile "$dir/allowed_signers"
	cat >"$dir/policy" <<-POLICY
		[policy]
			version = 1
		[repository "$URI"]
			path = $dir/repo.git
			protect = refs/heads/*
			openpgpKeys = developers.pgp
			sshAllowedSigners = allowed_signers
	POLICY
}

# value WORD ROW: what stands behind WORD in that row of what was measured last
value() { sed -n "$2p" "$W/times" | awk -v word="$1" '{ for (i = 1; i < NF; i += 2) if ($i == word) print $(i + 1) }'; }
calc() { awk "BEGIN { printf \"$1\", $2 }"; }

# checks HISTORY RANGE [WORD...]: the words of one check
checks() { printf '%s\n' "${@:3}" "$pedigree" -C "$W/$1/repo.git" check --policy "$W/$1/policy" "$2"; }

# ratio WHAT ROW: how many times faster than git that row is
ratio() { printf '  %-40s %s ms: %s times\n' "$1" "$(value median "$2")" "$(calc %.1f "$git_ms / $(value median "$2")")"; }

six_hundred() {
	local sh=/bin/sh git_ms ours row cores
	cores=$(nproc)
	head_line "600 signed commits (OpenPGP Ed25519 and RSA-4096, SSH Ed25519; ms), 5 runs each, interleaved"
	clear
	add "git, a process a commit" 'for c in …; do git verify-commit $c; done' "$sh" -c \
		"cd '$W/h600/repo.git' && while read -r c; do '$git' verify-commit \$c 2>/dev/null || exit 1; done <'$W/h600/names'"
	add "git, one process" 'git verify-commit NAME…' "$sh" -c "cd '$W/h600/repo.git' && exec '$git' verify-commit \$(cat '$W/h600/names')"
	add "git log" "git log --format='%H %G?' main" "$git" -C "$W/h600/repo.git" log --format='%H %G?' main
	mapfile -t ours < <(checks h600 main)
	add "pedigree check, cold keys" 'rm CACHE; pedigree check --policy FILE main' "$sh" -c 'rm -rf "$0" && exec "$@"' "$HOME/.cache/pedigree" "${ours[@]}"
	add "pedigree check" 'pedigree check --policy FILE main' "${ours[@]}"
	add "pedigree check, one core" 'taskset -c 0 pedigree check --policy FILE main' "$(program taskset)" -c 0 "${ours[@]}"
	measure 5
	git_ms=$(for row in 1 2 3; do value median "$row"; done | sort -n | head -n 1)
	printf 'git at its fastest takes %s ms, one commit after another. Ratio to pedigree check (goal: 50, by all cores):\n' "$git_ms"
	ratio "$cores cores, keys in the cache" 5
	ratio "$cores cores, cold keys (gpg reads them)" 4
	ratio "1 core, keys in the cache" 6
}

# How long a core takes, with start-up and loading the keys (one commit's time) taken off, and OpenSSL alone.
per_core() {
	local floor ours words n
	head_line "the same on one core (ms), 21 runs each, interleaved"
	clear
	mapfile -t words < <(checks h600 main "$(program taskset)" -c 0)
	add "600 commits" 'taskset -c 0 pedigree check --policy FILE main' "${words[@]}"
	mapfile -t words < <(checks h600 main^! "$(program taskset)" -c 0)
	add "one of them" "taskset -c 0 pedigree check --policy FILE 'main^!'" "${words[@]}"
	for n in 4 1; do
		add "OpenSSL, $((n + 1)) x the same signatures" "taskset -c 0 bench-floor check DIR $n KIND…" \
			"$(program taskset)" -c 0 "$build/bench/bench-floor" check "$W/h600" "$n" "${kinds[@]}"
	done
	measure 21
	ours=$(calc %.1f "($(value cpu 1) - $(value cpu 2)) * 1000 / 599")
	floor=$(calc %.1f "($(value cpu 3) - $(value cpu 4)) * 1000 / 1800")
	printf 'us of CPU a commit past start-up: %s, OpenSSL alone %s (of each kind: %s); ratio %s (goal: at most 1.5)\n' "$ours" "$floor" \
		"$("$build/bench/bench-floor" check "$W/h600" 5 "${kinds[@]}")" "$(calc %.2f "$ours / $floor")"
}

sizes_alike() {
	local words small large one
	head_line "long histories (Ed25519 of OpenPGP and SSH; ms), 5 runs each, interleaved"
	clear
	mapfile -t words < <(checks h1000 main)
	add "1,000 commits" 'pedigree check --policy FILE main' "${words[@]}"
	mapfile -t words < <(checks h100000 main)
	add "100,000 commits" 'the same' "${words[@]}"
	mapfile -t words < <(checks h100000 main^!)
	add "one commit of 100,000" "pedigree check --policy FILE 'main^!'" "${words[@]}"
	measure 5
	one=$(value median 3)
	small=$(calc %.1f "($(value median 1) - $one) * 1000 / 999") large=$(calc %.1f "($(value median 2) - $one) * 1000 / 99999")
	printf 'a commit, on %s cores: %s us of 1,000, %s us of 100,000: ratio %s; largest resident memory %s and %s KiB (one commit: %s)\n' \
		"$(nproc)" "$small" "$large" "$(calc %.2f "$large / $small")" "$(value rss 1)" "$(value rss 2)" "$(value rss 3)"
}

one_commit() {
	local words
	head_line "one commit (ms), whole process, $runs runs each, interleaved"
	clear
	mapfile -t words < <(checks h600 main^!)
	add "warm key cache" "pedigree check --policy FILE 'main^!'" "${words[@]}"
	add "cold" "rm CACHE; the same" /bin/sh -c 'rm -rf "$0" && exec "$@"' "$HOME/.cache/pedigree" "${words[@]}"
	measure "$runs"
}

# The hook alone, on what git would tell it, in a repository with so many other protected branches.
many_refs() {
	local n dir tip line
	head_line "pre-receive of one commit (ms) by the number of refs, all protected, $runs runs each, interleaved"
	clear
	for n in 1 10000 100000; do
		dir=$W/refs$n
		cp -r "$W/h600" "$dir"
		sed -i "s|path = .*|path = $dir/repo.git|" "$dir/policy"
		tip=$(cat "$dir/tip")
		{
			echo '# pack-refs with: peeled fully-peeled sorted '
			awk -v n="$n" 'NR > 9 { name[++k] = $0 } END { for (i = 0; i < n; i++) printf "%s refs/heads/b%06d\n", name[i % k + 1], i }' \
				"$dir/names"
			echo "$(sed -n 2p "$dir/names") refs/heads/main"
		} >"$dir/repo.git/packed-refs"
		rm "$dir/repo.git/refs/heads/main"
		ok "hooks" pedigree -C "$dir/repo.git" hooks install --server --policy "$dir/policy"
		for line in "$(sed -n 2p "$dir/names") $tip refs/heads/main" "$(printf '%040d' 0) $tip refs/heads/new"; do
			echo "$line" >"$dir/${line##*/}"
			add "$n refs, $([ "${line##*/}" = new ] && echo 'a new branch' || echo 'main moves on')" 'hooks/pre-receive <LINE' \
				/bin/sh -c "cd '$dir/repo.git' && GIT_DIR=. exec hooks/pre-receive <'$dir/${line##*/}'"
		done
	done
	measure "$runs"
}

check() {
	local git pedigree name
	git=$(program git) pedigree=$(program pedigree)
	ok "gpg" gpg --version
	history h600 600 "${kinds[@]}"
	history h1000 1000 pgp-ed25519 ssh
	history h100000 100000 pgp-ed25519 ssh
	for name in h1000 h100000; do
		# shellcheck disable=SC2046 # names
		ok "git verifies a sample of $name" git -C "$W/$name/repo.git" verify-commit $(awk 'NR % 1013 < 2' "$W/$name/names")
	done
	for name in h600 h1000 h100000; do
		run pedigree -C "$W/$name/repo.git" check --policy "$W/$name/policy" main
		[ "$status" = 0 ] || fail "not all of $name are good"
	done
	six_hundred
	per_core
	sizes_alike
	one_commit
	many_refs
}
