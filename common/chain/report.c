/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report as JSON (docs/FORMATS.md, Chain) and as lines for people. In the lines all outside text
 * goes through pdg_out(), which makes it printable; in JSON it is escaped as JSON is.
 */
#include <string.h>

#include "chain/finding.h"
#include "util/jsonw.h"
#include "util/out.h"
#include "util/time.h"

static const char *outcome_name(enum pdg_outcome v)
{
	switch (v) {
	case PDG_VERDICT_GOOD:
		return "good";
	case PDG_VERDICT_REFUSED:
		return "refused";
	case PDG_VERDICT_UNDECIDED:
		break;
	}
	return "undecided";
}

static const char *or_null(const char *s)
{
	return s && s[0] ? s : NULL;
}

static void write_finding(struct pdg_jw *w, const struct pdg_finding *f)
{
	pdg_jw_obj(w);
	pdg_jw_kstr(w, "rule", f->rule);
	pdg_jw_kstr(w, "stage", pdg_stage(f->stage)->name);
	pdg_jw_kstr(w, "digest", or_null(f->digest));
	pdg_jw_kstr(w, "message", f->message);
	pdg_jw_kstr(w, "fix", or_null(f->fix));
	pdg_jw_end(w);
}

static void write_stage(struct pdg_jw *w, const struct pdg_stage *stage,
			const struct pdg_stage_report *s)
{
	size_t i;

	pdg_jw_obj(w);
	pdg_jw_kstr(w, "stage", stage->name);
	pdg_jw_kstr(w, "state", pdg_state_name(s->state));
	pdg_jw_kstr(w, "reference", or_null(s->reference));
	pdg_jw_kstr(w, "linkedBy", s->linked_by);
	if (stage->id == PDG_STAGE_SOURCE && s->grade != PDG_GRADE_NONE)
		pdg_jw_kstr(w, "grade", pdg_grade_name(s->grade));
	pdg_jw_key(w, "findings");
	pdg_jw_arr(w);
	for (i = 0; i < s->n_findings; i++)
		write_finding(w, &s->findings[i]);
	pdg_jw_end(w);
	pdg_jw_end(w);
}

int pdg_report_json(const struct pdg_chain_report *r, struct pdg_buf *out, struct pdg_error *err)
{
	struct pdg_jw w;
	size_t i;

	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "subject", r->subject);
	pdg_jw_kstr(&w, "verdict", outcome_name(r->verdict));
	pdg_jw_kstr(&w, "firstBroken",
		    r->first_broken < 0 ? NULL
					: pdg_stage((enum pdg_stage_id)r->first_broken)->name);
	pdg_jw_key(&w, "stages");
	pdg_jw_arr(&w);
	for (i = 0; i < PDG_STAGE_COUNT; i++)
		write_stage(&w, pdg_stage((enum pdg_stage_id)i), &r->stage[i]);
	pdg_jw_end(&w);
	pdg_jw_key(&w, "newestReceived");
	if (r->newest)
		pdg_jw_time(&w, r->newest);
	else
		pdg_jw_null(&w);
	pdg_jw_key(&w, "notes");
	pdg_jw_arr(&w);
	for (i = 0; i < r->n_notes; i++)
		pdg_jw_str(&w, r->notes[i]);
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	return pdg_buf_check(out, err);
}

static enum pdg_colour state_colour(enum pdg_state s)
{
	switch (s) {
	case PDG_STATE_GOOD:
	case PDG_STATE_NOT_NEEDED:
		return PDG_GOOD;
	case PDG_STATE_MISSING:
	case PDG_STATE_BROKEN:
		return PDG_BAD;
	case PDG_STATE_PENDING_LOG:
		return PDG_WARN;
	case PDG_STATE_NOT_DEPLOYED:
	case PDG_STATE_NOT_REQUIRED:
		break;
	}
	return PDG_DIM;
}

/* Outside text within a line: pdg_out() would let a line end through, and with it a line of its
 * own. */
static void print_text(enum pdg_colour c, const char *text)
{
	const char *end;

	while ((end = strchr(text, '\n')) != NULL) {
		pdg_out(stdout, c, "%.*s\\x0a", (int)(end - text), text);
		text = end + 1;
	}
	pdg_out(stdout, c, "%s", text);
}

/* The line of a finding: as errors are printed (pdg_out_error), with what to do at the end. */
static void print_finding(const struct pdg_finding *f)
{
	print_text(PDG_PLAIN, f->message);
	if (f->rule[0])
		pdg_out(stdout, PDG_DIM, " [%s]", f->rule);
	if (f->fix)
		pdg_out(stdout, PDG_PLAIN, "; ");
	print_text(PDG_PLAIN, f->fix ? f->fix : "");
	pdg_out(stdout, PDG_PLAIN, "\n");
}

static void print_checks(const struct pdg_stage_report *s)
{
	size_t i;

	for (i = 0; i < s->n_checks; i++) {
		const struct pdg_check *c = &s->checks[i];

		pdg_out(stdout, c->good ? PDG_GOOD : PDG_BAD, "      %-4s", c->good ? "ok" : "not");
		pdg_out(stdout, PDG_PLAIN, "%-18s ", c->what);
		print_text(PDG_PLAIN, c->detail);
		pdg_out(stdout, PDG_PLAIN, "\n");
	}
}

/* One line a stage; what else was found of it below, indented. */
static void print_stage(const struct pdg_stage *stage, const struct pdg_stage_report *s,
			bool verbose)
{
	size_t i;

	pdg_out(stdout, PDG_PLAIN, "  %-18s", stage->name);
	pdg_out(stdout, state_colour(s->state), s->summary || s->n_findings ? "%-13s" : "%s",
		pdg_state_name(s->state));
	print_text(PDG_PLAIN, s->summary ? s->summary : "");
	if (s->summary && s->n_findings)
		pdg_out(stdout, PDG_PLAIN, ": ");
	if (s->n_findings)
		print_finding(&s->findings[0]);
	else
		pdg_out(stdout, PDG_PLAIN, "\n");
	for (i = 1; i < s->n_findings; i++) {
		pdg_out(stdout, PDG_PLAIN, "      ");
		print_finding(&s->findings[i]);
	}
	if (verbose && s->reference[0])
		pdg_out(stdout, PDG_DIM, "      %-22s %s\n", "reference", s->reference);
	if (verbose)
		print_checks(s);
}

static void print_verdict(const struct pdg_chain_report *r)
{
	const struct pdg_stage_report *s;
	bool undecided = r->verdict == PDG_VERDICT_UNDECIDED;

	if (r->verdict == PDG_VERDICT_GOOD) {
		pdg_out(stdout, PDG_GOOD, "chain good\n");
		return;
	}
	if (r->first_broken < 0) {
		pdg_out(stdout, PDG_BAD, "chain broken\n");
		return;
	}
	s = &r->stage[r->first_broken];
	pdg_out(stdout, undecided ? PDG_WARN : PDG_BAD, "chain %s at %s",
		undecided ? "undecided" : "broken",
		pdg_stage((enum pdg_stage_id)r->first_broken)->name);
	pdg_out(stdout, PDG_PLAIN, ": ");
	print_text(PDG_PLAIN, s->n_findings ? s->findings[0].message : pdg_state_name(s->state));
	pdg_out(stdout, PDG_PLAIN, "%s\n",
		undecided ? "; some of the evidence could not be read" : "");
}

static void print_notes(const struct pdg_chain_report *r)
{
	char newest[PDG_TIME_TEXT];
	size_t i;

	for (i = 0; i < r->n_notes; i++) {
		pdg_out(stdout, PDG_DIM, "note: ");
		print_text(PDG_DIM, r->notes[i]);
		pdg_out(stdout, PDG_PLAIN, "\n");
	}
	if (!r->newest)
		return;
	pdg_time_text(r->newest, newest);
	pdg_out(stdout, PDG_DIM, "note: newest evidence seen was received %s\n", newest);
}

void pdg_report_print(const struct pdg_chain_report *r, bool verbose)
{
	size_t i;

	print_text(PDG_BOLD, r->name ? r->name : r->subject);
	if (r->name && !strstr(r->name, r->subject))
		pdg_out(stdout, PDG_DIM, "  %s", r->subject);
	pdg_out(stdout, PDG_PLAIN, "\n");
	for (i = 0; i < PDG_STAGE_COUNT; i++)
		print_stage(pdg_stage((enum pdg_stage_id)i), &r->stage[i], verbose);
	print_verdict(r);
	print_notes(r);
}
