/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The producer's part of one record: who made the statement, may he (rules.md 5.6), and what its
 * stage demands on its own. How stages hang together is path.c's question.
 */
#include <string.h>

#include "chain/assess.h"
#include "util/str.h"

/*
 * When was signature @which made, at the latest (rules.md 1)? The leaf gives a time to those that
 * it is about. One that joined later, or that somebody put there, has none but now.
 */
static int64_t time_of(struct pdg_judge *j, const struct pdg_assessed *a, size_t which)
{
	return a->shown == 0 || which < a->shown ? a->at : pdg_now(j->clock);
}

int pdg_assess_signed(struct pdg_judge *j, const struct pdg_assessed *a,
		      const struct pdg_envelope *e, const struct pdg_key_list *keys,
		      const struct pdg_trusted_key **out, struct pdg_error *err)
{
	struct pdg_error first = {0};
	size_t i, which;
	int rc;

	for (i = 0; i < keys->n; i++) {
		struct pdg_error why = {0};

		rc = pdg_envelope_verify(e, keys->v[i].key, &which, &why);
		if (rc == PDG_E_REJECTED)
			continue;
		if (rc == 0)
			rc = pdg_trusted_key_good_at(&keys->v[i], time_of(j, a, which), false,
						     &why);
		if (rc == 0) {
			*out = &keys->v[i];
			return 0;
		}
		if (rc != PDG_E_REJECTED) {
			if (err)
				*err = why;
			return rc;
		}
		if (first.code == 0)
			first = why;
	}
	if (first.code == 0)
		return pdg_reject(err, "CHN-6", "signed by no key that the policy enrols for it");
	if (err)
		*err = first;
	return first.code;
}

/* --- build --- */

/* rules.md 5.6: the section is the one that the statement names, byte for byte. */
static int find_builder(struct pdg_judge *j, struct pdg_assessed *a, struct pdg_error *err)
{
	const struct pdg_build *b = &a->build;
	bool may;
	int rc;

	a->builder = pdg_policy_builder(j->policy, b->builder_id);
	if (!a->builder) {
		rc = pdg_reject(err, "CHN-6", "the policy has no [builder \"%s\"]", b->builder_id);
		pdg_fix(err, "builder.id of the statement is the section's name, byte for byte");
		return rc;
	}
	rc = pdg_policy_ask_builder(a->builder, b->source_uri, &may, err);
	if (rc == 0 && may)
		rc = pdg_policy_find_repository(j->policy, b->source_uri, &a->repo, err);
	if (rc < 0)
		return rc;
	if (!may)
		return pdg_reject(err, "CHN-6", "[builder \"%s\"] may not speak of repository %s",
				  a->builder->id, b->source_uri);
	if (!a->repo)
		return pdg_reject(err, "CHN-8", "the policy has no [repository \"%s\"]",
				  b->source_uri);
	return 0;
}

static int check_level(const struct pdg_judge *j, const struct pdg_assessed *a,
		       struct pdg_error *err)
{
	int least = j->policy->require.minimum_slsa_level;

	if (a->builder->slsa_level >= least)
		return 0;
	return pdg_reject(err, "CHN-12", "[builder \"%s\"] has slsaLevel %d, the policy demands %d",
			  a->builder->id, a->builder->slsa_level, least);
}

static int assess_build(struct pdg_judge *j, struct pdg_assessed *a, struct pdg_error *err)
{
	const struct pdg_trusted_key *key = NULL;
	int rc;

	rc = pdg_build_read(a->record->statement, &a->build, err);
	if (rc == 0)
		rc = find_builder(j, a, err);
	if (rc < 0)
		return rc;
	if (a->builder->keys.n == 0)
		rc = pdg_assess_caller(j, a, &key, err);
	else if (a->record->envelope)
		rc = pdg_assess_signed(j, a, a->record->envelope, &a->builder->keys, &key, err);
	else
		rc = pdg_assess_on_word(j, a, PDG_WORD_PRODUCER, "the builder's signature", err);
	if (rc == 0)
		rc = pdg_build_dates(a->record->statement, a->at, err);
	if (rc == 0)
		rc = check_level(j, a, err);
	if (rc == 0 && key)
		pdg_assess_note(a, "builder", true, key->name);
	return rc;
}

/* --- source --- */

/*
 * Is it the git server's? A clone's signature is no evidence and none is needed (rules.md 3.2), so
 * that the envelope is not the server's refuses only what says what the server alone may say.
 */
static int find_grade(struct pdg_judge *j, struct pdg_assessed *a, struct pdg_error *err)
{
	const struct pdg_source *s = &a->source;
	const struct pdg_trusted_key *key = NULL;
	bool servers = s->ref || s->previous || s->pusher || s->late;
	bool by_server = false;
	int rc;

	if (a->record->envelope) {
		rc = pdg_assess_signed(j, a, a->record->envelope, &a->repo->server_keys, &key, err);
		if (rc < 0 && (rc != PDG_E_REJECTED || servers))
			return pdg_context(err, rc, "the git server's statement");
		by_server = rc == 0;
	} else {
		rc = pdg_assess_on_word(j, a, PDG_WORD_PRODUCER, "the git server's signature", err);
		if (rc < 0)
			return rc;
		by_server = s->ref != NULL;
	}
	if (key)
		pdg_assess_note(a, "git server", true, key->name);
	rc = pdg_source_grade(s, a->repo, by_server, &a->grade, err);
	if (rc == 0 && a->grade != PDG_GRADE_SERVER && servers)
		return pdg_reject(err, "SRC-4",
				  "a clone's statement says what only the git server may");
	return rc;
}

/* rules.md 3.1 */
static int check_grade(const struct pdg_assessed *a, struct pdg_error *err)
{
	if (a->repo->source_from == PDG_GRADE_NONE)
		return pdg_reject(err, "CHN-8", "[repository \"%s\"] does not say sourceFrom",
				  a->repo->uri);
	if (a->grade < a->repo->source_from)
		return pdg_reject(err, "CHN-8", "the source has grade %s, but sourceFrom = %s",
				  pdg_grade_name(a->grade), pdg_grade_name(a->repo->source_from));
	return 0;
}

/* The commit itself, judged anew by the policy's keys of now at the time it was received. */
static int judge_commit(struct pdg_judge *j, struct pdg_assessed *a, struct pdg_error *err)
{
	PDG_AUTO(verdict) struct pdg_verdict v = PDG_VERDICT_INIT;
	const struct pdg_signers *signers;
	struct pdg_bytes raw = pdg_buf_bytes(&a->record->commit);
	bool sha256 = strlen(a->source.git_commit) == 64;
	int rc;

	rc = pdg_judge_signers(j, a->repo, &signers, err);
	if (rc == 0)
		rc = pdg_judge_good_commit(signers, raw, sha256, a->at, &v, err);
	if (rc < 0)
		return rc;
	/* Whether a forge's merge is what merging gives, only the server could see (rules.md 2.3).
	 */
	if (v.forge && a->grade != PDG_GRADE_SERVER)
		return pdg_reject(err, "SRC-10", "a forge's merge, attested by a clone");
	rc = pdg_source_follows(&a->source, raw, &v, a->grade, err);
	if (rc < 0)
		return rc;
	a->signer =
		v.signer.n ? pdg_bytes_dup(pdg_buf_bytes(&v.signer)) : pdg_str_dup(v.fingerprint);
	if (!a->signer)
		return pdg_nomem(err);
	pdg_assess_note(a, "commit", true, v.fingerprint);
	return 0;
}

static int assess_source(struct pdg_judge *j, struct pdg_assessed *a, struct pdg_error *err)
{
	int rc = pdg_source_read(a->record->statement, &a->source, err);

	if (rc == 0)
		rc = pdg_policy_find_repository(j->policy, a->source.uri, &a->repo, err);
	if (rc < 0)
		return rc;
	if (!a->repo)
		return pdg_reject(err, "CHN-8", "the policy has no [repository \"%s\"]",
				  a->source.uri);
	rc = find_grade(j, a, err);
	if (rc == 0)
		rc = check_grade(a, err);
	if (rc < 0)
		return rc;
	if (a->record->commit.n)
		return judge_commit(j, a, err);
	rc = pdg_assess_on_word(j, a, PDG_WORD_COMMIT, "the commit", err);
	if (rc == 0)
		rc = pdg_stage_date("timestamp", a->source.timestamp, a->at, err);
	if (rc < 0)
		return rc;
	a->signer = pdg_str_dup(a->source.sig_signer ? a->source.sig_signer
						     : a->source.committer_email);
	if (!a->signer)
		a->signer = pdg_str_dup(a->source.author_email);
	return a->signer ? 0 : pdg_nomem(err);
}

int pdg_assess_stage(struct pdg_judge *j, struct pdg_assessed *a, struct pdg_error *err)
{
	const struct pdg_stage *stage = a->record->stage;

	if (stage && stage->id == PDG_STAGE_SOURCE)
		return assess_source(j, a, err);
	if (stage && stage->id == PDG_STAGE_BUILD)
		return assess_build(j, a, err);
	return pdg_reject(err, "CHN-9", "this version does not judge %s statements",
			  stage ? stage->name : "such");
}
