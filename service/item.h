/* SPDX-License-Identifier: Apache-2.0 */
/* One row on its way to the log and back: what of it the publisher needs. Private to the publisher.
 */
#ifndef PDG_SERVICE_ITEM_H
#define PDG_SERVICE_ITEM_H

#include "service/writer.h"
#include "tlog/log.h"

struct pdg_item {
	struct pdg_item *next;
	int64_t id;
	int64_t received;
	char *reference;
	char *service_key;
	uint8_t digest[32];
	struct pdg_buf sig;
	struct pdg_buf payload;
	struct pdg_buf token; /* the authority's response, where one is asked; empty until then */
	struct pdg_in_force *force; /* what @key is borrowed from */
	const struct pdg_key *key;  /* NULL until it is looked up */
	int64_t begun;		    /* pdg_monotonic_ms() when it was given to the log */
	struct pdg_log_item *log;   /* while it is with a log that has start() */
	struct pdg_publisher *publisher;
};

/** What is needed of @row, whose payload and countersignature are taken; @digest NULL: computed.
 * NULL when there is no memory. */
struct pdg_item *pdg_item_new(struct pdg_stored *row, const uint8_t *digest);
void pdg_item_free(struct pdg_item *it);
PDG_AUTO_DEFINE(item, struct pdg_item *, pdg_item_free)

/** The writer's job about @entry, as @log handed it out: the bundle that everybody is given. The
 * payload goes with it. */
int pdg_item_logged(struct pdg_item *it, const struct pdg_entry *entry, struct pdg_log *log,
		    struct pdg_job **out, struct pdg_error *err) PDG_MUST_CHECK;

#endif
