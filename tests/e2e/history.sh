#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whole histories, each commit judged as git itself says (rules.md 8): a public one with the verdicts that git gave once
# (PEDIGREE_SHARED/history, by default beside the source tree), and one that git makes here, with every kind of key that
# gpg and ssh-keygen have and every state that a key can be in.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

uri=https://git.example/app
source_tree=$(cd "$(dirname "$0")/../.." && pwd)
policy=$tmp/policy
tool jq "histories" || exit 77

# judge REPOSITORY REVISION…: one line a commit in $tmp/ours: name, result, fingerprint, format. Commits that are not good
# are no failure here.
judge() {
	local repo=$1
	shift
	pedigree -C "$repo" check --policy "$policy" --repository $uri --json "$@" >"$tmp/json" 2>"$printed"
	status=$?
	no_finding "$printed" "check of a history"
	[ "$status" -le 1 ] || fail "check of a history: status $status"
	jq -r '[.commit, .result, .fingerprint // "-", .format // "none"] | join(" ")' "$tmp/json" | sort >"$tmp/ours" || fail "JSON of each commit"
}

# result_of LETTER FORMAT: what the mapping of rules.md 8 allows for git's letter, as a pattern.
# git calls an SSH signature for which it finds no valid principal U (no such key, or not at that time), and N where
# nobody has told it of an allowed_signers file, as where the public history was judged.
result_of() {
	case $2$1 in
	sshN) echo unknown-key ;;
	sshU) echo 'unknown-key|expired-key|not-allowed' ;;
	sshB) echo 'bad-signature|revoked-key' ;;
	*G | *U) echo good ;;
	*E) echo 'unknown-key|unsupported' ;;
	*N) echo unsigned ;;
	*R) echo revoked-key ;;
	*Y) echo expired-key ;;
	*X) echo expired-signature ;;
	*B) echo bad-signature ;;
	*) echo none ;;
	esac
}

# ---- a public history -------------------------------------------------------------------------

shared=${PEDIGREE_SHARED:-$source_tree/../shared}/history
have_shared=true
if [ ! -r "$shared/commits.batch" ]; then
	not_checked "the public history" "no $shared; PEDIGREE_SHARED names the folder above it"
	have_shared=false
fi

public_history() {
	local repo=$tmp/public oid type size made letter key result fingerprint format want n=0
	git init -q "$repo"
	while read -r oid type size; do
		made=$(head -c "$size" | git -C "$repo" hash-object -t "$type" -w --stdin --literally)
		[ "$made" = "$oid" ] || fail "commit $oid was written as $made"
		read -r _
		echo "$oid" >>"$tmp/all"
	done <"$shared/commits.batch"
	# The only key is a forge's, which git knows nothing of: here it is anybody's.
	cp "$shared/github-web-flow.asc" "$tmp/web-flow.asc"
	cat >"$policy" <<END
[repository "$uri"]
	protect = refs/heads/main
	openpgpKeys = web-flow.asc
	requireCommitterMatch = false
END
	mapfile -t all <"$tmp/all"
	judge "$repo" "${all[@]}"
	while read -r oid letter key; do
		read -r _ result fingerprint format < <(grep "^$oid " "$tmp/ours") || fail "commit $oid was not judged"
		want=$(result_of "$letter" "$format")
		[[ $result =~ ^($want)$ ]] || fail "commit $oid: $result, but git says $letter"
		[ -z "$key" ] || [ "$fingerprint" = "$key" ] || fail "commit $oid: key $fingerprint, not $key"
		n=$((n + 1))
	done <"$shared/expected.tsv"
	assert_same "each of the public history's commits" "$(wc -l <"$tmp/ours")" "$n"
	[ "$n" -gt 200 ] || fail "a history of $n commits"
}
[ $have_shared = false ] || public_history

# ---- a history of git's own -------------------------------------------------------------------

repo=$tmp/own
git init -q -b main "$repo"
git -C "$repo" config gpg.ssh.allowedSignersFile "$tmp/allowed"
owner() {
	export GIT_AUTHOR_NAME=$1 GIT_AUTHOR_EMAIL=$1@example.com GIT_COMMITTER_NAME=$1 GIT_COMMITTER_EMAIL=$1@example.com
}
: >"$tmp/formats"
# add FORMAT KEY [git's options]: a commit on what is checked out.
add() {
	local format=$1 key=$2
	shift 2
	if [ "$format" = none ]; then
		git -C "$repo" "$@" commit -q --allow-empty -m "unsigned" 2>"$printed"
	else
		git -C "$repo" -c gpg.format="$format" "$@" commit -q --allow-empty -m "by $key" -S"$key" 2>"$printed"
	fi || fail "git commits by $format $key"
	echo "$(git -C "$repo" rev-parse HEAD) $format" >>"$tmp/formats"
}
gpg_then() { # gpg_then TIME GPG-OPTION…: a gpg.program of another day; its path.
	local file=$tmp/gpg-$RANDOM$RANDOM time=$1
	shift
	printf '#!/bin/sh\nexec gpg --faked-system-time %s --batch --pinentry-mode loopback --passphrase "" %s "$@"\n' "$time" "$*" >"$file"
	chmod 700 "$file"
	echo "$file"
}
pgp_made() { # pgp_made NAME ALGORITHM [DAY [EXPIRE]]: a key of NAME@example.com; its fingerprint.
	gpg --batch --quiet --faked-system-time "${3:-20240101T000000}" --pinentry-mode loopback --passphrase '' \
		--quick-generate-key "$1 <$1@example.com>" "$2" sign,cert "${4:-never}" 2>"$printed" || fail "a $2 key"
	gpg --batch --with-colons --list-keys "<$1@example.com>" 2>/dev/null | awk -F: '$1 == "fpr" { print $10; exit }'
}

fingerprints=()
n=0
for algorithm in ed25519 rsa2048 rsa4096 nistp256 nistp384 nistp521; do
	name=pgp$((n += 1))
	key=$(pgp_made $name $algorithm)
	fingerprints+=("$key")
	owner $name
	# gpg makes no signature of a digest that is shorter than the curve.
	case $algorithm in
	nistp384) digests="SHA384 SHA512" ;;
	nistp521) digests=SHA512 ;;
	*) digests="SHA256 SHA384 SHA512" ;;
	esac
	for digest in $digests; do
		for _ in 1 2 3; do
			add openpgp "$key" -c gpg.program="$(gpg_then 20240201T000000 --digest-algo $digest)"
		done
	done
done
# A subkey that signs; a signature that expires, has expired; SHA-1.
subkeys=$(pgp_made subkeys ed25519)
gpg --batch --quiet --faked-system-time 20240101T000000 --pinentry-mode loopback --passphrase '' \
	--quick-add-key "$subkeys" ed25519 sign never 2>"$printed" || fail "a subkey"
owner subkeys
for _ in 1 2 3 4; do
	add openpgp "$subkeys" -c gpg.program="$(gpg_then 20240201T000000)"
done
add openpgp "$subkeys" -c gpg.program="$(gpg_then 20240201T000000 --default-sig-expire 1d)"
expired=$(pgp_made expired ed25519 20200101T000000 30d)
owner expired
add openpgp "$expired" -c gpg.program="$(gpg_then 20200102T000000)"
revoked=$(pgp_made revoked ed25519)
owner revoked
add openpgp "$revoked" -c gpg.program="$(gpg_then 20240201T000000)"
stranger=$(pgp_made stranger ed25519)
owner stranger
add openpgp "$stranger" -c gpg.program="$(gpg_then 20240201T000000)"

: >"$tmp/allowed"
for type in ed25519:256 ecdsa:256 ecdsa:384 ecdsa:521 rsa:2048 rsa:4096; do
	name=ssh$((n += 1))
	ssh-keygen -q -t "${type%:*}" -b "${type#*:}" -N '' -C '' -f "$tmp/$name" || fail "an SSH key"
	allowed_signer $name@example.com "$tmp/$name" >>"$tmp/allowed"
	owner $name
	for _ in 1 2 3 4 5 6; do
		add ssh "$tmp/$name"
	done
done
for name in past unlisted; do
	ssh_key "$tmp/$name"
	owner $name
	add ssh "$tmp/$name"
done
printf 'past@example.com namespaces="git",valid-before="20200101Z" %s\n' "$(cut -d' ' -f1,2 "$tmp/past.pub")" >>"$tmp/allowed"

# Merges of a branch and of a signed tag; what nobody signed; what was changed since.
owner pgp1
key=${fingerprints[0]}
program=$(gpg_then 20240201T000000)
for what in branch tag; do
	git -C "$repo" checkout -q -b "side-$what" HEAD~3
	add openpgp "$key" -c gpg.program="$program"
	target=side-$what
	if [ $what = tag ]; then
		git -C "$repo" -c gpg.program="$program" tag -s -u "$key" -m 'A release' v1 || fail "a signed tag"
		target=v1
	fi
	git -C "$repo" checkout -q main
	git -C "$repo" -c gpg.program="$program" merge -q --no-ff -S"$key" -m "Merge $what" $target 2>"$printed" || fail "a merge"
	echo "$(git -C "$repo" rev-parse HEAD) openpgp" >>"$tmp/formats"
done
git -C "$repo" cat-file commit HEAD | grep -q '^mergetag ' || fail "the merge of a tag keeps it"
for _ in 1 2 3; do
	add none -
done
for format in openpgp:"$key" ssh:"$tmp/ssh$n"; do
	[ "${format%%:*}" = openpgp ] || owner "ssh$n"
	add "${format%%:*}" "${format#*:}" -c gpg.program="$program"
	git -C "$repo" cat-file commit HEAD | sed 's/^by /BY /' >"$tmp/changed"
	bad=$(git -C "$repo" hash-object -t commit -w "$tmp/changed")
	sed -i '$d' "$tmp/formats"
	git -C "$repo" reset -q --hard "$bad"
	echo "$bad ${format%%:*}" >>"$tmp/formats"
done

sed 's/^:---/---/' "$GNUPGHOME/openpgp-revocs.d/$revoked.rev" >"$tmp/revocation"
gpg --batch --quiet --import "$tmp/revocation" 2>/dev/null
gpg --batch --armor --export "${fingerprints[@]}" "$subkeys" "$expired" "$revoked" >"$tmp/keys.asc"
gpg --batch --yes --pinentry-mode loopback --delete-secret-and-public-key "$stranger" 2>/dev/null
cat >"$policy" <<END
[repository "$uri"]
	protect = refs/heads/main
	openpgpKeys = keys.asc
	sshAllowedSigners = allowed
END

judge "$repo" main
git -C "$repo" log --format='%H %G?' main | sort >"$tmp/theirs"
seen=
count=0
while read -r oid letter; do
	read -r _ result _ _ < <(grep "^$oid " "$tmp/ours") || fail "commit $oid was not judged"
	format=$(awk -v oid="$oid" '$1 == oid { print $2 }' "$tmp/formats")
	[ -n "$format" ] || fail "commit $oid came from nowhere"
	want=$(result_of "$letter" "$format")
	[[ $result =~ ^($want)$ ]] || fail "commit $oid ($format): $result, but git says $letter"
	seen="$seen $result"
	count=$((count + 1))
done <"$tmp/theirs"
[ "$count" -gt 80 ] || fail "a history of $count commits"
for result in good unsigned unknown-key bad-signature revoked-key expired-key expired-signature; do
	[[ " $seen " == *" $result "* ]] || fail "no commit of this history is $result"
	pass "some commit is $result"
done
assert_same "each commit of git's own history" "$(wc -l <"$tmp/ours")" "$count"
run pedigree -C "$repo" check --policy "$policy" --repository $uri main
assert_says "$count commits: "

finish
