/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log elsewhere as this process has it: what is to be logged goes to the relay, whose client
 * speaks to the Rekor; what comes back is verified again, here, before anything is made of it.
 */
#ifndef PDG_SERVICE_LOG_RELAY_H
#define PDG_SERVICE_LOG_RELAY_H

#include "service/relay.h"
#include "tlog/log.h"

/* All borrowed for the log's life. */
struct pdg_log_relay_options {
	struct pdg_relay *relay;
	const struct pdg_root *root; /* the configured log and no other */
	bool payload;		     /* a Rekor v1, which takes the statement */
	struct pdg_log_head known;   /* head() of the run before; size 0: none */
};

/** It has start(). Returns 0, PDG_E_NOMEM. */
int pdg_log_relay_open(const struct pdg_log_relay_options *opt, struct pdg_log **out,
		       struct pdg_error *err) PDG_MUST_CHECK;

#endif
