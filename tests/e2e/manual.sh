#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The manual pages and docs/OPERATIONS.md against the programs and the tables that they are made from: every command,
# option, key, resource, counter and limit is there, and nothing else is.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$here/lib.sh"
top=$(cd "$here/../.." && pwd)
pages=("$top"/install/man/*.in)
operations=$top/docs/OPERATIONS.md

# same WHAT A B: two lists, sorted here. An empty one means that this script no longer reads what it should.
same() {
	sort -u "$2" -o "$2"
	sort -u "$3" -o "$3"
	[ -s "$2" ] || fail "$1: nothing to compare"
	diff -u --label "the programs" --label "the manual" "$2" "$3" >&2 || fail "$1 differ"
	checks=$((checks + $(wc -l <"$2")))
}

# --- commands and options -----------------------------------------------------------------

# "  --wait SECONDS   … (default 5)" of a usage text as "NAME: --wait SECONDS" and "NAME: --wait default 5"
options_of() {
	sed -nE "s/^  --([a-z0-9-]+)( [A-Za-z][^ ]*)? +(.*)/--\1\2\t\3/p" | awk -F '\t' -v name="$1" '
		{ print name ": " $1 }
		match($2, /default [0-9]+[a-z]*/) { sub(/ .*/, "", $1); print name ": " $1 " " substr($2, RSTART, RLENGTH) }'
}

pedigree help >"$W/help" || fail "pedigree help"
sed -nE 's/^  ([a-z-]+( [a-z-]+)?)  +.*/\1/p' "$W/help" >"$W/commands"
while read -r command; do
	echo "$command:"
	# shellcheck disable=SC2086 # a command of two words
	pedigree help $command >"$W/usage" || fail "pedigree help $command"
	options_of "$command" <"$W/usage"
done <"$W/commands" >"$W/program-options"
pedigreed --help >"$W/usage" || fail "pedigreed --help"
{ echo "pedigreed:" && options_of pedigreed <"$W/usage"; } >>"$W/program-options"

cat "${pages[@]}" | awk '
	/^\.Dt / { daemon = $2 == "PEDIGREED" }
	/^\.Sh / { command = daemon && $2 == "DESCRIPTION" ? "pedigreed" : "" }
	/^\.Ss pedigree / { command = substr($0, length(".Ss pedigree ") + 1) }
	/^\.S[hs] / && command { print command ":" }
	/^\.It / || /^\.El/ { option = "" }
	/^\.It Fl -/ && command { option = command ": -" $3; print option ($4 == "Ar" ? " " $5 : "") }
	option && match($0, /default [0-9]+[a-z]*/) { print option " " substr($0, RSTART, RLENGTH) }
' >"$W/manual-options"
same "commands and options" "$W/program-options" "$W/manual-options"

# What the page says is not there is known, and is not there.
awk '/^\.Sh / { on = $0 == ".Sh NOT IN THIS VERSION" } on && /^\.Cm / { sub(/^\.Cm /, ""); print }' \
	"$top/install/man/pedigree.1.in" | sed 's/ , */\n/g; s/ ,$//' | sed '/^$/d; s/ *$//' >"$W/later"
[ "$(wc -l <"$W/later")" -gt 5 ] || fail "no list of what is not in this version"
while read -r command; do
	# shellcheck disable=SC2086 # a command of two words
	exits 2 CLI-9 "pedigree $command" pedigree $command </dev/null
done <"$W/later"
grep -oE '\{"[a-z -]+", NULL,' "$top/cli/main.c" | sed -E 's/\{"(.*)", NULL,/\1/' >"$W/later-table"
same "commands of later versions" "$W/later-table" "$W/later"

# --- keys of the policy and of the daemon's file ----------------------------------------------

# {"section", named, "key", PDG_CFG_KIND, many} as "section key", with "+" or "refused"
cat "$top/common/trust/policy_keys.c" "$top/common/trust/revocation.c" "$top/service/config.c" |
	sed -nE 's/^[[:space:]]*\{ ?"([a-z]+)", (true|false), "([A-Za-z0-9]+)", PDG_CFG_([A-Z]+), (true|false) ?\},?.*/\1 \3 \4 \5/p' |
	awk '{ print $1, $2 ($3 == "LATER" ? " refused" : $4 == "true" ? " +" : "") }' >"$W/table-keys"

# In the page: .Ss [section], then .It Ic key with "+" before its text, or .Em key , key for those that are refused.
awk '
	/^\.Sh / { section = "" }
	/^\.Ss / { section = $2; gsub(/[][]/, "", section) }
	key { print section, key (/^\+/ ? " +" : ""); key = "" }
	/^\.It Ic / { key = $3 }
	/^\.Em / { for (i = 2; i <= NF; i++) if ($i != ",") print section, $i " refused" }
' "$top/install/man/pedigree-policy.5.in" >"$W/page-keys"
same "keys" "$W/table-keys" "$W/page-keys"

# --- OPERATIONS.md: resources, counters, limits --------------------------------------------

sed -nE 's/^[[:space:]]*\{ ?PDG_(GET|POST), "([^"]+)".*/\1 \2/p' "$top/service/router.c" >"$W/routes"
grep -oE '^\| `(GET|POST) [^`]+`' "$operations" | tr -d '|`' | sed 's/^ //; s/{[a-z]*}.*//' >"$W/page-routes"
same "resources" "$W/routes" "$W/page-routes"

{
	sed -nE 's/^[[:space:]]*(counter|gauge|pdg_metrics_family)\(b, "([a-z_]+)".*/pedigree_\2/p' "$top/service/api_metrics.c"
	sed -nE 's/^[[:space:]]*pdg_metrics_family\(out, "([a-z_]+)".*/pedigree_\1/p; s/^[[:space:]]*\[PDG_(LASTS|FAILS|COUNTS|LEVEL)_[A-Z_]+\] = \{"([a-z_]+)".*/pedigree_\2/p' "$top/service/metrics.c"
} >"$W/counters"
grep -oE '^\| `pedigree_[a-z_]+`' "$operations" | tr -d '|` ' >"$W/page-counters"
same "counters" "$W/counters" "$W/page-counters"

# "#define PDG_LIMIT_BODY PDG_LIMIT_MIB(8)" and "| `BODY` | 8 MiB | …"
sed -nE 's/^#define PDG_LIMIT_([A-Z_]+)[[:space:]]+([^/]*[^/[:space:]])[[:space:]]*(\/\*.*)?$/\1 \2/p' "$top/common/util/limits.h" |
	sed -E 's/PDG_LIMIT_([KM])IB\(([0-9]+)\)/\2 \1iB/; s/^([A-Z_]+) \(\(size_t\)(.*)\)$/\1 \2/; s/^([A-Z_]+) \(\(size_t\)([0-9]+)\)$/\1 \2/' |
	awk '$3 == "<<" { $0 = $1 " " $2 * 2 ^ $4 } { print }' >"$W/limits"
sed -nE 's/^\| `([A-Z_]+)` \| ([0-9][^|]*[^| ]) *\|.*/\1 \2/p; s/^\| `([A-Z_]+)` \| ([0-9]) *\|.*/\1 \2/p' "$operations" | tr -d , >"$W/page-limits"
same "limits" "$W/limits" "$W/page-limits"

# --- OPERATIONS.md: log lines, and files of other programs ---

shopt -s globstar
if tool python3 "events and jobs"; then
	python3 "$here/manual_check.py" events "$top"/{service,relay,signer,common}/**/*.c | sort -u >"$W/events"
	python3 "$here/manual_check.py" page "$operations" | sort >"$W/page-events"
	same "events of the log" "$W/events" "$W/page-events"
	if python3 -c 'import yaml' 2>/dev/null; then
		run python3 "$here/manual_check.py" yaml "$top"/README.md "$top"/docs/*.md
		[ "$status" = 0 ] && [ "$(cat "$printed")" -gt 1 ] || fail "a job that is none: $(cat "$printed")"
		pass "jobs of a CI"
	else
		not_checked "jobs of a CI" "python3-yaml is not installed"
	fi
fi

# --- form --------------------------------------------------------------------------------

# pedigree-attest(1) names itself "pedigree attest", so mandoc takes pedigree(1) for the page itself.
if tool mandoc "the form of the manual pages"; then
	for page in "${pages[@]}"; do
		mandoc -Tlint -Wwarning "$page" | grep -v 'cross reference to self: Xr pedigree 1$' >"$printed" && fail "warnings in $page"
		pass "$page"
	done
fi
finish
