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
		rc = pdg_judge_good_commit(signers, pdg_buf_bytes(&s->commit), sha256, g->received,
					   v, err);
	return rc;
}

/*
 * The commit came beside the statement, and nobody signed that: is it the statement's own? What is
 * refused after this is refused for what the statement says.
 */
static int check_commit(const struct pdg_submission *s, struct pdg_decision *d,
			struct pdg_error *err)
{
	char sha256[PDG_OID_HEX];
	int rc;

	d->loose = true;
	if (!s->has_commit) {
		rc = pdg_reject(err, "SRC-9", "a source statement came without its commit");
		pdg_fix(err,
			"send {\"attestation\": …, \"commit\": \"<base64 of the raw object>\"}");
		return rc;
	}
	rc = pdg_commit_sha256(pdg_buf_bytes(&s->commit), sha256, err);
	if (rc < 0)
		return rc;
	if (!pdg_str_eq(sha256, d->source.sha256))
		return pdg_reject(err, "SRC-2", "the subject's sha256 is %s, the commit's is %s",
				  d->source.sha256, sha256);
	d->loose = false;
	return 0;
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
	rc = check_commit(s, d, err);
	if (rc == 0)
		rc = pdg_source_as_emitted(&d->source, *out_repo, s->envelope->payload.n,
					   s->commit.n, err);
	if (rc < 0)
		return rc;
	d->repository = pdg_str_dup((*out_repo)->normal);
	d->git_commit = pdg_str_dup(d->source.git_commit);
	if (!d->repository || !d->git_commit)
		return pdg_nomem(err);
	return pdg_stage_date("timestamp", d->source.timestamp, g->received, err);
}

int pdg_decide_server_source(const struct pdg_ground *g, const struct pdg_submission *s,
			     struct pdg_decision *d, struct pdg_error *err)
{
	PDG_AUTO(verdict) struct pdg_verdict v = PDG_VERDICT_INIT;
	const struct pdg_policy_repository *repo;
	int rc;

	rc = read_source(g, s, d, &repo, err);
	if (rc < 0)
		return rc;
	if (!pdg_identity_narrow(&d->by, &repo->server_keys))
		return pdg_reject(err, "IDN-6", "key %s is no serverKey of [repository \"%s\"]",
				  d->producer_key, repo->uri);
	/* One server may serve many sections; the one it speaks of is known only now. */
	rc = pdg_decide_producer(d, "serverKey", repo->uri, err);
	if (rc == 0)
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

/* Only a git server says a ref: it was one that signed, with a key that is not its section's. */
static int wrong_server_key(const struct pdg_policy_repository *repo,
			    const struct pdg_error *unsigned_, struct pdg_error *err)
{
	int rc = pdg_reject(err, unsigned_ ? "IDN-1" : "IDN-4",
			    "a git server's source is signed by a key that is no serverKey of "
			    "[repository \"%s\"]",
			    repo->uri);

	pdg_fix(err, "give the hooks the right key (pedigree hooks install --server --server-key), "
		     "or name its public key as serverKey in the service's policy");
	return rc;
}

int pdg_decide_clone_source(const struct pdg_ground *g, const struct pdg_submission *s,
			    const struct pdg_error *unsigned_, struct pdg_decision *d,
			    struct pdg_error *err)
{
	PDG_AUTO(verdict) struct pdg_verdict v = PDG_VERDICT_INIT;
	const struct pdg_policy_repository *repo;
	int rc;

	rc = read_source(g, s, d, &repo, err);
	if (rc < 0)
		return rc;
	if (repo->source_from != PDG_GRADE_CLONE) {
		/* A damaged signature or outlived key of the server is what went wrong, not that a
		 * clone came. */
		if (unsigned_ && !pdg_str_eq(unsigned_->rule, "IDN-1")) {
			if (err)
				*err = *unsigned_;
			return unsigned_->code;
		}
		if (d->source.ref)
			return wrong_server_key(repo, unsigned_, err);
		rc = pdg_reject(err, "SRC-7",
				"sources of [repository \"%s\"] come from its server alone",
				repo->uri);
		pdg_fix(err, "push the commit: the server attests it, signed by its serverKey");
		return rc;
	}
	rc = judge_commit(g, s, repo, d, &v, err);
	if (rc < 0)
		return rc;
	rc = check_forge(&v, err);
	if (rc == 0)
		rc = pdg_source_grade(&d->source, repo, false, &d->grade, err);
	if (rc == 0)
		rc = pdg_source_follows(&d->source, pdg_buf_bytes(&s->commit), &v, PDG_GRADE_CLONE,
					err);
	if (rc < 0)
		return rc;
	/* Who signed the commit did not sign the statement: he answers for what is true of it. */
	d->producer = pdg_str_dup("clone");
	d->producer_key = pdg_str_dup(v.fingerprint);
	return d->producer && d->producer_key ? 0 : pdg_nomem(err);
}
