/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the token of a CI says of the build that it was given to: repository, commit, ref, event and
 * run, each by the claims that its kind of issuer writes (ecosystem.md 10.2). One table says which
 * kinds there are.
 */
#ifndef PDG_STAGE_CI_H
#define PDG_STAGE_CI_H

#include "util/json.h"

struct pdg_ci {
	char *repository; /* its URI, as sections of the policy write it */
	char *commit;	  /* git object name */
	char *ref;	  /* full: refs/heads/main */
	char *event;	  /* what started it: push, schedule, merge_request_event, … */
	char *workflow;	  /* the file that says what is done, with its ref; NULL: not said */
	char *run;	  /* URL of the run */
};

/**
 * Read the claims of a verified token of @issuer.
 *
 * Returns 0, PDG_E_REJECTED (IDN-9: they are no CI's, and name no repository and commit; TOK-11:
 * one that a CI of this kind always has is missing or not of its form), PDG_E_NOMEM.
 */
int pdg_ci_read(const char *issuer, const json_t *claims, struct pdg_ci *out,
		struct pdg_error *err) PDG_MUST_CHECK;
void pdg_ci_done(struct pdg_ci *ci);

/**
 * Does @event, of a token of @issuer with these @claims, say that its ref was pushed or that
 * somebody who may write to the repository started it by hand? All else (pull requests, other
 * pipelines, comments, timers, calls) builds what somebody else may choose, or when: a policy has
 * to name it.
 */
bool pdg_ci_event_usual(const char *issuer, const json_t *claims, const char *event);
PDG_AUTO_DEFINE_VALUE(ci, struct pdg_ci, pdg_ci_done)

#endif
