/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A transparency log to publish to, whatever it is: the embedded one (tlog/embedded.h), or a Rekor
 * behind the relay (service/log_relay.h). Kinds are const tables, chosen by configuration; of the
 * relay's own clients (tlog/rekor.h) they have no more than name and free().
 */
#ifndef PDG_TLOG_LOG_H
#define PDG_TLOG_LOG_H

#include <string.h>

#include "tlog/entry.h"

/* One thing to log: a DSSE signature. All borrowed. */
struct pdg_log_item {
	uint8_t digest[32]; /* SHA-256 of the PAE */
	struct pdg_bytes sig;
	const struct pdg_key *key; /* public part is enough */
	int64_t received;	   /* when the statement was: no log's time may be earlier (0) */
	struct pdg_bytes payload; /* the statement; only logs that want it (ops->payload) read it */
	/* results */
	int rc; /* 0, or why this one failed (PDG_E_IO: try again later) */
	struct pdg_error err;
	int retry_after; /* seconds for which the log asks to be left alone; 0: it does not */
	struct pdg_entry *entry; /* owned by the caller when rc is 0; see add() */
	/* Its tree was held against those before. Not where the log gave no proof of that: then it
	 * is not to be remembered in the place of one that was. Of logs that have head() alone. */
	bool continues;
};

/* A signed tree. */
struct pdg_log_head {
	uint64_t size;
	struct pdg_hash32 root;
};

static inline bool pdg_log_head_eq(const struct pdg_log_head *a, const struct pdg_log_head *b)
{
	return a->size == b->size && memcmp(a->root.b, b->root.b, PDG_HASH_LEN) == 0;
}

struct pdg_log;

struct pdg_log_ops {
	const char *name;
	/**
	 * Log @n items, in one batch where the log can; an item that failed has its own rc.
	 * Returns 0 when each item has an answer of its own, else PDG_E_* for all of them.
	 * What another's log answered was verified (pdg_entry_verify) before it is handed out; the
	 * embedded log's entries are good by construction, and whoever reads them verifies them.
	 */
	int (*add)(struct pdg_log *log, struct pdg_log_item *items, size_t n,
		   struct pdg_error *err);
	/**
	 * Instead of add(), where a log answers each item by itself: begin to log @item, which must
	 * stay where it is until @done is called with it, once, from another thread. Returns 0, or
	 * why @done will not be called. NULL: the log has add(), which others have too.
	 */
	int (*start)(struct pdg_log *log, struct pdg_log_item *item,
		     void (*done)(void *ctx, struct pdg_log_item *item), void *ctx,
		     struct pdg_error *err);
	/**
	 * The newest tree that was found to continue those before it, to be kept for the next run
	 * (size 0: none yet). From any thread. NULL: the log is its own memory.
	 */
	void (*head)(struct pdg_log *log, struct pdg_log_head *out);
	/**
	 * Another program found this tree of the log: it is held against those that are known
	 * before an entry is handed out that was asked for from now on, or as soon as that can be
	 * done; LOG-2 for each from then on where it is none of this log. From any thread; may be
	 * NULL.
	 */
	void (*learn)(struct pdg_log *log, const struct pdg_log_head *head);
	/** How many items to hand over at once at most (with start(): to have under way). */
	size_t batch;
	bool payload; /* items need their payload */
	/**
	 * The program is ending: calls that run, and those made later, end soon with PDG_E_IO. From
	 * any thread, while others are in add(). NULL: nothing but the disk could hold one up.
	 */
	void (*give_up)(struct pdg_log *log);
	/** When no call is under way. */
	void (*free)(struct pdg_log *log);
};

struct pdg_log {
	const struct pdg_log_ops *ops;
};

/** Can @origin be a log's name: a host, for Sigstore clients take it from the log's URL? */
bool pdg_log_origin_ok(const char *origin);

static inline void pdg_log_free(struct pdg_log *log)
{
	if (log)
		log->ops->free(log);
}

#endif
