/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What judge.h keeps opaque, and the steps of a judgement by form. Private to this folder: judge.c
 * decides the order, judge_pgp.c, judge_ssh.c and judge_x509.c know one form of signature each.
 */
#ifndef PDG_COMMIT_SIGNERS_H
#define PDG_COMMIT_SIGNERS_H

#include "commit/judge.h"
#include "crypto/allowed_signers.h"
#include "crypto/pgp.h"
#include "crypto/pgp_gnupg.h"
#include "crypto/sshkey.h"
#include "crypto/sshkrl.h"
#include "crypto/x509chain.h"
#include "trust/root.h"

#define PDG_SSH_FINGERPRINT_LEN 50 /* "SHA256:" and 43 characters of base64 */

/* SSH keys by fingerprint, sorted. */
struct pdg_ssh_set {
	char (*v)[PDG_SSH_FINGERPRINT_LEN + 1];
	size_t n;
	size_t cap;
};

bool pdg_ssh_set_has(const struct pdg_ssh_set *set, const char *fingerprint);

/**
 * Add public keys, one a line; in a list of what is @revoked also lines "SHA256:… [comment]", and
 * certificates, which stand for the key that they certify (as ssh-keygen reads them); elsewhere a
 * certificate is a failure. So is no key at all. Returns 0, PDG_E_FORMAT, PDG_E_LIMIT,
 * PDG_E_NOMEM.
 */
int pdg_ssh_set_read(struct pdg_ssh_set *set, struct pdg_bytes text, bool revoked,
		     struct pdg_error *err) PDG_MUST_CHECK;

/* Whose certificates count. Zero state: nobody's. */
struct pdg_signers_x509 {
	struct pdg_x509_anchors *anchors;
	struct pdg_root *root; /* the section's trustedRoot: whose logs and timestamps count */
	const struct pdg_strings *identities; /* the policy's */
	const struct pdg_strings *issuers;
};

struct pdg_signers {
	struct pdg_pgp_ring **rings; /* of people */
	size_t n_rings;
	struct pdg_allowed_signers **lists;
	size_t n_lists;
	struct pdg_pgp_ring **forge_rings;
	size_t n_forge_rings;
	struct pdg_pgp_gnupg *gnupg; /* for signatures of uncommon forms */
	struct pdg_ssh_set forge_ssh;
	struct pdg_ssh_set revoked;
	struct pdg_sshkrl **krls;
	size_t n_krls;
	struct pdg_signers_x509 x509;
	const struct pdg_revocations *revocations; /* the policy's; NULL: none */
	bool require_committer_match;
};

/** Load one file of the section into @s: allowed_signers, a list of revoked keys or a KRL. */
int pdg_signers_load_list(const char *path, struct pdg_signers *s,
			  struct pdg_error *err) PDG_MUST_CHECK;
int pdg_signers_load_revoked(const char *path, struct pdg_signers *s,
			     struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The same for x509Roots and trustedRoot (signers_x509.c). Returns 0, PDG_E_FORMAT and as readers
 * of files do, TRT-1, POL-8 (authorities of a trusted root, and nobody named).
 */
int pdg_signers_load_x509(const struct pdg_policy_repository *repo, struct pdg_signers *s,
			  struct pdg_error *err) PDG_MUST_CHECK;
void pdg_signers_x509_done(struct pdg_signers_x509 *x);

/* What is judged: a commit or a tag. Borrowed. */
struct pdg_signed {
	enum pdg_sig_format format;
	struct pdg_bytes signature;
	struct pdg_bytes payload;
	enum pdg_sig_format other_format;
	struct pdg_bytes other_signature;
	const struct pdg_person *person; /* committer or tagger; NULL: a tag that names none */
	const char *role;		 /* "committer", "tagger", "pusher" */
	bool anyone;			 /* whoever owns the key: nobody else is named */
	bool merge_of_two;
	int64_t at;
};

/** The verdict is not good, by @rule and for the reason that follows. Returns 0: it is a verdict.
 */
int pdg_verdict_not(struct pdg_verdict *v, enum pdg_result result, const char *rule,
		    const char *fmt, ...) PDG_PRINTF(4, 5);

/**
 * Is the key @fingerprint revoked by the policy ([revocation]) for what is judged, at the time that
 * v->proven or else o->at gives? Then the verdict says so. judge() asks for the key that signed;
 * a form asks for what else the signature rests on (a certificate's authority).
 */
bool pdg_verdict_revoked(const struct pdg_signers *s, const struct pdg_signed *o,
			 const char *fingerprint, struct pdg_verdict *v);

/** The same for a signature that would be made at @at. */
bool pdg_signers_revoke(const struct pdg_signers *s, const char *fingerprint, int64_t at);

/** Does this failure of a reader judge the object (bytes, rules), and not the machine? */
bool pdg_verdict_is(const struct pdg_error *inner);

/**
 * A step of a signature's reader failed with @inner: malformed, unsupported or wrong, by its code
 * and rule. Returns 0 when that is a verdict, else the failure.
 */
int pdg_verdict_unread(struct pdg_verdict *v, const struct pdg_error *inner, struct pdg_error *err);

/** Judge by one form. As pdg_judge_parsed(); @v is empty but for its format. */
int pdg_judge_pgp(const struct pdg_signers *s, const struct pdg_signed *o, struct pdg_verdict *v,
		  struct pdg_error *err) PDG_MUST_CHECK;
int pdg_judge_x509(const struct pdg_signers *s, const struct pdg_signed *o, struct pdg_verdict *v,
		   struct pdg_error *err) PDG_MUST_CHECK;
int pdg_judge_ssh(const struct pdg_signers *s, const struct pdg_signed *o, struct pdg_verdict *v,
		  struct pdg_error *err) PDG_MUST_CHECK;

#endif
