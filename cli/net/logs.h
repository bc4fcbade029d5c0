/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log, or the journal, as a service shows it, and the keys by which it is believed. Private to
 * pedigree-net: cmd_log_checkpoint.c and cmd_log_prove.c.
 */
#ifndef PDG_CLI_NET_LOGS_H
#define PDG_CLI_NET_LOGS_H

#include "net/service.h"
#include "tlog/note.h"
#include "tlog/tree.h"
#include "trust/policy.h"
#include "trust/root.h"

/* What the command line names to trust; either may be NULL. */
struct pdg_log_trust {
	struct pdg_policy *policy;
	struct pdg_root *root;
};

void pdg_log_trust_done(struct pdg_log_trust *t);
PDG_AUTO_DEFINE_VALUE(log_trust, struct pdg_log_trust, pdg_log_trust_done)

/**
 * --policy, else (without --trusted-root) the policy that is found as everywhere (design 5), if
 * there is one; --trusted-root, else the policy's.
 */
int pdg_log_trust_load(const struct pdg_args *args, struct pdg_log_trust *out,
		       struct pdg_error *err) PDG_MUST_CHECK;

/** Append what the service answers at @path. That it refuses to let us read is PDG_E_IO. */
int pdg_log_fetch(struct pdg_service_client *s, const char *path, size_t max, struct pdg_buf *out,
		  struct pdg_error *err) PDG_MUST_CHECK;

/** The latest checkpoint, not verified yet. */
int pdg_log_fetch_checkpoint(struct pdg_service_client *s, bool journal,
			     struct pdg_checkpoint **out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Is @c signed by a log of the trusted root, or by a journal key of the policy? *@out_by names the
 * key; NULL: there is nothing to check it against. Returns 0, PDG_E_REJECTED (LOG-4, LOG-5, LOG-8).
 */
int pdg_log_check_signature(const struct pdg_checkpoint *c, bool journal,
			    const struct pdg_log_trust *t, const char **out_by,
			    struct pdg_error *err) PDG_MUST_CHECK;

/* Tiles below a prefix, "/" or "/journal/". What they hold is believed through a checkpoint alone.
 */
struct pdg_log_tiles {
	struct pdg_service_client *service;
	const char *prefix;
};

/** The tiles as a store to read from; @t must outlive it. */
struct pdg_tile_store pdg_log_tile_store(struct pdg_log_tiles *t);

/** Is the tree of @then a part of the tree of @now? Returns 0, PDG_E_REJECTED (LOG-2, LOG-8),
 * PDG_E_IO. */
int pdg_log_consistent(const struct pdg_tile_store *tiles, const struct pdg_checkpoint *then,
		       const struct pdg_checkpoint *now, struct pdg_error *err) PDG_MUST_CHECK;

#endif
