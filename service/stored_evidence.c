/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a chain is judged from, out of the store: all that is kept about the artifact, and every
 * source of the commits that its builds name. It is listed and added up first; statements are read
 * one at a time, and only when all of them together are within the limits.
 */
#include "service/record.h"

#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

/* The listing so far, in the order in which it is judged. */
struct plan {
	struct pdg_listing list;
	size_t bytes;
};

static void plan_done(struct plan *p)
{
	pdg_listing_done(&p->list);
}
PDG_AUTO_DEFINE_VALUE(plan, struct plan, plan_done)

static int too_much(const char *sha256, struct pdg_error *err)
{
	int rc = pdg_reject(err, "HTP-10",
			    "more than %d statements or %zu MiB of evidence on sha256:%s",
			    PDG_LIMIT_CHAIN_STATEMENTS, PDG_LIMIT_CHAIN_EVIDENCE >> 20, sha256);

	pdg_fix(err, "judge it where you are: pedigree verify sha256:%s --policy FILE", sha256);
	return rc;
}

static bool has(const struct plan *p, const char *reference)
{
	size_t i;

	for (i = 0; i < p->list.n; i++) {
		if (pdg_str_eq(p->list.v[i].reference, reference))
			return true;
	}
	return false;
}

/* Move all of @from that is not there yet. */
static int take_over(struct plan *p, struct pdg_listing *from, const char *sha256,
		     struct pdg_error *err)
{
	struct pdg_listed *v = from->v;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < from->n; i++) {
		if (has(p, v[i].reference))
			continue;
		if (p->list.n == PDG_LIMIT_CHAIN_STATEMENTS ||
		    v[i].size > PDG_LIMIT_CHAIN_EVIDENCE - p->bytes)
			rc = too_much(sha256, err);
		else if (pdg_array_grow(&p->list.v, p->list.n, &p->list.cap, sizeof(*p->list.v),
					PDG_LIMIT_CHAIN_STATEMENTS) < 0)
			rc = pdg_nomem(err);
		if (rc < 0)
			break;
		p->bytes += v[i].size;
		p->list.v[p->list.n++] = v[i];
		v[i] = (struct pdg_listed){0};
	}
	return rc;
}

static bool same_commit(const struct pdg_listed *a, const struct pdg_listed *b)
{
	return pdg_str_eq(a->stage, b->stage) && pdg_str_eq(a->repository, b->repository) &&
	       pdg_str_eq(a->git_commit, b->git_commit);
}

/* Every source of the commit that build @i names: the verifier chooses, the link is advice. */
static int plan_sources(struct pdg_store *store, struct plan *p, size_t i, const char *sha256,
			struct pdg_error *err)
{
	PDG_AUTO(listing) struct pdg_listing l = {0};
	size_t before;
	int rc;

	if (!pdg_str_eq(p->list.v[i].stage, "build") || !p->list.v[i].repository ||
	    !p->list.v[i].git_commit)
		return 0;
	for (before = 0; before < i; before++) {
		if (same_commit(&p->list.v[before], &p->list.v[i]))
			return 0;
	}
	rc = store->ops->list_sources(store, p->list.v[i].repository, p->list.v[i].git_commit,
				      PDG_LIMIT_CHAIN_STATEMENTS + 1, &l.v, &l.n, err);
	return rc < 0 ? rc : take_over(p, &l, sha256, err);
}

static int plan_all(struct pdg_store *store, const char *sha256, struct plan *p,
		    struct pdg_error *err)
{
	PDG_AUTO(listing) struct pdg_listing l = {0};
	size_t i, about;
	int rc;

	rc = store->ops->list(store, "sha256", sha256, NULL, 0, PDG_LIMIT_CHAIN_STATEMENTS + 1,
			      &l.v, &l.n, err);
	if (rc == 0)
		rc = take_over(p, &l, sha256, err);
	about = p->list.n;
	for (i = 0; rc == 0 && i < about; i++)
		rc = plan_sources(store, p, i, sha256, err);
	return rc;
}

static int add_evidence(struct pdg_store *store, const char *reference, struct pdg_evidence *e,
			struct pdg_error *err)
{
	PDG_AUTO(stored) struct pdg_stored *a = NULL;
	PDG_AUTO(buf) struct pdg_buf json = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	PDG_AUTO(record) struct pdg_record *r = NULL;
	int rc;

	rc = store->ops->get(store, reference, &a, err);
	if (rc == 0)
		rc = pdg_stored_record(store, a, &json, err);
	if (rc == 0)
		rc = pdg_record_parse(pdg_buf_bytes(&json), reference, &r, err);
	if (rc < 0)
		return rc;
	return pdg_evidence_add(e, PDG_TAKE(r), err);
}

int pdg_stored_evidence(struct pdg_store *store, const char *sha256, struct pdg_evidence **out,
			struct pdg_error *err)
{
	PDG_AUTO(evidence) struct pdg_evidence *e = NULL;
	PDG_AUTO(plan) struct plan p = {0};
	size_t i;
	int rc;

	rc = pdg_evidence_new(&e, err);
	if (rc == 0)
		rc = plan_all(store, sha256, &p, err);
	for (i = 0; rc == 0 && i < p.list.n; i++)
		rc = add_evidence(store, p.list.v[i].reference, e, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(e);
	return 0;
}
