/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Was this key good at time T (rules.md 1)? The one function that answers, for every kind of key:
 * committers' and forges', countersignatures', journals', servers', builders', logs'. Who asks
 * brings what he knows of the key (its own dates, the policy's window and revocations) as bounds,
 * and the trusted time of the signature.
 */
#ifndef PDG_UTIL_VALIDITY_H
#define PDG_UTIL_VALIDITY_H

#include <stdbool.h>
#include <stdint.h>

/* What bounds a key in time: Unix seconds, 0: no such bound. The zero state is always good. */
struct pdg_validity {
	int64_t after;		   /* the first second in which its signatures count */
	int64_t before;		   /* the last one */
	int64_t revoked_since;	   /* an ordinary revocation: what was there before stays good */
	int64_t compromised_since; /* somebody else may have had it from then on */
};

/* Compromised at a time that nobody knows: no signature is old enough. */
#define PDG_COMPROMISED_EVER 1

enum pdg_standing {
	PDG_STANDING_GOOD,
	PDG_STANDING_NOT_YET,
	PDG_STANDING_EXPIRED,
	PDG_STANDING_REVOKED,
	PDG_STANDING_COMPROMISED,
};

/**
 * Where does a key with bounds @v stand, for a signature that existed at @at?
 *
 * @at           trusted time of the signature (which may be now); 0 or less: none is known, and
 *               then a key with any bound is not good
 * @independent  @at is proven by a token or a signed log time, by nobody who sends the signature or
 *               receives it; else it saves nothing from a key that is compromised
 *
 * Where several bounds are passed, the first in the order of the enum is named (GnuPG's:
 * formats.md 9.3).
 */
enum pdg_standing pdg_validity_at(const struct pdg_validity *v, int64_t at, bool independent);

/** Narrow @v by the bounds of @more: of two, the stricter one holds. */
void pdg_validity_narrow(struct pdg_validity *v, const struct pdg_validity *more);

#endif
