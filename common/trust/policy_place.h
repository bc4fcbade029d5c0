/* SPDX-License-Identifier: Apache-2.0 */
/* What policy_values.c and policy_plain.c share. Private to them. */
#ifndef PDG_TRUST_POLICY_PLACE_H
#define PDG_TRUST_POLICY_PLACE_H

#include "trust/policy_read.h"

#define PDG_POLICY_NOWHERE SIZE_MAX /* the offset of a key that is only checked for its form */

/* One key: the field of its section that it fills, and how. */
struct pdg_policy_place {
	const char *section;
	bool named;
	const char *key;
	int (*set)(struct pdg_policy_reading *r, const struct pdg_policy_place *pl, void *section,
		   const struct pdg_config_entry *e, struct pdg_error *err);
	size_t off;
	const char *const *words;
	enum pdg_key_role role;
};

/* The field of @section that @pl fills. */
static inline void *pdg_policy_field(const struct pdg_policy_place *pl, void *section)
{
	return (char *)section + pl->off;
}

/** "KEY = 'VALUE' is not @want", by POL-3. */
int pdg_policy_refuse_value(const struct pdg_policy_reading *r, const struct pdg_config_entry *e,
			    const char *want, struct pdg_error *err);
/** Index of @text in @words, which NULL ends, or -1. */
int pdg_policy_word_index(const char *text, const char *const *words);
int pdg_policy_read_word(const struct pdg_policy_reading *r, const struct pdg_config_entry *e,
			 const char *const *words, int *out, struct pdg_error *err) PDG_MUST_CHECK;

/* To be named in a place. */
int pdg_policy_set_word(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			void *section, const struct pdg_config_entry *e, struct pdg_error *err);
int pdg_policy_set_bool(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			void *section, const struct pdg_config_entry *e, struct pdg_error *err);
int pdg_policy_set_duration(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			    void *section, const struct pdg_config_entry *e, struct pdg_error *err);
int pdg_policy_set_time(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			void *section, const struct pdg_config_entry *e, struct pdg_error *err);
int pdg_policy_set_version(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			   void *section, const struct pdg_config_entry *e, struct pdg_error *err);
int pdg_policy_set_level(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			 void *section, const struct pdg_config_entry *e, struct pdg_error *err);
int pdg_policy_set_approvals(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			     void *section, const struct pdg_config_entry *e,
			     struct pdg_error *err);
int pdg_policy_set_strings(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			   void *section, const struct pdg_config_entry *e, struct pdg_error *err);
int pdg_policy_set_string(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			  void *section, const struct pdg_config_entry *e, struct pdg_error *err);
int pdg_policy_set_file(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			void *section, const struct pdg_config_entry *e, struct pdg_error *err);
int pdg_policy_set_files(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			 void *section, const struct pdg_config_entry *e, struct pdg_error *err);
int pdg_policy_set_path(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			void *section, const struct pdg_config_entry *e, struct pdg_error *err);

#endif
