/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who signed this commit, and may he? From raw bytes and the keys that the policy names for
 * one repository; no repository, no configuration, no environment.
 */
#ifndef PDG_COMMIT_JUDGE_H
#define PDG_COMMIT_JUDGE_H

#include "commit/object.h"
#include "trust/policy.h"

/* The results of `pedigree check --json` (design 4). */
enum pdg_result {
	PDG_RESULT_GOOD,
	PDG_RESULT_UNSIGNED,
	PDG_RESULT_UNKNOWN_KEY,
	PDG_RESULT_BAD_SIGNATURE,
	PDG_RESULT_REVOKED_KEY,
	PDG_RESULT_EXPIRED_KEY,
	PDG_RESULT_EXPIRED_SIGNATURE,
	PDG_RESULT_NOT_ALLOWED,
	PDG_RESULT_MALFORMED,
	PDG_RESULT_UNSUPPORTED,
};

/** "good", "unsigned", "unknown-key", … Static. */
const char *pdg_result_name(enum pdg_result r);

/* The keys of one repository section, loaded. Immutable: shared by threads. */
struct pdg_signers;

/**
 * Load what @repo names: OpenPGP key files through their descriptions (@cache_dir as in
 * crypto/pgp.h), allowed_signers, forge keys, revocation lists. The policy's own revocations are
 * borrowed: @repo's policy must outlive the signers.
 *
 * Returns 0, PDG_E_USAGE (POL-5: a file that cannot be loaded; SGN-1: no key at all).
 */
int pdg_signers_load(const struct pdg_policy_repository *repo, const char *cache_dir,
		     struct pdg_signers **out, struct pdg_error *err) PDG_MUST_CHECK;
void pdg_signers_free(struct pdg_signers *s);
PDG_AUTO_DEFINE(signers, struct pdg_signers *, pdg_signers_free)

/**
 * Would a signature fail for what is known of the OpenPGP key @key, as gpg's -u takes it: a key id
 * or fingerprint ("!" behind it: that key alone), or an address? NULL: it would not, or no key file
 * has it; else why ("has expired", "is revoked"). Where several keys match, one that may sign is
 * enough.
 */
const char *pdg_signers_pgp_unfit(const struct pdg_signers *s, const char *key, int64_t at);

/**
 * Has any key file that key, named as above? True also for a name that is neither id, fingerprint
 * nor address: which key gpg takes for it cannot be told from here.
 */
bool pdg_signers_pgp_known(const struct pdg_signers *s, const char *key);

/**
 * Would a signature by the SSH key or certificate @line ("type base64 …") over a commit of @address
 * (NULL: of anybody) fail? *@out_why as above; also "is none that the policy names".
 * Returns 0, PDG_E_FORMAT or PDG_E_REJECTED (SSH-*: no key that is judged), PDG_E_NOMEM.
 */
int pdg_signers_ssh_unfit(const struct pdg_signers *s, struct pdg_bytes line, const char *address,
			  int64_t at, const char **out_why, struct pdg_error *err) PDG_MUST_CHECK;

struct pdg_verdict {
	enum pdg_result result;
	enum pdg_sig_format format;
	bool forge;	       /* signed by a key of forgeKeys */
	char fingerprint[72];  /* rules.md 8; "" when none was found */
	char keyid[17];	       /* OpenPGP: long id of the key or subkey that signed, else "" */
	char subkey[41];       /* OpenPGP: fingerprint of the key or subkey that signed, else "" */
	struct pdg_buf signer; /* matching user id or principals; empty when unknown */
	char signer_address[256]; /* address matched to the committer, "" when none */
	/*
	 * When the signature existed, as a token or a signed log time inside it proves (Unix
	 * seconds): rules.md 1, independent of everybody who sends it. 0: nothing proves it.
	 */
	int64_t proven;
	struct pdg_error why; /* rule and text when the result is not good */
};

void pdg_verdict_init(struct pdg_verdict *v);
void pdg_verdict_done(struct pdg_verdict *v);
PDG_AUTO_DEFINE_VALUE(verdict, struct pdg_verdict, pdg_verdict_done)

/**
 * Judge one raw commit at trusted time @at (a new commit: now; an attested one: when it was
 * received).
 *
 * Where several faults meet, a wrong signature comes first, then GnuPG's order (formats.md 9.3):
 * expired signature, expired key, revoked key; then whether key and person may sign.
 *
 * @out  initialised; filled whatever the result. Rules: COM-*, PGP-1, PGP-2, SSH-1, CMS-*
 * (malformed), SGN-2 unsigned, SGN-3 unknown key, SGN-4 bad signature, SGN-5 revoked key, SGN-6
 * expired key, SGN-7 expired signature, SGN-8 key may not sign (usage, cross-certification, from
 * the future), SGN-9 committer is not the key's owner, SGN-10 a form that is not judged, SGN-11 a
 * forge key on what is no merge of two, SGN-12 dated later than @at, SGN-13 a certificate whose
 * owner or issuer the policy does not name; LOG-* and TSA-*: a proof of time inside an X.509
 * signature that does not hold.
 *
 * Returns 0 when there is a verdict (good or not), PDG_E_NOMEM, PDG_E_CRYPTO or PDG_E_IO (GnuPG
 * could not be asked about an uncommon signature) when there is none.
 */
int pdg_judge_commit(const struct pdg_signers *s, struct pdg_bytes raw, bool sha256, int64_t at,
		     struct pdg_verdict *out, struct pdg_error *err) PDG_MUST_CHECK;
/** The same for a parsed commit. */
int pdg_judge_parsed(const struct pdg_signers *s, const struct pdg_commit *c, int64_t at,
		     struct pdg_verdict *out, struct pdg_error *err) PDG_MUST_CHECK;
/** The same for a raw tag object (the tagger must be the key's owner). */
int pdg_judge_tag(const struct pdg_signers *s, struct pdg_bytes raw, bool sha256, int64_t at,
		  struct pdg_verdict *out, struct pdg_error *err) PDG_MUST_CHECK;

#endif
