/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded number of refusals a minute is put on record for each identity (rules.md 5.3). */
#ifndef PDG_SERVICE_LIMITER_H
#define PDG_SERVICE_LIMITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/limits.h"

/* One thread at a time. Zeroed is empty. */
struct pdg_limiter {
	int64_t minute;
	size_t n;
	struct {
		uint64_t who; /* hash of the identity */
		unsigned count;
	} v[PDG_LIMIT_REFUSING];
};

/** May one more of @who be recorded at @now (Unix seconds)? Counts it when so. */
bool pdg_limiter_take(struct pdg_limiter *l, const char *who, int64_t now);

#endif
