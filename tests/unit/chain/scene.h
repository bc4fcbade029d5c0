/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of verdicts share: a world with a source and a build in it, the evidence that a
 * test puts together, and what came of judging it. Judging is done in every order of the evidence
 * (up to four records), and must give the same report each time.
 */
#ifndef PDG_TESTS_UNIT_CHAIN_SCENE_H
#define PDG_TESTS_UNIT_CHAIN_SCENE_H

#include "support/check.h"
#include "support/world.h"
#include "util/limits.h"
#include "util/str.h"

#define ORDERS_MAX 4

struct scene {
	struct pdg_world w;
	struct pdg_made source;
	struct pdg_made build;
	struct pdg_evidence *e;
	struct pdg_chain_report *r;
};

static inline void scene_done(struct scene *s)
{
	pdg_chain_report_free(s->r);
	pdg_evidence_free(s->e);
	pdg_made_done(&s->source);
	pdg_made_done(&s->build);
	pdg_world_done(&s->w);
}
PDG_AUTO_DEFINE_VALUE(scene, struct scene, scene_done)

/* Forget the evidence. */
static inline void scene_clear(struct scene *s)
{
	pdg_evidence_free(s->e);
	s->e = NULL;
	if (pdg_evidence_new(&s->e, NULL) < 0)
		abort();
}

/* A world, and nothing in it. */
static inline void scene_empty(struct scene *s, const char *policy)
{
	*s = (struct scene){.r = NULL};
	pdg_world_init(&s->w, policy);
	scene_clear(s);
}

/* Other statements than before, made as @source and @build say; NULL: the usual. Not yet evidence.
 */
static inline void scene_make(struct scene *s, const struct pdg_make *source,
			      const struct pdg_make *build)
{
	static const struct pdg_make usual;

	pdg_made_done(&s->source);
	pdg_made_done(&s->build);
	pdg_world_source(&s->w, source ? source : &usual, &s->source);
	pdg_world_build(&s->w, build ? build : &usual, &s->build);
}

/* Both statements as evidence, and none else. */
static inline void scene_both(struct scene *s)
{
	scene_clear(s);
	pdg_world_add(s->e, &s->source);
	pdg_world_add(s->e, &s->build);
}

static inline void scene_init(struct scene *s, const char *policy)
{
	scene_empty(s, policy);
	scene_make(s, NULL, NULL);
	scene_both(s);
}

static inline void swap_records(struct pdg_evidence *e, size_t a, size_t b)
{
	struct pdg_record *r = e->v[a];

	e->v[a] = e->v[b];
	e->v[b] = r;
}

/* Judge once more; the report must read like the one in s->r, which is made by the first. */
static inline void judge_once(struct scene *s)
{
	PDG_AUTO(buf) struct pdg_buf first = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	PDG_AUTO(buf) struct pdg_buf again = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	PDG_AUTO(chain_report) struct pdg_chain_report *r = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_chain_verify(s->w.judge, s->e, WORLD_ARTIFACT, NULL, &r, &err), &err))
		return;
	if (!s->r) {
		s->r = PDG_TAKE(r);
		return;
	}
	if (pdg_report_json(s->r, &first, NULL) == 0 && pdg_report_json(r, &again, NULL) == 0)
		CHECK_STR(pdg_buf_cstr(&again), pdg_buf_cstr(&first));
}

/* Heap's algorithm over the first @n records. */
static inline void judge_orders(struct scene *s, size_t n)
{
	size_t i;

	if (n <= 1) {
		judge_once(s);
		return;
	}
	for (i = 0; i < n; i++) {
		judge_orders(s, n - 1);
		swap_records(s->e, n % 2 ? 0 : i, n - 1);
	}
}

static inline void scene_judge(struct scene *s)
{
	pdg_chain_report_free(s->r);
	s->r = NULL;
	judge_orders(s, s->e->n < ORDERS_MAX ? s->e->n : ORDERS_MAX);
}

/* What a stage is expected to be; rule NULL: no finding. */
struct expected {
	enum pdg_state state;
	const char *rule;
};

static inline void check_stage(const struct pdg_chain_report *r, enum pdg_stage_id id,
			       struct expected want)
{
	const struct pdg_stage_report *s = &r->stage[id];

	CHECK_STR(pdg_state_name(s->state), pdg_state_name(want.state));
	CHECK_STR(s->n_findings ? s->findings[0].rule : NULL, want.rule);
	if (s->n_findings)
		CHECK_INT(s->findings[0].stage, id);
}

/*
 * Judge, and hold the report against what is expected. The first broken stage is the first of the
 * two that is neither good nor asked for, -1 when @verdict is good.
 */
static inline void expect(struct scene *s, enum pdg_outcome verdict, int first_broken,
			  struct expected source, struct expected build)
{
	scene_judge(s);
	if (!s->r)
		return;
	CHECK_INT(s->r->verdict, verdict);
	CHECK_INT(s->r->first_broken, first_broken);
	check_stage(s->r, PDG_STAGE_SOURCE, source);
	check_stage(s->r, PDG_STAGE_BUILD, build);
}

static const struct expected good = {PDG_STATE_GOOD, NULL};

static inline struct expected broken(const char *rule)
{
	return (struct expected){PDG_STATE_BROKEN, rule};
}

static inline struct expected missing(const char *rule)
{
	return (struct expected){PDG_STATE_MISSING, rule};
}

static inline void expect_good(struct scene *s)
{
	expect(s, PDG_VERDICT_GOOD, -1, good, good);
}

/* The source is refused by @rule, the build stands. */
static inline void expect_source(struct scene *s, const char *rule)
{
	expect(s, PDG_VERDICT_REFUSED, PDG_STAGE_SOURCE, broken(rule), good);
}

/*
 * The build is refused by @rule before it was read, so that no source is looked for: the break is
 * at the build.
 */
static inline void expect_build(struct scene *s, const char *rule)
{
	expect(s, PDG_VERDICT_REFUSED, PDG_STAGE_BUILD, missing("CHN-1"), broken(rule));
}

/* The same for a build that was read: its source stands. */
static inline void expect_read_build(struct scene *s, const char *rule)
{
	expect(s, PDG_VERDICT_REFUSED, PDG_STAGE_BUILD, good, broken(rule));
}

static inline bool has_note(const struct pdg_chain_report *r, const char *part)
{
	size_t i;

	for (i = 0; r && i < r->n_notes; i++) {
		if (strstr(r->notes[i], part))
			return true;
	}
	return false;
}

#endif
