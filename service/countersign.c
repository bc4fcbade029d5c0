/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The countersignature (rules.md 5): "accepted under the policy of then", over the statement's
 * exact bytes. The row is made on the caller's thread; what is kept together is signed together, on
 * the writer's, before its transaction begins.
 */
#include "service/countersign.h"

#include <string.h>

#include "crypto/digest.h"
#include "service/own_trust.h"
#include "service/record.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"

int pdg_signed_digest(struct pdg_bytes payload, uint8_t out[32], struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf pae = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD + PDG_LIMIT_KIB(4));
	int rc;

	pdg_pae(pdg_bytes_str(PDG_PAYLOAD_TYPE), payload, &pae);
	rc = pdg_buf_check(&pae, err);
	return rc < 0 ? rc : pdg_sha256(pdg_buf_bytes(&pae), out, err);
}

/*
 * Signatures that stand, under their keys' own hints, and no others: what nobody verified would
 * take the place of those who join. A clone's signature is none (rules.md 3.2), and an envelope has
 * one: the first as it came, in nobody's name.
 */
static int drop_unverified(struct pdg_job *job, struct pdg_error *err)
{
	struct pdg_identity *by = &job->d.by;
	struct pdg_envelope_keep keep[PDG_LIMIT_SIGNATURES] = {{0, ""}};
	size_t i;

	if (job->d.own)
		return 0;
	for (i = 0; i < by->n; i++) {
		keep[i].index = by->v[i].signature;
		keep[i].keyid = pdg_key_hint(by->v[i].who->key->key);
		by->v[i].signature = i;
	}
	return pdg_envelope_keep(job->submission->envelope, keep, by->n ? by->n : 1, err);
}

int pdg_envelope_as_kept(struct pdg_job *job, struct pdg_buf *out, struct pdg_error *err)
{
	int rc = drop_unverified(job, err);

	if (rc == 0)
		rc = pdg_envelope_write(job->submission->envelope, out, err);
	if (rc < 0)
		return rc;
	return pdg_reference(pdg_buf_bytes(out), job->envelope_digest, err);
}

static int write_links(const struct pdg_decision *d, struct pdg_buf *out, struct pdg_error *err)
{
	struct pdg_jw w;

	pdg_jw_init(&w, out);
	pdg_jw_arr(&w);
	if (d->link[0])
		pdg_row_link_write("source", d->link, &w);
	pdg_jw_end(&w);
	return pdg_buf_check(out, err);
}

/* What is found again by: the strings of the decision, copied. */
static int set_strings(struct pdg_stored *row, const struct pdg_job *job, const struct pdg_key *key)
{
	const struct pdg_decision *d = &job->d;
	bool source = d->stage->id == PDG_STAGE_SOURCE;

	row->reference = pdg_str_dup(job->submission->envelope->reference);
	row->stage = pdg_str_dup(d->stage->name);
	row->service_key = pdg_str_dup(pdg_key_hint(key));
	row->repository = pdg_str_dup(d->repository);
	row->git_commit = pdg_str_dup(d->git_commit);
	row->grade = source ? pdg_str_dup(pdg_grade_name(d->grade)) : NULL;
	return row->reference && row->stage && row->service_key &&
			       !!row->repository == !!d->repository &&
			       !!row->git_commit == !!d->git_commit && (!source || row->grade)
		       ? 0
		       : PDG_E_NOMEM;
}

/* Of the subject @s, what of the statement finds it; 0 to 2 of them. gitCommit finds sources alone:
 * check_conflict() in batch.c rests on that. */
static size_t subject_keys(const struct pdg_subject *s, bool source,
			   struct pdg_store_subject out[2])
{
	const char *sha256 = pdg_subject_digest(s, "sha256");
	const char *commit = source ? pdg_subject_digest(s, "gitCommit") : NULL;
	size_t n = 0;

	if (sha256)
		out[n++] = (struct pdg_store_subject){"sha256", sha256};
	if (commit)
		out[n++] = (struct pdg_store_subject){"gitCommit", commit};
	return n;
}

/* Copied, in one piece with their values: the statement stays behind on this thread. */
static int list_subjects(struct pdg_job *job, struct pdg_error *err)
{
	const struct pdg_statement *st = job->d.statement;
	bool source = job->d.stage->id == PDG_STAGE_SOURCE;
	struct pdg_store_subject keys[2];
	struct pdg_store_subject *v;
	size_t bytes = 0, n = 0;
	size_t i, k, some;
	char *text;

	for (i = 0; i < st->n_subjects; i++) {
		some = subject_keys(&st->subjects[i], source, keys);
		for (k = 0; k < some; k++)
			bytes += sizeof(*v) + strlen(keys[k].value) + 1;
		n += some;
	}
	v = pdg_calloc(1, bytes ? bytes : 1);
	if (!v)
		return pdg_nomem(err);
	free(job->subjects);
	job->subjects = v;
	job->n_subjects = n;
	job->subject_bytes = bytes;
	text = (char *)(v + n);
	for (i = 0; i < st->n_subjects; i++) {
		some = subject_keys(&st->subjects[i], source, keys);
		for (k = 0; k < some; k++, v++) {
			size_t len = strlen(keys[k].value) + 1;

			memcpy(text, keys[k].value, len);
			*v = (struct pdg_store_subject){keys[k].algorithm, text};
			text += len;
		}
	}
	return 0;
}

int pdg_countersign_row(struct pdg_job *job, const struct pdg_key *key, struct pdg_error *err)
{
	PDG_AUTO(stored) struct pdg_stored *row = pdg_calloc(1, sizeof(*row));
	struct pdg_envelope *e = job->submission->envelope;
	int rc;

	if (!row)
		return pdg_nomem(err);
	pdg_buf_init(&row->countersig, PDG_LIMIT_SIGNATURE);
	pdg_buf_init(&row->envelope, PDG_LIMIT_RECORD);
	pdg_buf_init(&row->links, PDG_LIMIT_KIB(64));
	pdg_buf_init(&row->bundle, PDG_LIMIT_RECORD);
	row->received = job->received;
	if (set_strings(row, job, key) < 0)
		return pdg_nomem(err);
	rc = pdg_sha256(pdg_buf_bytes(&e->pae), job->digest, err);
	if (rc == 0)
		rc = pdg_envelope_as_kept(job, &row->envelope, err);
	if (rc == 0)
		rc = write_links(&job->d, &row->links, err);
	if (rc == 0)
		rc = list_subjects(job, err);
	if (rc < 0)
		return rc;
	pdg_buf_move(&row->payload, &e->payload);
	pdg_buf_move(&row->commit, &job->submission->commit);
	job->row = PDG_TAKE(row);
	return 0;
}

/* --- what is kept already --- */

static void gather_unsigned(struct pdg_job *job, struct pdg_job **out, const char **references,
			    size_t *n)
{
	if (job->kind != PDG_JOB_ACCEPT || !job->row || job->stood || job->row->countersig.n)
		return;
	references[*n] = job->row->reference;
	out[(*n)++] = job;
}

void pdg_countersign_look(struct pdg_store *store, struct pdg_job **jobs, size_t n)
{
	const char *references[2 * PDG_LIMIT_BATCH];
	struct pdg_job *asked[2 * PDG_LIMIT_BATCH];
	bool known[2 * PDG_LIMIT_BATCH] = {false};
	size_t i, k = 0;

	if (!store->ops->known)
		return;
	for (i = 0; i < n; i++) {
		if (jobs[i]->along)
			gather_unsigned(jobs[i]->along, asked, references, &k);
		gather_unsigned(jobs[i], asked, references, &k);
	}
	if (k == 0 || store->ops->known(store, references, k, known, NULL) < 0)
		return;
	for (i = 0; i < k; i++)
		asked[i]->stood = known[i];
}

/* --- the signature --- */

/* What one key signs at once. */
struct group {
	struct pdg_job **jobs;
	struct pdg_bytes *msgs;
	struct pdg_buf *sigs;
	size_t n;
};

static void group_done(struct group *g)
{
	size_t i;

	for (i = 0; g->sigs && i < g->n; i++)
		pdg_buf_done(&g->sigs[i]);
	free(g->jobs);
	free(g->msgs);
	free(g->sigs);
}
PDG_AUTO_DEFINE_VALUE(group, struct group, group_done)

static bool is_unsigned(const struct pdg_job *job)
{
	return job->kind == PDG_JOB_ACCEPT && job->row && job->force && !job->stood &&
	       job->row->countersig.n == 0;
}

bool pdg_countersigned(const struct pdg_job *job)
{
	return !is_unsigned(job) && (!job->along || !is_unsigned(job->along));
}

/* Put @job into @g, if it is one of @key's; *@key NULL: the first one's key is. */
static void gather(struct group *g, struct pdg_job *job, const struct pdg_key **key)
{
	if (!is_unsigned(job) || job->err.code < 0 || (*key && job->force->signing != *key))
		return;
	*key = job->force->signing;
	g->jobs[g->n] = job;
	g->msgs[g->n] = pdg_buf_bytes(&job->submission->envelope->pae);
	pdg_buf_init(&g->sigs[g->n], PDG_LIMIT_SIGNATURE);
	g->n++;
}

static int group_init(struct group *g, size_t n, struct pdg_error *err)
{
	g->jobs = pdg_calloc(n, sizeof(struct pdg_job *));
	g->msgs = pdg_calloc(n, sizeof(*g->msgs));
	g->sigs = pdg_calloc(n, sizeof(*g->sigs));
	return g->jobs && g->msgs && g->sigs ? 0 : pdg_nomem(err);
}

/* A group is signed, as far as it could be. */
static void hand_out(struct group *g, const struct pdg_error *why)
{
	size_t i;

	for (i = 0; i < g->n; i++) {
		struct pdg_job *job = g->jobs[i];

		if (g->sigs[i].n == 0) {
			job->err = *why;
			continue;
		}
		pdg_buf_done(&job->row->countersig);
		pdg_buf_move(&job->row->countersig, &g->sigs[i]);
		/* Nothing of it is signed any more, and it may wait for the log with many others.
		 */
		pdg_buf_done(&job->submission->envelope->pae);
	}
}

/* All that the key of the first one signs. False: there is nothing more. */
static bool sign_group(struct pdg_job **jobs, size_t n, struct pdg_metrics *m)
{
	PDG_AUTO(group) struct group g = {0};
	const struct pdg_key *key = NULL;
	struct pdg_error why = {0};
	int64_t begun = pdg_monotonic_us();
	size_t i;

	if (group_init(&g, 2 * n, &why) < 0) {
		for (i = 0; i < n; i++) {
			if (is_unsigned(jobs[i]))
				jobs[i]->err = why;
		}
		return false;
	}
	for (i = 0; i < n; i++) {
		if (jobs[i]->along)
			gather(&g, jobs[i]->along, &key);
		gather(&g, jobs[i], &key);
	}
	if (g.n == 0)
		return false;
	/* A policy may have come into force since they were judged. */
	if (pdg_own_trust_still(g.jobs[0]->force, &why) == 0 &&
	    pdg_key_sign_many(key, g.msgs, g.n, g.sigs, &why) == 0)
		pdg_metrics_lasted(m, PDG_LASTS_SIGN, pdg_monotonic_us() - begun);
	hand_out(&g, &why);
	return true;
}

void pdg_countersign(struct pdg_job **jobs, size_t n, struct pdg_metrics *m)
{
	size_t i;

	while (sign_group(jobs, n, m))
		;
	for (i = 0; i < n; i++) {
		struct pdg_job *job = jobs[i];

		if (job->along && is_unsigned(job->along) && job->err.code == 0)
			job->err = job->along->err;
	}
}
