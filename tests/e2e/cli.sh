#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The command line by hand: what is typed wrongly, what is named and is not there, what is not what it should be. Each
# such end has its exit status (2 for whoever called or configured, 3 where nothing could be judged), one line, a remedy.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$tmp" || exit 3
mkdir dir
: >empty
echo text >file
echo '{}' >object.json
away=http://127.0.0.1:1
digest=sha256:$(printf '%064d' 1)

one_line() {
	if [ "$(wc -l <"$printed")" = 1 ]; then pass "  in one line"; else fail "  in more than one line"; fi
}
# wrong_use ID WHAT CMD…: exit 2, by rule ID, in one line.
wrong_use() {
	local id=$1 what=$2
	shift 2
	assert_exit 2 "$what" "$@"
	assert_rule "$id"
	one_line
}
# could_not WHAT CMD…: exit 3, in one line.
could_not() {
	local what=$1
	shift
	assert_exit 3 "$what" "$@"
	one_line
}

# ---- words ----------------------------------------------------------------------------------

for family in attest hooks key log; do
	wrong_use CLI-1 "$family alone" pedigree $family
	assert_says "comes one of:"
	assert_exit 0 "$family --help" pedigree $family --help
	assert_says "pedigree $family COMMAND"
	assert_exit 0 "help $family" pedigree help $family
done
wrong_use CLI-1 "attest biuld" pedigree attest biuld
assert_says "source, build"
wrong_use CLI-1 "verfiy" pedigree verfiy
assert_says "did you mean \"pedigree verify\""
wrong_use CLI-1 "what is near a command of later versions only" pedigree records
assert_silent_about "pedigree report"
wrong_use CLI-1 "-C without a folder" pedigree -C
pedigree help | sed -nE 's/^  ([a-z-]+( [a-z-]+)?)  +.*/\1/p' >commands
while read -r command; do
	# shellcheck disable=SC2086 # a command of two words
	assert_exit 0 "$command --help" pedigree $command --help </dev/null
	assert_says "usage: pedigree $command"
	# shellcheck disable=SC2086
	wrong_use CLI-1 "$command --nonsense" pedigree $command --nonsense </dev/null
done <commands

for words in "--version foo" "--help foo" "help check extra" "help digest --x"; do
	# shellcheck disable=SC2086 # several words
	wrong_use CLI-1 "$words" pedigree $words
	assert_says "unexpected argument"
done

# One value means one: of two, nobody can say which was meant.
wrong_use CLI-1 "two policies" pedigree verify "$digest" --policy a --policy=b --from dir
assert_says "--policy is given twice"
wrong_use CLI-1 "two services" pedigree submit --service $away --service $away object.json

# ---- keys -----------------------------------------------------------------------------------

assert_exit 0 "a key" pedigree key generate k.pem
wrong_use CLI-2 "never over another" pedigree key generate k.pem
assert_says "name a file that is not there yet"
wrong_use CLI-2 "in no folder" pedigree key generate nothing/k.pem
chmod 644 k.pem.pub
wrong_use KEY-3 "no key file" pedigree key show nothing
wrong_use KEY-3 "a folder" pedigree key show dir
wrong_use KEY-3 "an empty file" pedigree key show empty
wrong_use KEY-3 "a file of something else" pedigree key show file
cp k.pem open.pem
chmod 644 open.pem
wrong_use KEY-2 "a private key that others can read" pedigree key show open.pem
wrong_use KEY-3 "a private key where the public one belongs" pedigree verify-bundle --bundle object.json --key k.pem --trusted-root object.json file
for root in nothing dir empty object.json; do
	wrong_use TRT-1 "a trusted root: $root" pedigree verify-bundle --bundle object.json --key k.pem.pub --trusted-root $root file
done

# ---- verify ---------------------------------------------------------------------------------

wrong_use POL-9 "no policy" pedigree verify file --from dir
wrong_use POL-9 "a policy that is not there" pedigree verify file --from dir --policy nothing
wrong_use POL-9 "a policy that is a folder" pedigree verify file --from dir --policy dir
wrong_use POL-4 "an empty policy" pedigree verify file --from dir --policy empty
wrong_use POL-1 "a policy that is none" pedigree verify file --from dir --policy file
wrong_use CLI-3 "a tag" pedigree verify registry.example/app:v1 --from dir
assert_says "an image tag can move"
for subject in "$tmp/dir" /dev/zero flie.tar sha256:zz@sha256:12 sha256:12; do
	wrong_use CLI-3 "a subject that is none: $subject" pedigree verify "$subject" --from dir
	assert_silent_about "an image tag"
done
for name in nothing dir /dev/zero; do
	wrong_use CLI-3 "a bundle: $name" pedigree verify-bundle --bundle $name --key k.pem.pub --trusted-root object.json "$digest"
done
ssh_key alice
allowed_signer a@b alice >allowed
assert_exit 0 "a server key" pedigree key generate server.pem
cat >policy <<EOP
[repository "https://git.example/app"]
	path = $tmp/app.git
	protect = refs/heads/main
	sshAllowedSigners = allowed
	sourceFrom = server
	serverKey = server.pem.pub
[require]
	stage = source
EOP
for from in nothing file "" ftp://x; do
	wrong_use CLI-2 "no evidence: --from '$from'" pedigree verify file --from "$from" --policy policy
	assert_says "--from \"$from\""
done
for from in https:// 'http://a b'; do
	wrong_use CLI-2 "--from '$from'" pedigree verify file --from "$from" --policy policy
	assert_says "--from \"$from\""
	assert_silent_about "--service"
done
wrong_use CLI-2 "a deadline that is none" pedigree verify file --from $away --policy policy --deadline soon
could_not "a service that is away" pedigree verify file --from $away --policy policy
assert_rule NET-1
assert_says "is pedigreed running"
wrong_use CLI-2 "no place to keep records in" pedigree verify file --from $away --policy policy --save file/x
assert_exit 1 "nothing there" pedigree verify file --from dir --policy policy
assert_exit 1 "with a home that is not there" env HOME="$tmp/no-home" pedigree verify file --from dir --policy policy
if [ -e "$tmp/no-home" ]; then fail "verify made the home folder"; else pass "which is not made"; fi

# ---- submit ---------------------------------------------------------------------------------

wrong_use CLI-2 "no service" pedigree submit object.json
for url in ftp://host host:80 http:// 'http://a b' http://u:p@host http://host:0 http://host:99999 'http://host/?q' 'http://[::1'; do
	wrong_use CLI-2 "service $url" pedigree submit --service "$url" object.json
done
wrong_use CLI-3 "no such file" pedigree submit --service $away nothing
wrong_use CLI-3 "a folder" pedigree submit --service $away dir
could_not "an empty file" pedigree submit --service $away empty
assert_rule JSN-1
could_not "no JSON" pedigree submit --service $away file
could_not "the service is away" pedigree submit --service $away --deadline 1s object.json
assert_rule NET-1
assert_says "is pedigreed running, and is $away its address?"
# Each file is tried; the first fault is the end's.
assert_exit 2 "a missing file and a bad one" pedigree submit --service $away nothing file nowhere
assert_rule CLI-3 JSN-1
assert_says '"nowhere" is no file'
truncate -s 100M large
could_not "a large file" pedigree submit --service $away large
assert_rule JSN-2
{ printf '{"a":"' && head -c 9000000 object.json /dev/zero | tr -dc '\0' | tr '\0' a && printf '"}'; } >large
could_not "a large submission" pedigree submit --service $away large
assert_rule JSN-2
wrong_use CLI-2 "a wait that the deadline does not leave" pedigree submit --service $away --wait 2 --deadline 2s object.json
wrong_use CLI-2 "the bundle over what is sent" pedigree submit --service $away --bundle ./object.json object.json
assert_same "which stays" '{}' "$(cat object.json)"

for folder in . dir home; do
	wrong_use CLI-3 "no outbox: $folder" pedigree submit --service $away --outbox $folder
	assert_says "GITDIR/pedigree/outbox"
done
mkdir -p repo.git/pedigree/outbox
assert_exit 0 "an empty one, by its place" pedigree submit --service $away --outbox repo.git/pedigree/outbox
assert_says "nothing waits"
wrong_use CLI-3 "an outbox that is not there" pedigree submit --service $away --outbox "$tmp/nope"
wrong_use CLI-3 "an outbox that is a file" pedigree submit --service $away --outbox file
wrong_use CLI-2 "no outbox here" pedigree submit --service $away --outbox
wrong_use CLI-2 "--bundle in no folder" pedigree submit --service $away --bundle nothing/x object.json
wrong_use CLI-2 "--bundle is a folder" pedigree submit --service $away --bundle dir object.json
wrong_use CLI-2 "--records is a file" pedigree submit --service $away --records file object.json

# What was refused earlier is named, with its reason, whenever its outbox is looked at.
mkdir outbox
hex=$(printf '%064d' 7)
echo '{}' >outbox/"$hex".refused
echo '{"detail":"nobody knows you","rule":"IDN-1","fix":"enrol"}' >outbox/"$hex".problem
assert_exit 1 "an outbox with a refused statement" pedigree submit --service $away --outbox outbox
assert_says "outbox/$hex.refused: the service refused: nobody knows you"
assert_says "enrol; mend the cause, then rename it to .json"
assert_rule IDN-1
assert_same "said once" 1 "$(grep -c 'nobody knows you' "$printed")"

# ---- log ------------------------------------------------------------------------------------

wrong_use CLI-2 "nothing to prove" pedigree log prove --service $away
wrong_use CLI-3 "no reference" pedigree log prove --service $away x
wrong_use CLI-2 "no key to trust" pedigree log prove --service $away "$digest"
wrong_use TRT-1 "a trusted root that is none" pedigree log prove --service $away --trusted-root object.json "$digest"
wrong_use CLI-3 "a checkpoint that is not there" pedigree log prove --service $away --checkpoint nothing --policy policy
wrong_use CLI-3 "a checkpoint that is a folder" pedigree log prove --service $away --checkpoint dir --policy policy
wrong_use CLI-2 "the journal of a reference" pedigree log prove --service $away --journal "$digest"
could_not "the log is away" pedigree log checkpoint --service $away
assert_says "is pedigreed running"

# ---- repositories ---------------------------------------------------------------------------

for command in init "hooks install" "hooks status" "hooks uninstall" "digest HEAD" "check HEAD" "attest source" doctor; do
	# shellcheck disable=SC2086 # a command of two words
	wrong_use GIT-1 "$command outside a repository" pedigree $command
done
git init -q clone
git init -q --bare -b main app.git
sign_with clone ssh "$tmp/alice" A a@b
wrong_use CLI-2 "init with a service that is none" pedigree -C clone init --service foo
wrong_use POL-9 "init with no such policy" pedigree -C clone init --policy nothing
wrong_use CLI-1 "init --existing" pedigree -C clone init --existing sometimes --service $away
assert_same "nothing was set" "" "$(git -C clone config --get-regexp '^pedigree')"
wrong_use HOK-4 "init in a bare repository" pedigree -C app.git init
wrong_use HOK-4 "client hooks in a bare repository" pedigree -C app.git hooks install
wrong_use CLI-2 "what is for a server" pedigree -C clone hooks install --policy "$tmp/policy"
mkdir elsewhere
ln -s "$tmp/elsewhere" clone/.git/pedigree
wrong_use FIL-1 "a folder of our own that leads elsewhere" pedigree -C clone init
rm clone/.git/pedigree
assert_exit 0 "init without a policy" pedigree -C clone init
assert_says "judge nothing yet"
assert_rule POL-9

build() { pedigree -C clone attest build --artifact "$tmp/file" --builder https://ci.example --repository https://git.example/app "$@"; }
commit clone one
wrong_use CLI-1 "no builder" build --service $away
wrong_use KEY-3 "a public key" build --key "$tmp/k.pem.pub" --service $away
assert_says "is a public key"
wrong_use KEY-3 "no key" build --key "$tmp/file" --service $away
wrong_use CLI-2 "no service" build --key "$tmp/k.pem" --service nowhere
for option in "--output $tmp/nothing/x" "--bundle $tmp/nothing/x" "--records $tmp/file" "--output $tmp/dir"; do
	# The key is looked at later: what cannot be written is found before anything is signed.
	# shellcheck disable=SC2086 # an option and its value
	wrong_use CLI-2 "$option" build --key "$tmp/nothing" --service $away $option
	assert_says "${option%% *}"
done
wrong_use CLI-2 "a builder without a name" pedigree -C clone attest build --artifact "$tmp/file" --builder '' --key "$tmp/k.pem" --service $away
wrong_use CLI-2 "a short ref" build --key "$tmp/k.pem" --service $away --ref main
assert_says refs/heads/main
wrong_use CLI-2 "a build type that is no URI" build --key "$tmp/k.pem" --service $away --build-type foo
wrong_use CLI-2 "a repository that is none" pedigree -C clone attest build --artifact "$tmp/file" --builder https://ci.example \
	--key "$tmp/k.pem" --service $away --repository 'not a uri'
for artifact in nothing dir; do
	wrong_use CLI-3 "an artifact: $artifact" pedigree -C clone attest build --artifact "$tmp/$artifact" --builder https://ci.example \
		--key "$tmp/k.pem" --repository https://git.example/app --service $away
	assert_says "--artifact \"$tmp/$artifact\""
done
# What is written takes the place of nothing that is read or written besides.
for option in "--output $tmp/file" "--bundle $tmp/dir/../file" "--output $tmp/k.pem" "--output $tmp/x --bundle $tmp/dir/../x"; do
	# shellcheck disable=SC2086 # options and their values
	wrong_use CLI-2 "$option" build --key "$tmp/k.pem" --service $away $option
	assert_says "would take the place of"
done
assert_same "the artifact stays" text "$(cat "$tmp/file")"
export TMPDIR=$tmp/tmp
mkdir "$TMPDIR"
could_not "a build while the service is away" build --key "$tmp/k.pem" --service $away --deadline 1s
assert_says "$tmp/file: cannot connect to"
assert_exit 0 "a build for later" build --key "$tmp/k.pem" --no-submit --output "$tmp/build.json"
assert_same "no temporary file is left" "" "$(ls -A "$TMPDIR")"
unset TMPDIR

# ---- a git server ---------------------------------------------------------------------------

server() { pedigree -C app.git hooks install --server --policy "$tmp/policy" --server-key "$tmp/server.pem" "$@"; }
wrong_use CLI-2 "a service that is none" server --service localhost:8700
wrong_use KEY-3 "a server key that is public" pedigree -C app.git hooks install --server --policy "$tmp/policy" --server-key "$tmp/server.pem.pub"
wrong_use HOK-6 "a server key of nobody" pedigree -C app.git hooks install --server --policy "$tmp/policy" --server-key "$tmp/k.pem"
sed 's|path = .*|path = /nowhere|' policy >policy-elsewhere
wrong_use PSH-1 "a policy for another place" pedigree -C app.git hooks install --server --policy "$tmp/policy-elsewhere" --server-key "$tmp/server.pem"
assert_exit 0 "without a service" server
assert_says "sent to nobody"
git -C app.git config core.test before
assert_exit 0 "with one" server --service $away
assert_same "the timer's service is configured" $away "$(git -C app.git config pedigree.service)"
if tool systemd-escape "the name of the timer"; then
	assert_says "systemctl enable --now '$(systemd-escape --template=pedigree-outbox@.timer --path "$tmp/app.git")'"
	git init -q --bare "$tmp/.my repo-2.git"
	sed "s|path = .*|path = $tmp/.my repo-2.git|" policy >policy-2
	assert_exit 0 "a name that must be escaped" pedigree -C "$tmp/.my repo-2.git" hooks install --server --policy "$tmp/policy-2" \
		--server-key "$tmp/server.pem" --service $away
	assert_says "systemctl enable --now '$(systemd-escape --template=pedigree-outbox@.timer --path "$tmp/.my repo-2.git")'"
fi
# doctor looks where the hooks look, and not into the configuration or the environment.
git -C app.git config pedigree.policy "$tmp/nothing"
assert_exit 1 "doctor" env PEDIGREE_SERVICE=http://127.0.0.1:2 pedigree -C app.git doctor
assert_says "good policy      $tmp/policy "
assert_says "good server key  $tmp/server.pem"
assert_says "bad  service     cannot connect to $away/readyz"
assert_silent_about "127.0.0.1:2"
git -C app.git config --unset pedigree.policy
git -C app.git config pedigree.service http://127.0.0.1:3
assert_exit 1 "doctor, the timer sends elsewhere" pedigree -C app.git doctor
assert_says "bad  timer       the hooks send to $away, and the timer to http://127.0.0.1:3"
chmod 644 server.pem
assert_exit 1 "doctor, the server key is open" pedigree -C app.git doctor
assert_says "bad  server key"
assert_rule KEY-2
chmod 600 server.pem
sed -i "s|'$tmp/policy'|'$tmp/policy-elsewhere'|" app.git/hooks/pre-receive
assert_exit 1 "doctor, two policies" pedigree -C app.git doctor
assert_says "were not installed together"
assert_rule HOK-4
assert_exit 0 "install again mends it" server --service $away
assert_exit 0 "uninstall" pedigree -C app.git hooks uninstall --server
assert_same "leaves nothing configured" "" "$(git -C app.git config --get-regexp '^pedigree')"
assert_same "but what others did" before "$(git -C app.git config core.test)"

finish
