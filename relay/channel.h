/* SPDX-License-Identifier: Apache-2.0 */
/* The relay's side of the socketpair: questions in, answers out (service/relay.h has the form). */
#ifndef PDG_RELAY_CHANNEL_H
#define PDG_RELAY_CHANNEL_H

#include "util/json.h"

struct pdg_question {
	uint64_t id;
	const char *kind;   /* borrowed from @json */
	const json_t *body; /* borrowed from @json */
	json_t *json;
};

/**
 * Read the next question from @fd, waiting for it. *@out_over: the other side has closed. Returns 0
 * or what is wrong with it (RLY-3, RLY-4, JSN), with which nothing can go on.
 */
int pdg_channel_read(int fd, struct pdg_buf *in, struct pdg_question *out, bool *out_over,
		     struct pdg_error *err) PDG_MUST_CHECK;
void pdg_question_done(struct pdg_question *q);

/**
 * Write one answer to @fd, whole; from any thread. False: the other side is gone.
 */
bool pdg_channel_answer(int fd, uint64_t id, int rc, struct pdg_bytes json,
			const struct pdg_error *err);

#endif
