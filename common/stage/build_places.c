/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where build systems write the source (ecosystem.md 7), and in which order the places are asked
 * (rules.md 3.4). The first that is present decides; no other dependency ever does.
 */
#include "stage/build_source.h"
#include "util/str.h"

/* A place: *@out_present says whether it has anything; what it has is added to @b. */
typedef int place_fn(const struct pdg_build_parts *p, struct pdg_build *b, bool *out_present,
		     struct pdg_error *err);

static const json_t *member(const json_t *o, const char *name)
{
	return pdg_json_is_obj(o) ? pdg_json_get(o, name) : NULL;
}

/* A string that says something. */
static const char *text(const json_t *o, const char *name)
{
	const char *s = pdg_json_str_value(member(o, name));

	return s && s[0] ? s : NULL;
}

/* {repository, ref}, with the commit in the dependency of that repository. */
static int read_repository(const json_t *o, const json_t *deps, struct pdg_build *b,
			   bool *out_present, struct pdg_error *err)
{
	const char *repository = text(o, "repository");
	int rc;

	*out_present = repository != NULL;
	if (!repository)
		return 0;
	rc = pdg_build_add_uri(b, repository, err);
	if (rc == 0)
		rc = pdg_build_add_ref(b, text(o, "ref"), err);
	return rc < 0 ? rc : pdg_build_add_resolved(b, deps, err);
}

/* {uri, ref, digest} or a URI; a commit that it does not name is the dependency's of that URI. */
static int read_source(const json_t *o, const json_t *deps, struct pdg_build *b, bool *out_present,
		       struct pdg_error *err)
{
	const char *uri = pdg_json_is_str(o) ? pdg_json_str_value(o) : text(o, "uri");
	int rc;

	*out_present = uri && uri[0];
	if (!*out_present)
		return 0;
	rc = pdg_build_add_uri(b, uri, err);
	if (rc == 0)
		rc = pdg_build_add_ref(b, text(o, "ref"), err);
	if (rc == 0)
		rc = pdg_build_add_digests(b, member(o, "digest"), err);
	if (rc == 0 && !b->source_commit && !b->source_sha256)
		rc = pdg_build_add_resolved(b, deps, err);
	return rc;
}

static int external_source(const struct pdg_build_parts *p, struct pdg_build *b, bool *out_present,
			   struct pdg_error *err)
{
	return read_source(member(p->external, "source"), p->deps, b, out_present, err);
}

static int config_source(const struct pdg_build_parts *p, struct pdg_build *b, bool *out_present,
			 struct pdg_error *err)
{
	return read_source(p->config, p->deps, b, out_present, err);
}

static int github(const struct pdg_build_parts *p, struct pdg_build *b, bool *out_present,
		  struct pdg_error *err)
{
	return read_repository(member(p->external, "workflow"), p->deps, b, out_present, err);
}

static int buildkit(const struct pdg_build_parts *p, struct pdg_build *b, bool *out_present,
		    struct pdg_error *err)
{
	return read_source(member(p->external, "configSource"), p->deps, b, out_present, err);
}

/* sourceToBuild is there when what was built is not where its configuration came from. */
static int cloud_build(const struct pdg_build_parts *p, struct pdg_build *b, bool *out_present,
		       struct pdg_error *err)
{
	const json_t *source = member(p->external, "sourceToBuild");
	int rc;

	if (!source)
		source = member(p->external, "buildConfigSource");
	rc = read_repository(source, p->deps, b, out_present, err);
	if (rc < 0 || !*out_present)
		return rc;
	return pdg_build_add_ref(b, text(member(p->internal, "systemSubstitutions"), "COMMIT_SHA"),
				 err);
}

static int add_dependency(const json_t *dep, struct pdg_build *b, struct pdg_error *err)
{
	int rc = pdg_build_add_uri(b, text(dep, "uri"), err);

	return rc < 0 ? rc : pdg_build_add_digests(b, member(dep, "digest"), err);
}

/* Chains writes the task's git inputs as dependencies of this name. */
static int tekton(const struct pdg_build_parts *p, struct pdg_build *b, bool *out_present,
		  struct pdg_error *err)
{
	size_t i;

	for (i = 0; i < pdg_json_len(p->deps); i++) {
		const json_t *dep = pdg_json_at(p->deps, i);
		const char *name = text(dep, "name");
		bool git;
		int rc;

		if (!pdg_str_eq(name, "inputs/result") && !pdg_str_eq(name, "input/result"))
			continue;
		rc = pdg_build_is_git(dep, false, &git, err);
		if (rc < 0)
			return rc;
		if (!git)
			continue;
		*out_present = true;
		rc = add_dependency(dep, b, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int only_git_dependency(const struct pdg_build_parts *p, struct pdg_build *b,
			       bool *out_present, struct pdg_error *err)
{
	size_t i;

	for (i = 0; i < pdg_json_len(p->deps); i++) {
		const json_t *dep = pdg_json_at(p->deps, i);
		bool git;
		int rc;

		rc = pdg_build_is_git(dep, p->bare_deps, &git, err);
		if (rc < 0)
			return rc;
		if (!git)
			continue;
		*out_present = true;
		rc = add_dependency(dep, b, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

struct place {
	const char *name;
	place_fn *read;
};

/* Known build types, by the beginning of their URI; @exact: by all of it. */
static const struct {
	const char *type;
	bool exact;
	struct place place;
} known[] = {
	{"https://actions.github.io/buildtypes/workflow/v1",
	 true,
	 {"externalParameters.workflow", github}},
	{"https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1",
	 true,
	 {"externalParameters.workflow", github}},
	{"https://cloud.google.com/build/gcb-buildtypes/google-worker/v1",
	 true,
	 {"externalParameters.buildConfigSource", cloud_build}},
	{"https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md",
	 true,
	 {"externalParameters.configSource", buildkit}},
	{"https://tekton.dev/chains/v2/slsa",
	 false,
	 {"resolvedDependencies inputs/result", tekton}},
	/* v0.2 of Chains: its configSource is where the task's definition came from. */
	{"tekton.dev/", false, {"materials", only_git_dependency}},
	{"https://chains.tekton.dev/", false, {"materials", only_git_dependency}},
};

/* For every other type, and for a known one without its own field. GitLab is read by these. */
static const struct place usual[] = {
	{"externalParameters.source", external_source},
	{"invocation.configSource", config_source},
	{"the only git dependency", only_git_dependency},
};

static const struct place *own_place(const char *type)
{
	size_t i;

	for (i = 0; type && i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].exact ? pdg_str_eq(type, known[i].type)
				   : pdg_str_starts(type, known[i].type))
			return &known[i].place;
	}
	return NULL;
}

static int ask(const struct place *place, const struct pdg_build_parts *p, struct pdg_build *b,
	       struct pdg_error *err)
{
	bool present = false;
	int rc = place->read(p, b, &present, err);

	if (rc < 0)
		return pdg_context(err, rc, "%s", place->name);
	if (present)
		b->source_from = place->name;
	return 0;
}

int pdg_build_find_source(const struct pdg_build_parts *p, struct pdg_build *b,
			  struct pdg_error *err)
{
	const struct place *own = own_place(p->type);
	int rc = own ? ask(own, p, b, err) : 0;
	size_t i;

	for (i = 0; rc == 0 && !b->source_from && i < sizeof(usual) / sizeof(usual[0]); i++)
		rc = ask(&usual[i], p, b, err);
	if (rc < 0)
		return rc;
	if (!b->source_from)
		return pdg_reject(err, "BLD-3", "the provenance names no source");
	if (!b->source_uri || (!b->source_commit && !b->source_sha256))
		return pdg_reject(err, "BLD-3", "%s names no commit", b->source_from);
	return 0;
}
