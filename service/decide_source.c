/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is this source statement true (rules.md 2, 3.1 to 3.3)? The commit's own signature is judged here
 * again, from the raw object, by the keys that the policy names now; what the statement says of
 * it must follow from those bytes.
 */
#include <string.h>

#include "service/decide.h"
#include "util/str.h"

/* Judge the raw commit now; a verdict that is not good is the refusal. */
static int judge_commit(const struct pdg_ground *g, const struct pdg_submission *s,
			const struct pdg_policy_repository *repo, const struct pdg_decision *d,
			struct pdg_verdict *v, struct pdg_error *err)
{
	const struct pdg_signers *signers;
	bool sha256 = strlen(d->source.git_commit) == 64;
	int rc;

	rc = pdg_judge_signers(g->force->judge, repo, &signers, err);
	if (rc == 0)
		rc = pdg_judge_commit(signers, pdg_buf_bytes(&s->commit), sha256, g->received, v,
				      err);
	if (rc < 0 || v->result == PDG_RESULT_GOOD)
		return rc;
	if (err)
		*err = v->why;
	return v->why.code < 0 ? v->why.code : pdg_reject(err, "SGN-3", "the commit is not good");
}

static int read_source(const struct pdg_ground *g, const struct pdg_submission *s,
		       struct pdg_decision *d, const struct pdg_policy_repository **out_repo,
		       struct pdg_error *err)
{
	int rc;

	rc = pdg_source_read(d->statement, &d->source, err);
	if (rc == 0)
		rc = pdg_decide_section(g, d->source.uri, out_repo, err);
	if (rc < 0)
		return rc;
	if (!s->has_commit) {
		rc = pdg_reject(err, "SRC-9", "a source statement came without its commit");
		pdg_fix(err,
			"send {\"attestation\": …, \"commit\": \"<base64 of the raw object>\"}");
		return rc;
	}
	d->repository = pdg_str_dup((*out_repo)->normal);
	d->git_commit = pdg_str_dup(d->source.git_commit);
	if (!d->repository || !d->git_commit)
		return pdg_nomem(err);
	return pdg_decide_date(g, "timestamp", d->source.timestamp, err);
}

int pdg_decide_server_source(const struct pdg_ground *g, const struct pdg_submission *s,
			     struct pdg_decision *d, struct pdg_error *err)
{
	PDG_AUTO(verdict) struct pdg_verdict v;
	const struct pdg_policy_repository *repo;
	int rc;

	pdg_verdict_init(&v);
	rc = read_source(g, s, d, &repo, err);
	if (rc < 0)
		return rc;
	if (!pdg_key_list_has(&repo->server_keys, d->key))
		return pdg_reject(err, "IDN-6", "key %s is no serverKey of [repository \"%s\"]",
				  d->producer_key, repo->uri);
	/* One server may serve many sections; the one it speaks of is known only now. */
	free(d->producer);
	d->producer = pdg_str_printf("serverKey %s", repo->uri);
	if (!d->producer)
		return pdg_nomem(err);
	rc = judge_commit(g, s, repo, d, &v, err);
	if (rc == 0)
		rc = pdg_source_grade(&d->source, repo, true, &d->grade, err);
	if (rc == 0)
		rc = pdg_source_follows(&d->source, pdg_buf_bytes(&s->commit), &v, d->grade, err);
	if (rc < 0)
		return rc;
	if (d->grade < repo->source_from)
		return pdg_reject(err, "SRC-5",
				  "[repository \"%s\"] takes sources of grade %s alone", repo->uri,
				  pdg_grade_name(repo->source_from));
	return 0;
}

/*
 * A forge's merge is good if its tree is what merging gives (rules.md 2.3). There is no
 * repository here to see that in: the git server's signature says it did.
 */
static int check_forge(const struct pdg_verdict *v, struct pdg_error *err)
{
	if (!v->forge)
		return 0;
	return pdg_reject(err, "SRC-10",
			  "a forge's merge is attested by the git server, not by a clone");
}

int pdg_decide_clone_source(const struct pdg_ground *g, const struct pdg_submission *s,
			    const struct pdg_error *unsigned_, struct pdg_decision *d,
			    struct pdg_error *err)
{
	PDG_AUTO(verdict) struct pdg_verdict v;
	const struct pdg_policy_repository *repo;
	int rc;

	pdg_verdict_init(&v);
	rc = read_source(g, s, d, &repo, err);
	if (rc < 0)
		return rc;
	if (repo->source_from != PDG_GRADE_CLONE) {
		/* A damaged signature or outlived key of the server is what went wrong, not that a
		 * clone came. */
		if (unsigned_->code < 0 && !pdg_str_eq(unsigned_->rule, "IDN-1")) {
			if (err)
				*err = *unsigned_;
			return unsigned_->code;
		}
		rc = pdg_reject(err, "SRC-7",
				"sources of [repository \"%s\"] come from its server alone",
				repo->uri);
		pdg_fix(err, "push the commit: the server attests it, signed by its serverKey");
		return rc;
	}
	rc = judge_commit(g, s, repo, d, &v, err);
	if (rc < 0)
		return rc;
	d->producer = pdg_str_dup("clone");
	d->producer_key = pdg_str_dup(v.fingerprint);
	if (!d->producer || !d->producer_key)
		return pdg_nomem(err);
	rc = check_forge(&v, err);
	if (rc == 0)
		rc = pdg_source_grade(&d->source, repo, false, &d->grade, err);
	if (rc == 0)
		rc = pdg_source_follows(&d->source, pdg_buf_bytes(&s->commit), &v, PDG_GRADE_CLONE,
					err);
	return rc;
}
