/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy file (design 5, rules.md 7): what is trusted, for which repository.
 *
 * Read in two steps: trust/config.h gives sections, keys and values with their lines under a
 * strict grammar; this module checks them against the table of keys and gives typed sections.
 * Every mistake is an error that names file, line and the nearest known key. Paths come out
 * absolute, relative ones taken from the policy's folder. Key files are loaded when the
 * policy is, so a broken one is found at start; OpenPGP and SSH key files by commit/signers.h.
 *
 * A loaded policy is immutable and may be read by several threads.
 */
#ifndef PDG_TRUST_POLICY_H
#define PDG_TRUST_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/key.h"
#include "trust/config.h"
#include "trust/revocation.h"
#include "util/auto.h"
#include "util/error.h"
#include "util/json.h"
#include "util/strings.h"
#include "util/validity.h"

/* A public key with the time in which its signatures count: [trust "name"], [revocation]. */
struct pdg_trusted_key {
	struct pdg_key *key;
	char *name; /* section name, or the path */
	struct pdg_validity when;
};

struct pdg_key_list {
	struct pdg_trusted_key *v;
	size_t n;
};

enum pdg_grade { PDG_GRADE_NONE, PDG_GRADE_CLONE, PDG_GRADE_SERVER };

/** "clone", "server" or "none". Static. */
const char *pdg_grade_name(enum pdg_grade g);

enum pdg_pusher_from {
	PDG_PUSHER_NONE,
	PDG_PUSHER_ENV,
	PDG_PUSHER_UID,
	PDG_PUSHER_CERTIFICATE, /* a signed push certificate, and then no push without one */
};

struct pdg_policy_repository {
	char *uri;		     /* the section's name, as written: what statements carry */
	char *normal;		     /* normalised, for comparing (trust/uri.h) */
	char *path;		     /* absolute, resolved; or NULL */
	struct pdg_strings protect;  /* patterns of full ref names */
	struct pdg_strings baseline; /* commit object names */
	bool allow_force;
	struct pdg_strings openpgp_keys;	   /* files */
	struct pdg_strings ssh_allowed_signers;	   /* files */
	struct pdg_strings forge_keys;		   /* files: OpenPGP, or SSH public key lines */
	struct pdg_strings revoked;		   /* SSH key lists */
	struct pdg_strings x509_roots;		   /* files of certificates */
	struct pdg_strings x509_identities;	   /* whose certificates count; none: everybody's */
	struct pdg_strings x509_issuers;	   /* OIDC issuers on whose word they were made */
	const struct pdg_revocations *revocations; /* the policy's, borrowed; NULL: none */
	char *trusted_root; /* TrustedRoot file: logs and authorities of X.509 signatures, or NULL
			     */
	bool require_committer_match;
	enum pdg_grade source_from; /* PDG_GRADE_NONE: not written */
	struct pdg_key_list server_keys;
	enum pdg_pusher_from pusher_from;
	char *pusher_env; /* NAME of env:NAME */
	unsigned line;
};

/* How the caller of the service proves who he is, in the place of a key (rules.md 7). */
struct pdg_policy_proof {
	char *oidc_issuer;		/* or NULL */
	char *oidc_audience;		/* with an issuer */
	struct pdg_strings oidc_claims; /* "NAME=VALUE"; several of one name are alternatives */
	struct pdg_strings events; /* that a CI may start a build by; none: all but pull requests */
	struct pdg_strings client_certificates; /* names */
};

struct pdg_policy_builder {
	char *id;			 /* byte for byte runDetails.builder.id */
	struct pdg_strings repositories; /* patterns, normalised */
	struct pdg_key_list keys;
	struct pdg_policy_proof proof; /* where there is no key */
	int slsa_level;		       /* 0 to 4 */
	unsigned line;
};

struct pdg_policy_producer {
	char *name;
	struct pdg_strings repositories;
	struct pdg_strings stages;
	struct pdg_key_list keys;
	bool key_service;	       /* key = service: this service itself */
	struct pdg_policy_proof proof; /* where there is no key */
	unsigned line;
};

struct pdg_policy_approver {
	char *address;
	struct pdg_strings repositories;
	struct pdg_strings openpgp_keys; /* files or fingerprints */
	struct pdg_strings ssh_keys;	 /* public key files */
	struct pdg_strings scopes;
	bool not_author;
	unsigned line;
};

/* In rising order; what is not written is PDG_SEVERITY_NONE: no finding is tolerated. */
enum pdg_severity {
	PDG_SEVERITY_NONE,
	PDG_SEVERITY_NEGLIGIBLE,
	PDG_SEVERITY_LOW,
	PDG_SEVERITY_MEDIUM,
	PDG_SEVERITY_HIGH,
	PDG_SEVERITY_CRITICAL,
};

struct pdg_policy_require {
	unsigned stages; /* bit (1u << stage number), enum pdg_stage_id in stage/stage.h */
	int minimum_slsa_level;
	int maximum_severity;	  /* enum pdg_severity: the worst one tolerated */
	int vex_for;		  /* enum pdg_severity */
	int64_t maximum_scan_age; /* seconds, 0: no limit */
	unsigned approvals;
	int64_t approval_maximum_age;
	bool log;
	bool link_by_subject;
	bool on_service_word;
};

struct pdg_policy {
	char *file;	 /* absolute path */
	char digest[72]; /* "sha256:" and hex of the policy file's bytes */
	bool beside;	 /* sections that are no policy's: the daemon's own file, and its digest */
	uint64_t version;
	struct pdg_key_list service_keys;
	struct pdg_key_list journal_keys;
	char *trusted_root;		     /* absolute path of a TrustedRoot file, or NULL */
	struct pdg_strings revocation_files; /* [revocation] file */
	struct pdg_revocations revocations;  /* of all of them */
	struct pdg_policy_repository *repositories;
	size_t n_repositories;
	struct pdg_policy_builder *builders;
	size_t n_builders;
	struct pdg_policy_producer *producers;
	size_t n_producers;
	struct pdg_policy_approver *approvers;
	size_t n_approvers;
	struct pdg_policy_require require;
};

/**
 * Load the policy file @path.
 *
 * Returns 0, PDG_E_IO, or PDG_E_USAGE with a rule: POL-9 and POL-10 (the file), POL-1
 * (grammar), POL-2 (unknown section or key), POL-3 (a value that is not of its form, a
 * single-valued key twice), POL-4 (an empty policy), POL-5 (a key or revocation file that cannot be
 * loaded),
 * POL-6 (one key in two roles), POL-7 (a key that this version does not implement), POL-8 (sections
 * that contradict, or lack what they need: server without serverKey).
 */
int pdg_policy_load(const char *path, struct pdg_policy **out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The keys of a policy, for pdg_config_check(): ended by a NULL section, *@out_n rows without
 * it (NULL: not wanted). The daemon's file may hold the policy too, and has a table of these
 * rows and its own.
 */
const struct pdg_config_key *pdg_policy_keys(size_t *out_n);

/** Does @c open a section of a policy? */
bool pdg_policy_in_config(const struct pdg_config *c);

/**
 * The policy in a file that is read already, beside sections that are not a policy's.
 *
 * @c           passed by pdg_config_check() with a table that holds pdg_policy_keys()
 * @file_bytes  the file, for pdg_policy.digest
 *
 * Returns what pdg_policy_load() does.
 */
int pdg_policy_from_config(const struct pdg_config *c, struct pdg_bytes file_bytes,
			   struct pdg_policy **out, struct pdg_error *err) PDG_MUST_CHECK;
void pdg_policy_free(struct pdg_policy *p);
PDG_AUTO_DEFINE(policy, struct pdg_policy *, pdg_policy_free)

/** The section whose URI is @uri (normalised comparison), or NULL. */
const struct pdg_policy_repository *pdg_policy_repository(const struct pdg_policy *p,
							  const char *uri);
/** The section whose path is @real_path (absolute, resolved), or NULL. */
const struct pdg_policy_repository *pdg_policy_repository_at(const struct pdg_policy *p,
							     const char *real_path);
const struct pdg_policy_builder *pdg_policy_builder(const struct pdg_policy *p, const char *id);

/**
 * The section for @uri, and may this builder speak of it, where the end of memory must not read
 * like a "no": *@out is the section or NULL, true or false. Return 0 or PDG_E_NOMEM. A @uri that
 * cannot be read has no section.
 */
int pdg_policy_find_repository(const struct pdg_policy *p, const char *uri,
			       const struct pdg_policy_repository **out,
			       struct pdg_error *err) PDG_MUST_CHECK;
int pdg_policy_ask_builder(const struct pdg_policy_builder *b, const char *uri, bool *out,
			   struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Is a token of @issuer with @claims (an object) one of @proof? @audience NULL: is not asked. Every
 * name of its oidcClaim must be there with one of its values, byte for byte: a string, or a number
 * or boolean as JSON spells it.
 */
bool pdg_policy_proof_token(const struct pdg_policy_proof *proof, const char *issuer,
			    const char *audience, const json_t *claims);
/** The first "NAME=VALUE" of @proof's oidcClaim of which @claims (an object) has no value of that
 * name; NULL: it has one of each. Borrowed. */
const char *pdg_policy_proof_unmet(const struct pdg_policy_proof *proof, const json_t *claims);
/**
 * Does a build statement keep the claim @name of the token that it was made from? What belongs to
 * one token alone is not, nor what GitLab says of a person (user_*): a statement can never be taken
 * back.
 */
bool pdg_policy_claim_kept(const char *name);
/** The first of @names (of one verified client certificate) that is one of @proof, or NULL.
 * Borrowed. */
const char *pdg_policy_proof_certificate(const struct pdg_policy_proof *proof,
					 const char *const *names, size_t n);
/** May a build of this section be started by @event? @usual: pdg_ci_event_usual(), which decides
 * where the section names none. */
bool pdg_policy_proof_event(const struct pdg_policy_proof *proof, const char *event, bool usual);

/** Is the full ref name @ref protected in this section? */
bool pdg_policy_protects(const struct pdg_policy_repository *r, const char *ref);

/**
 * Where the policy is (design 5): @option (--policy), else @configured (the repository's
 * pedigree.policy), else $XDG_CONFIG_HOME/pedigree/policy (or ~/.config), else
 * /etc/pedigree/policy. *@out owned by the caller (free()). A relative $XDG_CONFIG_HOME or
 * $HOME is not read.
 * Returns 0 or PDG_E_USAGE (POL-9: none anywhere, or the named one does not exist, or the
 * configured one is no absolute path).
 */
int pdg_policy_find(const char *option, const char *configured, char **out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Was @key good for a signature made at time @at? As pdg_validity_at() says of its bounds.
 * Returns 0 or PDG_E_REJECTED (TIM-1 not yet, TIM-2 no longer, TIM-3 compromised, TIM-5 revoked).
 */
int pdg_trusted_key_good_at(const struct pdg_trusted_key *key, int64_t at, bool independent,
			    struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The list's entry of @key; NULL: it names no such key. Where it names one twice, both have the
 * same time (POL-8).
 */
const struct pdg_trusted_key *pdg_key_list_find(const struct pdg_key_list *list,
						const struct pdg_key *key);
bool pdg_key_list_has(const struct pdg_key_list *list, const struct pdg_key *key);

/** The key with @hint: @own, or one that the list names. NULL: nobody names it. */
const struct pdg_key *pdg_key_by_hint(const struct pdg_key *own, const struct pdg_key_list *others,
				      const char *hint);

/** Narrow @key by what the policy's revocations say of it, by its fingerprint. */
void pdg_trusted_key_revoke(struct pdg_trusted_key *key, const struct pdg_revocations *r);

#endif
