#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SSH signatures beside ssh-keygen -Y verify: for every signer, committer, allowed_signers file, time and revocation list
# both must say the same, but for the differences on purpose that are listed below with their reasons. In those
# ssh-keygen accepts and Pedigree refuses; each must occur, so that the list stays true.
#
#	tests/e2e/ssh.sh FOLDER-WITH-PROGRAMS SSH_CHECK TESTS/DATA/SSH_CERTS
# shellcheck disable=SC1091
set -u -o pipefail
command -v ssh-keygen >/dev/null || {
	echo "e2e.ssh needs ssh-keygen (Debian: openssh-client)" >&2
	[ "${CI:-}" = true ] && exit 1
	exit 77
}
check_program=$(realpath "${2:?}") data=$(cd "${3:?}" && pwd)
. "$(dirname "$0")/lib.sh" "$1"
cd "$W" || exit 3

# ---- differences on purpose: SIGNER ALLOWED REVOKED, each a pattern, and why -------------------

differences=(
	"command * *|a certificate for one command was not given to sign with: -Y verify does not look at critical options"
	"address * *|a certificate for one address: as above"
	"unknown * *|an unknown critical option must be refused (PROTOCOL.certkeys): as above"
	"verify * *|verify-required on a key that cannot verify anybody: as above"
	"by-sha1 * *|the CA's signature on the certificate is over SHA-1"
	"* weak-line *|a line with an RSA key of 1024 bits: the file is refused (SSH-2)"
	"* literal *|a certificate is trusted through its CA alone, not because a line has it"
	"* authority-cert *|a certificate as a cert-authority: the file is refused (SSH-2)"
	"* one-bad-line *|a line that cannot be read: the file is refused (SSH-2), not the line passed over"
	"* * empty.krl|a KRL that revokes nothing looks like one that lost its contents (POL-5)"
	"* * empty-list|the same of a list in text"
)

# ---- keys, certificates, signatures ------------------------------------------------------------

new() { # name type bits
	ssh-keygen -q -N '' -C "$1" -t "$2" ${3:+-b "$3"} -f "$1" || exit 3
}
key() { cut -d' ' -f1,2 "$1.pub"; }
for name in ca stranger-ca plain-ca alice bob; do new $name ed25519; done
new ca-ecdsa ecdsa 521
new ca-rsa rsa 2048
new ecdsa ecdsa 256
new rsa rsa 2048
new weak rsa 1024
signers=(alice bob ecdsa rsa weak ca)
# certify AS CA OPTION...
certify() {
	cp alice "$1" && cp alice.pub "$1.pub" && ssh-keygen -q -s "$2" "${@:3}" "$1.pub" 2>>log || exit 3
	signers+=("$1-cert")
}
both=alice@example.com,eve@example.com valid=20240101:20240401
certify good ca -I good -n $both -z 7 -V $valid
certify later ca -I later -n $both -z 8 -V 20240401:20240601
certify host ca -h -I host -n $both -V $valid
certify nobody ca -I nobody -V $valid
certify star ca -I star -n '*,*@example.com' -V $valid
certify command ca -I command -n $both -O force-command=/bin/true -V $valid
certify address ca -I address -n $both -O source-address=192.0.2.0/24 -V $valid
certify unknown ca -I unknown -n $both -O critical:x@example.com=y -V $valid
certify verify ca -I verify -n $both -O verify-required -V $valid
certify extension ca -I extension -n $both -O extension:x@example.com=y -V $valid
certify by-ecdsa ca-ecdsa -I by-ecdsa -n $both -V $valid
certify by-sha512 ca-rsa -I by-sha512 -n $both -V $valid
certify by-sha256 ca-rsa -t rsa-sha2-256 -I by-sha256 -n $both -V $valid
certify by-sha1 ca-rsa -t ssh-rsa -I by-sha1 -n $both -V $valid
certify stranger stranger-ca -I stranger -n $both -V $valid
certify plainly plain-ca -I plainly -n $both -V $valid

committers=(alice bob eve)
for committer in "${committers[@]}"; do
	cat >"$committer.payload" <<-END
		tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904
		author Ann Author <ann@example.com> 1700000000 +0000
		committer $committer <$committer@example.com> 1700000000 +0000

		By $committer
	END
	for signer in "${signers[@]}"; do
		ssh-keygen -q -Y sign -n git -f "$signer.pub" <"$committer.payload" >"$committer.$signer.sig" 2>>log ||
			fail "$signer does not sign"
	done
	ssh-keygen -q -Y sign -n file -f alice <"$committer.payload" >"$committer.files.sig" 2>>log
	ssh-keygen -q -Y sign -n git -f good-cert.pub <log >"$committer.other-bytes.sig" 2>>"$W/log2"
done
signers+=(files other-bytes)

# ---- what a policy names -----------------------------------------------------------------------

allowed=()
allow() { # name; reads the file
	cat >"$1"
	allowed+=("$1")
}
allow authorities <<END
# CAs, for all of the domain but bob
*@example.com,!bob@example.com cert-authority,namespaces="git" $(key ca)
*@example.com cert-authority,namespaces="g?t,other" $(key ca-ecdsa)
*@example.com cert-authority $(key ca-rsa)
*@example.com namespaces="git" $(key plain-ca)
END
allow keys <<END
alice@example.com namespaces="git" $(key alice)
*@example.com,!alice@example.com $(key bob)
alice@example.com,eve@example.com namespaces="git" $(key ecdsa)
a*@example.com namespaces="git" $(key rsa)
END
allow everybody <<END
* cert-authority $(key ca)
* cert-authority $(key plain-ca)
* $(key alice)
END
allow windows <<END
* cert-authority,valid-after="20240115Z",valid-before="20240215Z" $(key ca)
* namespaces="git",valid-before="20240215120000Z" $(key alice)
* valid-after="20240215" $(key bob)
END
allow other-namespaces <<END
* cert-authority,namespaces="file" $(key ca)
* namespaces="file,!git" $(key alice)
* namespaces="*,!git" $(key bob)
END
allow no-authority <<END
* $(key ca)
END
allow authority-alone <<END
* cert-authority $(key alice)
* cert-authority $(key bob)
END
allow literal <<END
* $(key good-cert)
END
allow authority-cert <<END
* cert-authority $(ssh-keygen -q -s bob -I x -n x ca.pub && cut -d' ' -f1,2 ca-cert.pub)
END
rm -f ca-cert.pub
allow weak-line <<END
* $(key weak)
* $(key alice)
END
allow one-bad-line <<END
alice@example.com restrict $(key bob)
* $(key alice)
END

revoked=()
krl() { # name option...; reads a specification
	cat >spec
	ssh-keygen -q -k -f "$1" "${@:2}" spec 2>>log || fail "$1 is not made"
	revoked+=("$1")
}
echo 'serial: 7' | krl serial.krl -s ca.pub
echo 'serial: 7-8' | krl range.krl -s none
echo 'serial: 7' | krl other-ca.krl -s ca-ecdsa.pub
seq 1 2 99 | sed 's/^/serial: /' | krl bitmap.krl -s ca.pub
seq 2 2 98 | sed 's/^/serial: /' | krl bitmap-even.krl -s ca.pub
echo 'id: good' | krl id.krl -s none
krl key.krl <alice.pub
echo "sha1: $(key alice)" | krl sha1.krl
echo "sha256: $(key bob)" | krl sha256.krl
krl ca.krl <ca.pub
echo "hash: $(ssh-keygen -l -f ca-rsa.pub | cut -d' ' -f2)" | krl ca-rsa.krl
krl cert.krl <good-cert.pub
krl empty.krl </dev/null
: >empty-list
cp alice.pub list
cp ca.pub list-ca
cat bob.pub good-cert.pub >list-cert
revoked+=(empty-list list list-ca list-cert)

# ---- both are asked ----------------------------------------------------------------------------

day() { date -u -d "$1" +%s; }
cases=$W/cases
: >"$cases"
add() { # signer committer allowed time revoked
	echo "$*" >>"$cases"
}
for signer in "${signers[@]}"; do
	for committer in "${committers[@]}"; do
		for list in "${allowed[@]}"; do add "$signer" "$committer" "$list" 20240201 -; done
	done
	for time in 20240101 20240114235959 20240215 20240215000001 20240215120001 20240331235959 20240401 20240601; do
		for list in authorities windows; do add "$signer" alice "$list" "$time" -; done
	done
	for list in "${revoked[@]}"; do add "$signer" alice everybody 20240201 "$list"; done
done
seconds() { # of ssh-keygen's YYYYMMDD[HHMMSS]
	day "${1:0:8} ${1:8:2}:${1:10:2}:${1:12:2}"
}
declare -A at
while read -r signer committer list time list2; do
	[ -n "${at[$time]:-}" ] || case $time in
	????????) at[$time]=$(day "$time") ;;
	*) at[$time]=$(seconds "$time") ;;
	esac
	echo "$list $list2 ${at[$time]} $committer.payload $committer.$signer.sig"
done <"$cases" | "$check_program" >ours || fail "ssh_check failed"
[ "$(wc -l <ours)" = "$(wc -l <"$cases")" ] || fail "ssh_check did not answer every case"

keygen() { # signer committer allowed time revoked
	local revoked=()
	[ "$5" = - ] || revoked=(-r "$5")
	if ssh-keygen -q -Y verify -f "$3" -I "$2@example.com" -n git -s "$2.$1.sig" -O verify-time="$4" "${revoked[@]}" \
		<"$2.payload" >>log 2>&1; then
		echo good
	else
		echo refused
	fi
}
# difference SIGNER ALLOWED REVOKED: the number of the one that it is.
difference() {
	local i pattern
	for i in "${!differences[@]}"; do
		pattern=${differences[$i]%%|*}
		# shellcheck disable=SC2053 # a pattern on purpose
		[[ "$1 $2 $3" == $pattern ]] && { echo "$i"; return 0; }
	done
	return 1
}
total=0 agreed=0 good=0
declare -A seen
while read -r -u 4 signer committer list time list2 && read -r -u 5 our; do
	total=$((total + 1))
	theirs=$(keygen "$signer" "$committer" "$list" "$time" "$list2")
	if { [ "$our" = good ] && [ "$theirs" = good ]; } || { [ "$our" != good ] && [ "$theirs" != good ]; }; then
		agreed=$((agreed + 1))
		[ "$our" != good ] || good=$((good + 1))
		continue
	fi
	where="$signer for $committer, $list at $time, $list2: Pedigree says $our, ssh-keygen $theirs"
	[ "$our" != good ] || fail "laxer than ssh-keygen: $where"
	which=$(difference "${signer%-cert}" "$list" "$list2") || fail "$where"
	seen[$which]=$((${seen[$which]:-0} + 1))
done 4<"$cases" 5<ours
for i in "${!differences[@]}"; do
	# What this ssh-keygen refuses too is no difference any more, but SHA-1 and short keys come and go with its builds.
	case ${differences[$i]} in by-sha1* | *weak-line*) continue ;; esac
	[ -n "${seen[$i]:-}" ] || fail "no case shows the difference: ${differences[$i]}"
done
[ "$good" -ge 80 ] || fail "only $good cases are good"
checks=$((checks + total))

# The committed vectors, which an older ssh-keygen made.
while read -r name principal; do
	ssh-keygen -q -Y verify -f "$data/allowed_signers" -I "$principal" -n git -s "$data/$name.sig" \
		-O verify-time=20240201 <"$data/message" >>log 2>&1 || fail "ssh-keygen refuses the vector $name"
	checks=$((checks + 1))
done <<END
ed25519 ed25519@example.com
ecdsa521 ecdsa521@example.com
rsa3072 rsa3072@example.com
by-ecdsa ed25519@example.com
sk-ed25519 alice@example.com
sk-ecdsa alice@example.com
END
# ---- a policy that names authorities and lists, and the whole program ---------------------------

git init -q -b main "$W/repo"
uri=https://git.example/app
printf 'alice@example.com cert-authority,namespaces="git" %s\n' "$(key ca)" >policy-signers
signs_with() { # KEY LIST: a commit of Alice, and the policy's list
	sign_with "$W/repo" ssh "$W/$1" Alice alice@example.com
	commit "$W/repo" "by $1"
	printf '[repository "%s"]\n\tprotect = refs/heads/main\n\tsshAllowedSigners = policy-signers\n' "$uri" >policy
	[ -z "${2:-}" ] || printf '\trevoked = %s\n' "$2" >>policy
}
judged() { pedigree -C "$W/repo" check --policy "$W/policy" --repository "$uri" HEAD^!; }
certify today ca -I good -z 7 -n alice@example.com -V -1d:+1d
sign_with "$W/repo" none - Alice alice@example.com
commit "$W/repo" first
signs_with today-cert.pub
assert_exit 0 "a certificate of the policy's authority" judged
signs_with today-cert.pub other-ca.krl
assert_exit 0 "a list of another authority's certificates" judged
for list in serial.krl range.krl id.krl ca.krl list-ca; do
	signs_with today-cert.pub $list
	assert_exit 1 "a certificate that $list revokes" judged
	assert_rule SGN-5
done
for list in empty.krl empty-list; do
	signs_with today-cert.pub $list
	assert_exit 2 "a policy whose list is $list" judged
	assert_rule POL-5
done
head -c 60 serial.krl >cut.krl
signs_with today-cert.pub cut.krl
assert_exit 2 "a policy whose KRL is cut short" judged
assert_rule POL-5
echo "ssh-keygen and Pedigree agree in $agreed of $total cases ($good of them good); the others are differences on purpose"
finish
