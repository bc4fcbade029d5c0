/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files that make a policy hand to each other: policy.c opens and closes it,
 * policy_read.c makes the sections and policy_values.c fills them, policy_files.c opens what they
 * name, policy_check.c holds them against each other.
 */
#ifndef PDG_TRUST_POLICY_READ_H
#define PDG_TRUST_POLICY_READ_H

#include "trust/config.h"
#include "trust/policy.h"

/* Who signs with a key; one key has one role (rules.md 5.6; the journal's by design 7). */
enum pdg_key_role {
	PDG_ROLE_SERVICE,
	PDG_ROLE_JOURNAL,
	PDG_ROLE_SERVER,
	PDG_ROLE_BUILDER,
	PDG_ROLE_PRODUCER,
};

/* One key as one line of the file names it. */
struct pdg_key_use {
	struct pdg_key_list *list; /* where it went */
	size_t index;
	enum pdg_key_role role;
	size_t section; /* index in pdg_config.sections */
	unsigned line;
};

struct pdg_policy_reading {
	const struct pdg_config *c;
	struct pdg_policy *p;	      /* being filled; borrowed */
	void **into;		      /* for each section of c its typed section, or NULL */
	struct pdg_validity *windows; /* for each section of c: of a [trust "name"] */
	struct pdg_key_use *uses;
	size_t n_uses;
	size_t cap_uses;
};

void pdg_policy_reading_done(struct pdg_policy_reading *r);
PDG_AUTO_DEFINE_VALUE(policy_reading, struct pdg_policy_reading, pdg_policy_reading_done)

/* [require] stage where none is written: all eight stages but deployment, the last. */
#define PDG_POLICY_STAGES 0x7fU

/** Make the typed sections of r->c in r->p and fill them. POL-3, POL-5, POL-7. */
int pdg_policy_read(struct pdg_policy_reading *r, struct pdg_error *err) PDG_MUST_CHECK;

/** Put the value of @e into its field of the typed @section. POL-3, POL-5, POL-7. */
int pdg_policy_set(struct pdg_policy_reading *r, const struct pdg_config_entry *e, void *section,
		   struct pdg_error *err) PDG_MUST_CHECK;

/** Hold what was read against itself. POL-4, POL-6, POL-8. */
int pdg_policy_check(const struct pdg_policy_reading *r, struct pdg_error *err) PDG_MUST_CHECK;

/** Is @path a file that can be read and is not empty? POL-5. */
int pdg_policy_file(const struct pdg_policy_reading *r, const struct pdg_config_entry *e,
		    const char *path, struct pdg_error *err) PDG_MUST_CHECK;

#define PDG_POLICY_WANT 160

/**
 * Could @value match the full name of a branch or tag that git allows, as whoever reads it believes
 * it does? If not, @want is what it should be, in words that follow "is not".
 */
bool pdg_policy_ref_pattern(const char *value, char want[PDG_POLICY_WANT]);

/** Load the public key at @path into @list and remember who named it. POL-5. */
int pdg_policy_key(struct pdg_policy_reading *r, const struct pdg_config_entry *e, const char *path,
		   enum pdg_key_role role, struct pdg_key_list *list,
		   struct pdg_error *err) PDG_MUST_CHECK;

/** Release the keys of a list, and the array. */
void pdg_key_list_done(struct pdg_key_list *list);

#endif
