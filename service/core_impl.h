/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core as its files see it: core_open.c makes and ends it, core_log.c its log, core.c takes
 * submissions, core_read.c answers questions, core_ready.c and fsck.c check it.
 */
#ifndef PDG_SERVICE_CORE_IMPL_H
#define PDG_SERVICE_CORE_IMPL_H

#include <stdatomic.h>

#include "service/core.h"
#include "service/journal.h"
#include "service/policy_box.h"
#include "service/publisher.h"
#include "service/writer.h"

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
};

/** Open the configured log and hold it against what the store knows of it. CFG-2, CFG-5, LOG-*. */
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
