/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does the store take what is written? Why not is known from the last write, and of a database that
 * is damaged from the last one of that kind: others, to other pages, go on succeeding. Whoever has
 * one guards it.
 */
#ifndef PDG_SERVICE_HEALTH_H
#define PDG_SERVICE_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"

/* For how long one submission that met a damaged database counts where no other one does: who goes
 * by it sends none, and so none would end it. What is to be published is tried again unasked. */
#define PDG_HEALTH_ACCEPTS_MS 60000

/* Zeroed is well. */
struct pdg_health {
	struct pdg_error failure;   /* of the last write, or code 0; and of a damaged database: */
	struct pdg_error accepts;   /* when a submission was last judged or to be kept */
	int64_t accepts_until;	    /* and till when it counts, by pdg_monotonic_ms() */
	struct pdg_error publishes; /* when what the log gave back was last to be kept */
};

/** Is @err that the database is damaged, and not just the one row that was asked for? */
bool pdg_health_is_damage(const struct pdg_error *err);

/** @err came of what has to do with the log (@logged), or with a submission or anything else. */
void pdg_health_failed(struct pdg_health *h, bool logged, const struct pdg_error *err);
/** A transaction was committed, with new statements (@accepted), with bundles (@logged). */
void pdg_health_kept(struct pdg_health *h, bool accepted, bool logged);

/** Why nothing, or not everything, is taken; NULL: it is. Borrowed. */
const struct pdg_error *pdg_health_why(const struct pdg_health *h);

#endif
