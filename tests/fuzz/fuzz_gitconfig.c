/* SPDX-License-Identifier: Apache-2.0 */
/*
 * git's configuration as the hooks around a commit read it, and the patterns of its includes.
 *
 * Covers: common/git/gitconfig_syntax.c
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "git/gitconfig_syntax.h"

struct seen {
	char *last;
	size_t n;
};

static int take(void *ctx, const char *name, const char *value, struct pdg_error *err)
{
	struct seen *s = ctx;

	(void)err;
	/* A name has a section and a key; whatever it is, it can be compared. */
	MUST(strchr(name, '.') != NULL);
	if (s->last)
		(void)pdg_gitconfig_match(value ? value : name, s->last, s->n % 2);
	free(s->last);
	s->last = strdup(value ? value : name);
	s->n++;
	return s->last ? 0 : pdg_nomem(err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen s = {NULL, 0};
	const struct pdg_gitconfig_reader reader = {take, &s};
	struct pdg_error err = {.code = 0};
	int rc = pdg_gitconfig_parse(pdg_bytes(data, size), &reader, &err);

	MUST(rc == 0 || (rc == err.code && err.text[0]));
	free(s.last);
	return 0;
}
