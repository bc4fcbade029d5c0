/* SPDX-License-Identifier: Apache-2.0 */
/* Problem documents (RFC 9457), as the service answers them, read back into an error. */
#ifndef PDG_UTIL_PROBLEM_H
#define PDG_UTIL_PROBLEM_H

#include "util/bytes.h"
#include "util/error.h"

/* The type of one that an outbox made of itself (pdg_outbox_set_aside), no service. */
#define PDG_PROBLEM_LOCAL "urn:pedigree:local"

/**
 * Record under @code what the document @in says: its detail (else its title), rule and fix. The
 * service may be newer than this program, so a rule that is not known here is shown all the same,
 * if it can be one. Returns @code, or PDG_E_FORMAT, with nothing recorded, when @in is no problem
 * document.
 */
int pdg_problem_read(struct pdg_bytes in, int code, struct pdg_error *err);

#endif
