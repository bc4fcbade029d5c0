/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the relay can do. A part ("log", "timestamp", "token") is one file, kind_*.c: it is opened
 * by its member of the setup, and answers the kinds of calls that it names. Adding one is a file
 * and an entry in the table of kinds.c.
 */
#ifndef PDG_RELAY_KINDS_H
#define PDG_RELAY_KINDS_H

#include <stdatomic.h>

#include "util/json.h"

/* What all parts share; borrowed for the relay's life. */
struct pdg_relay_common {
	const char *proxy; /* or NULL */
	const atomic_bool
		*given_up; /* true when the program ends: calls out end soon (http/client.h) */
};

/* One call on its way. Answered exactly once, from any thread, and gone then. */
struct pdg_task;

/** The question's body; valid until the answer. */
const json_t *pdg_task_body(const struct pdg_task *t);
/** Answer: @json is one JSON object when @rc is 0; else @err says why not. */
void pdg_task_answer(struct pdg_task *t, int rc, struct pdg_bytes json,
		     const struct pdg_error *err);
/** Have @work called with the task and @ctx on one of the threads that may block. */
void pdg_task_work(struct pdg_task *t, void (*work)(struct pdg_task *t, void *ctx), void *ctx);

/* How one kind of call is answered: exactly one of both. */
struct pdg_relay_call_kind {
	const char *name;
	/* On a thread of its own for the time: append the answer's body, one JSON object, to @out.
	 */
	int (*run)(void *part, const json_t *body, struct pdg_buf *out, struct pdg_error *err);
	/* On the reading thread: must not block. 0: it sees to it that @t is answered; else it is
	 * answered with @err. */
	int (*begin)(void *part, struct pdg_task *t, struct pdg_error *err);
};

struct pdg_relay_part {
	const char *name; /* its member of the setup */
	/** Open it by @setup, an object. *@out is never freed but by the end of the process. */
	int (*open)(const struct pdg_relay_common *common, const json_t *setup, void **out,
		    struct pdg_error *err);
	const struct pdg_relay_call_kind *calls; /* ended by one without a name */
};

extern const struct pdg_relay_part pdg_relay_log;	/* kind_log.c */
extern const struct pdg_relay_part pdg_relay_timestamp; /* kind_timestamp.c */
extern const struct pdg_relay_part pdg_relay_token;	/* kind_token.c */

/** All parts, ended by NULL. Static. */
extern const struct pdg_relay_part *const pdg_relay_parts[];

#endif
