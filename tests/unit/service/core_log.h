/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log and the journal of a world (core_world.h) as time goes on: what still waits for the log,
 * and whether both only grew.
 */
#ifndef PDG_TESTS_SERVICE_CORE_LOG_H
#define PDG_TESTS_SERVICE_CORE_LOG_H

#include "unit/service/core_world.h"

void pause_ms(long ms);

/* Attestations that wait for the log; and whether, after some seconds at most, none does. */
uint64_t pending_count(struct world *w);
bool all_logged_soon(struct world *w);

/* The newest checkpoint of the journal, or of the log. */
void read_checkpoint(struct world *w, bool journal, struct pdg_checkpoint **out);

/* By the tiles as anybody reads them, it holds all that it held at checkpoint @was. */
void only_grew(struct world *w, bool journal, const struct pdg_checkpoint *was);

#endif
