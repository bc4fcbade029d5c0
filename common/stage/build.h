/* SPDX-License-Identifier: Apache-2.0 */
/* Stage two: this artifact was built from that commit (SLSA provenance v1; read: v0.2, the seed's
 * hybrid). */
#ifndef PDG_STAGE_BUILD_H
#define PDG_STAGE_BUILD_H

#include "stage/source.h"

/* What a build statement says of its source and builder. Owned strings: the struct is released. */
struct pdg_build {
	char *builder_id;
	char *build_type;    /* NULL when absent (seed's hybrid) */
	char *invocation_id; /* build id of the seed; NULL when absent */
	char *source_uri;    /* repository, without ref and commit */
	char *source_ref;    /* full or short ref as named, or NULL */
	char *source_commit; /* git object name, or NULL when only sha256 is given */
	char *source_sha256; /* gitoid, or NULL */
	char *source_other;  /* algorithm of a digest that no source statement has: never links. Or
				NULL */
	const char *source_from; /* which field decided, e.g. "externalParameters.source"; static */
};

void pdg_build_done(struct pdg_build *b);
PDG_AUTO_DEFINE_VALUE(build, struct pdg_build, pdg_build_done)

/**
 * Read a build statement; v0.2 or v1 is decided by the predicate's shape. The source is read in the
 * one place that rules.md 3.4 gives for its buildType; the first place that is present decides.
 *
 * Returns 0, PDG_E_FORMAT (BLD-1: not a provenance; BLD-2: no builder id; BLD-3: no source named),
 * PDG_E_REJECTED (BLD-4: source ambiguous).
 */
int pdg_build_read(const struct pdg_statement *st, struct pdg_build *out,
		   struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Does this build refer to that source: same repository (normalised), every digest present equal,
 * a ref, where named, the source's ref? 0 or PDG_E_REJECTED (BLD-5, names what differs).
 */
int pdg_build_links(const struct pdg_build *b, const struct pdg_source *s,
		    struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Does no date of the build, begun or ended, lie after the statement's receipt? 0 or PDG_E_REJECTED
 * (TIM-4), PDG_E_FORMAT (JSN-3: a date that is no string).
 */
int pdg_build_dates(const struct pdg_statement *st, int64_t received,
		    struct pdg_error *err) PDG_MUST_CHECK;

struct pdg_build_make {
	const char *builder_id;
	const char *build_type; /* NULL: PDG_BUILD_TYPE */
	const char *source_uri;
	const char *source_ref; /* or NULL */
	const char *source_commit;
	const char *source_sha256; /* or NULL */
	const char *invocation_id; /* or NULL */
	int64_t started, finished; /* 0: left out */
	struct pdg_build_artifact {
		const char *name;
		const char *sha256; /* 64 hex */
	} * artifacts;
	size_t n_artifacts;
};

/* buildType of statements that `pedigree attest build` makes; docs/FORMATS.md describes it. */
#define PDG_BUILD_TYPE "https://pedigree.example/buildtypes/attest/v1"

/** Append an SLSA v1 provenance statement. */
int pdg_build_make(const struct pdg_build_make *m, struct pdg_buf *out,
		   struct pdg_error *err) PDG_MUST_CHECK;

#endif
