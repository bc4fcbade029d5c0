/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which source a build statement names. Private to this folder: build_source.c puts together what
 * one place says, build_places.c knows the places (ecosystem.md 7).
 */
#ifndef PDG_STAGE_BUILD_SOURCE_H
#define PDG_STAGE_BUILD_SOURCE_H

#include "stage/build.h"

/* The parts of a provenance that can name a source, whatever its version. NULL: absent. */
struct pdg_build_parts {
	const char *type;	/* buildType */
	const json_t *external; /* v1: buildDefinition.externalParameters */
	const json_t *internal; /* v1: buildDefinition.internalParameters */
	const json_t *config;	/* v0.2: invocation.configSource */
	const json_t *deps;	/* v1: resolvedDependencies; v0.2, v0.1: materials */
	bool bare_deps;		/* v0.1: an https URI with a sha1 is a repository */
};

/*
 * Add to what is known of the source. Whatever is said twice must be the same.
 *
 * All return 0, PDG_E_FORMAT (BLD-1, JSN-3), PDG_E_REJECTED (BLD-4), PDG_E_NOMEM. NULL adds
 * nothing.
 */
/** A repository's URI, with what stands in it behind @ or # or /commit/. */
int pdg_build_add_uri(struct pdg_build *b, const char *uri, struct pdg_error *err) PDG_MUST_CHECK;
/** A ref, or a commit where a ref may stand ("sha1:…" too). */
int pdg_build_add_ref(struct pdg_build *b, const char *ref, struct pdg_error *err) PDG_MUST_CHECK;
/** The digest set of @holder, its member "digest". */
int pdg_build_add_digests(struct pdg_build *b, const json_t *holder,
			  struct pdg_error *err) PDG_MUST_CHECK;
/** What the dependencies say of the repository that is already known: its commit, mostly. */
int pdg_build_add_resolved(struct pdg_build *b, const json_t *deps,
			   struct pdg_error *err) PDG_MUST_CHECK;

/** Are these the same repository? Returns 0 or PDG_E_NOMEM: "no" would be an answer. */
int pdg_build_same_uri(const char *a, const char *b, bool *out,
		       struct pdg_error *err) PDG_MUST_CHECK;
/**
 * Does this dependency name a git repository, be it one that cannot be read? @bare as above.
 * Returns 0, PDG_E_FORMAT (BLD-1, JSN-3: no dependency at all), PDG_E_NOMEM.
 */
int pdg_build_is_git(const json_t *dep, bool bare, bool *out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Fill the source members of @b from the first place of @p that is present (rules.md 3.4).
 * Returns as above, or PDG_E_FORMAT (BLD-3: there is none).
 */
int pdg_build_find_source(const struct pdg_build_parts *p, struct pdg_build *b,
			  struct pdg_error *err) PDG_MUST_CHECK;

#endif
