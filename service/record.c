/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of the store as JSON. Envelope, bundle and links are written as the bytes that were kept:
 * what was answered once is answered again, byte for byte.
 */
#include "service/record.h"

#include <string.h>

#include "service/journal.h"
#include "util/limits.h"
#include "util/str.h"

static const char *state(bool logged)
{
	return logged ? "logged" : "pending-log";
}

void pdg_row_link_write(const char *stage, const char *reference, struct pdg_jw *w)
{
	pdg_jw_obj(w);
	pdg_jw_kstr(w, "stage", stage);
	pdg_jw_kstr(w, "reference", reference);
	pdg_jw_end(w);
}

int pdg_answer_write(const struct pdg_stored *a, const struct pdg_journal_proof *proof,
		     struct pdg_buf *out, struct pdg_error *err)
{
	struct pdg_jw w;

	pdg_buf_expect(out, a->envelope.n + a->bundle.n + a->links.n + 3072);
	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "reference", a->reference);
	pdg_jw_kstr(&w, "state", state(a->logged));
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

/* Of a commit also the builds that name it: their subject is the artifact. */
static int list(struct pdg_store *store, const char *algorithm, const char *value,
		const char *stage, int64_t after, struct pdg_listing *l, struct pdg_error *err)
{
	/* One more than a page tells whether there is another. */
	size_t max = PDG_LIMIT_PAGE + 1;

	if (pdg_str_eq(algorithm, "gitCommit"))
		return store->ops->list_commit(store, value, stage, after, max, &l->v, &l->n, err);
	return store->ops->list(store, algorithm, value, stage, after, max, &l->v, &l->n, err);
}

int pdg_subjects_write(struct pdg_store *store, const char *algorithm, const char *value,
		       const char *stage, int64_t after, struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(listing) struct pdg_listing l = {0};
	PDG_AUTO(mem) char *digest = pdg_str_printf("%s:%s", algorithm, value);
	struct pdg_jw w;
	size_t i;
	int rc;

	if (!digest)
		return pdg_nomem(err);
	rc = list(store, algorithm, value, stage, after, &l, err);
	if (rc < 0)
		return rc;
	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "digest", digest);
	pdg_jw_key(&w, "attestations");
	pdg_jw_arr(&w);
	for (i = 0; i < l.n && i < PDG_LIMIT_PAGE; i++) {
		pdg_jw_obj(&w);
		pdg_jw_kstr(&w, "reference", l.v[i].reference);
		pdg_jw_kstr(&w, "stage", l.v[i].stage);
		pdg_jw_kstr(&w, "state", state(l.v[i].logged));
		pdg_jw_key(&w, "received");
		pdg_jw_time(&w, l.v[i].received);
		pdg_jw_end(&w);
	}
	pdg_jw_end(&w);
	pdg_jw_key(&w, "next");
	if (l.n > PDG_LIMIT_PAGE)
		pdg_jw_i64(&w, l.v[PDG_LIMIT_PAGE - 1].id);
	else
		pdg_jw_null(&w);
	pdg_jw_end(&w);
	return pdg_buf_check(out, err);
}
