/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last step of a refused push. Which of the commands of commit/resign.c mends it: amend for the
 * tip alone, rebase from the last good commit for what is older, from the ref's old value where
 * merges must be made again, git tag for a tag.
 */
#include "gate/mend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commit/resign.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define MERGES_MAX 1024 /* of which the parents are remembered */

/* An object that is not good. */
struct line {
	char type[8];
	char hex[PDG_GIT_HEX];
	char parent[PDG_GIT_HEX];  /* the first one; "": a root */
	char tag[PDG_RESIGN_WORD]; /* the tag to be made again */
	bool unread;		   /* a commit beyond a limit: nothing of it is known */
	struct pdg_resign how;
	enum pdg_result result;
	struct pdg_error why;
};

struct merge {
	char hex[PDG_GIT_HEX];
	uint8_t *parents; /* their lines, "parent <hex>\n" each */
	size_t n;
};

struct pdg_mend {
	const struct pdg_repo *repo;
	const struct pdg_push *push;
	const struct pdg_update **by_new; /* all of the push, by what they would point at */
	const char *ref; /* of the tag that was judged last, "" none: borrowed from push */
	struct line lines[PDG_MEND_LINES];
	size_t n_lines;
	size_t n;			 /* all that are not good */
	char oldest_parent[PDG_GIT_HEX]; /* of the last commit that is not good: the oldest */
	struct merge *merges;
	size_t n_merges, cap_merges;
	size_t parents; /* bytes of their lines */
	bool merged;	/* the push holds a merge */
	bool unread;	/* and a commit beyond a limit: what is behind it is not known */
	bool wordless;	/* the push holds a commit without a message */
};

/* Of several refs that would point at one object the first comes first. */
static int by_new(const void *a, const void *b)
{
	const struct pdg_update *x = *(const struct pdg_update *const *)a;
	const struct pdg_update *y = *(const struct pdg_update *const *)b;
	int order = strcmp(x->new, y->new);

	return order ? order : (x > y) - (x < y);
}

/* The first update by which a ref would point at @hex; NULL: none would. */
static const struct pdg_update *find_update(const struct pdg_mend *m, const char *hex)
{
	size_t low = 0;
	size_t high = m->push->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(m->by_new[mid]->new, hex) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < m->push->n && strcmp(m->by_new[low]->new, hex) == 0 ? m->by_new[low] : NULL;
}

int pdg_mend_new(const struct pdg_repo *repo, const struct pdg_push *push, struct pdg_mend **out,
		 struct pdg_error *err)
{
	struct pdg_mend *m = pdg_calloc(1, sizeof(*m));
	size_t i;

	if (!m)
		return pdg_nomem(err);
	m->by_new = pdg_calloc(push->n + 1, sizeof(*m->by_new));
	if (!m->by_new) {
		free(m);
		return pdg_nomem(err);
	}
	for (i = 0; i < push->n; i++)
		m->by_new[i] = &push->v[i];
	qsort(m->by_new, push->n, sizeof(*m->by_new), by_new);
	m->repo = repo;
	m->push = push;
	m->ref = "";
	*out = m;
	return 0;
}

void pdg_mend_free(struct pdg_mend *m)
{
	size_t i;

	if (!m)
		return;
	for (i = 0; i < m->n_merges; i++)
		free(m->merges[i].parents);
	free(m->merges);
	free(m->by_new);
	free(m);
}

size_t pdg_mend_n(const struct pdg_mend *m)
{
	return m->n;
}

/* The lines "parent <hex>" of a raw commit, where git writes them. */
static struct pdg_bytes parent_lines(struct pdg_bytes raw)
{
	struct pdg_bytes rest = raw;
	struct pdg_bytes line;
	size_t from;

	if (!pdg_bytes_line(&rest, &line) || !pdg_bytes_starts(line, "tree "))
		return pdg_bytes(NULL, 0);
	from = raw.n - rest.n;
	while (pdg_bytes_starts(rest, "parent ") && pdg_bytes_line(&rest, &line))
		;
	return pdg_bytes(raw.p + from, raw.n - rest.n - from);
}

/* The next name of @lines; false at the end, or where it is none. */
static bool take_parent(struct pdg_bytes *lines, struct pdg_bytes *out)
{
	struct pdg_bytes line;

	if (!pdg_bytes_line(lines, &line))
		return false;
	*out = pdg_bytes_from(line, strlen("parent "));
	return pdg_is_hex(*out, PDG_OID_SHA1);
}

/* What cannot be remembered only makes a line say less. */
static void keep_merge(struct pdg_mend *m, const char *hex, struct pdg_bytes parents)
{
	struct merge *x;
	uint8_t *copy;

	m->merged = true;
	if (parents.n > PDG_LIMIT_MEND_PARENTS - m->parents)
		return;
	if (pdg_array_grow(&m->merges, m->n_merges, &m->cap_merges, sizeof(*m->merges),
			   MERGES_MAX) < 0)
		return;
	copy = pdg_calloc(parents.n, 1);
	if (!copy)
		return;
	memcpy(copy, parents.p, parents.n);
	x = &m->merges[m->n_merges++];
	m->parents += parents.n;
	x->parents = copy;
	x->n = parents.n;
	memcpy(x->hex, hex, strlen(hex) + 1);
}

static void keep_line(struct pdg_mend *m, const char *type, const char *hex, struct pdg_bytes raw,
		      const struct pdg_verdict *v)
{
	struct line *l = &m->lines[m->n_lines++];

	*l = (struct line){.result = v->result, .why = v->why};
	l->unread = !raw.n && strcmp(type, "commit") == 0;
	memcpy(l->type, type, strlen(type) + 1);
	memcpy(l->hex, hex, strlen(hex) + 1);
	if (strcmp(type, "tag") == 0 && pdg_str_starts(m->ref, "refs/tags/") &&
	    strlen(m->ref) < sizeof(l->tag))
		memcpy(l->tag, m->ref + strlen("refs/tags/"),
		       strlen(m->ref + strlen("refs/tags/")) + 1);
	pdg_resign_look(raw, v, &l->how);
}

/* Tags are judged from the ref inwards: one that no ref names is in the one before. */
static void find_ref(struct pdg_mend *m, const char *hex)
{
	const struct pdg_update *u = find_update(m, hex);

	if (u)
		m->ref = u->ref;
}

void pdg_mend_take(void *ctx, const char *type, const char *hex, struct pdg_bytes raw,
		   const struct pdg_verdict *v)
{
	struct pdg_mend *m = ctx;
	bool commit = strcmp(type, "commit") == 0;
	struct pdg_bytes parents = commit ? parent_lines(raw) : pdg_bytes(NULL, 0);
	struct pdg_bytes rest = parents;
	struct pdg_bytes first = {NULL, 0};
	char parent[PDG_GIT_HEX] = "";

	if (!commit)
		find_ref(m, hex);
	if (take_parent(&rest, &first)) {
		memcpy(parent, first.p, first.n);
		parent[first.n] = '\0';
	}
	if (rest.n)
		keep_merge(m, hex, parents);
	m->wordless = m->wordless || (commit && raw.n && pdg_resign_wordless(raw));
	if (v->result == PDG_RESULT_GOOD)
		return;
	m->n++;
	m->unread = m->unread || (commit && !raw.n);
	if (commit)
		memcpy(m->oldest_parent, parent, sizeof(parent));
	if (m->n_lines == PDG_MEND_LINES)
		return;
	keep_line(m, type, hex, raw, v);
	memcpy(m->lines[m->n_lines - 1].parent, parent, sizeof(parent));
}

/* Is the commit what a ref would point at? */
static bool is_tip(const struct pdg_mend *m, const char *hex)
{
	return find_update(m, hex) != NULL;
}

static struct pdg_bytes first_line(const struct pdg_buf *b)
{
	struct pdg_bytes rest = pdg_buf_bytes(b);
	struct pdg_bytes line = {NULL, 0};

	return pdg_bytes_line(&rest, &line) ? line : pdg_bytes(NULL, 0);
}

/* A commit that changes nothing (or a root, that may): git amends it only when told so. */
static bool is_empty(const struct pdg_mend *m, const struct line *l)
{
	PDG_AUTO(buf) struct pdg_buf own = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(buf) struct pdg_buf parent = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	const char *type = NULL;

	if (!l->parent[0])
		return true;
	return pdg_repo_read(m->repo, l->hex, &own, &type, NULL) == 0 &&
	       pdg_repo_read(m->repo, l->parent, &parent, &type, NULL) == 0 &&
	       pdg_bytes_eq(first_line(&own), first_line(&parent));
}

/*
 * From where history is to be made again. Merges that came in may have begun before what stands on
 * the ref, which must not be made again: the ref's old value. Else the last good commit, if it is
 * known; if not, the commit before this one.
 */
static const char *base_of(const struct pdg_mend *m, const struct line *l)
{
	if (m->push->n > 1 || m->unread)
		return l->parent;
	if (m->merged && m->push->v[0].old[0])
		return m->push->v[0].old;
	return m->oldest_parent;
}

static void put_rebase(const struct pdg_mend *m, const struct line *l, struct pdg_buf *out)
{
	char base[PDG_OID_SHOWN + 1] = "";

	(void)snprintf(base, sizeof(base), "%.*s", PDG_OID_SHOWN, base_of(m, l));
	pdg_resign_rebase(base[0] ? base : NULL, m->merged, m->wordless, out);
}

/* The command that makes the object again. */
static void put_command(const struct pdg_mend *m, const struct line *l, struct pdg_buf *out)
{
	struct pdg_resign how = l->how;

	if (strcmp(l->type, "tag") == 0) {
		pdg_resign_tag(l->tag, l->tag, how.wordless, out);
	} else if (m->n > 1 || !is_tip(m, l->hex)) {
		put_rebase(m, l, out);
	} else {
		how.empty = is_empty(m, l);
		pdg_resign_amend(&how, out);
	}
}

/* Which merge brought it, if it is not that one's first parent. */
static void put_merge(const struct pdg_mend *m, const struct line *l, struct pdg_buf *out)
{
	size_t i;

	for (i = 0; i < m->n_merges; i++) {
		struct pdg_bytes rest = pdg_bytes(m->merges[i].parents, m->merges[i].n);
		struct pdg_bytes parent;
		size_t number;

		for (number = 1; take_parent(&rest, &parent); number++) {
			if (number == 1 || !pdg_bytes_eq_str(parent, l->hex))
				continue;
			pdg_buf_printf(out, " (parent %zu of the merge %.*s)", number,
				       PDG_OID_SHOWN, m->merges[i].hex);
			return;
		}
	}
}

void pdg_mend_line(const struct pdg_mend *m, size_t i, struct pdg_error *out)
{
	PDG_AUTO(buf) struct pdg_buf merge = PDG_BUF_INIT(256);
	PDG_AUTO(buf) struct pdg_buf fix = PDG_BUF_INIT(PDG_ERROR_FIX_MAX);
	const struct line *l = &m->lines[i];

	*out = l->why;
	put_merge(m, l, &merge);
	(void)pdg_context(out, PDG_E_REJECTED, "%s %.*s%s is %s", l->type, PDG_OID_SHOWN, l->hex,
			  pdg_buf_cstr(&merge), pdg_result_name(l->result));
	/* What a forge made is made again by a person, and GIT-6 says how. What is too large would
	 * be so again. */
	if (l->unread || pdg_str_eq(l->why.rule, "GIT-6") ||
	    (strcmp(l->type, "tag") == 0 && !l->tag[0]))
		return;
	pdg_resign_before(&l->how, l->result, l->why.rule, &fix);
	put_command(m, l, &fix);
	/* A command that was cut would be another one. */
	if (pdg_buf_check(&fix, NULL) == 0 && fix.n < PDG_ERROR_FIX_MAX)
		pdg_fix(out, "%s", pdg_buf_cstr(&fix));
}
