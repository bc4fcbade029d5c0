/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of the store as JSON. Envelope, bundle and links are written as the bytes that were kept:
 * what was answered once is answered again, byte for byte.
 */
#include "service/record.h"

#include <string.h>

#include "service/journal.h"
#include "util/jsonw.h"
#include "util/limits.h"
#include "util/str.h"

#define ABOUT_ONE_MAX 1024 /* statements that one chain is judged from */

static const char *state_of(const struct pdg_stored *a)
{
	return a->logged ? "logged" : "pending-log";
}

int pdg_answer_write(const struct pdg_stored *a, const struct pdg_journal_proof *proof,
		     struct pdg_buf *out, struct pdg_error *err)
{
	struct pdg_jw w;

	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "reference", a->reference);
	pdg_jw_kstr(&w, "state", state_of(a));
	pdg_jw_key(&w, "envelope");
	pdg_jw_raw(&w, pdg_buf_bytes(&a->envelope));
	pdg_jw_key(&w, "bundle");
	if (a->logged)
		pdg_jw_raw(&w, pdg_buf_bytes(&a->bundle));
	else
		pdg_jw_null(&w);
	pdg_jw_key(&w, "journal");
	if (proof)
		pdg_journal_proof_write(proof, &w);
	else
		pdg_jw_null(&w);
	pdg_jw_key(&w, "links");
	pdg_jw_raw(&w, pdg_buf_bytes(&a->links));
	pdg_jw_end(&w);
	return pdg_buf_check(out, err);
}

int pdg_stored_record(struct pdg_store *store, const struct pdg_stored *a, struct pdg_buf *out,
		      struct pdg_error *err)
{
	PDG_AUTO(journal_proof) struct pdg_journal_proof *proof = NULL;
	struct pdg_record_write r = {
		.reference = a->reference,
		.stage = a->stage,
		.logged = a->logged,
		.received = a->received,
		.envelope = pdg_buf_bytes(&a->envelope),
		.bundle = pdg_buf_bytes(&a->bundle),
		.commit = pdg_buf_bytes(&a->commit),
		.links = pdg_buf_bytes(&a->links),
	};
	int rc = pdg_journal_read(store, a->journal_index, &proof, err);

	if (rc < 0)
		return pdg_context(err, rc, "journal leaf of %s", a->reference);
	r.journal = proof;
	return pdg_record_write(&r, out, err);
}

struct found {
	struct pdg_stored **v;
	size_t n;
};

static void found_done(struct found *f)
{
	pdg_stored_list_done(f->v, f->n);
}
PDG_AUTO_DEFINE_VALUE(found, struct found, found_done)

int pdg_subjects_write(struct pdg_store *store, const char *algorithm, const char *value,
		       int64_t after, struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(found) struct found f = {0};
	PDG_AUTO(mem) char *digest = pdg_str_printf("%s:%s", algorithm, value);
	struct pdg_jw w;
	size_t i;
	int rc;

	if (!digest)
		return pdg_nomem(err);
	/* One more than a page tells whether there is another. */
	rc = store->ops->by_subject(store, algorithm, value, after, PDG_LIMIT_PAGE + 1, &f.v, &f.n,
				    err);
	if (rc < 0)
		return rc;
	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "digest", digest);
	pdg_jw_key(&w, "attestations");
	pdg_jw_arr(&w);
	for (i = 0; i < f.n && i < PDG_LIMIT_PAGE; i++) {
		pdg_jw_obj(&w);
		pdg_jw_kstr(&w, "reference", f.v[i]->reference);
		pdg_jw_kstr(&w, "stage", f.v[i]->stage);
		pdg_jw_kstr(&w, "state", state_of(f.v[i]));
		pdg_jw_key(&w, "received");
		pdg_jw_time(&w, f.v[i]->received);
		pdg_jw_end(&w);
	}
	pdg_jw_end(&w);
	pdg_jw_key(&w, "next");
	if (f.n > PDG_LIMIT_PAGE)
		pdg_jw_i64(&w, f.v[PDG_LIMIT_PAGE - 1]->id);
	else
		pdg_jw_null(&w);
	pdg_jw_end(&w);
	return pdg_buf_check(out, err);
}

static int add_evidence(struct pdg_store *store, const struct pdg_stored *a, struct pdg_evidence *e,
			struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf json = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	PDG_AUTO(record) struct pdg_record *r = NULL;
	int rc;

	rc = pdg_stored_record(store, a, &json, err);
	if (rc == 0)
		rc = pdg_record_parse(pdg_buf_bytes(&json), a->reference, &r, err);
	if (rc < 0)
		return rc;
	return pdg_evidence_add(e, PDG_TAKE(r), err);
}

static bool has(const struct pdg_evidence *e, const char *reference)
{
	size_t i;

	for (i = 0; i < e->n; i++) {
		if (pdg_str_eq(e->v[i]->reference, reference))
			return true;
	}
	return false;
}

/* Every source of the commit that a build names: the verifier chooses, the link is advice. */
static int add_sources(struct pdg_store *store, const struct pdg_stored *build,
		       struct pdg_evidence *e, struct pdg_error *err)
{
	PDG_AUTO(found) struct found f = {0};
	size_t i;
	int rc;

	if (!pdg_str_eq(build->stage, "build") || !build->repository || !build->git_commit)
		return 0;
	rc = store->ops->sources(store, build->repository, build->git_commit, &f.v, &f.n, err);
	for (i = 0; rc == 0 && i < f.n; i++) {
		if (!has(e, f.v[i]->reference))
			rc = add_evidence(store, f.v[i], e, err);
	}
	return rc;
}

int pdg_stored_evidence(struct pdg_store *store, const char *sha256, struct pdg_evidence **out,
			struct pdg_error *err)
{
	PDG_AUTO(evidence) struct pdg_evidence *e = NULL;
	PDG_AUTO(found) struct found f = {0};
	size_t i;
	int rc;

	rc = pdg_evidence_new(&e, err);
	if (rc == 0)
		rc = store->ops->by_subject(store, "sha256", sha256, 0, ABOUT_ONE_MAX + 1, &f.v,
					    &f.n, err);
	if (rc == 0 && f.n > ABOUT_ONE_MAX)
		return pdg_fail(err, PDG_E_LIMIT, "more than %d statements about sha256:%s",
				ABOUT_ONE_MAX, sha256);
	for (i = 0; rc == 0 && i < f.n; i++) {
		if (!has(e, f.v[i]->reference))
			rc = add_evidence(store, f.v[i], e, err);
		if (rc == 0)
			rc = add_sources(store, f.v[i], e, err);
	}
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(e);
	return 0;
}
