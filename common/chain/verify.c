/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the path that was found (path.c) to each stage's state and the verdict. `good` is set in one
 * place only: decide().
 */
#include "chain/verify.h"

#include <string.h>

#include "chain/walk.h"
#include "util/size.h"
#include "util/str.h"

/* --- one statement --- */

static int copy_checks(struct pdg_chain_walk *w, enum pdg_stage_id stage,
		       const struct pdg_assessed *a, struct pdg_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < a->n_checks; i++)
		rc = pdg_report_check(w->report, stage, a->checks[i].what, a->checks[i].good,
				      a->checks[i].detail, err);
	return rc;
}

static int summarise(struct pdg_stage_report *s, const struct pdg_assessed *a,
		     struct pdg_error *err)
{
	const struct pdg_source *o = &a->source;

	if (a->record->stage->id == PDG_STAGE_SOURCE)
		s->summary = pdg_str_printf("%.12s %s %s, signed by %s (source: %s)", o->git_commit,
					    o->ref ? "on" : "of", o->ref ? o->ref : o->uri,
					    a->signer, pdg_grade_name(a->grade));
	else
		s->summary = pdg_str_printf("by %s, from %.12s of %s", a->builder->id,
					    a->build.source_commit ? a->build.source_commit
								   : a->build.source_sha256,
					    a->build.source_uri);
	return s->summary ? 0 : pdg_nomem(err);
}

static int report_pending(struct pdg_chain_walk *w, enum pdg_stage_id stage,
			  const struct pdg_assessed *a, struct pdg_error *err)
{
	struct pdg_error why = {0};

	w->report->stage[stage].state = PDG_STATE_PENDING_LOG;
	(void)pdg_reject(&why, "CHN-4", "accepted, but not logged yet");
	pdg_fix(&why,
		"fetch the record again in a minute; the service's /readyz says if its log is away");
	return pdg_report_finding(w->report, stage, a->record->reference, &why, err);
}

/* @why: the refusal; code 0: it stands. */
static int report_statement(struct pdg_chain_walk *w, enum pdg_stage_id stage,
			    const struct pdg_assessed *a, const struct pdg_error *why,
			    struct pdg_error *err)
{
	struct pdg_stage_report *s = &w->report->stage[stage];
	int rc;

	memcpy(s->reference, a->record->reference, sizeof(s->reference));
	s->grade = a->grade;
	rc = copy_checks(w, stage, a, err);
	if (rc < 0)
		return rc;
	if (why->code) {
		s->state = PDG_STATE_BROKEN;
		return pdg_report_finding(w->report, stage, a->record->reference, why, err);
	}
	rc = summarise(s, a, err);
	if (rc < 0)
		return rc;
	if (a->pending)
		return report_pending(w, stage, a, err);
	s->state = PDG_STATE_GOOD;
	return 0;
}

/*
 * The command that would make what is missing, with what is known filled in; one that this version
 * lacks is said so.
 */
static void add_mend(const struct pdg_chain_walk *w, const struct pdg_stage *stage,
		     struct pdg_error *why)
{
	const struct pdg_assessed *b = w->path.build;
	const char *commit = b && b->build.source_commit ? b->build.source_commit : "COMMIT";
	bool clone = b && b->repo && b->repo->source_from == PDG_GRADE_CLONE;
	const char *subject = w->report->name ? w->report->name : w->report->subject;
	const char *at = strstr(stage->mend, "SUBJECT");
	const char *later = stage->judged ? "" : " (in a later version)";

	if (stage->id == PDG_STAGE_SOURCE)
		pdg_fix(why, "%spedigree attest source %s%s",
			clone ? "" : "push the commit to a protected ref, or on the git server: ",
			clone ? "" : "--late ", commit);
	else if (at)
		pdg_fix(why, "%.*s%s%s%s", (int)(at - stage->mend), stage->mend, subject,
			at + strlen("SUBJECT"), later);
	else
		pdg_fix(why, "%s%s", stage->mend, later);
}

static int report_missing(struct pdg_chain_walk *w, enum pdg_stage_id stage, const char *rule,
			  const char *what, struct pdg_error *err)
{
	struct pdg_stage_report *s = &w->report->stage[stage];
	struct pdg_error why = {0};

	s->state = PDG_STATE_MISSING;
	(void)pdg_reject(&why, rule, "%s", what);
	add_mend(w, pdg_stage(stage), &why);
	return pdg_report_finding(w->report, stage, NULL, &why, err);
}

static int report_absent(struct pdg_chain_walk *w, enum pdg_stage_id stage, const char *what,
			 struct pdg_error *err)
{
	if (pdg_chain_walk_requires(w, stage))
		return report_missing(w, stage, "CHN-1", what, err);
	/* Stage eight is written after admission (rules.md 4.6). */
	w->report->stage[stage].state =
		stage == PDG_STAGE_DEPLOYMENT ? PDG_STATE_NOT_DEPLOYED : PDG_STATE_NOT_REQUIRED;
	return 0;
}

/* --- the stages --- */

static int report_build(struct pdg_chain_walk *w, struct pdg_error *err)
{
	PDG_AUTO(mem) char *what = NULL;

	if (w->path.build) {
		w->report->stage[PDG_STAGE_BUILD].linked_by = "subject";
		return report_statement(w, PDG_STAGE_BUILD, w->path.build, &w->path.build->why,
					err);
	}
	what = pdg_str_printf("no build statement names %s", w->report->subject);
	return what ? report_absent(w, PDG_STAGE_BUILD, what, err) : pdg_nomem(err);
}

/* Which commit it would be of, a build that stands would say. Nothing mends it but that build. */
static int report_unsought(struct pdg_chain_walk *w, struct pdg_error *err)
{
	struct pdg_stage_report *s = &w->report->stage[PDG_STAGE_SOURCE];
	struct pdg_error why = {0};

	if (!pdg_chain_walk_requires(w, PDG_STAGE_SOURCE)) {
		s->state = PDG_STATE_NOT_REQUIRED;
		return 0;
	}
	s->state = PDG_STATE_MISSING;
	(void)pdg_reject(&why, "CHN-1", "not looked for: no build that stands names its commit");
	return pdg_report_finding(w->report, PDG_STAGE_SOURCE, NULL, &why, err);
}

static int report_source(struct pdg_chain_walk *w, struct pdg_error *err)
{
	PDG_AUTO(mem) char *what = NULL;
	const struct pdg_assessed *s = w->path.source;
	const struct pdg_build *b;

	if (s) {
		const struct pdg_error *why = s->why.code ? &s->why : &w->path.link;

		if (why->code == 0)
			w->report->stage[PDG_STAGE_SOURCE].linked_by = "commit";
		return report_statement(w, PDG_STAGE_SOURCE, s, why, err);
	}
	b = w->path.build ? &w->path.build->build : NULL;
	if (!b || !b->source_uri)
		return report_unsought(w, err);
	what = pdg_str_printf("the build names commit %s of %s, no such source",
			      b->source_commit ? b->source_commit : b->source_sha256,
			      b->source_uri);
	return what ? report_absent(w, PDG_STAGE_SOURCE, what, err) : pdg_nomem(err);
}

/* The statement of a stage that this version does not judge; of several the one of lowest digest.
 */
static const struct pdg_record *find_later(const struct pdg_chain_walk *w, enum pdg_stage_id stage)
{
	const struct pdg_record *found = NULL;
	size_t i;

	for (i = 0; i < w->evidence->n; i++) {
		const struct pdg_record *r = w->evidence->v[i];

		if (!r->stage || r->stage->id != stage ||
		    !pdg_statement_has_sha256(r->statement, w->sha256))
			continue;
		if (!found || strcmp(r->reference, found->reference) < 0)
			found = r;
	}
	return found;
}

/* What is not judged counts for nothing: where it is required it breaks the chain, else it is
 * named. */
static int report_later(struct pdg_chain_walk *w, enum pdg_stage_id stage, struct pdg_error *err)
{
	const struct pdg_record *r = find_later(w, stage);
	const char *name = pdg_stage(stage)->name;
	struct pdg_stage_report *s = &w->report->stage[stage];
	PDG_AUTO(mem) char *what = NULL;
	struct pdg_error why = {0};

	if (!r) {
		what = pdg_str_printf("no %s statement", name);
		return what ? report_absent(w, stage, what, err) : pdg_nomem(err);
	}
	if (!pdg_chain_walk_requires(w, stage)) {
		s->state = PDG_STATE_NOT_REQUIRED;
		return pdg_chain_walk_note(
			w, err, "%s: a statement is here (%s), which this version does not judge",
			name, r->reference);
	}
	memcpy(s->reference, r->reference, sizeof(s->reference));
	s->state = PDG_STATE_BROKEN;
	(void)pdg_reject(&why, "CHN-9", "a statement is here, which this version does not judge");
	pdg_fix(&why, "judge it with a later version, or leave %s out of [require] stage", name);
	return pdg_report_finding(w->report, stage, r->reference, &why, err);
}

/* --- the verdict --- */

static bool passes(const struct pdg_chain_walk *w, enum pdg_stage_id stage)
{
	switch (w->report->stage[stage].state) {
	case PDG_STATE_GOOD:
	case PDG_STATE_NOT_NEEDED:
	case PDG_STATE_NOT_REQUIRED:
	case PDG_STATE_NOT_DEPLOYED:
		return true;
	case PDG_STATE_PENDING_LOG:
		return !w->judge->policy->require.log;
	case PDG_STATE_MISSING:
	case PDG_STATE_BROKEN:
		break;
	}
	return false;
}

static bool is_judged(const struct pdg_chain_walk *w, enum pdg_stage_id stage)
{
	enum pdg_state s = w->report->stage[stage].state;

	return s == PDG_STATE_GOOD || s == PDG_STATE_PENDING_LOG;
}

/* A source that was not looked for is no break of its own: the build is. */
static bool is_consequence(const struct pdg_chain_walk *w, size_t stage)
{
	return stage == PDG_STAGE_SOURCE && w->report->stage[stage].state == PDG_STATE_MISSING &&
	       !(w->path.build && w->path.build->build.source_uri) && !passes(w, PDG_STAGE_BUILD);
}

/* The first stage that does not pass, or -1. */
static int first_broken(const struct pdg_chain_walk *w)
{
	size_t i;

	for (i = 0; i < PDG_STAGE_COUNT; i++) {
		if (!passes(w, (enum pdg_stage_id)i) && !is_consequence(w, i))
			return (int)i;
	}
	return -1;
}

/*
 * Zero checks is a failure: a policy that requires nothing verifies nothing. A missing stage while
 * some evidence could not be read is undecided: the damaged file may be the one that is missing.
 */
static void decide(struct pdg_chain_walk *w)
{
	struct pdg_chain_report *r = w->report;

	r->verdict = PDG_VERDICT_REFUSED;
	r->first_broken = first_broken(w);
	if (r->first_broken >= 0) {
		if (r->stage[r->first_broken].state == PDG_STATE_MISSING &&
		    w->evidence->n_unreadable)
			r->verdict = PDG_VERDICT_UNDECIDED;
		return;
	}
	if (is_judged(w, PDG_STAGE_BUILD) || is_judged(w, PDG_STAGE_SOURCE))
		r->verdict = PDG_VERDICT_GOOD;
}

static int report_nothing(struct pdg_chain_walk *w, struct pdg_error *err)
{
	if (first_broken(w) >= 0 || is_judged(w, PDG_STAGE_BUILD) || is_judged(w, PDG_STAGE_SOURCE))
		return 0;
	return report_missing(w, PDG_STAGE_BUILD, "CHN-2",
			      "nothing was judged: the policy requires no stage, and none is there",
			      err);
}

static int walk(struct pdg_chain_walk *w, struct pdg_error *err)
{
	size_t i;
	int rc;

	rc = pdg_path_find(w->judge, w->evidence, w->sha256, &w->path, err);
	if (rc == 0)
		rc = report_source(w, err);
	if (rc == 0)
		rc = report_build(w, err);
	for (i = PDG_STAGE_SBOM; rc == 0 && i < PDG_STAGE_COUNT; i++)
		rc = report_later(w, (enum pdg_stage_id)i, err);
	if (rc == 0)
		rc = report_nothing(w, err);
	return rc < 0 ? rc : pdg_chain_walk_notes(w, err);
}

int pdg_chain_verify(struct pdg_judge *j, const struct pdg_evidence *e, const char *sha256,
		     const char *name, struct pdg_chain_report **out, struct pdg_error *err)
{
	PDG_AUTO(chain_report) struct pdg_chain_report *report = pdg_calloc(1, sizeof(*report));
	struct pdg_chain_walk w = {.judge = j, .evidence = e, .sha256 = sha256, .report = report};
	int rc;

	if (!report)
		return pdg_nomem(err);
	report->subject = pdg_str_printf("sha256:%s", sha256);
	report->name = pdg_str_dup(name);
	if (!report->subject || (name && !report->name))
		return pdg_nomem(err);
	rc = walk(&w, err);
	if (rc == 0)
		decide(&w);
	pdg_path_done(&w.path);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(report);
	return 0;
}
