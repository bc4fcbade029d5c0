/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Build provenance: what it is (v1, v0.2, v0.1, decided by its shape), who built, and whether its
 * source is a given source statement's. Which fields name the source is build_places.c's knowledge.
 */
#include "stage/build.h"

#include <inttypes.h>

#include "stage/build_source.h"
#include "util/str.h"

void pdg_build_done(struct pdg_build *b)
{
	if (!b)
		return;
	free(b->builder_id);
	free(b->build_type);
	free(b->invocation_id);
	free(b->source_uri);
	free(b->source_ref);
	free(b->source_commit);
	free(b->source_sha256);
	free(b->source_other);
	*b = (struct pdg_build){0};
}

static bool has_any(const json_t *o, const char *const *names)
{
	size_t i;

	for (i = 0; names[i]; i++) {
		if (pdg_json_get(o, names[i]))
			return true;
	}
	return false;
}

/* The two shapes share no member; a predicate with members of both could be read in two ways. */
static int find_shape(const json_t *p, bool *out_v1, struct pdg_error *err)
{
	static const char *const v1_members[] = {"buildDefinition", "runDetails", NULL};
	static const char *const old_members[] = {"builder",   "buildType", "invocation",
						  "materials", "recipe",    NULL};
	bool old = has_any(p, old_members);

	*out_v1 = has_any(p, v1_members);
	if (*out_v1 && old)
		return pdg_reject(err, "BLD-1", "members of provenance v1 and v0.2 side by side");
	if (!*out_v1 && !old)
		return pdg_reject(err, "BLD-1", "the predicate is no provenance");
	return 0;
}

static int dup_opt(const json_t *o, const char *name, char **out, struct pdg_error *err)
{
	const char *s = NULL;
	int rc = o ? pdg_json_opt_str(o, name, &s, err) : 0;

	if (rc < 0 || !s)
		return rc;
	*out = pdg_str_dup(s);
	return *out ? 0 : pdg_nomem(err);
}

/* A build's own number: text, or (GitLab) a number. BuildKit spells the member another way. */
static int read_invocation(const json_t *metadata, const char *name, const char *spelled,
			   struct pdg_build *b, struct pdg_error *err)
{
	uint64_t number;
	int rc;

	if (!metadata)
		return 0;
	if (!pdg_json_get(metadata, name))
		name = spelled;
	if (!pdg_json_get(metadata, name) || pdg_json_is_str(pdg_json_get(metadata, name)))
		return dup_opt(metadata, name, &b->invocation_id, err);
	rc = pdg_json_u64(metadata, name, &number, err);
	if (rc < 0)
		return rc;
	b->invocation_id = pdg_str_printf("%" PRIu64, number);
	return b->invocation_id ? 0 : pdg_nomem(err);
}

static int read_builder(const json_t *o, struct pdg_build *b, struct pdg_error *err)
{
	const json_t *builder = NULL;
	int rc = o ? pdg_json_opt_obj(o, "builder", &builder, err) : 0;

	if (rc == 0)
		rc = dup_opt(builder, "id", &b->builder_id, err);
	if (rc < 0)
		return rc;
	if (!b->builder_id || !b->builder_id[0])
		return pdg_reject(err, "BLD-2", "the provenance names no builder");
	return 0;
}

static int read_v1(const json_t *p, struct pdg_build_parts *parts, struct pdg_build *b,
		   struct pdg_error *err)
{
	const json_t *definition = NULL;
	const json_t *run = NULL;
	const json_t *metadata = NULL;
	int rc;

	rc = pdg_json_opt_obj(p, "runDetails", &run, err);
	if (rc == 0)
		rc = read_builder(run, b, err);
	if (rc == 0)
		rc = pdg_json_opt_obj(run, "metadata", &metadata, err);
	if (rc == 0)
		rc = read_invocation(metadata, "invocationId", "invocationID", b, err);
	if (rc == 0)
		rc = pdg_json_obj(p, "buildDefinition", &definition, err);
	if (rc == 0)
		rc = dup_opt(definition, "buildType", &b->build_type, err);
	if (rc == 0)
		rc = pdg_json_opt_obj(definition, "externalParameters", &parts->external, err);
	if (rc == 0)
		rc = pdg_json_opt_obj(definition, "internalParameters", &parts->internal, err);
	if (rc == 0)
		rc = pdg_json_opt_arr(definition, "resolvedDependencies", &parts->deps, err);
	return rc;
}

static int read_old(const json_t *p, struct pdg_build_parts *parts, struct pdg_build *b,
		    struct pdg_error *err)
{
	const json_t *invocation = NULL;
	const json_t *metadata = NULL;
	int rc;

	parts->bare_deps = pdg_json_get(p, "recipe") != NULL;
	rc = read_builder(p, b, err);
	if (rc == 0)
		rc = pdg_json_opt_obj(p, "metadata", &metadata, err);
	if (rc == 0)
		rc = read_invocation(metadata, "buildInvocationId", "buildInvocationID", b, err);
	if (rc == 0)
		rc = dup_opt(p, "buildType", &b->build_type, err);
	if (rc == 0)
		rc = pdg_json_opt_obj(p, "invocation", &invocation, err);
	if (rc == 0 && invocation)
		rc = pdg_json_opt_obj(invocation, "configSource", &parts->config, err);
	if (rc == 0)
		rc = pdg_json_opt_arr(p, "materials", &parts->deps, err);
	return rc;
}

int pdg_build_read(const struct pdg_statement *st, struct pdg_build *out, struct pdg_error *err)
{
	PDG_AUTO(build) struct pdg_build b = {0};
	struct pdg_build_parts parts = {0};
	struct pdg_error inner = {0};
	bool v1;
	int rc;

	rc = find_shape(st->predicate, &v1, &inner);
	if (rc == 0)
		rc = v1 ? read_v1(st->predicate, &parts, &b, &inner)
			: read_old(st->predicate, &parts, &b, &inner);
	parts.type = b.build_type;
	if (rc == 0)
		rc = pdg_build_find_source(&parts, &b, &inner);
	if (rc == PDG_E_NOMEM)
		return pdg_nomem(err);
	if (rc < 0)
		/* What a JSON getter refuses is a provenance that cannot be read. */
		return pdg_reject(err, pdg_str_starts(inner.rule, "BLD-") ? inner.rule : "BLD-1",
				  "provenance: %s", inner.text);
	*out = b;
	b = (struct pdg_build){0};
	return 0;
}

/* v1 and v0.2 call them by other names, and in other places. */
int pdg_build_dates(const struct pdg_statement *st, int64_t received, struct pdg_error *err)
{
	static const char *const names[] = {"startedOn", "finishedOn", "buildStartedOn",
					    "buildFinishedOn"};
	const json_t *run = pdg_json_get(st->predicate, "runDetails");
	const json_t *places[] = {pdg_json_get(st->predicate, "metadata"),
				  pdg_json_is_obj(run) ? pdg_json_get(run, "metadata") : NULL};
	size_t i, k;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		for (k = 0; pdg_json_is_obj(places[i]) && k < sizeof(names) / sizeof(names[0]);
		     k++) {
			const char *date = NULL;
			int rc = pdg_json_opt_str(places[i], names[k], &date, err);

			if (rc == 0)
				rc = pdg_stage_date(names[k], date, received, err);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

static int differs(const char *what, const char *build, const char *source, struct pdg_error *err)
{
	return pdg_reject(err, "BLD-5", "the build names %s %s, the source statement %s", what,
			  build, source);
}

/* Full names are compared as they are; a short one may be a branch or a tag. */
static bool same_ref(const char *named, const char *full)
{
	static const char *const folders[] = {"refs/heads/", "refs/tags/"};
	size_t i;

	if (pdg_str_starts(named, "refs/"))
		return pdg_str_eq(named, full);
	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (pdg_str_starts(full, folders[i]) &&
		    pdg_str_eq(full + strlen(folders[i]), named))
			return true;
	}
	return false;
}

int pdg_build_links(const struct pdg_build *b, const struct pdg_source *s, struct pdg_error *err)
{
	bool same = false;
	int rc = 0;

	if (b->source_uri && s->uri)
		rc = pdg_build_same_uri(b->source_uri, s->uri, &same, err);
	if (rc < 0)
		return rc;
	if (!same)
		return differs("the repository", b->source_uri ? b->source_uri : "(none)",
			       s->uri ? s->uri : "(none)", err);
	if (!b->source_commit && !b->source_sha256)
		return pdg_reject(err, "BLD-5", "the build names no commit");
	if (b->source_commit && !pdg_str_eq(b->source_commit, s->git_commit))
		return differs("the commit", b->source_commit, s->git_commit, err);
	if (b->source_sha256 && !pdg_str_eq(b->source_sha256, s->sha256))
		return differs("the sha256", b->source_sha256, s->sha256, err);
	if (b->source_other)
		return pdg_reject(err, "BLD-5",
				  "the build names a digest %s, which no source statement has",
				  b->source_other);
	/* A clone's statement names no ref: there is nothing that could differ (rules.md 3.2). */
	if (b->source_ref && s->ref && !same_ref(b->source_ref, s->ref))
		return differs("the ref", b->source_ref, s->ref, err);
	return 0;
}
