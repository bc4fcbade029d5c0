/* SPDX-License-Identifier: Apache-2.0 */
/* Building a report: findings, checks, notes; the names of states. */
#include "chain/finding.h"

#include <string.h>

#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

static const char *const state_names[] = {
	[PDG_STATE_GOOD] = "good",
	[PDG_STATE_MISSING] = "missing",
	[PDG_STATE_BROKEN] = "broken",
	[PDG_STATE_PENDING_LOG] = "pending-log",
	[PDG_STATE_NOT_NEEDED] = "not-needed",
	[PDG_STATE_NOT_DEPLOYED] = "not-deployed",
	[PDG_STATE_NOT_REQUIRED] = "not-required",
};

const char *pdg_state_name(enum pdg_state s)
{
	return state_names[s];
}

static void stage_report_done(struct pdg_stage_report *s)
{
	size_t i;

	for (i = 0; i < s->n_findings; i++) {
		free(s->findings[i].digest);
		free(s->findings[i].message);
		free(s->findings[i].fix);
	}
	for (i = 0; i < s->n_checks; i++) {
		free(s->checks[i].what);
		free(s->checks[i].detail);
	}
	free(s->findings);
	free(s->checks);
	free(s->summary);
}

void pdg_chain_report_free(struct pdg_chain_report *r)
{
	size_t i;

	if (!r)
		return;
	for (i = 0; i < PDG_STAGE_COUNT; i++)
		stage_report_done(&r->stage[i]);
	for (i = 0; i < r->n_notes; i++)
		free(r->notes[i]);
	free(r->notes);
	free(r->subject);
	free(r->name);
	free(r);
}

/* Reports are small: a fresh array each time is simpler than a capacity kept beside it. */
static void *grown(void *v, size_t n, size_t size)
{
	size_t bytes;

	if (n >= PDG_LIMIT_EVIDENCE_FILES || !pdg_size_mul(n + 1, size, &bytes))
		return NULL;
	return realloc(v, bytes);
}

int pdg_report_finding(struct pdg_chain_report *r, enum pdg_stage_id stage, const char *digest,
		       const struct pdg_error *why, struct pdg_error *err)
{
	struct pdg_stage_report *s = &r->stage[stage];
	struct pdg_finding *v = grown(s->findings, s->n_findings, sizeof(*v));
	const char *fix = pdg_error_fix(why);
	struct pdg_finding *f;

	if (!v)
		return pdg_nomem(err);
	s->findings = v;
	f = &v[s->n_findings++];
	memset(f, 0, sizeof(*f));
	memcpy(f->rule, why->rule, sizeof(f->rule));
	f->stage = stage;
	f->digest = pdg_str_dup(digest);
	f->message = pdg_str_dup(why->text);
	f->fix = fix[0] ? pdg_str_dup(fix) : NULL;
	if (!f->message || !f->fix != !fix[0] || !f->digest != !digest)
		return pdg_nomem(err);
	return 0;
}

int pdg_report_check(struct pdg_chain_report *r, enum pdg_stage_id stage, const char *what,
		     bool good, const char *detail, struct pdg_error *err)
{
	struct pdg_stage_report *s = &r->stage[stage];
	struct pdg_check *v = grown(s->checks, s->n_checks, sizeof(*v));
	struct pdg_check *c;

	if (!v)
		return pdg_nomem(err);
	s->checks = v;
	c = &v[s->n_checks++];
	c->what = pdg_str_dup(what);
	c->detail = pdg_str_dup(detail ? detail : "");
	c->good = good;
	return c->what && c->detail ? 0 : pdg_nomem(err);
}

int pdg_report_note(struct pdg_chain_report *r, const char *text, struct pdg_error *err)
{
	char **v = grown(r->notes, r->n_notes, sizeof(*v));

	if (!v)
		return pdg_nomem(err);
	r->notes = v;
	v[r->n_notes] = pdg_str_dup(text);
	if (!v[r->n_notes])
		return pdg_nomem(err);
	r->n_notes++;
	return 0;
}
