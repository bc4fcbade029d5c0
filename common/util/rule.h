/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every rule by which Pedigree refuses, in one table: id, error code, the problem type and
 * HTTP status under which the service answers it, and one line of meaning.
 *
 * docs/RULES.md is written from the same ids (a unit test compares them). Ids are stable:
 * one that is retired is never used again for something else.
 */
#ifndef PDG_UTIL_RULE_H
#define PDG_UTIL_RULE_H

#include <stddef.h>

struct pdg_rule {
	const char *id;	     /* e.g. "ENV-1" */
	int code;	     /* enum pdg_code that pdg_reject() returns for it */
	int status;	     /* HTTP status of the service's answer */
	const char *problem; /* name in urn:pedigree:problem:<name> (rules.md 8) */
	const char *meaning; /* one line, no period */
};

/** The rule named @id, or NULL. Borrowed, static. */
const struct pdg_rule *pdg_rule_find(const char *id);

/** What can be done about a refusal by @id in general, or "" (common/util/rule_fix.c). Static. */
const char *pdg_rule_fix(const char *id);

/** How many rules have one: a test holds them against the table. */
size_t pdg_rule_fixes(void);

/** The whole table; *@out_n entries. Static. */
const struct pdg_rule *pdg_rule_table(size_t *out_n);

#endif
