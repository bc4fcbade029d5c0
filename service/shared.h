/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a batch looks at again where several pedigreed write to one store: each has its own memory
 * of the policy's version and of the log, and another one may have gone on since.
 */
#ifndef PDG_SERVICE_SHARED_H
#define PDG_SERVICE_SHARED_H

#include "service/batch.h"

/** Inside the transaction, before the first job: take over what others wrote. */
int pdg_shared_catch_up(struct pdg_batch *b, struct pdg_error *err) PDG_MUST_CHECK;

/** Is the tree that @job (LOGGED) was shown the one of its size that the store has? LOG-2. */
int pdg_shared_check_head(const struct pdg_batch *b, const struct pdg_job *job,
			  struct pdg_error *err) PDG_MUST_CHECK;

/**
 * May @job be decided by the policy that it was judged by? rules.md 5.8: RDY-3 when another
 * pedigreed put a newer one in force, also where this one has taken that in since. Nothing of it is
 * then kept or journalled.
 */
int pdg_shared_check_policy(const struct pdg_batch *b, const struct pdg_job *job,
			    struct pdg_error *err) PDG_MUST_CHECK;

/** Is @digest ("VERSION DIGEST", "": nothing is said) what @was (NULL: unknown) says of the same
 * version? POL-11. */
int pdg_shared_same_policy(const char *was, const char *digest,
			   struct pdg_error *err) PDG_MUST_CHECK;

/** May the values of @job (META) be written? POL-11 when one is a lower policy version, or other
 * contents under a version that is in force. A higher version is this service's own: @b has it. */
int pdg_shared_check_meta(struct pdg_batch *b, const struct pdg_job *job,
			  struct pdg_error *err) PDG_MUST_CHECK;

#endif
