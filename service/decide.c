/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision's first half: who signed, what kind of statement it is, and may he make one. Roles
 * are fixed (rules.md 5.6): a source is the git server's or a clone's, a build a builder's.
 */
#include "service/decide.h"

#include <stdlib.h>
#include <string.h>

#include "util/str.h"

void pdg_decision_done(struct pdg_decision *d)
{
	free(d->producer);
	free(d->producer_key);
	free(d->repository);
	free(d->git_commit);
	pdg_statement_free(d->statement);
	*d = (struct pdg_decision){0};
}

void pdg_decision_lighten(struct pdg_decision *d)
{
	pdg_statement_free(PDG_TAKE(d->statement));
	d->source = (struct pdg_source){0};
}

int pdg_decide_section(const struct pdg_ground *g, const char *uri,
		       const struct pdg_policy_repository **out, struct pdg_error *err)
{
	const struct pdg_policy_repository *r;
	int rc = pdg_policy_find_repository(g->force->policy, uri, &r, err);

	if (rc < 0)
		return rc;
	if (!r)
		return pdg_reject(err, "IDN-5", "the policy has no [repository \"%s\"]", uri);
	if (r->source_from == PDG_GRADE_NONE)
		return pdg_reject(err, "SRC-8", "[repository \"%s\"] does not say sourceFrom",
				  r->uri);
	*out = r;
	return 0;
}

int pdg_decide_producer(struct pdg_decision *d, const char *kind, const char *section,
			struct pdg_error *err)
{
	char *producer = pdg_str_printf("%s %s", kind, section);
	char *key = pdg_str_dup(pdg_key_hint(d->by.v[0].who->key->key));

	free(d->producer);
	free(d->producer_key);
	d->producer = producer;
	d->producer_key = key;
	return producer && key ? 0 : pdg_nomem(err);
}

/* As the first section says that names his key; a stage knows him better. */
static int first_producer(struct pdg_decision *d, struct pdg_error *err)
{
	static const char *const kinds[] = {
		[PDG_AS_SERVER] = "serverKey",
		[PDG_AS_BUILDER] = "builder",
		[PDG_AS_PRODUCER] = "producer",
	};
	const struct pdg_candidate *who = d->by.v[0].who;

	return pdg_decide_producer(d, kinds[who->as], who->section, err);
}

static int open_statement(const struct pdg_submission *s, struct pdg_decision *d,
			  struct pdg_error *err)
{
	int rc = pdg_statement_parse(pdg_buf_bytes(&s->envelope->payload), &d->statement, err);

	if (rc < 0)
		return pdg_context(err, rc, "payload");
	memcpy(d->reference, s->envelope->reference, sizeof(d->reference));
	return pdg_stage_of(d->statement, &d->stage, err);
}

static int wrong_role(const struct pdg_decision *d, struct pdg_error *err)
{
	return pdg_reject(err, "IDN-4", "%s may not make %s statements", d->producer,
			  d->stage->name);
}

/* What came along must have a use (rules.md 8: a commit for a source, a source for a build). */
static int check_parts(const struct pdg_submission *s, struct pdg_decision *d,
		       struct pdg_error *err)
{
	d->loose = true;
	if (s->has_commit && d->stage->id != PDG_STAGE_SOURCE)
		return pdg_reject(err, "SUB-1", "a commit came with a %s statement",
				  d->stage->name);
	if (s->source && d->stage->id != PDG_STAGE_BUILD)
		return pdg_reject(err, "SUB-1", "a source came with a %s statement",
				  d->stage->name);
	d->loose = false;
	return 0;
}

int pdg_decide_open(const struct pdg_submission *s, struct pdg_decision *d, struct pdg_error *err)
{
	int rc = open_statement(s, d, err);

	return rc < 0 ? rc : check_parts(s, d, err);
}

static int decide_signed(const struct pdg_ground *g, const struct pdg_submission *s,
			 const struct pdg_decision *along, struct pdg_decision *d,
			 struct pdg_error *err)
{
	int rc;

	rc = first_producer(d, err);
	if (rc == 0)
		rc = pdg_decide_open(s, d, err);
	if (rc < 0)
		return rc;
	if (d->stage->id == PDG_STAGE_SOURCE)
		return pdg_identity_has(&d->by, PDG_AS_SERVER)
			       ? pdg_decide_server_source(g, s, d, err)
			       : wrong_role(d, err);
	if (d->stage->id == PDG_STAGE_BUILD)
		return pdg_identity_has(&d->by, PDG_AS_BUILDER) ? pdg_decide_build(g, along, d, err)
								: wrong_role(d, err);
	if (!pdg_identity_has(&d->by, PDG_AS_PRODUCER))
		return wrong_role(d, err);
	return pdg_reject(err, "STG-2", "this version does not judge %s statements",
			  d->stage->name);
}

int pdg_decide(const struct pdg_ground *g, const struct pdg_submission *s,
	       const struct pdg_decision *along, struct pdg_decision *out, struct pdg_error *err)
{
	struct pdg_identity id = {.n = 0};
	struct pdg_error why = {0};
	bool identified;
	int rc;

	rc = pdg_identify(&g->force->candidates, s->envelope, s->hint, g->received, &id, &why);
	identified = rc == 0;
	if (identified && (!s->has_commit || pdg_identity_has(&id, PDG_AS_SERVER))) {
		out->by = id;
		return decide_signed(g, s, along, out, err);
	}
	if (identified || (rc == PDG_E_REJECTED && s->has_commit)) {
		/* Under no serverKey: the commit stands in the place of signature and identity. */
		rc = pdg_decide_open(s, out, err);
		return rc < 0 ? rc
			      : pdg_decide_clone_source(g, s, identified ? NULL : &why, out, err);
	}
	/* By no key that is enrolled: then by whom the connection proved. */
	if (rc == PDG_E_REJECTED && g->caller && g->caller->way != PDG_WAY_NONE &&
	    pdg_str_eq(why.rule, "IDN-1"))
		return pdg_decide_by_caller(g, s, g->caller, along, out, err);
	if (err)
		*err = why;
	return rc;
}
