#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a packager gets: cmake --install into a folder of its own, by --prefix and by DESTDIR; the files are where they belong,
# the programs find one another wherever the tree lies, unit files and manual pages are in order, and the service starts from
# the examples that are installed.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$here/lib.sh"
build=$(cd "$BIN/.." && pwd)
[ -f "$build/CMakeCache.txt" ] || fail "$BIN is not bin of a build folder"
cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
prefix=$(cached CMAKE_INSTALL_PREFIX)

expected='bin/pedigree
lib/systemd/system/pedigree-outbox@.service
lib/systemd/system/pedigree-outbox@.timer
lib/systemd/system/pedigreed.service
lib/systemd/system/pedigreed.socket
lib/sysusers.d/pedigree.conf
libexec/pedigree/pedigree-commit
libexec/pedigree/pedigree-hook
libexec/pedigree/pedigree-judge
libexec/pedigree/pedigree-net
libexec/pedigree/pedigree-pgp
libexec/pedigree/pedigree-relay
libexec/pedigree/pedigree-repo
libexec/pedigree/pedigree-signer
libexec/pedigree/pedigree-store-postgresql.so
sbin/pedigreed
share/doc/pedigree/FORMATS.md
share/doc/pedigree/LICENSE
share/doc/pedigree/OPERATIONS.md
share/doc/pedigree/RULES.md
share/doc/pedigree/examples/pedigreed.conf.example
share/doc/pedigree/examples/policy.example
share/man/man1/pedigree-attest.1
share/man/man1/pedigree-hooks.1
share/man/man1/pedigree-verify.1
share/man/man1/pedigree.1
share/man/man5/pedigree-policy.5
share/man/man8/pedigreed.8'

# Programs in bin, sbin and libexec are executable, nothing else is, and nobody else may write to any.
check_tree() { # check_tree ROOT
	local f odd
	while read -r f; do
		[ -f "$1/$f" ] || fail "$f is not installed"
	done <<<"$expected"
	odd=$(cd "$1" && find . -type f \( -perm /022 -o -not -perm -444 \))
	[ -z "$odd" ] || fail "modes of $odd"
	odd=$(cd "$1" && find . -type f -perm /111 -not -path './bin/*' -not -path './sbin/*' -not -path './libexec/*')
	[ -z "$odd" ] || fail "executable: $odd"
	odd=$(cd "$1" && find bin sbin libexec -type f -not -perm -111)
	[ -z "$odd" ] || fail "not executable: $odd"
	# Other documents come and go; programs, units and pages do not without a line above.
	odd=$(cd "$1" && find . -type f -not -path './share/doc/*' | sed 's|^\./||' | sort | comm -23 - <(sort <<<"$expected"))
	[ -z "$odd" ] || fail "installed without being expected: $odd"
	checks=$((checks + 1))
}

# The programs of a tree work together. The build's own are not on PATH, and the configured prefix is not there.
check_programs() { # check_programs ROOT
	local PATH=/usr/bin:/bin
	ok "version" "$1/bin/pedigree" --version
	grep -q '^pedigree [0-9]' <<<"$out" || fail "version: $out"
	ok "pedigreed's version" "$1/sbin/pedigreed" --version
	ok "help" "$1/bin/pedigree" help
	ok "help of a command (judge)" "$1/bin/pedigree" help verify
	ok "help of a command (repo)" "$1/bin/pedigree" help check
	ok "help of a command (net)" "$1/bin/pedigree" help submit
	ok "a key" "$1/bin/pedigree" key generate "$1/key.pem"
	ok "shown" "$1/bin/pedigree" key show "$1/key.pem.pub"
	rm "$1/key.pem" "$1/key.pem.pub"
	ok "a repository" git init -q "$W/repository"
	ok "hooks in it" "$1/bin/pedigree" -C "$W/repository" hooks install
	grep -q "'$1/libexec/pedigree/pedigree-hook'" "$W/repository/.git/hooks/pre-push" || fail "hooks do not run the installed program"
	grep -q "'$1/libexec/pedigree/pedigree-commit'" "$W/repository/.git/hooks/post-commit" || fail "a commit's hooks do not run their own program"
	ok "which are in order" "$1/bin/pedigree" -C "$W/repository" hooks status
	rm -rf "$W/repository"
}

# What each program links itself, among all that Pedigree uses: the table of docs/ARCHITECTURE.md.
check_links() { # check_links ROOT PROGRAM LIBRARY…
	local want found
	found=$(readelf -d "$1/$2" | sed -nE 's/.*NEEDED.*\[lib(crypto|ssl|jansson|curl|git2|gpgme|sqlite3|event_core|cjose|pq|p11-kit)(-[0-9.]+)?\.so.*/\1/p' | sort | xargs)
	want=$(printf '%s\n' "${@:3}" | sort | xargs)
	[ "$found" = "$want" ] || fail "$2 links $found, not $want"
	checks=$((checks + 1))
}
if tool readelf "what the programs link"; then
	ok "install by prefix" cmake --install "$build" --prefix "$W/links-tree"
	check_links "$W/links-tree" bin/pedigree
	check_links "$W/links-tree" libexec/pedigree/pedigree-judge crypto jansson
	check_links "$W/links-tree" libexec/pedigree/pedigree-net crypto jansson curl
	check_links "$W/links-tree" libexec/pedigree/pedigree-repo crypto jansson git2
	check_links "$W/links-tree" libexec/pedigree/pedigree-hook crypto jansson git2
	check_links "$W/links-tree" libexec/pedigree/pedigree-commit crypto jansson
	check_links "$W/links-tree" libexec/pedigree/pedigree-pgp crypto gpgme
	check_links "$W/links-tree" libexec/pedigree/pedigree-signer crypto p11-kit
	check_links "$W/links-tree" libexec/pedigree/pedigree-relay crypto jansson curl cjose
	check_links "$W/links-tree" libexec/pedigree/pedigree-store-postgresql.so pq
	check_links "$W/links-tree" sbin/pedigreed crypto ssl jansson sqlite3 event_core
	rm -rf "$W/links-tree"
fi

[ ! -e "$prefix/bin/pedigree" ] || echo "note: $prefix/bin/pedigree exists; the trees below must be found before it" >&2
ok "install by prefix" cmake --install "$build" --prefix "$W/tree"
check_tree "$W/tree"
check_programs "$W/tree"
mkdir "$W/elsewhere"
mv "$W/tree" "$W/elsewhere/moved"
check_programs "$W/elsewhere/moved"
# A link into PATH, as administrators make them.
mkdir "$W/links"
ln -s "$W/elsewhere/moved/bin/pedigree" "$W/links/pedigree"
ok "through a link" env PATH=/usr/bin:/bin "$W/links/pedigree" help verify

ok "install by DESTDIR" env DESTDIR="$W/dest" cmake --install "$build"
root=$W/dest$prefix
check_tree "$root"
check_programs "$root"

# --- unit files: the programs of the configured prefix ------------------------------------------

units=$root/lib/systemd/system
grep -q "^ExecStart=$prefix/sbin/pedigreed --config /etc/pedigree/pedigreed.conf\$" "$units/pedigreed.service" || fail "ExecStart of pedigreed"
grep -q "^ExecStart=$prefix/bin/pedigree -C %f submit --outbox\$" "$units/pedigree-outbox@.service" || fail "ExecStart of the outbox"
grep -rq '@[A-Z_]*@' "$root/lib" "$root/share/man" && fail "a name was not replaced"
# The socket of the example is in a folder that its unit makes and lets it write to.
runtime=$(sed -n 's/^RuntimeDirectory=//p' "$units/pedigreed.service")
socket=$(sed -n 's/^#*\tsocket = //p' "$root/share/doc/pedigree/examples/pedigreed.conf.example")
assert_same "the folder of the example's socket" "$(dirname "$socket")" "/run/${runtime:-none}"
if tool systemd-analyze "unit files"; then
	# In a folder of their own, with programs that exist, so that every complaint is about the unit itself.
	mkdir "$W/units"
	complaints() { SYSTEMD_LOG_LEVEL=warning systemd-analyze --man=no verify "$1" 2>&1 | grep -e "$W/units" -e pedigree | grep -v man:pedigree; }
	printf '[Service]\nExecStart=/bin/true\nRestrictRealtimes=yes\n' >"$W/units/wrong.service"
	[ -n "$(complaints "$W/units/wrong.service")" ] || fail "systemd-analyze verify finds no fault in a faulty unit"
	for unit in "$units"/*; do
		sed "s|^ExecStart=$prefix/|ExecStart=$root/|" "$unit" >"$W/units/$(basename "$unit")"
	done
	for unit in pedigreed.service pedigreed.socket pedigree-outbox@srv-git-myapp.git.service pedigree-outbox@srv-git-myapp.git.timer; do
		template=$(sed 's/@[^.]*\(\.git\)*\./@./' <<<"$unit")
		[ "$template" = "$unit" ] || cp "$W/units/$template" "$W/units/$unit"
		[ -z "$(complaints "$W/units/$unit")" ] || fail "systemd-analyze verify $unit: $(complaints "$W/units/$unit")"
		checks=$((checks + 1))
	done
	# 0 is confined, 10 is not at all; what a weaker unit would have is in the list that is shown.
	for unit in pedigreed.service pedigree-outbox@srv-git-myapp.git.service; do
		most=15
		[ "$unit" = pedigreed.service ] || most=20
		ok "how $unit is confined" systemd-analyze --offline=true --threshold="$most" --no-pager security "$W/units/$unit"
	done
fi
if tool systemd-sysusers "the service's user"; then
	mkdir -p "$W/sysroot/etc"
	ok "sysusers" systemd-sysusers --root="$W/sysroot" "$root/lib/sysusers.d/pedigree.conf"
	grep -q '^pedigree:.*:/var/lib/pedigree:' "$W/sysroot/etc/passwd" || fail "the user pedigree"
fi

# --- manual pages, as man(1) shows them ------------------------------------------------------

if tool mandoc "the manual pages"; then
	for page in "$root"/share/man/man?/*; do
		ok "$page" mandoc -Tascii -Werror "$page"
		grep -q '^N.*A.*M.*E' "$printed" || fail "man shows nothing of $page"
	done
fi

# --- the examples are a service that starts -----------------------------------------------------

etc=$W/etc
mkdir -p "$etc" "$W/state"
for example in policy pedigreed.conf; do
	sed "s|/etc/pedigree|$etc|g; s|/var/lib/pedigree|$W/state|g" "$root/share/doc/pedigree/examples/$example.example" >"$etc/$example"
done
for key in signing git-server ci; do
	ok "$key key" "$root/bin/pedigree" key generate "$etc/$key.pem"
done
ok "journal key" "$root/bin/pedigree" key generate --type ed25519 "$etc/journal.pem"
ok "ssh key" ssh-keygen -q -t ed25519 -N '' -C bob@company.example -f "$etc/bob"
allowed_signer bob@company.example "$etc/bob" >"$etc/allowed_signers"
# Everything behind one # in the daemon's example is a key with its default: it must be readable too. The port and the
# folders are ours.
port=$(free_port) URL=http://127.0.0.1:$port
sed -i 's/^#\t/\t/' "$etc/pedigreed.conf"
sed -i "s|127.0.0.1:8700|127.0.0.1:$port|" "$etc/pedigreed.conf"
grep -q "^	listen = 127.0.0.1:$port" "$etc/pedigreed.conf" || fail "the example has no listen"
mkdir "$W/state/log"
rmdir "$W/state/log"
# What must be edited before a log is begun is asked for.
exits 2 CFG-1 "the example as it is" timeout 10 "$root/sbin/pedigreed" --config "$etc/pedigreed.conf"
[ -z "$(ls -A "$W/state")" ] || fail "something was made"
sed -i 's|^\torigin = <.*>$|\torigin = pedigree.company.example|' "$etc/pedigreed.conf"
DAEMON=$root/sbin/pedigreed daemon_start "$etc/pedigreed.conf" "$URL"
http 200 - "ready" "$URL/readyz"
# The first set-up as the example says: fetch the trusted root, name it, reload.
ok "trusted root" curl -sSf -o "$etc/trusted-root.json" "$URL/.well-known/pedigree/trusted-root.json"
sed -i 's|^#\ttrustedRoot|\ttrustedRoot|; s|version = 1|version = 2|' "$etc/policy"
daemon_reload
http 200 - "ready with the trusted root" "$URL/readyz"
# The test's folders lie below /tmp, where the service may write: that its configuration does too is said, and all there is.
grep -E '"level":"(warn|error)"' "$W/pedigreed.log" | grep -v '"event":"confined".*"configuration":"writable"' >&2 &&
	fail "complaints in the log"
daemon_stop
finish
