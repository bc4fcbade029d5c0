/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which build, and which source of it? Everything about the artifact is assessed first (assess.c),
 * then each build is held against each source of its commit, then the best pair is taken.
 */
#include "chain/path.h"

#include <string.h>

#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

static void list_done(struct pdg_assessed_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		pdg_assessed_free(l->v[i]);
	free(l->v);
}

void pdg_path_done(struct pdg_path *p)
{
	list_done(&p->builds);
	list_done(&p->sources);
	*p = (struct pdg_path){0};
}

/* --- what there is --- */

static int add(struct pdg_judge *j, const struct pdg_record *r, struct pdg_assessed_list *l,
	       struct pdg_error *err)
{
	int rc;

	if (pdg_array_grow(&l->v, l->n, &l->cap, sizeof(struct pdg_assessed *),
			   PDG_LIMIT_EVIDENCE_FILES) < 0)
		return pdg_nomem(err);
	rc = pdg_assess(j, r, &l->v[l->n], err);
	if (rc == 0)
		l->n++;
	return rc;
}

static bool is_stage(const struct pdg_record *r, enum pdg_stage_id id)
{
	return r->stage && r->stage->id == id;
}

static bool is_of_commit(const struct pdg_statement *source, const struct pdg_build *b)
{
	const char *git = pdg_subject_digest(&source->subjects[0], "gitCommit");
	const char *sha256 = pdg_subject_digest(&source->subjects[0], "sha256");

	if (b->source_commit)
		return pdg_str_eq(git, b->source_commit);
	return b->source_sha256 && pdg_str_eq(sha256, b->source_sha256);
}

bool pdg_path_about(const struct pdg_assessed *source, const struct pdg_build *b)
{
	return is_of_commit(source->record->statement, b);
}

static bool is_wanted(const struct pdg_record *source, const struct pdg_assessed_list *builds)
{
	size_t i;

	for (i = 0; i < builds->n; i++) {
		if (is_of_commit(source->statement, &builds->v[i]->build))
			return true;
	}
	return false;
}

static int assess_all(struct pdg_judge *j, const struct pdg_evidence *e, const char *sha256,
		      struct pdg_path *p, struct pdg_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < e->n; i++) {
		if (is_stage(e->v[i], PDG_STAGE_BUILD) &&
		    pdg_statement_has_sha256(e->v[i]->statement, sha256))
			rc = add(j, e->v[i], &p->builds, err);
	}
	for (i = 0; rc == 0 && i < e->n; i++) {
		if (is_stage(e->v[i], PDG_STAGE_SOURCE) && is_wanted(e->v[i], &p->builds))
			rc = add(j, e->v[i], &p->sources, err);
	}
	return rc;
}

/* --- what belongs together --- */

/* Does the journal say that the build was accepted as one of this very source statement? */
static bool journal_links(const struct pdg_assessed *b, const struct pdg_assessed *s)
{
	size_t i;

	for (i = 0; b->leaf && i < b->leaf->n_links; i++) {
		if (pdg_str_eq(b->leaf->links[i].reference, s->record->reference))
			return true;
	}
	return false;
}

/*
 * The link itself (rules.md 3.4), and that the source was there first (rules.md 1). A leaf that
 * names the source by its digest is proof of order; without one, the times at which both were
 * received decide.
 */
static int check_link(const struct pdg_assessed *b, const struct pdg_assessed *s,
		      struct pdg_error *why)
{
	int rc = pdg_build_links(&b->build, &s->source, why);

	if (rc < 0)
		return rc;
	if (s->source.late || !s->received || !b->received || journal_links(b, s))
		return 0;
	if (s->received <= b->received || s->received - b->received <= PDG_TIME_TOLERANCE)
		return 0;
	return pdg_reject(why, "CHN-11", "the source was received %lld s after the build",
			  (long long)(s->received - b->received));
}

/* --- what is better --- */

static int sign(bool a, bool b)
{
	return (a ? 1 : 0) - (b ? 1 : 0);
}

static int compare(int64_t a, int64_t b)
{
	return sign(a > b, a < b);
}

/* Of two that stand: more than 0 if @a is the better one, less if @b is. Never 0 for two
 * statements. */
static int prefer(const struct pdg_assessed *a, const struct pdg_assessed *b)
{
	int c = compare(a->step, b->step);

	if (c == 0)
		c = sign(b->pending, a->pending);
	if (c == 0)
		c = compare(__builtin_popcount(b->words), __builtin_popcount(a->words));
	if (c == 0)
		c = compare(a->grade, b->grade);
	if (c == 0)
		c = compare(a->received, b->received);
	if (c == 0)
		c = strcmp(b->record->reference, a->record->reference);
	return c ? c : strcmp(b->why.text, a->why.text);
}

/* A build with the source that suits it best. */
struct pair {
	const struct pdg_assessed *build;
	const struct pdg_assessed *source; /* NULL: none is there */
	struct pdg_error link;
};

static bool source_stands(const struct pair *p)
{
	return p->source && p->source->why.code == 0 && p->link.code == 0;
}

static bool better_source(const struct pair *a, const struct pair *b)
{
	int c;

	if (!b->source)
		return true;
	c = sign(source_stands(a), source_stands(b));
	if (c == 0)
		c = prefer(a->source, b->source);
	return c > 0;
}

static bool better_pair(const struct pair *a, const struct pair *b)
{
	int c;

	if (!b->build)
		return true;
	c = sign(a->build->why.code == 0, b->build->why.code == 0);
	if (c == 0)
		c = sign(source_stands(a), source_stands(b));
	if (c == 0)
		c = sign(a->source != NULL, b->source != NULL);
	if (c == 0 && a->source && b->source)
		c = sign(b->source->pending, a->source->pending);
	if (c == 0 && a->source && b->source)
		c = compare(a->source->grade, b->source->grade);
	if (c == 0)
		c = prefer(a->build, b->build);
	return c > 0;
}

/* Hold @p's source against its build. A refusal is the pair's; returns PDG_E_NOMEM and the like
 * alone. */
static int link_pair(struct pair *p, struct pdg_error *err)
{
	int rc;

	if (p->source->why.code < 0)
		return 0;
	rc = check_link(p->build, p->source, &p->link);
	if (rc == 0 || rc == PDG_E_REJECTED)
		return 0;
	if (err)
		*err = p->link;
	return rc;
}

/* rules.md 3.3: two commits with one name and two contents. Neither can be believed. */
static bool conflict(const struct pair *a, const struct pair *b)
{
	return source_stands(a) && source_stands(b) &&
	       pdg_str_eq(a->source->source.git_commit, b->source->source.git_commit) &&
	       !pdg_str_eq(a->source->source.sha256, b->source->source.sha256);
}

static int find_source(const struct pdg_assessed *build, const struct pdg_assessed_list *sources,
		       struct pair *out, struct pdg_error *err)
{
	bool two = false;
	size_t i;
	int rc;

	*out = (struct pair){.build = build};
	for (i = 0; i < sources->n; i++) {
		struct pair p = {.build = build, .source = sources->v[i]};

		if (!pdg_path_about(p.source, &build->build))
			continue;
		rc = link_pair(&p, err);
		if (rc < 0)
			return rc;
		two = two || conflict(&p, out);
		if (better_source(&p, out))
			*out = p;
	}
	if (two)
		(void)pdg_reject(&out->link, "SRC-6", "commit %s is attested with two contents",
				 out->source->source.git_commit);
	return 0;
}

int pdg_path_find(struct pdg_judge *j, const struct pdg_evidence *e, const char *sha256,
		  struct pdg_path *out, struct pdg_error *err)
{
	PDG_AUTO(path) struct pdg_path p = {0};
	struct pair best = {0};
	struct pair one;
	size_t i;
	int rc = assess_all(j, e, sha256, &p, err);

	if (rc < 0)
		return rc;
	for (i = 0; i < p.builds.n; i++) {
		rc = find_source(p.builds.v[i], &p.sources, &one, err);
		if (rc < 0)
			return rc;
		if (better_pair(&one, &best))
			best = one;
	}
	*out = p;
	p = (struct pdg_path){0};
	out->build = best.build;
	out->source = best.source;
	out->link = best.link;
	return 0;
}
