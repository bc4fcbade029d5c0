/* SPDX-License-Identifier: Apache-2.0 */
/* One submission on its way to the service, and an outbox full of them. */
#ifndef PDG_CLI_NET_SUBMIT_H
#define PDG_CLI_NET_SUBMIT_H

#include <stdint.h>

#include "net/service.h"

struct pdg_sending {
	struct pdg_service_client service;
	int64_t end_ms; /* pdg_monotonic_ms() at which we give up */
	int64_t wait;	/* seconds that the service may wait for the log */
	const char *bundle;
	const char *records;
	bool quiet;
};

/**
 * Send @body, called @name in what is printed, until the service has taken or refused it, or the
 * deadline is over; then keep what was asked for. @a: its last answer. A refusal is the service's
 * own rule and words.
 */
int pdg_send_one(struct pdg_sending *s, const char *name, struct pdg_bytes body,
		 struct pdg_http_answer *a, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Send what waits in @dir; what was refused earlier is named. @must_be: a folder that is not there
 * is CLI-3, for somebody typed it; else it is an empty outbox. A refused statement does not keep
 * the others from being sent, nor does an entry that is none (FIL-2, set aside). What is set aside,
 * now or earlier, is PDG_E_REJECTED, but with @s->quiet only what the service refused now.
 */
int pdg_send_waiting(struct pdg_sending *s, const char *dir, bool must_be,
		     struct pdg_error *err) PDG_MUST_CHECK;

#endif
