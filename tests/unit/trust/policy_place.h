/* SPDX-License-Identifier: Apache-2.0 */
/* A folder with keys a.pub to e.pub, files that stand for others' keys and revocations, and a
 * policy file that names them. */
#ifndef PDG_TESTS_TRUST_POLICY_PLACE_H
#define PDG_TESTS_TRUST_POLICY_PLACE_H

#include "support/check.h"
#include "trust/policy.h"

#define URI  "https://github.com/company/myapp"
#define REPO "[repository \"" URI "\"]\n"

struct place {
	char *dir;
	char *file;
};

void open_place(struct place *pl);
void close_place(struct place *pl);

void put_file(const struct place *pl, const char *name, struct pdg_bytes content);
/* The public half of a new key. */
void put_key(const struct place *pl, const char *name);

/* Write @text to the policy file and load it. */
int load(const struct place *pl, const char *text, struct pdg_policy **out, struct pdg_error *err);

/*
 * @text, in the file @name, makes the policy ("policy", or one that names @name) be refused by
 * @rule, with that file and the line before which a ">" stands in @text, which is taken out.
 */
void check_refused(const struct place *pl, const char *name, const char *text, const char *rule);

/* The path of @name in the place, for comparing. One at a time. */
const char *at(const struct place *pl, const char *name);

#endif
