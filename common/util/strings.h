/* SPDX-License-Identifier: Apache-2.0 */
/* A list of strings that it owns: paths, patterns, names. Zeroed is empty. */
#ifndef PDG_UTIL_STRINGS_H
#define PDG_UTIL_STRINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

struct pdg_strings {
	char **v;
	size_t n;
};

void pdg_strings_done(struct pdg_strings *s);

/** Append a copy of @text; the list grows by one, so somebody else bounds it. */
int pdg_strings_add(struct pdg_strings *s, const char *text, struct pdg_error *err) PDG_MUST_CHECK;

/** @out, which was empty, has what @from has. */
int pdg_strings_copy(const struct pdg_strings *from, struct pdg_strings *out,
		     struct pdg_error *err) PDG_MUST_CHECK;

bool pdg_strings_has(const struct pdg_strings *s, const char *text);

#endif
