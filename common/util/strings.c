/* SPDX-License-Identifier: Apache-2.0 */
/* See strings.h: the lists of a policy, of the daemon's file and of a certificate's names. */
#include "util/strings.h"

#include <stdlib.h>

#include "util/str.h"

void pdg_strings_done(struct pdg_strings *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
	*s = (struct pdg_strings){0};
}

int pdg_strings_add(struct pdg_strings *s, const char *text, struct pdg_error *err)
{
	char **v = realloc(s->v, (s->n + 1) * sizeof(*v));

	if (!v)
		return pdg_nomem(err);
	s->v = v;
	v[s->n] = pdg_str_dup(text);
	if (!v[s->n])
		return pdg_nomem(err);
	s->n++;
	return 0;
}

int pdg_strings_copy(const struct pdg_strings *from, struct pdg_strings *out, struct pdg_error *err)
{
	struct pdg_strings copy = {0};
	size_t i;

	for (i = 0; i < from->n; i++) {
		if (pdg_strings_add(&copy, from->v[i], err) < 0) {
			pdg_strings_done(&copy);
			return PDG_E_NOMEM;
		}
	}
	*out = copy;
	return 0;
}

bool pdg_strings_has(const struct pdg_strings *s, const char *text)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (pdg_str_eq(s->v[i], text))
			return true;
	}
	return false;
}
