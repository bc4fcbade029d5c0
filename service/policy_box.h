/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy in force: one immutable, counted object with all that is loaded for it, swapped as a
 * whole when the policy is read again. Whoever judges holds a reference for as long.
 */
#ifndef PDG_SERVICE_POLICY_BOX_H
#define PDG_SERVICE_POLICY_BOX_H

#include "chain/verify.h"
#include "service/config.h"
#include "service/identity.h"

/* A policy with what judging by it needs, and the key that signs what it lets in. Immutable but for
 * the count. */
struct pdg_in_force {
	struct pdg_key *signing;
	struct pdg_key_list own_keys; /* all that signed here (service/own_keys.h); public */
	struct pdg_policy *policy;
	struct pdg_judge *judge; /* its signers are loaded */
	struct pdg_candidates candidates;
	size_t refs; /* guarded by the box's mutex */
	struct pdg_policy_box *box;
};

/* What the service signs with itself; a policy that names no key or log of a kind trusts these. */
struct pdg_own_trust {
	struct pdg_key *service;
	const struct pdg_key *journal;
	const struct pdg_key *log;  /* NULL when the log is another's */
	struct pdg_bytes root_json; /* TrustedRoot of the configured log */
	const char *service_keys;   /* text of service/own_keys.h; NULL: @service alone */
};

/* Another key to sign with, and the text with it. Both are borrowed: the box has its own. */
struct pdg_next_key {
	struct pdg_key *service;
	const char *service_keys;
};

struct pdg_policy_box;

/**
 * Load the policy that @cfg names, with all its keys. What @own points to is borrowed for the box's
 * life, but for the service's key and its text.
 *
 * @own           without journal and root_json where these are not there yet: to try the policy
 * @key_cache     folder for key descriptions; borrowed
 * @least_version the highest version that was in force: a lower one is refused
 *
 * Returns 0, what pdg_service_policy_load() and pdg_judge_signers() do, PDG_E_REJECTED (POL-11,
 * CFG-3).
 */
int pdg_policy_box_new(const struct pdg_service_config *cfg, const struct pdg_own_trust *own,
		       const char *key_cache, const struct pdg_clock *clock, uint64_t least_version,
		       struct pdg_policy_box **out, struct pdg_error *err) PDG_MUST_CHECK;
/** No reference may be out. */
void pdg_policy_box_free(struct pdg_policy_box *box);

/**
 * Read the one that @cfg names now, to be signed for by @next (NULL: as before); one thread at a
 * time. @keep makes the new version and contents durable before it comes into force: what was in
 * force once is never followed by an older one, whatever ends the process. On any failure the old
 * one stays in force and pdg_policy_box_stale() says so; but RDY-8, when it is another key that the
 * new policy does not trust now, is no failure of the policy: nothing has changed, and it can be
 * taken in without.
 */
int pdg_policy_box_reload(struct pdg_policy_box *box, const struct pdg_service_config *cfg,
			  const struct pdg_next_key *next,
			  int (*keep)(void *ctx, const struct pdg_policy *policy,
				      struct pdg_error *err),
			  void *ctx, struct pdg_error *err) PDG_MUST_CHECK;

/** For pdg_policy_box_reload()'s @keep, before it writes: nothing speaks against @version, and the
 * store has a lower one. */
void pdg_policy_box_coming(struct pdg_policy_box *box, uint64_t version);
/** The version that is in force, or is about to be by pdg_policy_box_coming(). Whoever finds a
 * newer one in the store finds another service's. */
uint64_t pdg_policy_box_newest(struct pdg_policy_box *box);

/** Its clock's time. */
int64_t pdg_policy_box_now(const struct pdg_policy_box *box);

/** Did the last reload fail? Then *@why is why. */
bool pdg_policy_box_stale(struct pdg_policy_box *box, struct pdg_error *why);

/** Whose countersignature names @hint: of the service itself, now or formerly, or a serviceKey of
 * the policy. Borrowed from @f; NULL: nobody's. */
const struct pdg_key *pdg_in_force_service_key(const struct pdg_in_force *f, const char *hint);

/** A reference to the policy in force; give it back. Thread-safe. */
struct pdg_in_force *pdg_in_force_ref(struct pdg_policy_box *box);
void pdg_in_force_unref(struct pdg_in_force *f); /* NULL is fine */
PDG_AUTO_DEFINE(in_force, struct pdg_in_force *, pdg_in_force_unref)

#endif
