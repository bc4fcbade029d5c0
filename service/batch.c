/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of the order of work: known already, joins, conflicts, new; then the journal. A refusal
 * found here ends one job; a failure of the machine ends the batch, and nothing of it happened.
 */
#include "service/batch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crypto/digest.h"
#include "service/meta.h"
#include "service/shared.h"
#include "service/status.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"

#define REFUSAL_NAME (sizeof(PDG_META_REFUSAL) + PDG_SHA256_HEX)

/* --- journal leaves --- */

static int leaf_links(struct pdg_journal_leaf *leaf, const char *link)
{
	if (!link[0])
		return 0;
	leaf->links = pdg_calloc(1, sizeof(*leaf->links));
	if (!leaf->links)
		return PDG_E_NOMEM;
	leaf->n_links = 1;
	leaf->links[0].stage = pdg_str_dup("source");
	leaf->links[0].reference = pdg_str_dup(link);
	return leaf->links[0].stage && leaf->links[0].reference ? 0 : PDG_E_NOMEM;
}

/* The leaf about @job's decision, whose envelope's reference is @envelope; @rule NULL: accepted. */
static int add_leaf(struct pdg_batch *b, const struct pdg_job *job, const char *envelope,
		    const char *rule, uint64_t *out_index, struct pdg_error *err)
{
	PDG_AUTO(journal_leaf) struct pdg_journal_leaf *leaf = pdg_calloc(1, sizeof(*leaf));
	const struct pdg_decision *d = &job->d;
	const struct pdg_policy *policy = job->force->policy;

	if (!leaf)
		return pdg_nomem(err);
	leaf->decision = pdg_str_dup(rule ? "refused" : "accepted");
	leaf->reference = pdg_str_dup(job->submission->envelope->reference);
	leaf->envelope = pdg_str_dup(envelope);
	leaf->producer = pdg_str_dup(d->producer);
	leaf->producer_key = pdg_str_dup(d->producer_key);
	leaf->stage = pdg_str_dup(d->stage ? d->stage->name : NULL);
	leaf->policy_digest = pdg_str_dup(policy->digest);
	leaf->policy_version = policy->version;
	leaf->received = job->received;
	if (!rule && d->stage->id == PDG_STAGE_SOURCE)
		leaf->grade = pdg_str_dup(pdg_grade_name(d->grade));
	leaf->rule = pdg_str_dup(rule);
	if (!leaf->decision || !leaf->reference || !leaf->envelope || !leaf->producer ||
	    !leaf->producer_key || (d->stage && !leaf->stage) || !leaf->policy_digest ||
	    (rule && !leaf->rule) || leaf_links(leaf, rule ? "" : d->link) < 0)
		return pdg_nomem(err);
	return pdg_journal_add(b->journal, leaf, out_index, err);
}

/* Under what name the store knows that a leaf says this of @job. */
static int refusal_name(const struct pdg_job *job, const char *rule, char out[REFUSAL_NAME],
			struct pdg_error *err)
{
	PDG_AUTO(mem)
	char *text = pdg_str_printf("%s\n%s\n%s", job->submission->envelope->reference, rule,
				    job->d.producer_key);
	char hex[PDG_SHA256_HEX];
	int rc;

	if (!text)
		return pdg_nomem(err);
	rc = pdg_sha256_hex(pdg_bytes_str(text), hex, err);
	if (rc < 0)
		return rc;
	(void)snprintf(out, REFUSAL_NAME, PDG_META_REFUSAL "%s", hex);
	return 0;
}

/*
 * One leaf for one statement, rule and identity: whoever has the statement, which may be public,
 * can send it again for ever.
 */
static int record_refusal(struct pdg_batch *b, const struct pdg_job *job, const char *rule,
			  struct pdg_error *err)
{
	char name[REFUSAL_NAME];
	char text[24];
	PDG_AUTO(mem) char *was = NULL;
	uint64_t index = 0;
	int rc;

	rc = refusal_name(job, rule, name, err);
	if (rc == 0)
		rc = pdg_store_meta(b->store, name, &was, err);
	if (rc < 0 || was || !pdg_limiter_take(b->limiter, job->d.producer_key, job->received))
		return rc;
	rc = add_leaf(b, job, job->envelope_digest, rule, &index, err);
	if (rc < 0)
		return rc;
	(void)snprintf(text, sizeof(text), "%" PRIu64, index);
	return b->store->ops->meta_set(b->store, name, text, err);
}

/* --- known already --- */

/* Is @key's signature one of those that are kept? By the signatures: a keyid is a hint. */
static int has_signed(const struct pdg_envelope *kept, const struct pdg_key *key, bool *out,
		      struct pdg_error *err)
{
	size_t which;
	int rc = pdg_envelope_verify(kept, key, &which, err);

	if (rc < 0 && rc != PDG_E_REJECTED)
		return rc;
	*out = rc == 0;
	return 0;
}

/* Put behind the kept signatures of @e those of @job's signers who have none there. */
static int add_signers(struct pdg_envelope *e, const struct pdg_job *job, struct pdg_error *err)
{
	const struct pdg_identity *by = &job->d.by;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < by->n; i++) {
		const struct pdg_key *key = by->v[i].who->key->key;
		const struct pdg_envelope_sig *sig =
			&job->submission->envelope->sigs[by->v[i].signature];
		bool there = false;

		rc = has_signed(e, key, &there, err);
		if (rc == 0 && !there)
			rc = pdg_envelope_add(e, pdg_key_hint(key), pdg_buf_bytes(&sig->sig), err);
	}
	return rc;
}

/*
 * Another accepted signer: his signature joins the kept envelope, the grade is judged anew. The
 * journal shows when he came; the statement stays as old as its first acceptance, whose leaf it
 * keeps.
 */
static int join(struct pdg_batch *b, struct pdg_job *job, const struct pdg_envelope *e,
		struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf json = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	char joined[PDG_REFERENCE_LEN];
	uint64_t index = 0;
	int rc;

	rc = pdg_envelope_write(e, &json, err);
	if (rc == 0)
		rc = pdg_reference(pdg_buf_bytes(&json), joined, err);
	if (rc == 0)
		rc = add_leaf(b, job, joined, NULL, &index, err);
	if (rc == 0)
		rc = b->store->ops->update_envelope(b->store, job->kept->reference,
						    pdg_buf_bytes(&json), job->row->grade, err);
	if (rc < 0)
		return rc;
	pdg_buf_reset(&job->kept->envelope);
	pdg_buf_put(&job->kept->envelope, pdg_buf_bytes(&json));
	return pdg_buf_check(&job->kept->envelope, err);
}

/* rules.md 5.1: same statement. The same signer changes nothing, another one joins. */
static int keep_known(struct pdg_batch *b, struct pdg_job *job, struct pdg_error *err)
{
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	size_t before;
	int rc;

	job->known = true;
	if (job->d.by.n == 0 ||
	    pdg_bytes_eq(pdg_buf_bytes(&job->kept->envelope), pdg_buf_bytes(&job->row->envelope)))
		return 0;
	rc = pdg_envelope_parse(pdg_buf_bytes(&job->kept->envelope), &e, err);
	if (rc < 0)
		return rc;
	before = e->n_sigs;
	rc = add_signers(e, job, err);
	return rc < 0 || e->n_sigs == before ? rc : join(b, job, e, err);
}

/* --- new --- */

/*
 * rules.md 3.3: one gitCommit, one sha256. Those that are kept agree with one another, so the first
 * speaks for all.
 */
static int check_conflict(struct pdg_batch *b, const struct pdg_job *job, struct pdg_error *err)
{
	PDG_AUTO(rows) struct pdg_rows f = {0};
	int rc = b->store->ops->by_subject(b->store, "gitCommit", job->d.git_commit, 0, 1, &f.v,
					   &f.n, err);

	if (rc < 0 || f.n == 0)
		return rc;
	if (pdg_bytes_eq(pdg_buf_bytes(&f.v[0]->commit), pdg_buf_bytes(&job->row->commit)))
		return 0;
	return pdg_reject(err, "SRC-6", "commit %s is attested with other contents by %s",
			  job->d.git_commit, f.v[0]->reference);
}

static int take_clone(void *ctx, struct pdg_stored **a, struct pdg_error *err)
{
	struct pdg_job *job = ctx;

	(void)err;
	if (!pdg_str_eq((*a)->grade, pdg_grade_name(PDG_GRADE_CLONE)))
		return 0;
	job->kept = PDG_TAKE(*a);
	return 1;
}

/* rules.md 3.2: one clone's statement for each repository and commit. *@out: it is in job->kept. */
static int find_clone(struct pdg_batch *b, struct pdg_job *job, bool *out, struct pdg_error *err)
{
	const struct pdg_store_subject commit = {"gitCommit", job->d.git_commit};
	int rc = pdg_store_each_source(b->store, job->d.repository, &commit, take_clone, job, err);

	*out = rc == 1;
	return rc < 0 ? rc : 0;
}

/* There is no row of @job's statement, nor was there ever one: what was countersigned is not a
 * second time, though its row be taken out. */
static int check_first(struct pdg_batch *b, const struct pdg_job *job, struct pdg_error *err)
{
	char name[sizeof(PDG_STORE_ACCEPTED) + PDG_STORED_REFERENCE];
	PDG_AUTO(mem) char *index = NULL;
	int rc;

	(void)snprintf(name, sizeof(name), PDG_STORE_ACCEPTED "%s", job->row->reference);
	rc = pdg_store_meta(b->store, name, &index, err);
	if (rc < 0 || !index)
		return rc;
	rc = pdg_reject(err, "STO-5", "%s was accepted (journal leaf %s) and is not kept any more",
			job->row->reference, index);
	pdg_fix(err, "stop the service, run pedigreed --fsck, restore the database and its log "
		     "from one backup");
	pdg_one_row(err);
	return rc;
}

static int keep_new(struct pdg_batch *b, struct pdg_job *job, struct pdg_error *err)
{
	int rc = check_first(b, job, err);

	/* Nothing is ever taken out of the store; if it was all the same, nothing is kept unsigned.
	 */
	if (rc == 0 && job->row->countersig.n == 0)
		rc = pdg_fail(err, PDG_E_IO, "%s was kept, and is no more", job->row->reference);
	if (rc == 0)
		rc = add_leaf(b, job, job->envelope_digest, NULL, &job->row->journal_index, err);
	if (rc < 0)
		return rc;
	rc = b->store->ops->insert(b->store, job->row, job->subjects, job->n_subjects, err);
	job->added = rc == 0;
	/* It was looked for in this transaction: that it is there now is no refusal, but a bug. */
	return rc == PDG_E_REJECTED ? pdg_fail(err, PDG_E_INTERNAL, "kept twice in one batch") : rc;
}

static int accept_source(struct pdg_batch *b, struct pdg_job *job, struct pdg_error *err)
{
	bool clone = false;
	int rc = check_conflict(b, job, err);

	if (rc == 0 && job->d.grade == PDG_GRADE_CLONE)
		rc = find_clone(b, job, &clone, err);
	if (rc < 0)
		return rc;
	job->known = clone;
	return clone ? 0 : keep_new(b, job, err);
}

/* rules.md 3.5: the same token with the same body is a retry. */
static int use_token(struct pdg_batch *b, const struct pdg_job *job, struct pdg_error *err)
{
	const struct pdg_token_use *t = &job->token;
	int rc;

	if (!t->once)
		return 0;
	rc = b->store->ops->token_use(b->store, t->name, t->body, t->expires + PDG_TIME_TOLERANCE,
				      job->received, err);
	return rc == PDG_E_REJECTED
		       ? pdg_reject(err, "TOK-12", "the token was used before with another body")
		       : rc;
}

static int accept(struct pdg_batch *b, struct pdg_job *job, struct pdg_error *err)
{
	int rc = use_token(b, job, err);

	if (rc < 0)
		return rc;
	if (job->along) {
		rc = accept(b, job->along, err);
		job->along->rc = rc;
		if (rc < 0)
			return pdg_context(err, rc, "the source that came along");
	}
	rc = b->store->ops->get(b->store, job->row->reference, &job->kept, err);
	if (rc == 0)
		return keep_known(b, job, err);
	if (rc != PDG_E_NOTFOUND)
		return rc;
	return job->d.stage->id == PDG_STAGE_SOURCE ? accept_source(b, job, err)
						    : keep_new(b, job, err);
}

/* --- the batch --- */

static int set_values(struct pdg_batch *b, const struct pdg_job *job, struct pdg_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < job->n_values; i++)
		rc = b->store->ops->meta_set(b->store, job->values[i].name, job->values[i].value,
					     err);
	return rc;
}

/* Does what must be done of @job; a refusal stays in the job. Negative: the batch is lost. */
static int run_one(struct pdg_batch *b, struct pdg_job *job, struct pdg_error *err)
{
	int rc;

	job->rc = pdg_shared_check_policy(b, job, &job->err);
	if (job->rc < 0)
		return 0;
	switch (job->kind) {
	case PDG_JOB_ACCEPT:
		rc = accept(b, job, &job->err);
		break;
	case PDG_JOB_REFUSE:
		return record_refusal(b, job, job->err.rule, err);
	case PDG_JOB_LOGGED:
		return pdg_batch_logged(b, job, err);
	case PDG_JOB_META:
		job->rc = pdg_shared_check_meta(b, job, &job->err);
		return job->rc < 0 ? 0 : set_values(b, job, err);
	default:
		return pdg_fail(err, PDG_E_INTERNAL, "a job of no kind");
	}
	job->rc = rc;
	if (rc == 0)
		return 0;
	if (pdg_status_is_refusal(rc))
		return record_refusal(b, pdg_job_refused(job), job->err.rule, err);
	if (err)
		*err = job->err;
	return rc;
}

static int prove(struct pdg_batch *b, struct pdg_job *job, struct pdg_error *err)
{
	if (job->kind != PDG_JOB_ACCEPT || job->rc < 0)
		return 0;
	return pdg_journal_prove(b->journal, pdg_job_row(job)->journal_index, &job->proof, err);
}

static int run_all(struct pdg_batch *b, struct pdg_job **jobs, size_t n,
		   struct pdg_newest *out_newest, struct pdg_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < n; i++)
		rc = run_one(b, jobs[i], err);
	if (rc == 0) {
		*out_newest = pdg_newest_of(b, jobs, n);
		rc = pdg_batch_newest(b, out_newest, err);
	}
	if (rc == 0)
		rc = pdg_journal_seal(b->journal, err);
	for (i = 0; rc == 0 && i < n; i++)
		rc = prove(b, jobs[i], err);
	return rc;
}

int pdg_batch_run(struct pdg_batch *b, struct pdg_job **jobs, size_t n, bool *out_spoiled,
		  struct pdg_error *err)
{
	struct pdg_newest newest = {0};
	size_t i;
	int rc;

	for (i = 0; i < n; i++)
		pdg_job_reset(jobs[i]);
	*out_spoiled = false;
	rc = b->store->ops->begin(b->store, err);
	if (rc < 0)
		return rc;
	rc = pdg_journal_begin(b->journal, err);
	if (rc == 0)
		rc = pdg_shared_catch_up(b, err);
	if (rc == 0) {
		rc = run_all(b, jobs, n, &newest, err);
		*out_spoiled = rc < 0;
	}
	if (rc == 0)
		rc = b->store->ops->commit(b->store, err);
	else
		b->store->ops->rollback(b->store);
	pdg_journal_settle(b->journal, rc == 0);
	if (rc == 0 && newest.log_size > b->log_size)
		b->log_size = newest.log_size;
	if (rc == 0 && newest.head)
		b->head = newest.head->head;
	return rc;
}
