/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where build systems write the source (ecosystem.md 7), and in which order the places are asked
 * (rules.md 3.4). The first that is present decides; no other dependency ever does.
 */
#include "stage/build_source.h"
#include "util/str.h"

/*
 * A place: *@out_present says whether it is there, which is not to say that it can be read: what is
 * there and not null decides, and unread it is refused (BLD-1, BLD-3). What it has is added to @b.
 */
typedef int place_fn(const struct pdg_build_parts *p, struct pdg_build *b, bool *out_present,
		     struct pdg_error *err);

/* The ref that @o names. */
static int add_ref(const json_t *o, const char *name, struct pdg_build *b, struct pdg_error *err)
{
	const char *ref = NULL;
	int rc = pdg_json_opt_str(o, name, &ref, err);

	return rc < 0 ? rc : pdg_build_add_ref(b, ref, err);
}

/* The repository that @o names as @name, and the ref beside it. */
static int add_place(const json_t *o, const char *name, struct pdg_build *b, struct pdg_error *err)
{
	const char *uri = NULL;
	int rc = pdg_json_opt_str(o, name, &uri, err);

	if (rc == 0)
		rc = pdg_build_add_uri(b, uri, err);
	return rc < 0 ? rc : add_ref(o, "ref", b, err);
}

/* Member @name of @parent: {repository, ref}, the commit in the dependency of that repository. */
static int read_repository(const json_t *parent, const char *name, const json_t *deps,
			   struct pdg_build *b, bool *out_present, struct pdg_error *err)
{
	const json_t *o = NULL;
	int rc = pdg_json_opt_obj(parent, name, &o, err);

	*out_present = o != NULL;
	if (rc < 0 || !o)
		return rc;
	rc = add_place(o, "repository", b, err);
	return rc < 0 ? rc : pdg_build_add_resolved(b, deps, err);
}

/* {uri, ref, digest}; a commit that it does not name is the dependency's of that URI. */
static int read_source(const json_t *o, const json_t *deps, struct pdg_build *b, bool *out_present,
		       struct pdg_error *err)
{
	int rc;

	*out_present = o != NULL;
	if (!o)
		return 0;
	rc = add_place(o, "uri", b, err);
	if (rc == 0)
		rc = pdg_build_add_digests(b, o, err);
	if (rc == 0 && !b->source_commit && !b->source_sha256)
		rc = pdg_build_add_resolved(b, deps, err);
	return rc;
}

/* GitLab writes a bare URI. */
static int external_source(const struct pdg_build_parts *p, struct pdg_build *b, bool *out_present,
			   struct pdg_error *err)
{
	const json_t *bare = pdg_json_get(p->external, "source");
	const json_t *o = NULL;
	int rc;

	if (!pdg_json_is_str(bare)) {
		rc = pdg_json_opt_obj(p->external, "source", &o, err);
		return rc < 0 ? rc : read_source(o, p->deps, b, out_present, err);
	}
	*out_present = true;
	rc = pdg_build_add_uri(b, pdg_json_str_value(bare), err);
	if (rc == 0 && !b->source_commit)
		rc = pdg_build_add_resolved(b, p->deps, err);
	return rc;
}

static int config_source(const struct pdg_build_parts *p, struct pdg_build *b, bool *out_present,
			 struct pdg_error *err)
{
	return read_source(p->config, p->deps, b, out_present, err);
}

static int github(const struct pdg_build_parts *p, struct pdg_build *b, bool *out_present,
		  struct pdg_error *err)
{
	return read_repository(p->external, "workflow", p->deps, b, out_present, err);
}

static int buildkit(const struct pdg_build_parts *p, struct pdg_build *b, bool *out_present,
		    struct pdg_error *err)
{
	const json_t *o = NULL;
	int rc = pdg_json_opt_obj(p->external, "configSource", &o, err);

	return rc < 0 ? rc : read_source(o, p->deps, b, out_present, err);
}

/* sourceToBuild is there when what was built is not where its configuration came from. */
static int cloud_build(const struct pdg_build_parts *p, struct pdg_build *b, bool *out_present,
		       struct pdg_error *err)
{
	const json_t *said = NULL;
	int rc = read_repository(p->external, "sourceToBuild", p->deps, b, out_present, err);

	if (rc == 0 && !*out_present)
		rc = read_repository(p->external, "buildConfigSource", p->deps, b, out_present,
				     err);
	if (rc < 0 || !*out_present)
		return rc;
	rc = pdg_json_opt_obj(p->internal, "systemSubstitutions", &said, err);
	return rc < 0 ? rc : add_ref(said, "COMMIT_SHA", b, err);
}

/* All git dependencies; @named: only those that Chains so names. */
static int add_dependencies(const json_t *deps, bool bare, bool named, struct pdg_build *b,
			    bool *out_present, struct pdg_error *err)
{
	size_t i;

	for (i = 0; i < pdg_json_len(deps); i++) {
		const json_t *dep = pdg_json_at(deps, i);
		const char *name = NULL;
		bool git = false;
		int rc = pdg_build_is_git(dep, bare, &git, err);

		if (rc == 0 && named)
			rc = pdg_json_opt_str(dep, "name", &name, err);
		if (rc < 0)
			return rc;
		if (!git || (named && !pdg_str_eq(name, "inputs/result") &&
			     !pdg_str_eq(name, "input/result")))
			continue;
		*out_present = true;
		rc = add_place(dep, "uri", b, err);
		if (rc == 0)
			rc = pdg_build_add_digests(b, dep, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Chains writes the task's git inputs as dependencies of a name of their own. */
static int tekton(const struct pdg_build_parts *p, struct pdg_build *b, bool *out_present,
		  struct pdg_error *err)
{
	return add_dependencies(p->deps, false, true, b, out_present, err);
}

static int only_git_dependency(const struct pdg_build_parts *p, struct pdg_build *b,
			       bool *out_present, struct pdg_error *err)
{
	return add_dependencies(p->deps, p->bare_deps, false, b, out_present, err);
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
		return pdg_reject(err, "BLD-3", "%s names no %s", b->source_from,
				  b->source_uri ? "commit" : "repository");
	return 0;
}
