#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Our Rekor v2 client alone against a real Rekor v2: entries verify, the same bytes again are found
# in its tiles (409), and later entries continue the tree of the first.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$here/../e2e/lib.sh"
# shellcheck source=tests/interop/lib.sh
. "$here/lib.sh"
need_peer posix

rekor_v2_start
client=$BIN/../tests/test_interop_rekor_v2
ok "log, read back, check" "$client" "$REKOR" "$W/rekor.pub" localhost "$REKOR_READ"
ok "without its files" "$client" "$REKOR" "$W/rekor.pub" localhost
openssl genpkey -algorithm ed25519 2>/dev/null | openssl pkey -pubout -out "$W/stranger.pub" || fail "key"
exits 1 LOG-8 "a log of another key" "$client" "$REKOR" "$W/stranger.pub" localhost "$REKOR_READ"
exits 1 LOG-8 "a log of another name" "$client" "$REKOR" "$W/rekor.pub" rekor.example "$REKOR_READ"
exits 3 LOG-13 "a wrong path" "$client" "$REKOR/elsewhere" "$W/rekor.pub" localhost
exits 3 NET-1 "nobody there" "$client" "http://127.0.0.1:$(free_port)" "$W/rekor.pub" localhost
finish
