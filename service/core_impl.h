/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core as its files see it: core_open.c makes and ends it, core_store.c and core_log.c open
 * its store and its log, core.c takes submissions, core_read.c answers questions, core_ready.c and
 * fsck.c check it.
 */
#ifndef PDG_SERVICE_CORE_IMPL_H
#define PDG_SERVICE_CORE_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "service/core.h"
#include "service/journal.h"
#include "service/policy_box.h"
#include "service/publisher.h"
#include "service/writer.h"

/* What readiness found of the last entry that was logged. */
struct pdg_last_look {
	pthread_mutex_t mutex;
	bool looking;
	int64_t until; /* pdg_monotonic_ms() from which one looks again */
	int rc;
	struct pdg_error err;
};

struct pdg_core {
	const struct pdg_service_config *cfg;
	bool only_check; /* --fsck: make nothing, write nothing, start nothing */
	struct pdg_clock clock;
	struct pdg_store *store;
	struct pdg_key *signing_key;
	struct pdg_key *journal_key;
	char *journal_origin;
	char *key_cache;
	struct pdg_log *log;
	struct pdg_key *log_key; /* public; of a Rekor: configured */
	uint8_t log_id[32];
	struct pdg_buf root_json; /* TrustedRoot of this log */
	struct pdg_root *root;	  /* the same, read */
	struct pdg_policy_box *policy;
	struct pdg_journal *journal;
	struct pdg_writer *writer;
	struct pdg_publisher *publisher;
	atomic_uint_fast64_t *refused; /* before identity, for each rule of the table */
	struct pdg_last_look look;
	atomic_int_fast64_t tried; /* pdg_monotonic_ms() of the last write that readiness tried */
};

/** Open the store, or make it where nothing was begun without it. STO-*, CFG-1, CFG-6, FIL-1. */
int pdg_core_open_store(struct pdg_core *core, struct pdg_error *err) PDG_MUST_CHECK;
int pdg_core_has_journal(struct pdg_core *core, bool *out, struct pdg_error *err) PDG_MUST_CHECK;
/** Where the journal's key is that no configuration names. Owned by the caller; NULL: no memory. */
char *pdg_core_own_journal_key(const struct pdg_service_config *cfg);
/** pdg_fs_private_dir() for a folder that @key names. FIL-1, CFG-1: it cannot be made. */
int pdg_core_own_folder(const char *dir, const char *key, struct pdg_error *err) PDG_MUST_CHECK;

/** Before there is a store: has the configured log no entries? CFG-6; PDG_E_IO (LOG-16). */
int pdg_core_log_unbegun(struct pdg_core *core, struct pdg_error *err) PDG_MUST_CHECK;
/** CFG-6 for a log of @size entries. */
int pdg_core_refuse_unknown_log(const struct pdg_core *core, uint64_t size, struct pdg_error *err);
/** Open the configured log and hold it against what the store knows of it. CFG-2, CFG-5, CFG-6,
 * LOG-*. */
int pdg_core_open_log(struct pdg_core *core, struct pdg_error *err) PDG_MUST_CHECK;

/** A value of the store; *@out stays NULL when it has none. */
int pdg_core_meta(struct pdg_core *core, const char *name, char **out,
		  struct pdg_error *err) PDG_MUST_CHECK;
/** The same as a number, 0 when there is none. */
int pdg_core_meta_number(struct pdg_core *core, const char *name, uint64_t *out,
			 struct pdg_error *err) PDG_MUST_CHECK;

/** The row's bundle: its one entry is in the log by the own root, about the kept statement and
 * signature. */
int pdg_core_check_bundle(const struct pdg_core *core, const struct pdg_stored *a,
			  const struct pdg_key *key, struct pdg_error *err) PDG_MUST_CHECK;

/** The public key of whoever countersigned @a: ours, or a serviceKey of @force's policy. NULL:
 * unknown. */
const struct pdg_key *pdg_core_service_key(const struct pdg_core *core,
					   const struct pdg_in_force *force, const char *hint);

#endif
