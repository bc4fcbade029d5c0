/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Rekor v2 client's memory, shared by its files: rekor_v2.c (open, submit), rekor_read.c
 * (checkpoint, tiles, and what is rebuilt from them). Private to this folder.
 */
#ifndef PDG_TLOG_REKOR_IMPL_H
#define PDG_TLOG_REKOR_IMPL_H

#include <pthread.h>

#include "http/client.h"
#include "tlog/note.h"
#include "tlog/rekor_v2.h"
#include "tlog/tree.h"

#define PDG_REKOR_IDLE	8
#define PDG_REKOR_HEADS 16

struct pdg_rekor {
	struct pdg_log log;
	char *submit_url;
	char *read_url;
	char *proxy;
	int submit_ms;
	struct pdg_root *root; /* one log: the key, origin and id that were configured */
	atomic_bool given_up;

	/* Guards the clients that nobody uses just now. */
	pthread_mutex_t pool;
	struct pdg_http *idle[PDG_REKOR_IDLE];
	size_t n_idle;

	/* Guards the trees that were found to continue each other; the newest, and the last few. */
	pthread_mutex_t history;
	struct pdg_log_head newest;
	struct pdg_log_head heads[PDG_REKOR_HEADS];
	size_t n_heads;		/* ever; the array is a ring */
	int64_t blind_until_ms; /* tiles could not be had: not asked for again before */
};

/**
 * What the log publishes, seen at one moment: its checkpoint is fetched when it is first needed,
 * tiles and bundles are kept. Once reading fails everything asked for later fails the same way.
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

/**
 * Does a signed tree continue those that were seen before? Where tiles cannot be had that is
 * left for a later one. Returns 0 or PDG_E_REJECTED (LOG-2), PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_rekor_continues(struct pdg_rekor *r, struct pdg_http *http, const struct pdg_log_head *head,
			struct pdg_error *err) PDG_MUST_CHECK;

#endif
