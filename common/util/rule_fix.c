/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be done about a refusal when the place that refuses does not know better: one remedy for
 * a rule, for error lines, findings and the service's problem documents (pdg_error_fix). A rule
 * about which nothing useful can be said in general has none.
 */
#include <string.h>

#include "util/rule.h"

/* clang-format off */
static const struct {
	const char *id;
	const char *fix;
} fixes[] = {
	{ "JSN-1", "send the bytes as they were made: one JSON object in UTF-8 and nothing after it" },
	{ "JSN-2", "split it: the limits are in docs/FORMATS.md" },
	{ "JSN-3", "compare it with docs/FORMATS.md" },
	{ "JSN-4", "compare it with docs/FORMATS.md" },
	{ "FIL-2", "look at it, and remove it if it is not needed" },
	{ "KEY-1", "\"pedigree key generate FILE\" makes a key that is used here" },
	{ "KEY-2", "chmod 600 it; it must belong to the user that uses it: run this as that user" },
	{ "KEY-3", "name a key file that this user can read; \"pedigree key generate FILE\" makes a new one" },
	{ "KEY-4", "put the passphrase into the first line of a file of mode 0600, and name that file by signingKeyPassphrase" },
	{ "KEY-5", "see what the token holds: p11tool --list-all-privkeys, or pkcs11-tool -O" },
	{ "SIG-1", "see that the bytes are those that were signed, and the key that of the signer" },
	{ "CMS-4", "sign it anew, by a program that brings along its certificates and nothing else" },
	{ "SGN-13", "have its owner put into the policy's x509Identity, and his OIDC issuer into x509Issuer" },
	{ "TRT-1", "fetch it again: a pedigreed serves its own as /.well-known/pedigree/trusted-root.json" },
	{ "TRT-2", "add trustedRoot to [trust] of the policy" },
	{ "NET-1", "is the address right, and does something listen there?" },
	{ "NET-2", "try again; raise the deadline if it only needs longer" },
	{ "NET-5", "does the address say the name in its certificate? else add the CA of it to the system's (update-ca-certificates)" },
	{ "NET-3", "is this the address of such a server? else try again" },
	{ "NET-6", "is this the address of a pedigreed, without a path behind it?" },
	{ "TOK-1", "send the CI's token: -H \"Authorization: Bearer TOKEN\"" },
	{ "TOK-2", "send the token as its issuer made it" },
	{ "TOK-5", "have the issuer put into the policy as oidcIssuer" },
	{ "TOK-8", "ask the issuer for a token with the audience that is the policy's oidcAudience" },
	{ "TOK-9", "ask the issuer for a new token" },
	{ "TOK-10", "see that the clocks of this service and of the issuer are right" },
	{ "TOK-12", "ask the issuer for a new token: each stands for one body" },
	{ "ISS-1", "try again: the token is judged when its issuer answers" },
	{ "ISS-6", "try again in half a minute: then the issuer is asked for a new key" },
	{ "TOK-6", "ask the issuer for a new token" },
	{ "LOG-4", "name the checkpoint's own log: a trusted root (or for the journal a journalKey) with its origin and key" },
	{ "LOG-8", "name a trusted root that has this log" },
	{ "LOG-19", "see that this machine's clock is right" },
	{ "LOG-3", "is it a checkpoint as \"pedigree log checkpoint\" writes it? name that file, or fetch it again" },
	{ "LOG-12", "stop the service, see what pedigreed --fsck finds, and restore a backup of store and log together" },
	{ "TSA-7", "name a trusted root that has this timestamp authority" },
	{ "TSA-12", "see that timestampAuthority answers (the whole URL, behind a proxy if one is set): it is tried again until then" },
	{ "TSA-10", "see that this machine's clock is right" },
	{ "LOG-13", "nothing: it is tried again until the log takes it" },
	{ "TIM-5", "sign it with a key that is not revoked; let whoever keeps the policy look at its [revocation] if this one should not be" },
	{ "JNL-2", "name the key that signs the service's journal as journalKey in [trust] of the policy" },
	{ "CLI-1", "\"pedigree help\" lists the commands, COMMAND --help its options" },
	{ "CLI-2", "COMMAND --help lists the options and what they take" },
	{ "CLI-3", "name a file that is there" },
	{ "CLI-4", "COMMAND --help lists what there is" },
	{ "CLI-9", "\"pedigree help\" lists the commands of this version" },
	{ "GIT-3", "\"git fsck\" in that repository says more" },
	{ "GIT-4", "name a commit or range that \"git rev-list\" understands here" },
	{ "BLD-1", "compare it with docs/FORMATS.md, or let \"pedigree attest build\" make it" },
	{ "BLD-3", "name repository and commit in the provenance's first resolved dependency, or let \"pedigree attest build\" make it" },
	{ "BLD-5", "build from the repository, commit and ref that the source attestation names, and attest that build" },
	{ "BLD-6", "push the commit to a protected ref of that repository, then send this again" },
	{ "BLD-7", "push the commit to a protected ref of that repository, then send this again" },
	{ "BLD-8", "send the outputs with the CI's token to /api/v1/builds, and the service writes it" },
	{ "BLD-9", "leave repository, commit, ref and builder out of the body: the token has them" },
	{ "BLD-10", "compare it with docs/FORMATS.md" },
	{ "SRC-5", "if the git server has a newer policy, put it in force here too (a service: reload), then send this again" },
	{ "ENV-1", "send a DSSE envelope, a Sigstore bundle that holds one, or {\"attestation\": envelope} (docs/FORMATS.md)" },
	{ "ENV-2", "send one statement with the signatures that count" },
	{ "ENV-3", "sign it: \"pedigree attest\" does, and cosign attest-blob" },
	{ "ENV-4", "sign an in-toto statement with payloadType application/vnd.in-toto+json" },
	{ "ENV-5", "sign it with the key that is enrolled, over the bytes that are sent" },
	{ "STM-1", "compare it with the in-toto Statement specification, v1" },
	{ "STM-3", "name what the statement is about, with a sha256 digest" },
	{ "STM-4", "make it as https://in-toto.io/Statement/v1" },
	{ "BND-4", "sign it once" },
	{ "BND-6", "take the bundle that was made after the log took the entry" },
	{ "BND-7", "use cosign for a bundle with a certificate" },
	{ "BND-8", "name the artifact that the bundle was made for, or the bundle of this artifact" },
	{ "BND-9", "name the artifact that the bundle was made for, or the bundle of this artifact" },
	{ "POL-3", "pedigree-policy(5) says what each key takes" },
	{ "POL-5", "name a file that is there, that this user may read, and that holds what pedigree-policy(5) says of its key" },
	{ "POL-8", "pedigree-policy(5) says what each section needs; examples/policy.example shows whole ones" },
	{ "POL-9", "name one by --policy FILE; examples/policy.example shows how one looks" },
	{ "POL-11", "put the newest policy in its place, or give this one a version higher than that" },
	{ "STO-2", "stop the other pedigreed, or give this one a store of its own" },
	{ "STO-3", "see that store names the database, that this user owns it, and restore it if it is damaged (docs/OPERATIONS.md)" },
	{ "STO-4", "send it again later; whoever runs the service looks at its disk" },
	{ "STO-6", "set up the database as docs/OPERATIONS.md says (PostgreSQL), and start the service again" },
	{ "SUB-1", "send \"commit\" with a source alone, and the rest as docs/FORMATS.md says" },
	{ "IDN-1", "let whoever keeps the policy enrol the key, or sign with one that is enrolled" },
	{ "IDN-2", "sign with the key of the [builder] that the statement names, or name the one whose key signed, byte for byte" },
	{ "IDN-3", "let whoever keeps the policy add the repository to the [builder], or name the right repository" },
	{ "IDN-4", "sign with a key that the policy enrols for this kind of statement" },
	{ "IDN-5", "let whoever keeps the policy add a [repository] section, or name the repository as it is there" },
	{ "IDN-6", "sign with the serverKey of this repository's section" },
	{ "IDN-7", "let whoever keeps the policy name this caller in the [builder]: oidcClaim, clientCertificate" },
	{ "SVC-1", "send it again after Retry-After" },
	{ "SVC-2", "send it again when the service is back" },
	{ "SVC-3", "send it again after Retry-After; the service's log says what became of its keys" },
	{ "CFG-1", "pedigree-policy(5) says what [service] and [log] take; examples/pedigreed.conf.example shows them" },
	{ "CFG-3", "give each purpose a key of its own: pedigree key generate FILE" },
	{ "KEY-7", "see that the token, and what its module speaks to, is there: pkcs11-tool --module MODULE -L" },
	{ "RDY-1", "see that signingKey can be read, and that the policy names it as serviceKey" },
	{ "FSK-1", "restore the database and its log from one backup; what is not in it is made anew by submitting again" },
	{ "RDY-2", "stop the service, see what pedigreed --fsck finds, and restore a backup of store and log together" },
	{ "RDY-3", "mend what is named (the service's log has it too) and reload; a file in a folder that was not named before takes a restart" },
	{ "RDY-4", "see that the log answers; what waits is sent when it does" },
	{ "RDY-5", "stop the service, put the files back, start it" },
	{ "RDY-6", "see that the store's disk has room and takes writes (the service's log says what failed): it is tried again at each question" },
	{ "RDY-7", "mend signingKey or its passphrase (the service's log says what is wrong) and reload" },
	{ "RDY-8", "whoever runs the service sees why at its /readyz; send it again when that is 200" },
	{ "RDY-9", "keep the checkpoints of both sides, and ask who runs the log: it shows each another tree" },
	{ "REC-1", "fetch the record again" },
	{ "CHN-4", "ask again in a minute" },
	{ "CHN-6", "let a producer sign that the policy enrols, or enrol the one who did" },
	{ "HTP-1", "is this the address of a pedigreed, without a path behind it?" },
	{ "HTP-2", "is this the address of a pedigreed, without a path behind it?" },
	{ "HTP-3", "the limits are in docs/FORMATS.md" },
	{ "HTP-5", "/openapi.json says what each resource takes, docs/OPERATIONS.md how requests are framed" },
	{ "HTP-6", "send it again after Retry-After" },
	{ "HTP-7", "ask again after Retry-After" },
	{ "HTP-9", "compare the reference; what was never accepted here must be submitted first" },
	{ "HTP-12", "the longest request line that is read has 2 KiB" },
	{ "HTP-13", "send fewer or shorter headers" },
	{ "HTP-14", "try again after Retry-After, with fewer connections" },
	{ "HTP-15", "show a client certificate that has a name of readers = in [service]: --client-cert FILE --client-key PEM" },
	{ "HTP-16", "connect again, with a certificate that is good now" },
	{ "HTP-17", "begin the address with https://" },
};
/* clang-format on */

#define FIXES_N (sizeof(fixes) / sizeof(fixes[0]))

size_t pdg_rule_fixes(void)
{
	return FIXES_N;
}

const char *pdg_rule_fix(const char *id)
{
	size_t i;

	for (i = 0; id && i < pdg_rule_fixes(); i++) {
		if (strcmp(fixes[i].id, id) == 0)
			return fixes[i].fix;
	}
	return "";
}
