/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a report says beside its states: what was skipped, what rests on another's word, what else
 * was there. Nothing here changes a verdict.
 */
#include <stdlib.h>
#include <string.h>

#include "chain/walk.h"
#include "util/size.h"
#include "util/str.h"

#define OTHERS_MAX 10 /* other statements that are listed one by one */

int pdg_chain_walk_note(struct pdg_chain_walk *w, struct pdg_error *err, const char *fmt, ...)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KIB(16));
	va_list ap;
	int rc;

	va_start(ap, fmt);
	pdg_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	rc = pdg_buf_check(&text, err);
	return rc < 0 ? rc : pdg_report_note(w->report, pdg_buf_cstr(&text), err);
}

/* --- the two statements that the chain rests on --- */

static int note_words(struct pdg_chain_walk *w, const struct pdg_assessed *a, struct pdg_error *err)
{
	static const struct {
		enum pdg_word word;
		const char *text;
	} words[] = {
		{PDG_WORD_JOURNAL, "when it was received"},
		{PDG_WORD_PRODUCER, "the producer's signature"},
		{PDG_WORD_COMMIT, "the commit and its signature"},
	};
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < sizeof(words) / sizeof(words[0]); i++) {
		if (a->words & (unsigned)words[i].word)
			rc = pdg_chain_walk_note(w, err, "%s: %s is taken on the service's word",
						 a->record->stage->name, words[i].text);
	}
	if (rc == 0 && a->unlogged && !w->judge->policy->require.log)
		rc = pdg_chain_walk_note(
			w, err, "%s: in no log that was checked; the policy does not ask for one",
			a->record->stage->name);
	return rc;
}

static int note_source(struct pdg_chain_walk *w, const struct pdg_assessed *s,
		       struct pdg_error *err)
{
	int rc = 0;

	if (s->grade == PDG_GRADE_CLONE)
		rc = pdg_chain_walk_note(
			w, err,
			"source: clone: an allowed key signed the commit; that it is on a "
			"protected ref of %s is unproven",
			s->repo->uri);
	if (rc == 0 && s->source.late)
		rc = pdg_chain_walk_note(w, err,
					 "source: late: attested after the build, or again");
	return rc;
}

/* Without receive times nobody saw whether the source was there before the build (rules.md 1). */
static int note_order(struct pdg_chain_walk *w, struct pdg_error *err)
{
	const struct pdg_assessed *b = w->path.build;
	const struct pdg_assessed *s = w->path.source;

	if (!s || s->source.late || (b->received && s->received))
		return 0;
	if (w->judge->policy->journal_keys.n == 0)
		return pdg_chain_walk_note(
			w, err,
			"receive times are not checked, nor that the source was there "
			"before the build: the policy names no journalKey");
	return pdg_chain_walk_note(
		w, err,
		"that the source was there before the build is taken on the service's word");
}

/* --- other statements --- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *describe(const struct pdg_assessed *a)
{
	return pdg_str_printf("another %s statement: %s%s%s%s%s%s", a->record->stage->name,
			      a->record->reference, a->why.code ? ", refused: " : "",
			      a->why.code ? a->why.text : "", a->why.code ? " [" : "",
			      a->why.code ? a->why.rule : "", a->why.code ? "]" : "");
}

/* The notes in @v, each text once, in an order that does not depend on the evidence's. */
static int note_texts(struct pdg_chain_walk *w, char **v, size_t n, struct pdg_error *err)
{
	size_t i, said = 0;
	int rc = 0;

	if (n > 1)
		qsort(v, n, sizeof(*v), by_text);
	for (i = 0; rc == 0 && i < n; i++) {
		if (i > 0 && strcmp(v[i - 1], v[i]) == 0)
			continue;
		if (++said <= OTHERS_MAX)
			rc = pdg_report_note(w->report, v[i], err);
	}
	if (rc == 0 && said > OTHERS_MAX)
		rc = pdg_chain_walk_note(w, err, "and %zu more", said - OTHERS_MAX);
	return rc;
}

/* Those of @l that are not @chosen, nor a copy of it; sources only of the chosen build's commit. */
static int note_others(struct pdg_chain_walk *w, const struct pdg_assessed_list *l,
		       const struct pdg_assessed *chosen, struct pdg_error *err)
{
	char **v = pdg_calloc(l->n, sizeof(*v));
	const struct pdg_build *of = l == &w->path.sources ? &w->path.build->build : NULL;
	size_t i, n = 0;
	int rc = v ? 0 : pdg_nomem(err);

	for (i = 0; rc == 0 && i < l->n; i++) {
		if (pdg_str_eq(l->v[i]->record->reference, chosen->record->reference) ||
		    (of && !pdg_path_about(l->v[i], of)))
			continue;
		v[n] = describe(l->v[i]);
		rc = v[n] ? 0 : pdg_nomem(err);
		n += rc == 0;
	}
	if (rc == 0)
		rc = note_texts(w, v, n, err);
	for (i = 0; i < n; i++)
		free(v[i]);
	free(v);
	return rc;
}

/* --- logs, and what could not be read --- */

static bool is_noted(const struct pdg_root_log *log, const struct pdg_assessed *const *list,
		     size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < list[i]->n_logs; k++) {
			if (list[i]->logs[k] == log)
				return true;
		}
	}
	return false;
}

/* Without witnesses a log proves only that it kept to what somebody saw (design 7). */
static int note_logs(struct pdg_chain_walk *w, const struct pdg_assessed *const *list, size_t n,
		     struct pdg_error *err)
{
	const struct pdg_root *root = w->judge->root;
	size_t i;
	int rc = 0;

	if (!root)
		return pdg_chain_walk_note(w, err,
					   "no log was checked: the policy names no trustedRoot");
	for (i = 0; rc == 0 && i < root->n_logs; i++) {
		if (is_noted(&root->logs[i], list, n))
			rc = pdg_chain_walk_note(w, err, "log %s: %sunwitnessed",
						 root->logs[i].host,
						 root->logs[i].embedded ? "embedded, " : "");
	}
	return rc;
}

static int note_unreadable(struct pdg_chain_walk *w, struct pdg_error *err)
{
	const struct pdg_evidence *e = w->evidence;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < e->n_unreadable && i < OTHERS_MAX; i++)
		rc = pdg_chain_walk_note(w, err, "could not be read: %s", e->unreadable[i]);
	if (rc == 0 && e->n_unreadable > OTHERS_MAX)
		rc = pdg_chain_walk_note(w, err, "and %zu more that could not be read",
					 e->n_unreadable - OTHERS_MAX);
	return rc;
}

/* That evidence was withheld cannot be seen; how fresh it is can (rules.md 4.2). */
static void find_newest(struct pdg_chain_walk *w, const struct pdg_assessed_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		if (l->v[i]->received > w->report->newest)
			w->report->newest = l->v[i]->received;
	}
}

int pdg_chain_walk_notes(struct pdg_chain_walk *w, struct pdg_error *err)
{
	const struct pdg_assessed *chosen[2];
	const struct pdg_assessed *b = w->path.build;
	const struct pdg_assessed *s = w->path.source;
	size_t i, n = 0;
	int rc = 0;

	if (b)
		chosen[n++] = b;
	if (s)
		chosen[n++] = s;
	for (i = 0; rc == 0 && i < n; i++)
		rc = note_words(w, chosen[i], err);
	if (rc == 0 && s && s->why.code == 0)
		rc = note_source(w, s, err);
	if (rc == 0 && b && b->why.code == 0)
		rc = note_order(w, err);
	if (rc == 0 && s)
		rc = note_others(w, &w->path.sources, s, err);
	if (rc == 0 && b)
		rc = note_others(w, &w->path.builds, b, err);
	if (rc == 0)
		rc = note_logs(w, chosen, n, err);
	find_newest(w, &w->path.builds);
	find_newest(w, &w->path.sources);
	return rc < 0 ? rc : note_unreadable(w, err);
}
