#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The README's first command, twice in one folder of its own: it ends well, leaves nothing running, and touches neither
# the caller's home nor the source tree.
set -u -o pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d /tmp/pdg.XXXXXX)
trap 'rm -rf "$dir"' EXIT
export HOME=$dir/caller
mkdir "$HOME"
touch "$dir/before"
for run in first second; do
	"$here/install/quickstart" --no-install --dir "$dir/work" >"$dir/$run" 2>&1 ||
		{ tail -n 30 "$dir/$run" >&2; echo "FAILED: the $run run" >&2; exit 1; }
done
[ -z "$(ls -A "$HOME")" ] || { ls -lA "$HOME" >&2; echo "FAILED: the caller's home was touched" >&2; exit 1; }
new=$(find "$here" -newer "$dir/before" -type f -not -path '*/.git/*' -not -path '*/build/*' -not -path '*/build-*/*' | head)
[ -z "$new" ] || { echo "FAILED: touched in the source tree: $new" >&2; exit 1; }
if pgrep -f "$dir/work" >/dev/null; then
	echo "FAILED: left running: $(pgrep -af "$dir/work")" >&2
	exit 1
fi
grep -q 'chain broken at sbom' "$dir/second" || { echo "FAILED: no verdict is shown" >&2; exit 1; }
[ "$(wc -l <"$dir/second")" -le 90 ] || { echo "FAILED: more than a page of output" >&2; exit 1; }
echo "passed: the first and the second run"
