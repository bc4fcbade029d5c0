/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements of whoever proved himself by his connection and not by the envelope's signature
 * (rules.md 5.6): a client certificate, or a token that is an identity alone. Only what the caller
 * may say himself is believed of him; what a CI's token could say is the service's to write
 * (builds.c). The envelope's signature is kept and is nobody's.
 */
#include "service/caller_log.h"
#include "service/decide.h"
#include "stage/build_oidc.h"
#include "util/str.h"

int pdg_decide_identity(struct pdg_decision *d, const char *kind, const char *section,
			const char *key, struct pdg_error *err)
{
	free(d->producer);
	free(d->producer_key);
	d->producer = pdg_str_printf("%s %s", kind, section);
	d->producer_key = pdg_str_dup(key);
	return d->producer && d->producer_key ? 0 : pdg_nomem(err);
}

static int identify(struct pdg_decision *d, const struct pdg_proven *p,
		    const struct pdg_policy_proof *proof, const char *kind, const char *section,
		    struct pdg_error *err)
{
	PDG_AUTO(mem) char *as = pdg_proven_as(p, proof);

	return as ? pdg_decide_identity(d, kind, section, as, err) : pdg_nomem(err);
}

static int nobody(const struct pdg_proven *p, const char *stage, struct pdg_error *err)
{
	return pdg_reject(err, "IDN-7", "no section of the policy means %s for %s statements",
			  p->who, stage);
}

/* The section is the one that the statement names. */
static int check_builder(const struct pdg_ground *g, const struct pdg_proven *p,
			 const struct pdg_build *b, struct pdg_decision *d,
			 const struct pdg_policy_builder **out, struct pdg_error *err)
{
	const struct pdg_policy_builder *builder;
	int rc;

	builder = pdg_policy_builder(g->force->policy, b->builder_id);
	if (!builder || !pdg_proven_is(p, &builder->proof)) {
		pdg_caller_log_nobody(g->force->policy, p, b->builder_id);
		return nobody(p, "build", err);
	}
	rc = identify(d, p, &builder->proof, "builder", builder->id, err);
	if (rc < 0)
		return rc;
	if (p->is_ci) {
		rc = pdg_reject(err, "IDN-4",
				"the provenance of a CI with a token is written by the "
				"service, not sent");
		pdg_fix(err, "send the outputs with the token to /api/v1/builds");
		return rc;
	}
	*out = builder;
	return 0;
}

/* Somebody may make statements of this stage: for which repository is asked by who judges it. */
static int check_producer(const struct pdg_ground *g, const struct pdg_proven *p,
			  struct pdg_decision *d, struct pdg_error *err)
{
	const struct pdg_policy *policy = g->force->policy;
	size_t i, k;

	for (i = 0; i < policy->n_producers; i++) {
		const struct pdg_policy_producer *who = &policy->producers[i];

		for (k = 0; k < who->stages.n; k++) {
			if (pdg_str_eq(who->stages.v[k], d->stage->name) &&
			    pdg_proven_is(p, &who->proof))
				return identify(d, p, &who->proof, "producer", who->name, err);
		}
	}
	return nobody(p, d->stage->name, err);
}

int pdg_decide_by_caller(const struct pdg_ground *g, const struct pdg_submission *s,
			 const struct pdg_proven *p, const struct pdg_decision *along,
			 struct pdg_decision *d, struct pdg_error *err)
{
	PDG_AUTO(build) struct pdg_build b = {0};
	const struct pdg_policy_builder *builder = NULL;
	int rc = pdg_decide_open(s, d, err);

	if (rc < 0)
		return rc;
	if (d->stage->id == PDG_STAGE_SOURCE)
		return pdg_reject(err, "IDN-4", "%s may not make source statements", p->who);
	if (d->stage->id == PDG_STAGE_BUILD) {
		rc = pdg_build_read(d->statement, &b, err);
		if (rc == 0)
			rc = check_builder(g, p, &b, d, &builder, err);
		return rc < 0 ? rc : pdg_decide_build_of(g, builder, &b, along, d, err);
	}
	rc = check_producer(g, p, d, err);
	if (rc < 0)
		return rc;
	return pdg_reject(err, "STG-2", "this version does not judge %s statements",
			  d->stage->name);
}
