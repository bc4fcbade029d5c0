/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provenance that the service itself writes for a CI that proved itself by its token
 * (rules.md 3.5): everything about the build from the token, artifacts and dependencies on the
 * job's word and marked so. The same token with the same body always gives the same bytes: nothing
 * in it is of the time or place of its making.
 */
#ifndef PDG_STAGE_BUILD_OIDC_H
#define PDG_STAGE_BUILD_OIDC_H

#include "attest/statement.h"
#include "stage/ci.h"
#include "stage/outputs.h"

/* buildType of these statements, which nobody else may make; docs/FORMATS.md describes it. */
#define PDG_BUILD_TYPE_OIDC "https://pedigree.example/buildtypes/oidc/v1"

struct pdg_build_oidc {
	const char *builder_id; /* name of the [builder] */
	const char *issuer;
	int64_t issued; /* the token's iat */
	const json_t *claims;
	const struct pdg_ci *ci;
	const struct pdg_outputs *outputs;
};

/** Append the statement. */
int pdg_build_oidc_make(const struct pdg_build_oidc *m, struct pdg_buf *out,
			struct pdg_error *err) PDG_MUST_CHECK;

/* What such a statement says of the token; borrowed from it. */
struct pdg_build_token {
	const char *issuer;
	const json_t *claims;
	const char *event;
};

/** Read that back. Returns 0, PDG_E_REJECTED (BLD-1). */
int pdg_build_oidc_token(const struct pdg_statement *st, struct pdg_build_token *out,
			 struct pdg_error *err) PDG_MUST_CHECK;

/** Is @build_type (may be NULL) that of these statements? */
bool pdg_build_is_oidc(const char *build_type);

#endif
