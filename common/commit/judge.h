/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who signed this commit, and may he? From raw bytes and the keys that the policy names for
 * one repository; no repository, no configuration, no environment.
 */
#ifndef PDG_COMMIT_JUDGE_H
#define PDG_COMMIT_JUDGE_H

#include "commit/object.h"
#include "trust/policy.h"
#include "util/limits.h"

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
 * crypto/pgp.h), allowed_signers, X.509 roots and trusted root, forge keys, revocation lists. The
 * policy's own revocations are borrowed: @repo's policy must outlive the signers.
 *
 * Returns 0, PDG_E_USAGE (POL-5: a file that cannot be loaded; POL-8: a trusted root of
 * certificates, and nobody is named whose they may be; SGN-1: no key at all).
 */
int pdg_signers_load(const struct pdg_policy_repository *repo, const char *cache_dir,
		     struct pdg_signers **out, struct pdg_error *err) PDG_MUST_CHECK;
void pdg_signers_free(struct pdg_signers *s);
PDG_AUTO_DEFINE(signers, struct pdg_signers *, pdg_signers_free)

/** For a push, which one wrong signature refuses: PDG_LIMIT_GNUPG_WRONG bounds what garbage costs.
 */
void pdg_signers_of_push(struct pdg_signers *s);

/** What would become of a signature, by what is known of the key. */
enum pdg_pgp_fit {
	PDG_PGP_FIT, /* nothing: also of a key that no key file has */
	PDG_PGP_EXPIRED,
	PDG_PGP_REVOKED, /* by its owner, in the key file */
	PDG_PGP_LISTED,	 /* by the policy's [revocation] */
};

/**
 * The same of the OpenPGP key @key, as gpg's -u takes it: a key id or fingerprint ("!" behind it:
 * that key alone), or an address. Where several keys match, one that may sign is enough.
 */
enum pdg_pgp_fit pdg_signers_pgp_fit(const struct pdg_signers *s, const char *key, int64_t at);

/** Has any key file that key, named as above? */
enum pdg_pgp_known {
	PDG_PGP_UNKNOWN,
	PDG_PGP_KNOWN,
	PDG_PGP_UNTOLD, /* a name that is neither id, fingerprint nor address; or files unread */
};
enum pdg_pgp_known pdg_signers_pgp_known(const struct pdg_signers *s, const char *key);

/**
 * Would a signature by the SSH key or certificate @line ("type base64 …") over a commit of @address
 * (NULL: of anybody) fail? *@out_why: NULL, or why ("is revoked", "is none that the policy names").
 * Returns 0, PDG_E_FORMAT or PDG_E_REJECTED (SSH-*: no key that is judged), PDG_E_NOMEM.
 */
int pdg_signers_ssh_unfit(const struct pdg_signers *s, struct pdg_bytes line, const char *address,
			  int64_t at, const char **out_why, struct pdg_error *err) PDG_MUST_CHECK;

struct pdg_verdict {
	enum pdg_result result;
	enum pdg_sig_format format;
	bool forge;	      /* signed by a key of forgeKeys */
	char fingerprint[72]; /* rules.md 8; of an unknown OpenPGP key what the signature claims; or
				 "" */
	char keyid[17];	      /* OpenPGP: long id of the key or subkey that signed, else "" */
	char subkey[41];      /* OpenPGP: fingerprint of the key or subkey that signed, else "" */
	struct pdg_buf signer;	  /* matching user id or principals; empty when unknown */
	char signer_address[256]; /* address matched to the committer, "" when none */
	/*
	 * When the signature existed, as a token or a signed log time inside it proves (Unix
	 * seconds): rules.md 1, independent of everybody who sends it. 0: nothing proves it.
	 */
	int64_t proven;
	struct pdg_error why; /* rule and text when the result is not good */
};

#define PDG_VERDICT_INIT                                                                           \
	{                                                                                          \
		.result = PDG_RESULT_UNSIGNED, .signer = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE)          \
	}

void pdg_verdict_init(struct pdg_verdict *v);
void pdg_verdict_done(struct pdg_verdict *v);
PDG_AUTO_DEFINE_VALUE(verdict, struct pdg_verdict, pdg_verdict_done)

/** 0 where the verdict is good, else the refusal under its own rule. */
int pdg_verdict_refuse(const struct pdg_verdict *v, struct pdg_error *err) PDG_MUST_CHECK;

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
/** The same, where any verdict but a good one is a failure: pdg_verdict_refuse(). */
int pdg_judge_good_commit(const struct pdg_signers *s, struct pdg_bytes raw, bool sha256,
			  int64_t at, struct pdg_verdict *out,
			  struct pdg_error *err) PDG_MUST_CHECK;
/** pdg_judge_commit() for a parsed commit. */
int pdg_judge_parsed(const struct pdg_signers *s, const struct pdg_commit *c, int64_t at,
		     struct pdg_verdict *out, struct pdg_error *err) PDG_MUST_CHECK;
/** The same for a raw tag object (the tagger must be the key's owner). */
int pdg_judge_tag(const struct pdg_signers *s, struct pdg_bytes raw, bool sha256, int64_t at,
		  struct pdg_verdict *out, struct pdg_error *err) PDG_MUST_CHECK;

#endif
