/* SPDX-License-Identifier: Apache-2.0 */
/*
 * May this builder say so, and was what he built from attested (rules.md 3.1, 3.4, 5.6)? Sources
 * are looked up outside the writer's transaction: nothing kept is ever removed, so what is found
 * stays found, and what is not found is missing as of now, which is what the answer says.
 */
#include <stdio.h>
#include <string.h>

#include "service/decide.h"
#include "service/linked.h"
#include "stage/build_oidc.h"
#include "trust/uri.h"
#include "util/limits.h"
#include "util/str.h"

bool pdg_source_satisfies(const struct pdg_policy_repository *repo, enum pdg_grade grade,
			  const struct pdg_source *source)
{
	if (grade < repo->source_from || grade == PDG_GRADE_NONE)
		return false;
	return grade == PDG_GRADE_CLONE || (source->ref && pdg_policy_protects(repo, source->ref));
}

static enum pdg_grade grade_of(const struct pdg_stored *a)
{
	if (pdg_str_eq(a->grade, pdg_grade_name(PDG_GRADE_SERVER)))
		return PDG_GRADE_SERVER;
	if (pdg_str_eq(a->grade, pdg_grade_name(PDG_GRADE_CLONE)))
		return PDG_GRADE_CLONE;
	return PDG_GRADE_NONE;
}

/* How far the kept sources of a commit got. */
struct search {
	const struct pdg_policy_repository *repo;
	const struct pdg_build *build;
	struct pdg_linked *linked;
	struct pdg_decision *d;
	bool weak;		  /* one is there, but does not satisfy */
	struct pdg_error differs; /* why one that satisfies is not the build's; code 0: none */
};

/* 1: @row is the build's source; 0: not; or PDG_E_*. */
static int consider(void *ctx, struct pdg_stored **row, struct pdg_error *err)
{
	struct search *s = ctx;
	const struct pdg_stored *a = *row;
	PDG_AUTO(statement) struct pdg_statement *st = NULL;
	struct pdg_source source = {0};
	int rc;

	rc = pdg_statement_parse(pdg_buf_bytes(&a->payload), &st, err);
	if (rc == 0)
		rc = pdg_source_read(st, &source, err);
	if (rc < 0)
		return pdg_context(err, rc, "kept source %s", a->reference);
	if (!pdg_source_satisfies(s->repo, grade_of(a), &source)) {
		s->weak = true;
		return 0;
	}
	rc = pdg_build_links(s->build, &source, &s->differs);
	if (rc < 0)
		return rc == PDG_E_REJECTED ? 0 : rc;
	(void)snprintf(s->d->link, sizeof(s->d->link), "%s", a->reference);
	pdg_linked_add(s->linked, s->build, a, grade_of(a), &st);
	return 1;
}

static int no_source(const struct search *s, struct pdg_error *err)
{
	const char *commit =
		s->build->source_commit ? s->build->source_commit : s->build->source_sha256;
	int rc;

	if (s->differs.code < 0) {
		if (err)
			*err = s->differs;
		return s->differs.code;
	}
	if (s->weak) {
		rc = pdg_reject(err, "BLD-7",
				"commit %s of %s is attested, but not by the grade '%s' that its "
				"repository demands",
				commit, s->repo->uri, pdg_grade_name(s->repo->source_from));
		pdg_fix(err, "push the commit to a protected ref, then send the build again");
		return rc;
	}
	rc = pdg_reject(err, "BLD-6", "no source attestation for commit %s of %s", commit,
			s->repo->uri);
	pdg_fix(err,
		"push the commit to a protected ref; 'pedigree submit --outbox' sends what waits");
	return rc;
}

static int link_kept(const struct pdg_ground *g, struct search *s, struct pdg_error *err)
{
	const struct pdg_build *b = s->build;
	const struct pdg_store_subject commit = {
		b->source_commit ? "gitCommit" : "sha256",
		b->source_commit ? b->source_commit : b->source_sha256,
	};
	int rc;

	if (pdg_linked_find(g->linked, s->repo, b, s->d->link))
		return 0;
	rc = pdg_store_each_source(g->store, s->repo->normal, &commit, consider, s, err);
	if (rc < 0)
		return rc;
	return rc == 1 ? 0 : no_source(s, err);
}

/* The source that the build brought along, accepted in the same breath. */
static int link_along(const struct search *s, const struct pdg_decision *along,
		      struct pdg_decision *d, struct pdg_error *err)
{
	int rc;

	if (!pdg_str_eq(along->repository, s->repo->normal))
		return pdg_reject(err, "BLD-5",
				  "the source that came along is of %s, the build of %s",
				  along->repository, s->repo->normal);
	if (!pdg_source_satisfies(s->repo, along->grade, &along->source))
		return pdg_reject(err, "BLD-7",
				  "the source that came along does not have grade '%s'",
				  pdg_grade_name(s->repo->source_from));
	rc = pdg_build_links(s->build, &along->source, err);
	if (rc < 0)
		return pdg_context(err, rc, "the source that came along");
	memcpy(d->link, along->reference, sizeof(d->link));
	return 0;
}

static bool has_artifact(const struct pdg_statement *st)
{
	size_t i;

	for (i = 0; i < st->n_subjects; i++) {
		if (pdg_subject_digest(&st->subjects[i], "sha256"))
			return true;
	}
	return false;
}

/* Of what he may speak, and that he does not speak in the service's own form. */
static int check_builder(const struct pdg_policy_builder *builder, const struct pdg_build *b,
			 const struct pdg_decision *d, struct pdg_error *err)
{
	bool may;
	int rc = pdg_policy_ask_builder(builder, b->source_uri, &may, err);

	if (rc < 0)
		return rc;
	if (!d->own && pdg_build_is_oidc(b->build_type))
		return pdg_reject(err, "BLD-8", "buildType %s is the service's own", b->build_type);
	if (!may)
		return pdg_reject(err, "IDN-3", "%s may not speak of %s", d->producer,
				  b->source_uri);
	return 0;
}

/* The section by the statement's name for him, byte for byte; and the key is of that section. */
int pdg_decide_build(const struct pdg_ground *g, const struct pdg_decision *along,
		     struct pdg_decision *d, struct pdg_error *err)
{
	PDG_AUTO(build) struct pdg_build b = {0};
	const struct pdg_policy_builder *builder;
	int rc = pdg_build_read(d->statement, &b, err);

	if (rc < 0)
		return rc;
	builder = pdg_policy_builder(g->force->policy, b.builder_id);
	if (!builder || !pdg_identity_narrow(&d->by, &builder->keys))
		return pdg_reject(err, "IDN-2", "builder.id is '%s', which is not the name of %s",
				  b.builder_id, d->producer);
	rc = pdg_decide_producer(d, "builder", builder->id, err);
	return rc < 0 ? rc : pdg_decide_build_of(g, builder, &b, along, d, err);
}

int pdg_decide_build_of(const struct pdg_ground *g, const struct pdg_policy_builder *builder,
			const struct pdg_build *b, const struct pdg_decision *along,
			struct pdg_decision *d, struct pdg_error *err)
{
	struct search s = {.build = b, .linked = g->linked, .d = d};
	int rc = check_builder(builder, b, d, err);

	if (rc == 0)
		rc = pdg_decide_section(g, b->source_uri, &s.repo, err);
	if (rc == 0)
		rc = pdg_build_dates(d->statement, g->received, err);
	if (rc < 0)
		return rc;
	if (!has_artifact(d->statement))
		return pdg_reject(err, "STM-3", "no subject of the build has a sha256 digest");
	d->repository = pdg_str_dup(s.repo->normal);
	d->git_commit = pdg_str_dup(b->source_commit);
	if (!d->repository || (b->source_commit && !d->git_commit))
		return pdg_nomem(err);
	if (!along)
		return link_kept(g, &s, err);
	rc = link_along(&s, along, d, err);
	d->loose = rc < 0; /* which source comes along, no signature says */
	return rc;
}
