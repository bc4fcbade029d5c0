/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A build that the service attests itself: section by issuer, audience, claims and repository; the
 * statement from the claims; then what every build is asked. It is signed last, by whoever asked
 * whether anything is: no signature of the service is over a statement that it does not stand for.
 */
#include "service/builds.h"

#include <string.h>

#include "service/caller_log.h"
#include "trust/uri.h"
#include "util/limits.h"
#include "util/str.h"

int pdg_builds_section(const struct pdg_policy *policy, const struct pdg_proven *p,
		       const struct pdg_outputs *o, const struct pdg_policy_builder **out,
		       struct pdg_error *err)
{
	const struct pdg_policy_builder *found = NULL;
	size_t i, n = 0;
	bool may = false;
	int rc = 0;

	if (!p->is_ci) {
		if (err)
			*err = p->why_not;
		return p->why_not.code;
	}
	for (i = 0; rc == 0 && i < policy->n_builders; i++) {
		const struct pdg_policy_builder *b = &policy->builders[i];

		if (!pdg_proven_is(p, &b->proof) || (o->builder && !pdg_str_eq(o->builder, b->id)))
			continue;
		rc = pdg_policy_ask_builder(b, p->ci.repository, &may, err);
		if (rc == 0 && may) {
			found = b;
			n++;
		}
	}
	if (rc < 0)
		return rc;
	if (n == 0) {
		pdg_caller_log_nobody(policy, p, o->builder);
		return pdg_reject(err, "IDN-7", "no [builder]%s%s means %s for %s",
				  o->builder ? " called " : "", o->builder ? o->builder : "",
				  p->who, p->ci.repository);
	}
	if (n > 1) {
		rc = pdg_reject(err, "IDN-7", "%zu sections [builder] mean %s for %s", n, p->who,
				p->ci.repository);
		pdg_fix(err, "name one of them as \"builder\" in the body");
		return rc;
	}
	*out = found;
	return 0;
}

/* --- the statement --- */

static int make_submission(const struct pdg_proven *p, const struct pdg_outputs *o,
			   const char *builder, struct pdg_submission **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(submission) struct pdg_submission *s = pdg_submission_new();
	const struct pdg_build_oidc m = {
		.builder_id = builder,
		.issuer = p->issuer,
		.issued = p->issued,
		.claims = p->claims,
		.ci = &p->ci,
		.outputs = o,
	};
	int rc;

	if (!s)
		return pdg_nomem(err);
	rc = pdg_build_oidc_make(&m, &payload, err);
	if (rc == 0)
		rc = pdg_envelope_unsigned(pdg_buf_bytes(&payload), &s->envelope, err);
	if (rc < 0)
		return pdg_under_rule(err, rc, "STM-2");
	*out = PDG_TAKE(s);
	return 0;
}

static int disagrees(const char *what, const char *said, const char *token, struct pdg_error *err)
{
	return pdg_reject(err, "BLD-9", "the body names %s %s, the token %s", what, said, token);
}

/* What the body says of the build may only agree. */
static int check_said(const struct pdg_proven *p, const struct pdg_outputs *o,
		      struct pdg_error *err)
{
	const struct pdg_ci *ci = &p->ci;

	if (o->repository && !pdg_uri_same(o->repository, ci->repository))
		return disagrees("repository", o->repository, ci->repository, err);
	if (o->commit && !pdg_str_eq(o->commit, ci->commit))
		return disagrees("commit", o->commit, ci->commit, err);
	if (o->ref && !pdg_str_eq(o->ref, ci->ref))
		return disagrees("ref", o->ref, ci->ref, err);
	return 0;
}

static int check_event(const struct pdg_policy_builder *b, const struct pdg_proven *p,
		       struct pdg_error *err)
{
	int rc;

	if (pdg_policy_proof_event(&b->proof, p->ci.event,
				   pdg_ci_event_usual(p->issuer, p->claims, p->ci.event)))
		return 0;
	rc = pdg_reject(err, "IDN-8", "[builder \"%s\"] is not trusted with builds by event %s",
			b->id, p->ci.event);
	pdg_fix(err,
		"build what was pushed or was started by hand, or let whoever keeps the policy add event = %s",
		p->ci.event);
	return rc;
}

int pdg_builds_sign(struct pdg_envelope *e, const struct pdg_key *key, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
	int rc = pdg_key_sign(key, pdg_buf_bytes(&e->pae), &sig, err);

	return rc < 0 ? rc : pdg_envelope_add(e, pdg_key_hint(key), pdg_buf_bytes(&sig), err);
}

/* rules.md 3.5: what was kept for this token and body is the answer, whatever the policy would have
 * written of it now, as long as it lets him in. What is kept a moment later the writer finds. */
static int find_used(const struct pdg_ground *g, const struct pdg_proven *p, struct pdg_decision *d,
		     struct pdg_error *err)
{
	const struct pdg_policy_repository *repo;
	char used[PDG_STORED_REFERENCE] = "";
	int rc = g->store->ops->token_kept(g->store, p->name, p->body, g->received, used, err);

	if (rc < 0 || !used[0])
		return rc;
	d->again = true;
	return pdg_decide_section(g, p->ci.repository, &repo, err);
}

int pdg_builds_decide(const struct pdg_ground *g, const struct pdg_proven *p,
		      const struct pdg_outputs *o, struct pdg_submission **out,
		      struct pdg_decision *d, struct pdg_error *err)
{
	PDG_AUTO(build) struct pdg_build said = {0};
	const struct pdg_policy_builder *b = NULL;
	int rc = pdg_builds_section(g->force->policy, p, o, &b, err);

	d->own = true;
	if (rc == 0)
		rc = make_submission(p, o, b->id, out, err);
	if (rc == 0)
		rc = pdg_decide_identity(d, "builder", b->id, p->who, err);
	if (rc == 0)
		rc = pdg_decide_open(*out, d, err);
	if (rc == 0)
		rc = check_event(b, p, err);
	if (rc == 0)
		rc = check_said(p, o, err);
	if (rc == 0)
		rc = find_used(g, p, d, err);
	if (rc < 0 || d->again)
		return rc;
	rc = pdg_build_read(d->statement, &said, err);
	return rc < 0 ? rc : pdg_decide_build_of(g, b, &said, NULL, d, err);
}
