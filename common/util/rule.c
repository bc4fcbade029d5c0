/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table behind pdg_reject(): every rule id with the code, the HTTP status and the
 * problem type it carries. Grouped by prefix, in the order of the layers that refuse.
 * docs/RULES.md has a row for each; tests/unit/util/test_rule.c holds the two together.
 */
#include "util/rule.h"

#include <string.h>

#include "util/error.h"

/* clang-format off */
static const struct pdg_rule rules[] = {
	/* JSON texts */
	{ "JSN-1", PDG_E_FORMAT, 400, "malformed", "the text is not one strict JSON object" },
	{ "JSN-2", PDG_E_LIMIT, 413, "too-large", "a JSON text is too large, too deep, or holds too many values" },
	{ "JSN-3", PDG_E_FORMAT, 400, "malformed", "a JSON member is missing or of the wrong type" },
	{ "JSN-4", PDG_E_FORMAT, 400, "malformed", "a JSON object has a member that is not known" },

	/* Encodings */
	{ "ENC-1", PDG_E_FORMAT, 400, "malformed", "base64 text is not strictly of its form" },

	/* Files and folders of our own */
	{ "FIL-1", PDG_E_USAGE, 403, "refused", "a folder or file of our own that is a symbolic link, of another user, writable by others, or out of reach" },
	{ "FIL-2", PDG_E_FORMAT, 403, "refused", "an entry of an outbox that is no file that could be sent" },

	/* Keys and plain signatures */
	{ "KEY-1", PDG_E_FORMAT, 400, "malformed", "a key is not of its form, or of a type, curve or size that is not used" },
	{ "KEY-2", PDG_E_USAGE, 403, "refused", "a private key file that somebody else may read, or that belongs to another user" },
	{ "KEY-3", PDG_E_USAGE, 403, "refused", "a key file that cannot be read, or does not hold the kind of key that is needed" },
	{ "KEY-4", PDG_E_USAGE, 403, "refused", "an encrypted private key without a passphrase, or with a wrong one" },
	{ "KEY-5", PDG_E_USAGE, 403, "refused", "a PKCS#11 URI by which no private key can be used: no such token or key, several of them, a wrong PIN" },
	{ "KEY-6", PDG_E_USAGE, 403, "refused", "the holder of the service's keys is asked to sign what such a key does not sign" },
	{ "KEY-7", PDG_E_IO, 503, "not-ready", "the token that a key is in is not there, or cannot be opened at this moment" },
	{ "SIG-1", PDG_E_REJECTED, 403, "signature-invalid", "a signature does not verify" },
	{ "SIG-2", PDG_E_REJECTED, 403, "signature-invalid", "a signature of this key cannot be checked by a digest alone" },

	/* SSH keys and signatures */
	{ "SSH-1", PDG_E_FORMAT, 400, "malformed", "an SSH key or signature is not strictly of its form" },
	{ "SSH-2", PDG_E_FORMAT, 400, "malformed", "a line of an allowed_signers or SSH public key file cannot be read" },
	{ "SSH-3", PDG_E_REJECTED, 403, "signature-invalid", "an SSH key type or signature algorithm that is not judged" },
	{ "SSH-4", PDG_E_REJECTED, 403, "signature-invalid", "an SSH signature made for another namespace" },
	{ "SSH-5", PDG_E_FORMAT, 400, "malformed", "an SSH certificate is not strictly of its form" },
	{ "SSH-6", PDG_E_FORMAT, 400, "malformed", "an SSH key revocation list is not strictly of its form" },

	/* X.509 certificates and CMS signatures */
	{ "CMS-1", PDG_E_FORMAT, 400, "malformed", "a CMS signature or an X.509 certificate is not strictly of its form" },
	{ "CMS-2", PDG_E_REJECTED, 403, "signature-invalid", "an algorithm, key or kind of CMS signature that is not judged" },
	{ "CMS-3", PDG_E_FORMAT, 400, "malformed", "a CMS signature comes without its signer's certificate" },
	{ "CMS-4", PDG_E_FORMAT, 400, "malformed", "a CMS signature holds what it does not need and no signature covers" },
	{ "CMS-5", PDG_E_LIMIT, 413, "too-large", "a CMS signature or a certificate goes beyond a limit" },

	/* OpenPGP keys and signatures */
	{ "PGP-1", PDG_E_FORMAT, 400, "malformed", "an OpenPGP signature's ASCII armor is not strictly of its form" },
	{ "PGP-2", PDG_E_FORMAT, 400, "malformed", "what an armor holds is not exactly one OpenPGP signature strictly of its form" },
	{ "PGP-3", PDG_E_REJECTED, 501, "not-supported", "an OpenPGP signature or key of a version, type, algorithm or digest that is not judged" },
	{ "PGP-4", PDG_E_FORMAT, 422, "refused", "an OpenPGP key file or its description is not of its form, or holds no certificate that GnuPG accepts" },
	{ "PGP-5", PDG_E_REJECTED, 422, "refused", "GnuPG does not let an OpenPGP key sign" },

	/* The trust root */
	{ "TRT-1", PDG_E_USAGE, 400, "malformed", "a trusted root file cannot be read, is not of its form, or names no log that can be read" },

	/* Requests out */
	{ "NET-1", PDG_E_IO, 503, "log-unavailable", "another server cannot be connected to" },
	{ "NET-2", PDG_E_IO, 503, "log-unavailable", "another server did not answer in time" },
	{ "NET-3", PDG_E_IO, 503, "log-unavailable", "another server's answer was cut off or is not HTTP" },
	{ "NET-4", PDG_E_LIMIT, 503, "log-unavailable", "another server's answer is too large" },
	{ "NET-5", PDG_E_IO, 503, "log-unavailable", "another server's certificate is not trusted, or the one for it cannot be used" },
	{ "NET-6", PDG_E_IO, 503, "log-unavailable", "what answers is no pedigreed" },

	/* Tokens of OIDC issuers, and the issuers themselves */
	{ "TOK-1", PDG_E_REJECTED, 401, "token-invalid", "a request needs a token and has none, or its Authorization cannot be read" },
	{ "TOK-2", PDG_E_REJECTED, 401, "token-invalid", "a token is not strictly of its form, or its header holds what no token here may" },
	{ "TOK-3", PDG_E_LIMIT, 413, "too-large", "a token is too long" },
	{ "TOK-4", PDG_E_REJECTED, 401, "token-invalid", "a token is signed by an algorithm that is not taken, or not of its key" },
	{ "TOK-5", PDG_E_REJECTED, 401, "token-invalid", "a token is of an issuer that the policy does not name" },
	{ "TOK-6", PDG_E_REJECTED, 401, "token-invalid", "a token names a key that its issuer does not have" },
	{ "TOK-7", PDG_E_REJECTED, 401, "token-invalid", "the signature of a token is wrong" },
	{ "TOK-8", PDG_E_REJECTED, 401, "token-invalid", "a token is made for another audience" },
	{ "TOK-9", PDG_E_REJECTED, 401, "token-invalid", "a token has expired" },
	{ "TOK-10", PDG_E_REJECTED, 401, "token-invalid", "a token is not valid yet" },
	{ "TOK-11", PDG_E_REJECTED, 401, "token-invalid", "a token's claims are missing, not of their form, or contradict each other" },
	{ "TOK-12", PDG_E_REJECTED, 401, "replayed-token", "a token was used before, with other contents" },
	{ "ISS-1", PDG_E_IO, 503, "issuer-unavailable", "an issuer of tokens cannot be asked, or answers too slowly or with an error" },
	{ "ISS-2", PDG_E_IO, 503, "issuer-unavailable", "an issuer of tokens sends to another place" },
	{ "ISS-3", PDG_E_IO, 503, "issuer-unavailable", "an issuer's document names another issuer, or keys at another host" },
	{ "ISS-4", PDG_E_IO, 503, "issuer-unavailable", "an issuer's answer is too large" },
	{ "ISS-5", PDG_E_IO, 503, "issuer-unavailable", "an issuer's answer is not of its form, or holds no key that is used here" },
	{ "ISS-6", PDG_E_IO, 503, "issuer-unavailable", "a token names a key that its issuer did not have a moment ago" },

	/* Between the daemon and the programs that it starts */
	{ "RLY-1", PDG_E_IO, 503, "overloaded", "a program that the daemon started for this is not running" },
	{ "RLY-2", PDG_E_IO, 503, "overloaded", "a program that the daemon started did not answer in time" },
	{ "RLY-3", PDG_E_FORMAT, 503, "overloaded", "a message between the daemon and a program that it started is not of its form" },
	{ "RLY-4", PDG_E_LIMIT, 503, "overloaded", "a message between the daemon and a program that it started is too large" },

	/* Transparency logs */
	{ "LOG-1", PDG_E_REJECTED, 403, "refused", "an inclusion proof does not lead from the entry to the signed root" },
	{ "LOG-2", PDG_E_REJECTED, 403, "refused", "a log's tree is not the continuation of the one it signed before" },
	{ "LOG-3", PDG_E_FORMAT, 400, "malformed", "a checkpoint is not of its form" },
	{ "LOG-4", PDG_E_REJECTED, 403, "refused", "a checkpoint is not one of the log, or not signed by its key" },
	{ "LOG-5", PDG_E_REJECTED, 403, "refused", "the log's signature on a checkpoint is wrong" },
	{ "LOG-6", PDG_E_FORMAT, 400, "malformed", "a log entry is not of its form" },
	{ "LOG-7", PDG_E_REJECTED, 403, "refused", "a log entry speaks of another signature, digest or key" },
	{ "LOG-8", PDG_E_REJECTED, 403, "refused", "a log entry is of a log that the trusted root does not name" },
	{ "LOG-9", PDG_E_REJECTED, 403, "refused", "a log entry is of a kind or version that is not judged" },
	{ "LOG-10", PDG_E_REJECTED, 403, "refused", "a log entry has no inclusion proof with a checkpoint" },
	{ "LOG-11", PDG_E_REJECTED, 503, "log-unavailable", "the embedded log's folder holds a tree of another key or origin, or lost its checkpoint" },
	{ "LOG-12", PDG_E_REJECTED, 503, "log-unavailable", "the embedded log's files do not give the root of its checkpoint" },
	{ "LOG-13", PDG_E_IO, 503, "log-unavailable", "a log did not take an entry for now, or answers as no log does" },
	{ "LOG-14", PDG_E_REJECTED, 503, "log-unavailable", "a log refuses an entry for good" },
	{ "LOG-15", PDG_E_LIMIT, 413, "too-large", "a checkpoint, log entry or proof goes beyond a limit" },
	{ "LOG-16", PDG_E_IO, 503, "log-unavailable", "another process has the embedded log open" },
	{ "LOG-17", PDG_E_REJECTED, 403, "refused", "a log entry has a time or a promise, which logs of its kind do not give" },
	{ "LOG-18", PDG_E_REJECTED, 403, "refused", "a log's signed entry timestamp is wrong" },
	{ "LOG-19", PDG_E_REJECTED, 403, "refused", "a log entry's signed time is one to come, or before what it is about was received" },

	/* RFC 3161 timestamps */
	{ "TSA-1", PDG_E_FORMAT, 400, "malformed", "a timestamp, or an authority's certificate, is not strictly of its form" },
	{ "TSA-2", PDG_E_LIMIT, 413, "too-large", "a timestamp goes beyond a limit" },
	{ "TSA-3", PDG_E_REJECTED, 403, "refused", "a timestamp response that grants no timestamp" },
	{ "TSA-4", PDG_E_REJECTED, 403, "refused", "a timestamp is over another signature" },
	{ "TSA-5", PDG_E_REJECTED, 403, "refused", "a timestamp is made with a digest that is not SHA-2" },
	{ "TSA-6", PDG_E_REJECTED, 403, "refused", "the signature of a timestamp is wrong, or does not name its signer's certificate" },
	{ "TSA-7", PDG_E_REJECTED, 403, "refused", "a timestamp is of no authority that the trusted root names" },
	{ "TSA-8", PDG_E_REJECTED, 403, "refused", "a timestamp's certificate was not valid then, or may not sign timestamps" },
	{ "TSA-9", PDG_E_REJECTED, 403, "refused", "a timestamp's authority is not trusted for that time" },
	{ "TSA-10", PDG_E_REJECTED, 403, "refused", "a timestamp's time is one to come, or before what it is about was received" },
	{ "TSA-11", PDG_E_REJECTED, 403, "refused", "a timestamp response is not the answer to what was asked" },
	{ "TSA-12", PDG_E_IO, 503, "log-unavailable", "the timestamp authority gives no timestamp for now" },

	/* The journal */
	{ "JNL-1", PDG_E_FORMAT, 400, "malformed", "a journal leaf or its proof is not of its form" },
	{ "JNL-2", PDG_E_REJECTED, 403, "refused", "a journal checkpoint is not signed by the journal's key" },
	{ "JNL-3", PDG_E_REJECTED, 403, "refused", "a journal leaf is not in the tree of its checkpoint" },

	/* Command lines */
	{ "CLI-1", PDG_E_USAGE, 400, "refused", "a command line that is not understood" },
	{ "CLI-9", PDG_E_USAGE, 400, "refused", "a command that is not in this version" },

	/* Git repositories */
	{ "GIT-1", PDG_E_USAGE, 404, "refused", "there is no git repository" },
	{ "GIT-2", PDG_E_USAGE, 403, "refused", "a repository with SHA-256 objects, which this libgit2 cannot read" },
	{ "GIT-3", PDG_E_IO, 500, "refused", "a repository, or an object or ref in it, cannot be read" },
	{ "GIT-4", PDG_E_USAGE, 400, "refused", "a revision or range that is not understood, or that names no commit here" },
	{ "GIT-5", PDG_E_USAGE, 400, "refused", "a range without a single commit: nothing was checked" },
	{ "GIT-6", PDG_E_REJECTED, 403, "refused", "a merge signed by a forge whose tree is not what merging its two parents gives, or that merges what is not good" },
	{ "GIT-7", PDG_E_USAGE, 403, "refused", "a bare repository that nobody named or that is in a work tree, or not the one of GIT_DIR" },

	/* Pushes */
	{ "PSH-1", PDG_E_USAGE, 403, "refused", "the policy has no section for the repository at this place, or another one" },
	{ "PSH-2", PDG_E_REJECTED, 403, "refused", "a protected ref would be deleted" },
	{ "PSH-3", PDG_E_REJECTED, 403, "refused", "a protected ref would be forced: its present value would be lost" },
	{ "PSH-4", PDG_E_REJECTED, 403, "refused", "a protected ref would hold commits or tags that were not judged good" },
	{ "PSH-5", PDG_E_REJECTED, 403, "refused", "a protected tag that is no signed tag object of that name" },
	{ "PSH-6", PDG_E_REJECTED, 403, "refused", "a protected ref would point at what is no commit" },
	{ "PSH-7", PDG_E_REJECTED, 403, "refused", "history that ends at the boundary of a shallow clone cannot be judged" },
	{ "PSH-8", PDG_E_REJECTED, 403, "refused", "a ref whose old value is not the one it has" },
	{ "PSH-9", PDG_E_FORMAT, 400, "refused", "what git told a hook is not of its form" },
	{ "PSH-10", PDG_E_REJECTED, 403, "refused", "the hook that was here before refused" },
	{ "PSH-11", PDG_E_REJECTED, 403, "refused", "a late statement for a commit that is on no protected ref now" },
	{ "PSH-12", PDG_E_REJECTED, 403, "refused", "a push to refs/replace" },
	{ "PSH-13", PDG_E_REJECTED, 403, "refused", "a statement for a commit that only the policy's baseline excuses" },
	{ "PSH-14", PDG_E_REJECTED, 403, "refused", "a push without the signed certificate that the policy asks for" },
	{ "PSH-15", PDG_E_FORMAT, 400, "refused", "a push certificate that is not of its form" },
	{ "PSH-16", PDG_E_REJECTED, 403, "refused", "a push certificate that moves other refs than the push does" },
	{ "PSH-17", PDG_E_REJECTED, 403, "refused", "a push certificate whose nonce is not the one that this server gave for this push" },
	{ "PSH-18", PDG_E_REJECTED, 403, "refused", "a push certificate that no key of the policy signed" },
	{ "PSH-19", PDG_E_USAGE, 403, "refused", "a policy that asks for push certificates, where git is not set up to ask for them" },

	/* Hooks in a clone, and their installation */
	{ "HOK-1", PDG_E_REJECTED, 403, "refused", "commits would not be signed: no signing is configured" },
	{ "HOK-2", PDG_E_REJECTED, 403, "refused", "the signing key that is configured cannot be used" },
	{ "HOK-3", PDG_E_USAGE, 403, "refused", "a hooks folder or hook that somebody else could replace: a link, another owner, or writable by all" },
	{ "HOK-4", PDG_E_USAGE, 403, "refused", "hooks in a state that installing or removing cannot bring in order" },
	{ "HOK-5", PDG_E_REJECTED, 403, "refused", "a commit that is already made is not signed as it must be" },
	{ "HOK-6", PDG_E_USAGE, 403, "refused", "the git server's key is missing, or is none that the policy names" },
	{ "HOK-7", PDG_E_REJECTED, 403, "refused", "the server's outbox cannot take the statements that a push needs" },

	/* Raw commit and tag objects */
	{ "COM-1", PDG_E_FORMAT, 400, "malformed", "a commit or tag object is not of git's form" },
	{ "COM-2", PDG_E_FORMAT, 400, "malformed", "a commit or tag object has a header twice that may come once" },
	{ "COM-3", PDG_E_FORMAT, 400, "malformed", "a commit or tag object has a header whose name begins with gpgsig and is none of git's" },
	{ "COM-4", PDG_E_FORMAT, 400, "malformed", "a commit or tag object holds a NUL byte" },
	{ "COM-5", PDG_E_FORMAT, 400, "malformed", "a signature does not begin as one of the forms that git knows" },
	{ "COM-6", PDG_E_LIMIT, 413, "too-large", "a commit or tag object is too large, or has too many headers, parents or signature bytes" },
	{ "COM-7", PDG_E_FORMAT, 400, "malformed", "the second signature of a dual-signed object is none that its signer could have made" },

	/* Who signed, and may he */
	{ "SGN-1", PDG_E_USAGE, 400, "refused", "a repository section names no key that could sign a commit" },
	{ "SGN-2", PDG_E_REJECTED, 422, "source-not-verified", "a commit or tag is not signed" },
	{ "SGN-3", PDG_E_REJECTED, 422, "source-not-verified", "a commit or tag is signed by a key that the policy does not name" },
	{ "SGN-4", PDG_E_REJECTED, 422, "source-not-verified", "the signature of a commit or tag is wrong" },
	{ "SGN-5", PDG_E_REJECTED, 422, "source-not-verified", "a commit or tag is signed by a revoked key" },
	{ "SGN-6", PDG_E_REJECTED, 422, "source-not-verified", "a commit or tag is signed by an expired key" },
	{ "SGN-7", PDG_E_REJECTED, 422, "source-not-verified", "the signature of a commit or tag has expired" },
	{ "SGN-8", PDG_E_REJECTED, 422, "source-not-verified", "a commit or tag is signed by a key that may not sign it" },
	{ "SGN-9", PDG_E_REJECTED, 422, "source-not-verified", "the committer or tagger is not the owner of the key" },
	{ "SGN-10", PDG_E_REJECTED, 422, "source-not-verified", "a signature of a form that is not judged" },
	{ "SGN-11", PDG_E_REJECTED, 422, "source-not-verified", "a forge's key signed what is no merge of two" },
	{ "SGN-12", PDG_E_REJECTED, 422, "source-not-verified", "a commit, tag or signature is dated later than it was received" },
	{ "SGN-13", PDG_E_REJECTED, 422, "source-not-verified", "a commit or tag is signed by a certificate whose owner or issuer the policy does not name" },

	/* Statements by stage */
	{ "STG-1", PDG_E_REJECTED, 501, "not-supported", "a statement's predicate type is none of a stage" },
	{ "STG-2", PDG_E_REJECTED, 501, "not-supported", "a statement of a stage that this version does not judge" },
	{ "SRC-1", PDG_E_FORMAT, 400, "malformed", "a source statement is not of its form" },
	{ "SRC-2", PDG_E_REJECTED, 422, "source-not-verified", "a digest of a source statement is not that of its commit" },
	{ "SRC-3", PDG_E_REJECTED, 422, "source-not-verified", "a member of a source statement does not follow from its commit" },
	{ "SRC-4", PDG_E_REJECTED, 422, "source-not-verified", "a clone's source statement says what only the git server may" },
	{ "SRC-5", PDG_E_REJECTED, 422, "source-not-verified", "a server's source statement names no protected ref" },
	{ "SRC-6", PDG_E_REJECTED, 409, "conflict", "two commits have one git object name and two sha256 digests" },
	{ "SRC-7", PDG_E_REJECTED, 403, "identity-not-allowed", "a clone's source statement for a repository whose sources come from its server" },
	{ "SRC-8", PDG_E_REJECTED, 403, "identity-not-allowed", "the policy does not say where the sources of the repository come from" },
	{ "SRC-9", PDG_E_FORMAT, 400, "malformed", "a source was sent without its commit" },
	{ "SRC-10", PDG_E_REJECTED, 422, "source-not-verified", "a merge made by a forge was not attested by the git server" },
	{ "BLD-1", PDG_E_FORMAT, 400, "malformed", "a statement is no build provenance that can be read" },
	{ "BLD-2", PDG_E_FORMAT, 400, "malformed", "a build statement names no builder" },
	{ "BLD-3", PDG_E_FORMAT, 400, "malformed", "a build statement names no source" },
	{ "BLD-4", PDG_E_REJECTED, 422, "source-ambiguous", "a build statement names several sources that disagree" },
	{ "BLD-5", PDG_E_REJECTED, 422, "reference-mismatch", "a build does not refer to this source" },
	{ "BLD-6", PDG_E_REJECTED, 424, "source-missing", "there is no source attestation for the commit that a build names" },
	{ "BLD-7", PDG_E_REJECTED, 422, "source-not-verified", "the source attestation of a build has a lower grade than its repository demands" },
	{ "BLD-8", PDG_E_REJECTED, 403, "identity-not-allowed", "a build statement of the type that only the service itself writes" },
	{ "BLD-9", PDG_E_REJECTED, 422, "reference-mismatch", "the outputs that a CI sends contradict its token" },
	{ "BLD-10", PDG_E_FORMAT, 400, "malformed", "the outputs that a CI sends are not of their form" },

	/* Envelopes */
	{ "ENV-1", PDG_E_FORMAT, 400, "malformed", "an envelope is not of its form" },
	{ "ENV-2", PDG_E_LIMIT, 413, "too-large", "an envelope is too large, or has too many signatures" },
	{ "ENV-3", PDG_E_REJECTED, 403, "signature-invalid", "an envelope has no signature" },
	{ "ENV-4", PDG_E_REJECTED, 400, "malformed", "the payload of an envelope is not declared to be an in-toto statement" },
	{ "ENV-5", PDG_E_REJECTED, 403, "signature-invalid", "no signature of an envelope verifies under the key" },

	/* Statements */
	{ "STM-1", PDG_E_FORMAT, 400, "malformed", "a statement is not of its form" },
	{ "STM-2", PDG_E_LIMIT, 413, "too-large", "a statement is too large, or has too many subjects or digests" },
	{ "STM-3", PDG_E_REJECTED, 400, "malformed", "a statement has no subject, or a subject without a digest" },
	{ "STM-4", PDG_E_REJECTED, 400, "malformed", "a statement of a type that is not read" },

	/* Bundles */
	{ "BND-1", PDG_E_FORMAT, 400, "malformed", "a bundle is not of its form" },
	{ "BND-2", PDG_E_LIMIT, 413, "too-large", "a bundle is too large, or has too many log entries or timestamps" },
	{ "BND-3", PDG_E_REJECTED, 400, "malformed", "a bundle of a version that is not read" },
	{ "BND-4", PDG_E_REJECTED, 400, "malformed", "a bundle has not exactly one signature" },
	{ "BND-5", PDG_E_REJECTED, 400, "malformed", "a bundle names two keys for its signature" },

	/* Policy files: never answered by the service */
	{ "POL-1", PDG_E_USAGE, 422, "refused", "a policy or configuration file breaks the grammar" },
	{ "POL-2", PDG_E_USAGE, 422, "refused", "a policy or configuration file has an unknown section or key" },
	{ "POL-3", PDG_E_USAGE, 422, "refused", "a value is not of its form, is empty, or is given twice" },
	{ "POL-4", PDG_E_USAGE, 422, "refused", "the policy is empty" },
	{ "POL-5", PDG_E_USAGE, 422, "refused", "a key or revocation file that the policy names cannot be read" },
	{ "POL-6", PDG_E_USAGE, 422, "refused", "one key has two roles in the policy" },
	{ "POL-7", PDG_E_USAGE, 422, "refused", "the policy asks for something that this version does not implement" },
	{ "POL-8", PDG_E_USAGE, 422, "refused", "sections of the policy contradict each other, or lack what they need" },
	{ "POL-9", PDG_E_USAGE, 422, "refused", "there is no policy, or the one named does not exist or cannot be read" },
	{ "POL-10", PDG_E_USAGE, 422, "refused", "a policy or configuration file goes beyond a limit" },
	{ "POL-11", PDG_E_USAGE, 422, "refused", "the policy has a lower version than one that was in force, or other contents under the same" },

	/* Repository URIs */
	{ "URI-1", PDG_E_FORMAT, 400, "malformed", "a repository's URI cannot be read, or names two refs or commits" },

	/* Keys in time */
	{ "TIM-1", PDG_E_REJECTED, 403, "signature-invalid", "the key was not valid yet at the time of its signature" },
	{ "TIM-2", PDG_E_REJECTED, 403, "signature-invalid", "the key was no longer valid at the time of its signature" },
	{ "TIM-3", PDG_E_REJECTED, 403, "signature-invalid", "the key is compromised, and nothing independent shows an earlier signature" },
	{ "TIM-4", PDG_E_REJECTED, 400, "malformed", "a statement is dated later than it was received" },
	{ "TIM-5", PDG_E_REJECTED, 403, "signature-invalid", "the key was revoked when its signature was received" },

	/* The store */
	{ "STO-1", PDG_E_REJECTED, 403, "refused", "the store was written by a later version" },
	{ "STO-2", PDG_E_IO, 503, "refused", "another process has the store open" },
	{ "STO-3", PDG_E_IO, 503, "refused", "the store is not there, cannot be opened or reached, or was taken away" },
	{ "STO-4", PDG_E_IO, 503, "overloaded", "the store cannot keep or find this now" },
	{ "STO-5", PDG_E_USAGE, 503, "refused", "the store's file is damaged, or is none of this program" },
	{ "STO-6", PDG_E_USAGE, 503, "refused", "the database is not set up as it must be: rights, encoding, or who else may make things in it" },

	/* The service: submissions, who sends them, configuration, readiness */
	{ "SUB-1", PDG_E_FORMAT, 400, "malformed", "the parts of a submission do not belong together" },
	{ "IDN-1", PDG_E_REJECTED, 403, "identity-not-allowed", "a submission is signed by no key that the policy enrols" },
	{ "IDN-2", PDG_E_REJECTED, 403, "identity-not-allowed", "the builder that a statement names is not the one that signed it" },
	{ "IDN-3", PDG_E_REJECTED, 403, "identity-not-allowed", "the builder may not speak of this repository" },
	{ "IDN-4", PDG_E_REJECTED, 403, "identity-not-allowed", "the key that signed may not make statements of this stage" },
	{ "IDN-5", PDG_E_REJECTED, 403, "identity-not-allowed", "the policy has no section for the repository" },
	{ "IDN-6", PDG_E_REJECTED, 403, "identity-not-allowed", "a source is signed by the server key of another repository" },
	{ "IDN-7", PDG_E_REJECTED, 403, "identity-not-allowed", "whom a token or client certificate proves is nobody whom the policy names for this" },
	{ "IDN-8", PDG_E_REJECTED, 403, "identity-not-allowed", "a build was started by an event that its builder is not trusted with" },
	{ "IDN-9", PDG_E_REJECTED, 403, "identity-not-allowed", "a token that names no commit cannot have a build attested" },
	{ "SVC-1", PDG_E_IO, 503, "overloaded", "the service has too much to do" },
	{ "SVC-2", PDG_E_IO, 503, "overloaded", "the service is stopping" },
	{ "SVC-3", PDG_E_IO, 503, "overloaded", "the service cannot sign at this moment" },
	{ "CFG-1", PDG_E_USAGE, 422, "refused", "a value of the daemon's configuration that cannot be" },
	{ "CFG-2", PDG_E_USAGE, 403, "refused", "the store belongs to another log than the one configured" },
	{ "CFG-3", PDG_E_USAGE, 403, "refused", "one key serves two purposes of the daemon" },
	{ "CFG-4", PDG_E_USAGE, 403, "refused", "the journal's key is missing, or is not the one that signed the journal" },
	{ "CFG-5", PDG_E_REJECTED, 403, "refused", "the log that the store has entries of is missing or went back" },
	{ "CFG-6", PDG_E_USAGE, 403, "refused", "the store knows nothing of the log or journal that was begun here" },
	{ "RDY-1", PDG_E_REJECTED, 503, "not-ready", "the service cannot sign" },
	{ "RDY-2", PDG_E_REJECTED, 503, "not-ready", "the service cannot verify its own last entry" },
	{ "RDY-3", PDG_E_REJECTED, 503, "not-ready", "what is to be in force here is not: a reload failed, or another service has a newer policy" },
	{ "RDY-4", PDG_E_REJECTED, 503, "not-ready", "an attestation waits for the log longer than pendingLimit" },
	{ "RDY-5", PDG_E_REJECTED, 503, "not-ready", "the store or the log is not where it was: removed, replaced, or not answering" },
	{ "RDY-6", PDG_E_REJECTED, 503, "not-ready", "the last write to the store failed" },
	{ "RDY-7", PDG_E_REJECTED, 503, "not-ready", "the newest signing key could not be loaded or is not trusted, the one before is in use" },
	{ "RDY-8", PDG_E_IO, 503, "not-ready", "nobody would believe now what the service signs: its key, by the policy in force, or its log's beginning" },
	{ "RDY-9", PDG_E_REJECTED, 503, "not-ready", "the log contradicts what it showed before" },
	{ "BAK-1", PDG_E_USAGE, 403, "refused", "a backup into a folder that is there or cannot be made, or not by the service's user" },
	{ "FSK-1", PDG_E_REJECTED, 403, "refused", "something that is stored does not hold when it is checked again" },

	/* Bundles against a plain key (verify-bundle) */
	{ "BND-6", PDG_E_REJECTED, 422, "refused", "a bundle has no log entry" },
	{ "BND-7", PDG_E_REJECTED, 422, "refused", "a bundle is signed with a certificate, which this version does not judge" },
	{ "BND-8", PDG_E_REJECTED, 422, "subject-mismatch", "the artifact is no subject of the statement in a bundle" },
	{ "BND-9", PDG_E_REJECTED, 422, "subject-mismatch", "the message digest in a bundle is not the artifact's" },

	/* Records and chains */
	{ "REC-1", PDG_E_FORMAT, 400, "malformed", "a record is not of its form, or its parts are about different statements" },
	{ "TRT-2", PDG_E_REJECTED, 422, "refused", "the policy names no trusted root, so no log can be believed" },
	{ "CHN-1", PDG_E_REJECTED, 422, "refused", "a required stage has no statement" },
	{ "CHN-2", PDG_E_REJECTED, 422, "refused", "nothing was judged: no stage is required, and none is there" },
	{ "CHN-3", PDG_E_REJECTED, 422, "refused", "a statement is not countersigned by a service that the policy trusts" },
	{ "CHN-4", PDG_E_REJECTED, 422, "refused", "a statement is accepted, but not logged yet" },
	{ "CHN-5", PDG_E_REJECTED, 422, "refused", "the journal does not show that the statement was accepted, or says so for a time to come" },
	{ "CHN-6", PDG_E_REJECTED, 422, "refused", "the producer's signature or identity is not one that the policy enrols" },
	{ "CHN-7", PDG_E_REJECTED, 422, "refused", "only the service's word stands for part of the evidence" },
	{ "CHN-8", PDG_E_REJECTED, 422, "refused", "a source's repository has no section, or its grade is lower than the policy demands" },
	{ "CHN-9", PDG_E_REJECTED, 422, "refused", "a statement of a stage that this version does not judge" },
	{ "CHN-11", PDG_E_REJECTED, 422, "refused", "a statement was received before what it refers to" },
	{ "CHN-12", PDG_E_REJECTED, 422, "refused", "the builder's SLSA level is lower than the policy demands" },

	/* HTTP */
	{ "HTP-1", PDG_E_NOTFOUND, 404, "not-found", "there is no such resource" },
	{ "HTP-2", PDG_E_NOTFOUND, 405, "method-not-allowed", "a resource does not take the method" },
	{ "HTP-3", PDG_E_LIMIT, 413, "too-large", "a request's body is too large" },
	{ "HTP-4", PDG_E_FORMAT, 415, "unsupported-type", "a request's Content-Type is not read here" },
	{ "HTP-5", PDG_E_FORMAT, 400, "malformed", "a request's framing, path or query is not of its form" },
	{ "HTP-6", PDG_E_IO, 503, "overloaded", "too many bodies are being received at once" },
	{ "HTP-7", PDG_E_IO, 503, "overloaded", "too much is being read, or waits to be fetched, at once" },
	{ "HTP-8", PDG_E_IO, 503, "refused", "the daemon cannot listen on an address" },
	{ "HTP-9", PDG_E_NOTFOUND, 404, "not-found", "no attestation with this reference is kept here" },
	{ "HTP-10", PDG_E_LIMIT, 413, "too-large", "there is more evidence on one artifact than the service judges at once" },
	{ "HTP-11", PDG_E_INTERNAL, 500, "internal", "the service failed to make an answer" },
	{ "HTP-12", PDG_E_LIMIT, 414, "target-too-long", "a request's target is too long" },
	{ "HTP-13", PDG_E_LIMIT, 431, "headers-too-large", "a request's headers are too large, or too many" },
	{ "HTP-14", PDG_E_IO, 503, "overloaded", "there are too many connections" },
	{ "HTP-15", PDG_E_REJECTED, 403, "identity-not-allowed", "reading is for those whom the service's configuration names" },
	{ "HTP-16", PDG_E_REJECTED, 403, "identity-not-allowed", "the client certificate of a connection has ended, or no authority in force vouches for it" },
	{ "HTP-17", PDG_E_FORMAT, 400, "malformed", "a plain HTTP request was sent to a port that speaks TLS" },

	/* Command lines that are well formed but not whole */
	{ "CLI-2", PDG_E_USAGE, 422, "refused", "an option that is needed is missing, or its value cannot be" },
	{ "CLI-3", PDG_E_USAGE, 422, "refused", "an argument that is neither a file, a digest nor a reference" },
	{ "CLI-4", PDG_E_USAGE, 422, "refused", "something that this version does not do" },
	{ "CLI-5", PDG_E_NOTFOUND, 500, "refused", "a program of Pedigree that is needed is missing, or cannot be run" },
};
/* clang-format on */

#define RULES_N (sizeof(rules) / sizeof(rules[0]))

const struct pdg_rule *pdg_rule_find(const char *id)
{
	size_t i;

	if (!id)
		return NULL;
	for (i = 0; i < RULES_N; i++) {
		if (strcmp(rules[i].id, id) == 0)
			return &rules[i];
	}
	return NULL;
}

const struct pdg_rule *pdg_rule_table(size_t *out_n)
{
	*out_n = RULES_N;
	return rules;
}
