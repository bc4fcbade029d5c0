/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A step of pre-receive and post-receive: an update of an unprotected ref moves a protected name
 * too when that is symbolic and leads there. The symbolic names are few; the refs among which
 * they stand, and those of a push, may be many: read once, sorted, and then looked up.
 */
#include "gate/behind.h"

#include <stdlib.h>
#include <string.h>

#include "trust/uri.h"
#include "util/size.h"
#include "util/str.h"

struct symbolic {
	char *name;  /* protected */
	char *final; /* what is written when it is */
};

struct pdg_behind {
	struct symbolic *v; /* by what they lead to, then by name */
	size_t n, cap;
};

/* One pattern with `*`, and where its matches go. */
struct looking {
	struct pdg_behind *b;
	const char *pattern;
};

static int add(struct pdg_behind *b, const char *name, const char *final, struct pdg_error *err)
{
	struct symbolic *s;

	if (pdg_array_grow(&b->v, b->n, &b->cap, sizeof(*b->v), SIZE_MAX / sizeof(*b->v)) < 0)
		return pdg_nomem(err);
	s = &b->v[b->n++];
	s->name = pdg_str_dup(name);
	s->final = pdg_str_dup(final);
	return s->name && s->final ? 0 : pdg_nomem(err);
}

static int take_match(void *ctx, const char *name, const char *final, struct pdg_error *err)
{
	struct looking *l = ctx;

	return pdg_pattern_match(l->pattern, name) ? add(l->b, name, final, err) : 0;
}

static int take_name(struct pdg_behind *b, const struct pdg_repo *r, const char *name,
		     struct pdg_error *err)
{
	PDG_AUTO(mem) char *final = NULL;
	int rc = pdg_repo_ref_final(r, name, &final, err);

	return rc < 0 || strcmp(final, name) == 0 ? rc : add(b, name, final, err);
}

static int take_pattern(struct pdg_behind *b, const struct pdg_repo *r, const char *pattern,
			struct pdg_error *err)
{
	struct looking l = {.b = b, .pattern = pattern};
	PDG_AUTO(mem) char *prefix = NULL;

	if (!strchr(pattern, '*'))
		return take_name(b, r, pattern, err);
	prefix = strndup(pattern, strcspn(pattern, "*"));
	if (!prefix)
		return pdg_nomem(err);
	return pdg_repo_each_symbolic(r, prefix, take_match, &l, err);
}

static int by_final(const void *a, const void *b)
{
	const struct symbolic *x = a;
	const struct symbolic *y = b;
	int order = strcmp(x->final, y->final);

	return order ? order : strcmp(x->name, y->name);
}

int pdg_behind_new(const struct pdg_repo *r, const struct pdg_strings *protect,
		   struct pdg_behind **out, struct pdg_error *err)
{
	PDG_AUTO(behind) struct pdg_behind *b = pdg_calloc(1, sizeof(*b));
	size_t i;
	int rc = b ? 0 : pdg_nomem(err);

	for (i = 0; rc == 0 && i < protect->n; i++)
		rc = take_pattern(b, r, protect->v[i], err);
	if (rc < 0)
		return rc;
	if (b->n)
		qsort(b->v, b->n, sizeof(*b->v), by_final);
	*out = PDG_TAKE(b);
	return 0;
}

const char *pdg_behind_find(const struct pdg_behind *b, const char *ref)
{
	size_t low = 0;
	size_t high = b->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(b->v[mid].final, ref) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < b->n && strcmp(b->v[low].final, ref) == 0 ? b->v[low].name : NULL;
}

void pdg_behind_free(struct pdg_behind *b)
{
	size_t i;

	if (!b)
		return;
	for (i = 0; i < b->n; i++) {
		free(b->v[i].name);
		free(b->v[i].final);
	}
	free(b->v);
	free(b);
}
