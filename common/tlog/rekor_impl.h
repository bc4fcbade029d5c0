/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Rekor clients' memory, shared by their files: rekor_client.c (open, request, judge: what both
 * have in common), rekor_history.c (trees that were seen), rekor_v1_log.c and rekor_v2_log.c (what
 * each is asked and answers), rekor_read.c (a v2's checkpoint, tiles, and what is rebuilt from
 * them). Private to this folder.
 */
#ifndef PDG_TLOG_REKOR_IMPL_H
#define PDG_TLOG_REKOR_IMPL_H

#include <pthread.h>

#include "tlog/note.h"
#include "tlog/rekor.h"
#include "tlog/tree.h"

#define PDG_REKOR_IDLE	     8
#define PDG_REKOR_HEADS	     16
#define PDG_REKOR_READ_MS    15000
#define PDG_REKOR_CONNECT_MS 5000

struct pdg_rekor;
struct pdg_rekor_view;

/* What the generations do in ways of their own. */
struct pdg_rekor_kind {
	struct pdg_log_ops ops;
	const char *path;	 /* of the API, below url */
	const char *const *want; /* headers of an answer that are read */
	/** Append the request's JSON. LOG-15, PDG_E_USAGE. */
	int (*write)(const struct pdg_log_item *item, struct pdg_buf *out, struct pdg_error *err);
	/** The entry that an answer holds or names, not verified yet. LOG-13, LOG-14. */
	int (*read)(struct pdg_rekor *r, struct pdg_rekor_view *view,
		    const struct pdg_http_answer *a, const struct pdg_log_item *item,
		    struct pdg_entry **out, struct pdg_error *err);
	/** A consistency proof from the tree of @m entries to that of @n, both larger than 0. What
	 * cannot be had: PDG_E_NOTFOUND, PDG_E_IO, PDG_E_LIMIT. */
	int (*consistency)(struct pdg_rekor *r, struct pdg_http *http, uint64_t m, uint64_t n,
			   struct pdg_proof *out, struct pdg_error *err);
	bool timed; /* entries must have a signed time */
};

struct pdg_rekor {
	struct pdg_log log;
	const struct pdg_rekor_kind *kind;
	char *url;
	char *submit_url;
	char *read_url;
	char *proxy;
	int submit_ms;
	struct pdg_root *root; /* one log: the key, origin and id that were configured */

	/* Guards the clients that nobody uses just now. */
	pthread_mutex_t pool;
	struct pdg_http *idle[PDG_REKOR_IDLE];
	size_t n_idle;

	/* Guards the trees that were found to continue each other; the newest, and the last few.
	 * Never held while the log is asked: one thread does that, and the others wait for it. */
	pthread_mutex_t history;
	pthread_cond_t compared;
	bool comparing;
	struct pdg_log_head newest;
	struct pdg_log_head heads[PDG_REKOR_HEADS];
	size_t n_heads;		/* ever; the array is a ring */
	int64_t blind_until_ms; /* proofs could not be had: not asked for again before */
};

int pdg_rekor_take_client(struct pdg_rekor *r, struct pdg_http **out,
			  struct pdg_error *err) PDG_MUST_CHECK;
void pdg_rekor_give_client(struct pdg_rekor *r, struct pdg_http *http);

/** For the ops tables. */
void pdg_rekor_free(struct pdg_log *log);
int pdg_rekor_open(const struct pdg_rekor_options *opt, const struct pdg_rekor_kind *kind,
		   struct pdg_log **out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * An answer that is no entry: what it says, and whether to try again (LOG-13) or not (LOG-14), as
 * @for_good says.
 */
int pdg_rekor_refusal(const struct pdg_rekor *r, const struct pdg_http_answer *a, bool for_good,
		      struct pdg_error *err);
/** What reading an entry failed with, as LOG-13: the log answers as no log does. */
int pdg_rekor_no_entry(struct pdg_error *err, int rc);

extern const struct pdg_rekor_kind pdg_rekor_v1_kind;
extern const struct pdg_rekor_kind pdg_rekor_v2_kind;

/**
 * What a v2 publishes, seen at one moment: its checkpoint is fetched when it is first needed, tiles
 * and bundles are kept. Once reading fails everything asked for later fails the same way.
 */
struct pdg_rekor_view {
	const struct pdg_rekor *r; /* borrowed */
	struct pdg_http *http;	   /* borrowed */
	bool opened;
	int rc;
	struct pdg_error err;
	uint64_t size;
	struct pdg_checkpoint *checkpoint;
	struct pdg_tile_store store;
	struct pdg_tree_walk *walk;
	uint64_t bundle_n;
	struct pdg_buf bundle; /* empty: none is kept */
};

void pdg_rekor_view_init(struct pdg_rekor_view *v, const struct pdg_rekor *r,
			 struct pdg_http *http);
void pdg_rekor_view_done(struct pdg_rekor_view *v);
PDG_AUTO_DEFINE_VALUE(rekor_view, struct pdg_rekor_view, pdg_rekor_view_done)

/**
 * Rebuild the entry that the log says it has at @index. Its body must be @body; the proof is not
 * verified yet. Returns 0, PDG_E_IO (LOG-13 and NET: try later), PDG_E_REJECTED (LOG-7, and the
 * checkpoint's).
 */
int pdg_rekor_view_entry(struct pdg_rekor_view *v, uint64_t index, struct pdg_bytes body,
			 struct pdg_entry **out, struct pdg_error *err) PDG_MUST_CHECK;

/** The consistency() of a v2: from its tiles. */
int pdg_rekor_v2_consistency(struct pdg_rekor *r, struct pdg_http *http, uint64_t m, uint64_t n,
			     struct pdg_proof *out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Does a signed tree continue those that were seen before? Where proofs cannot be had that is
 * left for a later one, and *@out is false. Returns 0 or PDG_E_REJECTED (LOG-2), PDG_E_NOMEM,
 * PDG_E_CRYPTO.
 */
int pdg_rekor_continues(struct pdg_rekor *r, struct pdg_http *http, const struct pdg_log_head *head,
			bool *out, struct pdg_error *err) PDG_MUST_CHECK;

#endif
