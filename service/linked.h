/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources that builds were linked to lately. Builds of one commit come together, and what was found
 * in the store once stays there: the next one need not look. It says only yes: whether what is here
 * satisfies the policy and is the build's source is judged anew each time, and who finds nothing
 * here asks the store. Any thread may use it.
 */
#ifndef PDG_SERVICE_LINKED_H
#define PDG_SERVICE_LINKED_H

#include "attest/dsse.h"
#include "attest/statement.h"
#include "stage/build.h"
#include "store/store.h"

struct pdg_linked;

/** An empty memory, or NULL. */
struct pdg_linked *pdg_linked_new(void);
void pdg_linked_free(struct pdg_linked *m);

/**
 * Is the source of @b in @repo one that is known here? Then its reference is in @out. @m NULL:
 * nothing is.
 */
bool pdg_linked_find(struct pdg_linked *m, const struct pdg_policy_repository *repo,
		     const struct pdg_build *b, char out[PDG_REFERENCE_LEN]);

/**
 * @b was linked to the kept @row of @grade, whose statement is @st, which is taken when it is
 * remembered (large ones are not) and made NULL. @m NULL: it is not.
 */
void pdg_linked_add(struct pdg_linked *m, const struct pdg_build *b, const struct pdg_stored *row,
		    enum pdg_grade grade, struct pdg_statement **st);

#endif
