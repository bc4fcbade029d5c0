/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a hook or a command stands: Pedigree's folder in the repository, the policy that
 * counts here, its section for this repository, and the keys that the section names.
 */
#ifndef PDG_GATE_PLACE_H
#define PDG_GATE_PLACE_H

#include "commit/judge.h"
#include "git/repo.h"

struct pdg_place {
	char *state;				     /* <common git dir>/pedigree */
	char *outbox;				     /* in it: statements on their way */
	char *keys;				     /* in it: what GnuPG said of key files */
	char *key_file;				     /* in it: the clone's own key */
	struct pdg_policy *policy;		     /* NULL until one was found */
	const struct pdg_policy_repository *section; /* borrowed from policy, or NULL */
	struct pdg_signers *signers;		     /* NULL until loaded */
};

void pdg_place_done(struct pdg_place *p);
PDG_AUTO_DEFINE_VALUE(place, struct pdg_place, pdg_place_done)

/** The paths; nothing is made or read. */
int pdg_place_init(const struct pdg_repo *r, struct pdg_place *out,
		   struct pdg_error *err) PDG_MUST_CHECK;

/**
 * For a person's command or a clone's hooks: the policy @policy (--policy), else as design 5 says;
 * the section @uri (--repository), else the one whose path is this repository, else the one
 * that pedigree.repository names.
 *
 * Returns 0, PDG_E_USAGE (POL-*: POL-9 when no policy is known; PSH-1: no section, or
 * pedigree.repository disagrees with the path).
 */
int pdg_place_find(struct pdg_place *p, const struct pdg_repo *r, const char *policy,
		   const char *uri, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * For server hooks: the policy at @policy, fixed at installation, and the section whose path is
 * this repository. A section without path serves where @uri, fixed too, names it. Nothing is read
 * from the repository's configuration. Returns 0, PDG_E_USAGE (POL-*, PSH-1).
 */
int pdg_place_fixed(struct pdg_place *p, const struct pdg_repo *r, const char *policy,
		    const char *uri, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Can files be kept in @dir, a folder of this place: are both ours alone, and is there room? @what
 * fails when they cannot, for the message. Returns 0, PDG_E_REJECTED (HOK-7), PDG_E_NOMEM.
 */
int pdg_place_ready(const struct pdg_place *p, const char *dir, const char *what,
		    struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Load the section's keys, once. @cache: folder for key descriptions, or NULL. What lies there is
 * believed: the place's own @keys are for its hooks alone, since who can put a file there can put
 * one in place of the hooks.
 */
int pdg_place_load_signers(struct pdg_place *p, const char *cache,
			   struct pdg_error *err) PDG_MUST_CHECK;

/** Remove what the place's @keys hold: before hooks are installed nobody vouches for it. */
int pdg_place_forget_keys(const struct pdg_place *p, struct pdg_error *err) PDG_MUST_CHECK;

#endif
